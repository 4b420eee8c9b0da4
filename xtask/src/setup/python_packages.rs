//! What pip installs, into a virtual environment for each folder of tests.

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

const REQUIREMENTS: &str = "requirements.txt";

/// The Python that has what the tests of this folder import.
pub(crate) fn python(workspace: &Workspace, folder: &str) -> PathBuf {
    environment(workspace, folder).join("bin/python")
}

/// `tests/clients/a/b` has its environment in `target/clients/a/b`.
fn environment(workspace: &Workspace, folder: &str) -> PathBuf {
    workspace.target.join(folder.trim_start_matches("tests/"))
}

/// Makes an environment anew when its requirements or the machine's Python changed, or when there is
/// none yet.
pub(super) fn install(
    workspace: &Workspace,
    folders: &[&str],
    python_version: &str,
) -> anyhow::Result<()> {
    let printed = Call::new("python3", &["--version"]).read()?;
    let found = parse_version(&printed);
    ensure!(
        is_at_least(found, python_version),
        "python {found} is too old: the client tests need {python_version} or newer"
    );
    folders.iter().try_for_each(|folder| install_into(workspace, folder, found))
}

fn install_into(workspace: &Workspace, folder: &str, version: &str) -> anyhow::Result<()> {
    let wanted = workspace.root.join(folder).join(REQUIREMENTS);
    let text = fs::read_to_string(&wanted)
        .with_context(|| format!("{folder} has no {REQUIREMENTS} that can be read"))?;
    let content = content(version, &text);
    let (environment, python) = (environment(workspace, folder), python(workspace, folder));
    let installed = environment.join(INSTALLED);
    if python.is_file() && is_current(&installed, &content) {
        output::line(format_args!("{folder}: what pip installs is there"));
        return Ok(());
    }
    Call::new("python3", &["-m", "venv", "--clear"]).args([shown(&environment)]).run()?;
    // Only wheels: packages' own scripts stay off, and no compiler is needed.
    Call::new(&shown(&python), &["-m", "pip", "install", "--quiet"])
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
