//! Fields that cannot be used, in the words and the form of the vendor's framework.

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

/// The fields that are wrong, in the order in which they were looked at, with a sentence on each.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Wrong(Vec<(&'static str, String)>);

impl Wrong {
    /// One field alone.
    pub(crate) fn only(field: &'static str, sentence: String) -> Self {
        Self(vec![(field, sentence)])
    }

    /// Keeps what is right with a field, and notes what is not.
    pub(crate) fn note<T>(&mut self, field: &'static str, checked: Result<T, String>) -> Option<T> {
        checked.map_err(|sentence| self.0.push((field, sentence))).ok()
    }

    /// The first sentence, and how many more there are.
    pub(crate) fn summary(&self) -> String {
        let first = self.0.first().map_or("The given data was invalid.", |(_, first)| first);
        match self.0.len().saturating_sub(1) {
            0 => first.to_owned(),
            1 => format!("{first} (and 1 more error)"),
            more => format!("{first} (and {more} more errors)"),
        }
    }
}

impl Serialize for Wrong {
    /// An object with a list of sentences for each field.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(Some(self.0.len()))?;
        for (field, sentence) in &self.0 {
            fields.serialize_entry(field, &[sentence])?;
        }
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_the_first_sentence_and_the_count_of_the_others() {
        let mut wrong = Wrong::default();
        for (field, summary) in [
            ("phone", "The phone is wrong."),
            ("name", "The phone is wrong. (and 1 more error)"),
            ("webhook_url", "The phone is wrong. (and 2 more errors)"),
        ] {
            assert_eq!(wrong.note(field, Err::<(), _>(format!("The {field} is wrong."))), None);
            assert_eq!(wrong.summary(), summary);
        }
        assert_eq!(
            serde_json::to_string(&wrong).unwrap(),
            r#"{"phone":["The phone is wrong."],"name":["The name is wrong."],"webhook_url":["The webhook_url is wrong."]}"#
        );
    }
}
