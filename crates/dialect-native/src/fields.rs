//! The fields of a body: strict JSON, and nothing in it that the route does not know.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde_json::{Map, Value};
use waygate_core::phone::PhoneNumber;
use waygate_http::json::{self, JsonError};

use crate::problem::Problem;

/// The most of a name that an error repeats, in characters.
const NAME_SHOWN_MAX: usize = 40;

/// The largest number in a list: what every client can hold exactly.
pub(crate) const NUMBER_MAX: u64 = (1 << 53) - 1;

/// Up to here a floating-point number is exact.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// The fields of a body that are not taken yet. `null` is the same as no field.
#[derive(Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body whose fields are among the known ones; no body is one without fields.
    pub(crate) fn read(body: &[u8], is_known: impl Fn(&str) -> bool) -> Result<Self, Problem> {
        let object = match json::object(body) {
            Ok(object) => object,
            Err(JsonError::Empty) => Map::new(),
            Err(
                error @ (JsonError::NotUtf8 { .. }
                | JsonError::Unexpected { .. }
                | JsonError::UnexpectedEnd
                | JsonError::DuplicateKey
                | JsonError::TooDeep
                | JsonError::NotAnObject { .. }),
            ) => return Err(Problem::invalid(format!("the body cannot be read: {error}"))),
        };
        match object.keys().find(|name| !is_known(name)) {
            None => Ok(Self(object)),
            Some(name) => Err(Problem::invalid(format!("there is no field {}", quoted(name)))),
        }
    }

    /// Whether a field is there with nothing in it: where a `PATCH` may take something away.
    pub(crate) fn clears(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(Value::is_null)
    }

    /// Whether something is in a field.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::invalid(format!("`{name}` must be a string"))),
        }
    }

    /// What is there, of whatever kind; `null` where nothing is.
    pub(crate) fn whatever(&mut self, name: &str) -> Value {
        self.take(name).unwrap_or_default()
    }

    /// A text that must be there.
    pub(crate) fn needed_text(&mut self, name: &str) -> Result<String, Problem> {
        let text = self.text(name)?;
        text.ok_or_else(|| Problem::invalid(format!("`{name}` is needed")))
    }

    pub(crate) fn phone(&mut self, name: &str) -> Result<Option<PhoneNumber>, Problem> {
        let digits = self.digits(name)?;
        let read = |text: String| text.parse::<PhoneNumber>();
        digits.map(read).transpose().map_err(|error| unusable(name, error))
    }

    /// On or off; `None` where nothing is said.
    pub(crate) fn switch(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(Problem::invalid(format!("`{name}` must be true or false"))),
        }
    }

    /// Texts in a list; none may be there twice.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        let Some(list) = self.take(name) else { return Ok(None) };
        let texts: Option<Vec<String>> = serde_json::from_value(list).ok();
        let different = |texts: &Vec<String>| {
            texts.iter().enumerate().all(|(place, text)| !texts[..place].contains(text))
        };
        let wrong = || Problem::invalid(format!("`{name}` must be a list of different strings"));
        texts.filter(different).map(Some).ok_or_else(wrong)
    }

    /// Whole numbers in a list, up to [`NUMBER_MAX`].
    pub(crate) fn numbers(&mut self, name: &str) -> Result<Option<Vec<u64>>, Problem> {
        let Some(list) = self.take(name) else { return Ok(None) };
        let small = |value| whole(value).filter(|number| *number <= NUMBER_MAX);
        let list = list.as_array().and_then(|list| list.iter().map(small).collect());
        let wrong = || Problem::invalid(format!("`{name}` must be a list of whole numbers"));
        list.map(Some).ok_or_else(wrong)
    }

    /// A whole number within a range.
    pub(crate) fn number(
        &mut self,
        name: &str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, Problem> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = whole(&value).filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let (least, most) = range.into_inner();
            Problem::invalid(format!("`{name}` must be a whole number from {least} to {most}"))
        })
    }

    pub(crate) fn time(&mut self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let time = text.parse().map(Some);
        time.map_err(|_error| Problem::invalid(format!("`{name}` must be a time as in RFC 3339")))
    }

    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, Problem> {
        Ok(self.switch(name)?.unwrap_or(false))
    }

    /// Digits, which some clients send as a number and some as a string.
    pub(crate) fn digits(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => whole(&value).map(|number| Some(number.to_string())).ok_or_else(|| {
                Problem::invalid(format!("`{name}` must be a string or an integer"))
            }),
        }
    }

    /// The fields of an object; none where there is no object.
    pub(crate) fn object(&mut self, name: &str, known: &[&str]) -> Result<Self, Problem> {
        let object = match self.take(name) {
            None => return Ok(Self::default()),
            Some(Value::Object(object)) => object,
            Some(_) => return Err(Problem::invalid(format!("`{name}` must be an object"))),
        };
        match object.keys().find(|inner| !known.contains(&inner.as_str())) {
            None => Ok(Self(object)),
            Some(inner) => {
                let inner = quoted(inner);
                Err(Problem::invalid(format!("there is no field {inner} in `{name}`")))
            }
        }
    }
}

/// A whole number, which some clients write as `5.0`: JSON tells no integers apart (JSON Schema, 6.1.1).
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64().filter(|number| number.abs() <= EXACT_MAX)?;
        // Without a point when it is whole.
        number.to_string().parse().ok()
    })
}

/// A name that a client sent, in a form that can be shown.
pub(crate) fn quoted(name: &str) -> String {
    let shown: String = name.chars().take(NAME_SHOWN_MAX).collect();
    if shown.len() < name.len() { format!("`{shown}...`") } else { format!("`{shown}`") }
}

/// A value that cannot be used, with the reason.
pub(crate) fn unusable(name: &str, why: impl std::fmt::Display) -> Problem {
    Problem::invalid(format!("`{name}` cannot be used: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_shown_in_part() {
        assert_eq!(quoted("fresh"), "`fresh`");
        assert_eq!(quoted(&"\u{e9}".repeat(41)), format!("`{}...`", "\u{e9}".repeat(40)));
    }

    #[test]
    fn null_is_no_field() {
        let mut fields = Fields::read(br#"{"name":null}"#, |name| name == "name").unwrap();
        assert!(fields.clears("name") && !fields.clears("phone"));
        assert!(fields.text("name").unwrap().is_none());
    }

    #[test]
    fn a_list_holds_different_strings_and_nothing_else() {
        for (body, read) in [
            (r#"{"a":[]}"#, Some(vec![])),
            (r#"{"a":["x","y"]}"#, Some(vec!["x".to_owned(), "y".to_owned()])),
            (r#"{"a":["x","x"]}"#, None),
            (r#"{"a":["x",1]}"#, None),
            (r#"{"a":[null]}"#, None),
            (r#"{"a":"x"}"#, None),
            (r#"{"a":{}}"#, None),
        ] {
            let mut fields = Fields::read(body.as_bytes(), |_name| true).unwrap();
            assert_eq!(fields.texts("a").ok().flatten(), read, "{body}");
        }
    }

    #[test]
    fn a_number_is_whole_and_within_its_range() {
        for (body, read) in [
            (r#"{"a":1}"#, Some(1)),
            (r#"{"a":9}"#, Some(9)),
            (r#"{"a":9.0}"#, Some(9)),
            (r#"{"a":0}"#, None),
            (r#"{"a":10}"#, None),
            (r#"{"a":-1}"#, None),
            (r#"{"a":1.5}"#, None),
            (r#"{"a":"1"}"#, None),
            (r#"{"a":18446744073709551616}"#, None),
        ] {
            let mut fields = Fields::read(body.as_bytes(), |_name| true).unwrap();
            assert_eq!(fields.number("a", 1..=9).ok().flatten(), read, "{body}");
        }
    }

    #[test]
    fn a_time_says_its_zone() {
        for (text, is_time) in [
            ("2026-03-01T10:20:30Z", true),
            ("2026-03-01T10:20:30.456+02:00", true),
            ("2026-03-01T10:20:30", false),
            ("2026-03-01", false),
            ("tomorrow", false),
            ("99999-01-01T00:00:00Z", false),
        ] {
            let body = format!(r#"{{"a":"{text}"}}"#);
            let mut fields = Fields::read(body.as_bytes(), |_name| true).unwrap();
            assert_eq!(fields.time("a").is_ok(), is_time, "{text}");
        }
    }

    #[test]
    fn digits_come_as_a_number_or_as_a_string() {
        for (body, read) in [
            (r#"{"a":15550001111}"#, Some("15550001111")),
            (r#"{"a":"15550001111"}"#, Some("15550001111")),
            (r#"{"a":15550001111.0}"#, Some("15550001111")),
            (r#"{"a":1e3}"#, Some("1000")),
            (r#"{"a":1.5}"#, None),
            (r#"{"a":-1}"#, None),
            (r#"{"a":1e16}"#, None),
            (r#"{"a":18446744073709551616}"#, None),
            (r#"{"a":[]}"#, None),
        ] {
            let mut fields = Fields::read(body.as_bytes(), |_name| true).unwrap();
            assert_eq!(fields.digits("a").ok().flatten().as_deref(), read, "{body}");
        }
    }
}
