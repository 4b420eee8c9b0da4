//! What pip installs, into a virtual environment of its own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::version::is_at_least;
use crate::command::Call;
use crate::output;
use crate::workspace::Workspace;

/// Holds what the environment was made of. It is written last, so that an installation that was broken
/// off is not taken for one.
const INSTALLED: &str = "installed.txt";

/// The Python that has what the client tests import.
pub(crate) fn python(workspace: &Workspace) -> PathBuf {
    folder(workspace).join("bin/python")
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("clients/python")
}

/// Makes the environment anew when the requirements or the machine's Python changed, or when there is
/// none yet.
pub(super) fn install(
    workspace: &Workspace,
    requirements: &str,
    python_version: &str,
) -> anyhow::Result<()> {
    let printed = Call::new("python3", &["--version"]).read()?;
    let found = parse_version(&printed);
    ensure!(
        is_at_least(found, python_version),
        "python {found} is too old: the client tests need {python_version} or newer"
    );
    let wanted = workspace.root.join(requirements);
    let text =
        fs::read_to_string(&wanted).with_context(|| format!("cannot read {requirements}"))?;
    let content = content(found, &text);
    let installed = folder(workspace).join(INSTALLED);
    if python(workspace).is_file() && is_current(&installed, &content) {
        output::line(format_args!("{requirements}: what pip installs is there"));
        return Ok(());
    }
    Call::new("python3", &["-m", "venv", "--clear"]).args([shown(&folder(workspace))]).run()?;
    // Only wheels: packages' own scripts stay off, and no compiler is needed.
    Call::new(&shown(&python(workspace)), &["-m", "pip", "install", "--quiet"])
        .args(["--disable-pip-version-check", "--only-binary=:all:", "--require-hashes"])
        .args(["--requirement".to_owned(), shown(&wanted)])
        .run()?;
    fs::write(&installed, content).with_context(|| format!("cannot write {}", installed.display()))
}

/// `Python 3.11.2`.
fn parse_version(printed: &str) -> &str {
    printed.trim().trim_start_matches("Python ")
}

/// What an environment is made of: another Python does not find what this one installed.
fn content(version: &str, requirements: &str) -> String {
    format!("# Python {version}\n{requirements}")
}

fn is_current(installed: &Path, content: &str) -> bool {
    fs::read_to_string(installed).is_ok_and(|found| found == content)
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_python_has_its_name_in_front() {
        assert_eq!(parse_version("Python 3.11.2\n"), "3.11.2");
    }

    #[test]
    fn an_environment_is_made_anew_for_other_requirements_and_for_another_python() {
        let made = content("3.11.2", "a==1\n");
        assert_ne!(made, content("3.11.2", "a==2\n"));
        assert_ne!(made, content("3.13.5", "a==1\n"));
    }

    #[test]
    fn what_was_never_finished_is_not_current() {
        assert!(!is_current(Path::new("no-such-folder-here/installed.txt"), ""));
    }
}
