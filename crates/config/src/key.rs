//! What a key is: its name, what its value must be, and what holds without it.

use std::fmt;

use crate::input::Raw;
use crate::variable;

/// A longer text than this is no setting. Paths of Linux end here too.
const TEXT_LEN_MAX: usize = 4096;

/// One setting of type `T`. The only place where it is declared.
pub(crate) struct Key<T> {
    /// Section and name with a dot between, or the name alone.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) absent: Absent,
    /// Markdown for the reference. The first sentence is also the comment in the example file.
    pub(crate) description: &'static str,
    /// Turns a text into the value. It is asked about texts only that [`Key::understand`] passes.
    pub(crate) check: fn(&str) -> Result<T, Refusal>,
}

/// What a value must be.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Text; the words complete "must be ...".
    Text(&'static str),
    /// One of these words.
    OneOf(fn() -> Vec<&'static str>),
    /// `true` or `false`.
    Switch,
}

/// What holds when no source sets the key.
#[derive(Clone, Copy)]
pub(crate) enum Absent {
    /// The same as if this had been set.
    Default(&'static str),
    /// There is no value; this is what one could look like.
    Nothing { example: &'static str },
}

/// Why a check refuses a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not what the key's kind says.
    NotThat,
    /// For a reason of its own, as a fragment that follows the key.
    Because(String),
}

impl Refusal {
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self::Because(reason.into())
    }
}

/// A key without its type: what is needed to know it, and to describe it.
#[derive(Clone, Copy)]
pub(crate) struct About {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) absent: Absent,
    pub(crate) description: &'static str,
}

impl About {
    pub(crate) fn variable(&self) -> String {
        variable::of_key(self.name)
    }

    /// The section, if it is in one, and the name in it.
    pub(crate) fn parts(&self) -> (Option<&'static str>, &'static str) {
        match self.name.rsplit_once('.') {
            Some((section, name)) => (Some(section), name),
            None => (None, self.name),
        }
    }
}

impl<T> Key<T> {
    pub(crate) fn about(&self) -> About {
        let Self { name, kind, absent, description, .. } = *self;
        About { name, kind, absent, description }
    }

    /// The value that was meant, or what is wrong with it.
    pub(crate) fn understand(&self, raw: &Raw) -> Result<T, String> {
        let kind = self.kind;
        match (raw, kind) {
            (Raw::Untyped(text), _) | (Raw::Text(text), Kind::Text(_) | Kind::OneOf(_)) => {
                self.understand_text(text)
            }
            (Raw::Switch(on), Kind::Switch) => {
                self.understand_text(if *on { "true" } else { "false" })
            }
            (Raw::Text(_), Kind::Switch) => Err(format!("must be {kind}, without quotes")),
            (Raw::Switch(_), Kind::Text(_) | Kind::OneOf(_)) => {
                Err(format!("must be {kind}, in quotes"))
            }
            (Raw::Other(what), Kind::Switch) => Err(format!("must be {kind}, not {what}")),
            (Raw::Other(what), Kind::Text(_) | Kind::OneOf(_)) => {
                Err(format!("must be {kind}, in quotes, not {what}"))
            }
            (Raw::EmptyTable, _) => Err(format!("must be {kind}, not a table")),
            (Raw::NotUnicode, _) => Err(format!("is not UTF-8; it must be {kind}")),
        }
    }

    /// What no setting may be is refused here, the rest by the key's own check.
    pub(crate) fn understand_text(&self, text: &str) -> Result<T, String> {
        let kind = self.kind;
        if text.is_empty() {
            return Err(format!("is empty; it must be {kind}, or not be set at all"));
        }
        if text.len() > TEXT_LEN_MAX {
            return Err(format!("is longer than {TEXT_LEN_MAX} bytes; it must be {kind}"));
        }
        if text.chars().any(char::is_control) {
            return Err("holds a control character, such as a line break; remove it".to_owned());
        }
        if text.trim() != text {
            return Err("begins or ends with white space; remove it".to_owned());
        }
        (self.check)(text).map_err(|refusal| match refusal {
            Refusal::NotThat => format!("must be {kind}"),
            Refusal::Because(reason) => reason,
        })
    }
}

/// Completes "must be ...", and is the type in the reference.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(what) => f.write_str(what),
            Self::OneOf(words) => {
                let words: Vec<String> = words().iter().map(|word| format!("`{word}`")).collect();
                match words.split_last() {
                    Some((last, [])) => f.write_str(last),
                    Some((last, rest)) => write!(f, "{} or {last}", rest.join(", ")),
                    None => Ok(()),
                }
            }
            Self::Switch => f.write_str("`true` or `false`"),
        }
    }
}

/// A value that is one word of a short list.
pub(crate) trait Choice: Copy + 'static {
    /// Every value with its word.
    const ALL: &'static [(&'static str, Self)];

    /// For [`Kind::OneOf`].
    fn words() -> Vec<&'static str> {
        Self::ALL.iter().map(|(word, _)| *word).collect()
    }

    /// For [`Key::check`].
    fn choose(text: &str) -> Result<Self, Refusal> {
        let chosen = Self::ALL.iter().find(|(word, _)| *word == text);
        chosen.map(|(_, value)| *value).ok_or(Refusal::NotThat)
    }
}

/// The check of a [`Kind::Switch`].
pub(crate) fn switch(text: &str) -> Result<bool, Refusal> {
    text.parse().ok().ok_or(Refusal::NotThat)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: Kind) -> Key<String> {
        let check = |text: &str| match text {
            "refused" => Err(Refusal::NotThat),
            "explained" => Err(Refusal::because("is explained")),
            _ => Ok(text.to_owned()),
        };
        let absent = Absent::Nothing { example: "" };
        Key { name: "a.b", kind, absent, description: "", check }
    }

    #[test]
    fn each_kind_takes_what_its_source_can_write() {
        let text = Kind::Text("a thing");
        let word = Kind::OneOf(|| vec!["x", "y", "z"]);
        let word_wanted = "must be `x`, `y` or `z`";
        for (kind, raw, wanted) in [
            (text, Raw::Untyped("x".into()), Ok("x")),
            (text, Raw::Text("x".into()), Ok("x")),
            (text, Raw::Switch(true), Err("must be a thing, in quotes")),
            (text, Raw::Other("a number"), Err("must be a thing, in quotes, not a number")),
            (text, Raw::NotUnicode, Err("is not UTF-8; it must be a thing")),
            (text, Raw::Text("refused".into()), Err("must be a thing")),
            (text, Raw::Text("explained".into()), Err("is explained")),
            (word, Raw::Text("refused".into()), Err(word_wanted)),
            (Kind::Switch, Raw::Untyped("true".into()), Ok("true")),
            (Kind::Switch, Raw::Switch(false), Ok("false")),
            (
                Kind::Switch,
                Raw::Text("true".into()),
                Err("must be `true` or `false`, without quotes"),
            ),
            (Kind::Switch, Raw::Other("a list"), Err("must be `true` or `false`, not a list")),
        ] {
            let understood = key(kind).understand(&raw);
            assert_eq!(understood.as_deref().map_err(String::as_str), wanted);
        }
    }

    #[test]
    fn text_that_no_setting_can_be_is_refused_for_every_key() {
        for (text, wanted) in [
            ("", "is empty; it must be a thing, or not be set at all"),
            ("a\nb", "holds a control character, such as a line break; remove it"),
            ("a\0", "holds a control character, such as a line break; remove it"),
            ("a\u{85}b", "holds a control character, such as a line break; remove it"),
            (" a", "begins or ends with white space; remove it"),
            ("a\u{a0}", "begins or ends with white space; remove it"),
            (&"a".repeat(4097), "is longer than 4096 bytes; it must be a thing"),
        ] {
            assert_eq!(key(Kind::Text("a thing")).understand_text(text), Err(wanted.to_owned()));
        }
        assert_eq!(key(Kind::Switch).understand_text(&"a".repeat(4096)), Ok("a".repeat(4096)));
    }

    #[test]
    fn a_list_of_words_reads_as_a_sentence() {
        for (words, wanted) in [
            (Kind::OneOf(|| vec!["x"]), "`x`"),
            (Kind::OneOf(|| vec!["x", "y"]), "`x` or `y`"),
            (Kind::OneOf(Vec::new), ""),
        ] {
            assert_eq!(words.to_string(), wanted);
        }
    }
}
