//! Debian packages, by name.

use std::path::Path;

use anyhow::bail;

use super::needs::DebianPackage;
use crate::command::Call;
use crate::output;

/// Installs the packages whose command is not found, as root or through sudo.
pub(super) fn install(packages: &[DebianPackage]) -> anyhow::Result<()> {
    let missing = missing(packages, is_on_path);
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

fn missing(packages: &[DebianPackage], is_there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    packages
        .iter()
        .filter(|package| !is_there(package.command))
        .map(|package| package.name)
        .collect()
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
    fn only_packages_whose_command_is_absent_are_missing() {
        let packages = [
            DebianPackage { name: "here", command: "h" },
            DebianPackage { name: "absent", command: "a" },
        ];
        assert_eq!(missing(&packages, |command| command == "h"), ["absent"]);
    }

    #[test]
    fn a_command_of_the_system_is_found_on_the_path() {
        assert!(is_on_path("git"));
        assert!(!is_on_path("no-such-command-here"));
    }
}
