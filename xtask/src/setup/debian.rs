//! Debian packages, by name.

use std::path::Path;

use anyhow::bail;

use super::needs::{DebianPackage, Sign};
use crate::command::Call;
use crate::output;

/// Installs the packages whose sign is absent, as root or through sudo.
pub(super) fn install(packages: &[DebianPackage]) -> anyhow::Result<()> {
    let missing = missing(packages, is_there);
    if missing.is_empty() {
        output::line(format_args!("Debian packages: nothing is missing"));
        return Ok(());
    }
    if !is_on_path("apt-get") {
        bail!("no apt-get here; install what these Debian packages bring: {}", missing.join(" "));
    }
    apt_get(&["update"])?.run()?;
    apt_get(&["install", "--yes", "--no-install-recommends"])?.args(missing).run()
}

fn missing(packages: &[DebianPackage], is_there: impl Fn(Sign) -> bool) -> Vec<&'static str> {
    packages.iter().filter(|package| !is_there(package.sign)).map(|package| package.name).collect()
}

fn is_there(sign: Sign) -> bool {
    match sign {
        Sign::Command(command) => is_on_path(command),
        Sign::Success(program, arguments) => Call::new(program, arguments).probe().is_some(),
    }
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<Call> {
    let user = Call::new("id", &["-u"]).read()?;
    // `env` carries the setting through sudo, which clears the environment.
    let quiet = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o=Dpkg::Use-Pty=0"];
    let call = if user.trim() == "0" {
        Call::new("env", &quiet)
    } else if is_on_path("sudo") {
        Call::new("sudo", &["--non-interactive", "env"]).args(quiet)
    } else {
        bail!("neither root nor sudo: run `apt-get {}` as root", arguments.join(" "));
    };
    Ok(call.args(arguments.iter().copied()))
}

#[expect(clippy::disallowed_methods, reason = "a chore of its own process: nothing is configured")]
fn is_on_path(command: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| is_file(&folder.join(command)))
    })
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_whose_sign_is_absent_are_missing() {
        let packages = [
            DebianPackage { name: "here", sign: Sign::Command("h") },
            DebianPackage { name: "absent", sign: Sign::Command("a") },
        ];
        assert_eq!(missing(&packages, |sign| sign == Sign::Command("h")), ["absent"]);
    }

    #[test]
    fn a_package_without_a_command_shows_by_a_call_that_succeeds() {
        assert!(is_there(Sign::Success("git", &["--version"])));
        assert!(!is_there(Sign::Success("git", &["no-such-command-here"])));
        assert!(!is_there(Sign::Success("no-such-command-here", &[])));
    }

    #[test]
    fn a_command_of_the_system_is_found_on_the_path() {
        assert!(is_on_path("git"));
        assert!(!is_on_path("no-such-command-here"));
    }
}
