//! Takes what the sources say, key by key, and notes what is wrong with it.
//!
//! Reading a key also makes it known: what nobody has taken in the end is not a setting.

use crate::input::{Input, Raw};
use crate::key::{About, Absent, Key};
use crate::problem::{Origin, Problem, Problems};
use crate::{suggestion, variable};

/// The inputs that no key has taken yet, the keys seen so far, and the problems found so far.
pub(crate) struct Reader {
    /// The weakest source first.
    inputs: Vec<Input>,
    known: Vec<About>,
    problems: Vec<Problem>,
}

/// A value and who set it.
pub(crate) struct Found<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// The value is missing, and the reader has noted why.
#[derive(Debug)]
pub(crate) struct Reported(());

impl Reader {
    /// Starts with what the sources say, the weakest first, and with what was wrong with them.
    pub(crate) fn new(inputs: Vec<Input>, problems: Vec<Problem>) -> Self {
        Self { inputs, known: vec![], problems }
    }

    /// The value of a key that may be unset. Every source's value is checked; the strongest holds.
    pub(crate) fn optional<T>(&mut self, key: &Key<T>) -> Result<Option<Found<T>>, Reported> {
        self.known.push(key.about());
        let inputs = std::mem::take(&mut self.inputs);
        let (mine, others) = inputs.into_iter().partition(|input: &Input| input.sets(key.name));
        self.inputs = others;
        let mut found = Ok(None);
        for Input { raw, origin, .. } in mine {
            match key.understand(&raw) {
                Ok(value) => found = found.map(|_| Some(Found { value, origin })),
                Err(sentence) => found = Err(self.report(key.name, origin, sentence)),
            }
        }
        found
    }

    /// The value of a key that always has one: what is set, or the default.
    pub(crate) fn value<T>(&mut self, key: &Key<T>) -> Result<Found<T>, Reported> {
        if let Some(found) = self.optional(key)? {
            return Ok(found);
        }
        let default = match key.absent {
            Absent::Default(text) => key.understand_text(text),
            Absent::Nothing { .. } => Err(format!("must be set: {}", key.kind)),
        };
        match default {
            Ok(value) => Ok(Found { value, origin: Origin::Default }),
            Err(sentence) => Err(self.report(key.name, Origin::Default, sentence)),
        }
    }

    /// Notes a problem. The only way to a [`Reported`].
    pub(crate) fn report(&mut self, key: &str, origin: Origin, sentence: String) -> Reported {
        self.problems.push(Problem { key: Some(key.to_owned()), origin, sentence });
        Reported(())
    }

    /// Ends reading: whatever nobody took is a problem, and with a problem there are no settings.
    pub(crate) fn finish<T>(mut self, settings: Result<T, Reported>) -> Result<T, Problems> {
        for Input { key, raw, origin } in std::mem::take(&mut self.inputs) {
            if raw == Raw::EmptyTable && self.inside(&key).next().is_some() {
                continue;
            }
            let sentence = self.unknown(&key, &origin);
            self.report(&key, origin, sentence);
        }
        match settings {
            Ok(settings) if self.problems.is_empty() => Ok(settings),
            // A `Reported` exists only where `report` noted a problem, so the list is not empty.
            Ok(_) | Err(Reported(())) => Err(Problems::sorted(self.problems)),
        }
    }

    /// Every key that was read, in that order.
    pub(crate) fn into_known(self) -> Vec<About> {
        self.known
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.known.iter().map(|about| about.name)
    }

    /// The keys in this section.
    fn inside(&self, section: &str) -> impl Iterator<Item = &'static str> {
        self.names().filter(move |name| {
            name.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// Why this is not a setting, in the spelling of the source that has it.
    fn unknown(&self, key: &str, origin: &Origin) -> String {
        let variable = match origin {
            Origin::Variable(name) => Some(name),
            Origin::Default | Origin::File { .. } | Origin::Flag(_) => None,
        };
        let spelled = |key: &str| match variable {
            Some(_) => format!("`{}`", variable::of_key(key)),
            None => format!("`{key}`"),
        };
        let inside: Vec<String> = self.inside(key).map(spelled).collect();
        if !inside.is_empty() {
            return format!("is a section, not a setting; in it are {}", inside.join(", "));
        }
        if variable.is_some_and(|name| variable::is_service_link(name)) {
            return "is not a setting; if Kubernetes set it for a service of that name, set \
                    `enableServiceLinks: false` for the pod"
                .to_owned();
        }
        let others = variable.into_iter().flat_map(|_| variable::NO_SETTINGS_AS_KEYS);
        match suggestion::nearest(key, self.names().chain(others)) {
            Some(near) => format!("is not a setting; did you mean {}?", spelled(near)),
            None => "is not a setting; remove it".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Kind;

    const NEEDED: Key<String> = Key {
        name: "part.needed",
        kind: Kind::Text("a thing"),
        absent: Absent::Nothing { example: "x" },
        description: "",
        check: |text| Ok(text.to_owned()),
    };

    fn input(key: &str, origin: Origin) -> Input {
        Input { key: key.to_owned(), raw: Raw::Untyped("x".into()), origin }
    }

    fn sentences(inputs: Vec<Input>) -> Vec<String> {
        let mut reader = Reader::new(inputs, vec![]);
        let value = reader.optional(&NEEDED).map(|_| ());
        let problems = reader.finish(value).err();
        problems.iter().flatten().map(ToString::to_string).collect()
    }

    #[test]
    fn a_key_without_a_default_must_be_set_where_a_value_is_needed() {
        let mut reader = Reader::new(vec![], vec![]);
        let value = reader.value(&NEEDED).map(|found| found.value);
        let problems = reader.finish(value).unwrap_err();
        assert_eq!(problems.to_string(), "part.needed: must be set: a thing");
    }

    #[test]
    fn what_no_key_takes_is_explained_in_the_words_of_its_source() {
        let flag = || Origin::Flag("--x".into());
        let variable = |name: &str| Origin::Variable(name.to_owned());
        for (key, origin, wanted) in [
            ("part.neded", flag(), "is not a setting; did you mean `part.needed`? (--x)"),
            ("part", flag(), "is a section, not a setting; in it are `part.needed` (--x)"),
            ("par", flag(), "is not a setting; remove it (--x)"),
            (
                "part_needed",
                variable("WAYGATE_PART_NEEDED"),
                "is not a setting; did you mean `WAYGATE_PART__NEEDED`? (WAYGATE_PART_NEEDED)",
            ),
            (
                "part.needed",
                variable("waygate_part__needed"),
                "is not a setting; did you mean `WAYGATE_PART__NEEDED`? (waygate_part__needed)",
            ),
            (
                "config",
                variable("Waygate_Config"),
                "is not a setting; did you mean `WAYGATE_CONFIG`? (Waygate_Config)",
            ),
            (
                "tokn",
                variable("WAYGATE_TOKN"),
                "is not a setting; did you mean `WAYGATE_TOKEN`? (WAYGATE_TOKN)",
            ),
            ("config", flag(), "is not a setting; remove it (--x)"),
            (
                "service_host",
                variable("WAYGATE_SERVICE_HOST"),
                "is not a setting; if Kubernetes set it for a service of that name, set \
                 `enableServiceLinks: false` for the pod (WAYGATE_SERVICE_HOST)",
            ),
        ] {
            assert_eq!(sentences(vec![input(key, origin)]), [format!("{key}: {wanted}")]);
        }
        assert!(sentences(vec![input("part.needed", flag())]).is_empty());
    }
}
