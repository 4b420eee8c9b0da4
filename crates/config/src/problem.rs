//! What is wrong with the settings, in words for the person who wrote them.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nowhere: the default holds.
    Default,
    /// In the configuration file.
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The character in the line, counted from 1, where it helps to know.
        column: Option<usize>,
    },
    /// In the environment variable of this name.
    Variable(String),
    /// By this flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File { path, line, column: None } => write!(f, "{}, line {line}", path.display()),
            Self::File { path, line, column: Some(column) } => {
                write!(f, "{}, line {line}, column {column}", path.display())
            }
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The setting, or nothing when the file as a whole is meant.
    pub key: Option<String>,
    /// Where the wrong value was set.
    pub origin: Origin,
    /// What is wrong and what to do. It never repeats the value.
    pub sentence: String,
}

/// On one line, whatever the names in it hold.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, origin, sentence } = self;
        let line = match (key, origin) {
            (Some(key), Origin::Default) => format!("{key}: {sentence}"),
            (Some(key), _) => format!("{key}: {sentence} ({origin})"),
            (None, _) => format!("{origin}: {sentence}"),
        };
        for c in line.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

/// Everything that is wrong with the settings: at least one problem, sorted by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Sorts what was found, which must be something.
    pub(crate) fn sorted(mut found: Vec<Problem>) -> Self {
        found.sort();
        Self(found)
    }

    /// The problems, sorted by key; those of the file as a whole come first.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One problem per line.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(key: Option<&str>, origin: Origin) -> Problem {
        Problem { key: key.map(str::to_owned), origin, sentence: "is wrong".to_owned() }
    }

    #[test]
    fn problems_are_shown_one_per_line_and_sorted_by_key() {
        let file = |line, column| Origin::File { path: "a.toml".into(), line, column };
        let found = vec![
            problem(Some("b"), Origin::Flag("--b".into())),
            problem(Some("a"), Origin::Variable("WAYGATE_A".into())),
            problem(Some("a"), file(7, None)),
            problem(Some("c"), Origin::Default),
            problem(None, file(10, Some(3))),
            problem(None, file(9, Some(4))),
        ];
        assert_eq!(
            Problems::sorted(found).to_string(),
            "a.toml, line 9, column 4: is wrong\n\
             a.toml, line 10, column 3: is wrong\n\
             a: is wrong (a.toml, line 7)\n\
             a: is wrong (WAYGATE_A)\n\
             b: is wrong (--b)\n\
             c: is wrong"
        );
    }

    #[test]
    fn a_name_with_a_line_break_stays_on_its_line() {
        let shown = problem(Some("a\nb"), Origin::Variable("WAYGATE_\r\u{1b}".into())).to_string();
        assert_eq!(shown, "a\\nb: is wrong (WAYGATE_\\r\\u{1b})");
    }
}
