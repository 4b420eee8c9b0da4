//! What the sources say, before anybody asks whether it makes sense.

use crate::problem::Origin;
use crate::variable;

/// A value as its source can tell it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    /// Text of the environment or of a flag, which may stand for any kind of value.
    Untyped(String),
    /// Text in quotes, in a file.
    Text(String),
    /// `true` or `false` without quotes, in a file.
    Switch(bool),
    /// Something else in a file, which no setting is: what it is, with its article.
    Other(&'static str),
    /// A table without keys, in a file: a section that sets nothing, where there is such a section.
    EmptyTable,
    /// A value that is not UTF-8.
    NotUnicode,
}

/// One value that one source gives to one key.
pub(crate) struct Input {
    pub(crate) key: String,
    pub(crate) raw: Raw,
    pub(crate) origin: Origin,
}

impl Input {
    /// Whether this sets the key. A variable does so in exactly one spelling.
    pub(crate) fn sets(&self, key: &str) -> bool {
        self.key == key
            && match &self.origin {
                Origin::Variable(name) => *name == variable::of_key(key),
                Origin::Default | Origin::File { .. } | Origin::Flag(_) => true,
            }
    }
}
