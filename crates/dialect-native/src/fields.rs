//! The fields of a body: strict JSON, and nothing in it that the route does not know.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use waygate_http::json::{self, JsonError};

use crate::problem::Problem;

/// The most of a name that an error repeats, in characters.
const NAME_SHOWN_MAX: usize = 40;

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

    pub(crate) fn flag(&mut self, name: &str) -> Result<bool, Problem> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(Problem::invalid(format!("`{name}` must be true or false"))),
        }
    }

    /// Digits, which some clients send as a number and some as a string.
    pub(crate) fn digits(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            Some(_) => Err(Problem::invalid(format!("`{name}` must be a string or an integer"))),
        }
    }

    /// A whole number within a range.
    pub(crate) fn number(
        &mut self,
        name: &str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, Problem> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.as_u64().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let (least, most) = range.into_inner();
            Problem::invalid(format!("`{name}` must be a whole number from {least} to {most}"))
        })
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
        assert!(fields.text("name").unwrap().is_none());
    }

    #[test]
    fn digits_come_as_a_number_or_as_a_string() {
        for (body, read) in [
            (r#"{"a":15550001111}"#, Some("15550001111")),
            (r#"{"a":"15550001111"}"#, Some("15550001111")),
            (r#"{"a":1.5}"#, None),
            (r#"{"a":-1}"#, None),
            (r#"{"a":1e3}"#, None),
            (r#"{"a":18446744073709551616}"#, None),
            (r#"{"a":[]}"#, None),
        ] {
            let mut fields = Fields::read(body.as_bytes(), |_name| true).unwrap();
            assert_eq!(fields.digits("a").ok().flatten().as_deref(), read, "{body}");
        }
    }
}
