//! Where settings come from; for them, the only place that reads the environment.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::input::{Input, Raw};
use crate::problem::{Origin, Problem};
use crate::{file, variable};

/// The flag that names the configuration file.
const CONFIG_FLAG: &str = "--config";

/// A value that a flag of the command line sets.
#[derive(Clone, PartialEq, Eq)]
pub struct Override {
    /// The setting: `log.format`.
    pub key: String,
    /// The value, as it was typed.
    pub value: String,
    /// The flag, for problems: `--log-format`.
    pub flag: String,
}

/// The value stays hidden.
impl fmt::Debug for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, flag, .. } = self;
        f.debug_struct("Override").field("key", key).field("flag", flag).finish_non_exhaustive()
    }
}

/// A file, an environment and flags: everything that settings can come from.
#[derive(Clone)]
pub struct Sources {
    file: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    overrides: Vec<Override>,
}

/// Names only: a value of the environment may be a secret.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, environment, overrides } = self;
        let names: Vec<&OsStr> = environment.iter().map(|(name, _)| name.as_os_str()).collect();
        f.debug_struct("Sources")
            .field("file", file)
            .field("environment", &names)
            .field("overrides", overrides)
            .finish()
    }
}

impl Sources {
    /// The file that `--config` names, these environment variables, and these flags, of which the
    /// last one wins. Variables that do not begin with `WAYGATE_` are left out.
    pub fn new(
        file: Option<PathBuf>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        overrides: Vec<Override>,
    ) -> Self {
        let environment = environment
            .into_iter()
            .filter(|(name, _)| variable::key_of(&name.to_string_lossy()).is_some())
            .collect();
        Self { file, environment, overrides }
    }

    /// The same with the environment of this process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_process(file: Option<PathBuf>, overrides: Vec<Override>) -> Self {
        Self::new(file, std::env::vars_os(), overrides)
    }

    /// What they say, the weakest first, and what is wrong with them as such.
    pub(crate) fn inputs(&self) -> (Vec<Input>, Vec<Problem>) {
        let (mut inputs, problems) = match self.file() {
            Some((path, named_by)) => file::read(path, named_by),
            None => (vec![], vec![]),
        };
        inputs.extend(self.environment.iter().filter_map(|(name, value)| of_variable(name, value)));
        inputs.extend(self.overrides.iter().map(of_flag));
        (inputs, problems)
    }

    /// The address of the server elsewhere that the environment names for commands.
    pub fn server(&self) -> Option<&OsStr> {
        self.variable(variable::SERVER)
    }

    /// The token that the environment holds for that server; a secret.
    pub fn token(&self) -> Option<&OsStr> {
        self.variable(variable::TOKEN)
    }

    fn variable(&self, name: &str) -> Option<&OsStr> {
        let found = self.environment.iter().rev().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_os_str())
    }

    /// The file to read and who named it: the flag before the environment.
    fn file(&self) -> Option<(&Path, Origin)> {
        if let Some(path) = &self.file {
            return Some((path, Origin::Flag(CONFIG_FLAG.to_owned())));
        }
        let named = self.variable(variable::CONFIG);
        named.map(|path| (Path::new(path), Origin::Variable(variable::CONFIG.to_owned())))
    }
}

fn of_variable(name: &OsStr, value: &OsStr) -> Option<Input> {
    if variable::NO_SETTINGS.iter().any(|other| name == *other) {
        return None;
    }
    let name = name.to_string_lossy().into_owned();
    let raw = value.to_str().map_or(Raw::NotUnicode, |text| Raw::Untyped(text.to_owned()));
    variable::key_of(&name).map(|key| Input { key, raw, origin: Origin::Variable(name) })
}

fn of_flag(given: &Override) -> Input {
    let Override { key, value, flag } = given.clone();
    Input { key, raw: Raw::Untyped(value), origin: Origin::Flag(flag) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_sources_shows_no_value() {
        let environment = [("WAYGATE_X", "canary"), ("OTHER", "canary")];
        let given = Override { key: "x".into(), value: "canary".into(), flag: "--x".into() };
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        let shown = format!("{:?}", Sources::new(None, environment, vec![given]));
        assert!(shown.contains("WAYGATE_X") && shown.contains("--x"), "{shown}");
        assert!(!shown.contains("canary") && !shown.contains("OTHER"), "{shown}");
    }

    #[test]
    fn the_environment_of_the_process_is_narrowed_to_our_variables() {
        let sources = Sources::from_process(None, vec![]);
        let ours = |name: &OsStr| name.to_string_lossy().to_uppercase().starts_with("WAYGATE_");
        assert!(sources.environment.iter().all(|(name, _)| ours(name)));
    }

    #[test]
    fn what_commands_are_told_of_a_server_elsewhere_is_no_setting() {
        let environment =
            [("WAYGATE_SERVER", "https://wa.example.org"), ("WAYGATE_TOKEN", "canary")];
        let environment = environment.map(|(name, value)| (name.into(), value.into()));
        let sources = Sources::new(None, environment, vec![]);
        let (inputs, problems) = sources.inputs();
        assert!(inputs.is_empty() && problems.is_empty());
        assert_eq!(sources.server().unwrap(), "https://wa.example.org");
        assert_eq!(sources.token().unwrap(), "canary");
        assert_eq!(Sources::new(None, [], vec![]).token(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_not_utf_8_is_an_input_all_the_same() {
        use std::os::unix::ffi::OsStringExt as _;
        let odd = |text: &str| OsString::from_vec([text.as_bytes(), &[0xff]].concat());
        let environment = [("WAYGATE_X".into(), odd("x")), (odd("WAYGATE_Y"), "y".into())];
        let (inputs, problems) = Sources::new(None, environment, vec![]).inputs();
        assert_eq!(problems, []);
        let keys: Vec<&str> = inputs.iter().map(|input| input.key.as_str()).collect();
        assert_eq!(keys, ["x", "y\u{fffd}"]);
        assert!(inputs[0].raw == Raw::NotUnicode);
    }
}
