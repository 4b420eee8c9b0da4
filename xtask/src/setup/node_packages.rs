//! What npm installs, into the folders that have a lock file of its.

use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, ensure};

use super::version::is_at_least;
use crate::command::Call;
use crate::output;

/// npm writes it last, so that an installation that was broken off is not taken for one.
const INSTALLED: &str = "node_modules/.package-lock.json";
const LOCKED: &str = "package-lock.json";

/// Installs what a lock file names when it changed since, or nothing is there yet.
pub(super) fn install(root: &Path, folders: &[&str], node_version: &str) -> anyhow::Result<()> {
    let printed = Call::new("node", &["--version"]).read()?;
    let found = parse_version(&printed);
    ensure!(
        is_at_least(found, node_version),
        "node {found} is too old: the client tests need {node_version} or newer. Debian 12 has \
         none such; put a newer one with its npm first on the PATH"
    );
    for name in folders {
        let folder = root.join(name);
        let locked = changed(&folder.join(LOCKED))
            .with_context(|| format!("{name} has no {LOCKED} that can be read"))?;
        if is_current(changed(&folder.join(INSTALLED)).ok(), locked) {
            output::line(format_args!("{name}: what npm installs is there"));
            continue;
        }
        // Packages' own scripts stay off: nothing here needs them, and they may do anything.
        Call::new("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .within(&folder)
            .run()?;
    }
    Ok(())
}

/// `v20.19.2`.
fn parse_version(printed: &str) -> &str {
    printed.trim().trim_start_matches('v')
}

fn changed(path: &Path) -> std::io::Result<SystemTime> {
    path.metadata()?.modified()
}

fn is_current(installed: Option<SystemTime>, locked: SystemTime) -> bool {
    installed.is_some_and(|installed| installed >= locked)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_version_of_node_has_a_letter_in_front() {
        assert_eq!(parse_version("v20.19.2\n"), "20.19.2");
    }

    #[test]
    fn what_is_absent_or_older_than_the_lock_file_is_installed_again() {
        let locked = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let (before, after) = (locked - Duration::from_secs(1), locked + Duration::from_secs(1));
        assert!(!is_current(None, locked));
        assert!(!is_current(Some(before), locked));
        assert!(is_current(Some(locked), locked));
        assert!(is_current(Some(after), locked));
    }
}
