//! The words of the pages, one file for each language.
//!
//! The files are modules that the page's scripts load as they are; what stands in them is JSON, so that
//! the pages are filled from the same place.

use std::collections::BTreeMap;

use waygate_core::link_ticket::Language;

/// What stands around the JSON of a module.
const BEFORE: &str = "export default ";
const AFTER: &str = ";\n";

/// The words of one language, by their names.
#[derive(Debug)]
pub(crate) struct Words(BTreeMap<String, String>);

impl Words {
    /// The words of a language.
    pub(crate) fn of(language: Language) -> Self {
        let json = source(language).strip_prefix(BEFORE).and_then(|it| it.strip_suffix(AFTER));
        // A test reads all of them.
        Self(json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default())
    }

    /// A word; nothing for one that there is not.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Puts words where a template names them in braces. Other braces stay as they are.
    pub(crate) fn fill(&self, template: &str) -> String {
        let filled = self.0.iter().fold(template.to_owned(), |text, (name, word)| {
            text.replace(&format!("{{{name}}}"), word)
        });
        filled
    }
}

fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../assets/words.en.mjs"),
        Language::German => include_str!("../assets/words.de.mjs"),
        Language::Spanish => include_str!("../assets/words.es.mjs"),
        Language::French => include_str!("../assets/words.fr.mjs"),
        Language::Portuguese => include_str!("../assets/words.pt.mjs"),
        Language::Arabic => include_str!("../assets/words.ar.mjs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(word: &str) -> Vec<&str> {
        word.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    #[test]
    fn every_language_has_a_word_for_everything() {
        let english = Words::of(Language::English).0;
        assert!(english.len() > 80, "{}", english.len());
        for language in Language::ALL {
            let words = Words::of(language).0;
            assert_eq!(
                words.keys().collect::<Vec<_>>(),
                english.keys().collect::<Vec<_>>(),
                "{}",
                language.code()
            );
            for (name, word) in &words {
                assert!(!word.trim().is_empty(), "{name} in {}", language.code());
                assert_eq!(placeholders(word), placeholders(&english[name]), "{name}");
                let marks = |text: &str| text.matches("<b>").count();
                assert_eq!(marks(word), marks(&english[name]), "{name} in {}", language.code());
            }
        }
    }

    /// A language that was forgotten in a line would show by that.
    #[test]
    fn what_is_said_in_another_language_is_said_in_other_words() {
        let english = Words::of(Language::English).0;
        for language in Language::ALL.into_iter().filter(|it| *it != Language::English) {
            let words = Words::of(language).0;
            let same: Vec<_> =
                words.iter().filter(|(name, word)| english.get(*name) == Some(*word)).collect();
            let told: Vec<_> = same.into_iter().filter(|(name, _)| *name != "direction").collect();
            assert!(told.is_empty(), "{} {told:?}", language.code());
        }
    }
}
