//! Strict JSON: what two readers could understand in two ways is refused.
//!
//! A body whose key occurs twice means one thing to a proxy that checks it and another to us; deep
//! nesting costs stack. An error says where, in the terms that other servers' messages use, so that
//! a dialect can write the message its clients know. It holds at most one character of the text.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// How deep objects and lists may lie in one another, the outermost counted.
pub const NESTING_MAX: usize = 64;

/// Windows software likes to put it before UTF-8; RFC 8259, 8.1, allows to ignore it.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Why a text is not an object. Closed on purpose: a new reason must stop the build in every
/// dialect. Offsets are in bytes from the start of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// There is nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// It is not UTF-8.
    #[error("the text is not UTF-8 at byte {offset}")]
    NotUtf8 {
        /// Where it stops to be.
        offset: usize,
    },
    /// It cannot go on like this.
    #[error("the text is not JSON at byte {offset}")]
    Unexpected {
        /// The character that cannot stand there, if it can be printed.
        character: Option<char>,
        /// Where it stands. Inside a `\u` escape, where the escape ends.
        offset: usize,
    },
    /// It ends too early.
    #[error("the text ends too early")]
    UnexpectedEnd,
    /// A key occurs twice in one object.
    #[error("a key occurs twice")]
    DuplicateKey,
    /// Objects and lists lie deeper in one another than [`NESTING_MAX`].
    #[error("the text is nested too deeply")]
    TooDeep,
    /// It is JSON, but not an object.
    #[error("the text is not a JSON object")]
    NotAnObject {
        /// Where the value begins that stands there instead.
        offset: usize,
    },
}

/// Reads one JSON object.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonError> {
    let start = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let text = std::str::from_utf8(bytes.get(start..).unwrap_or_default())
        .map_err(|error| JsonError::NotUtf8 { offset: start + error.valid_up_to() })?;
    if text.trim_ascii().is_empty() {
        return Err(JsonError::Empty);
    }
    let refused = Cell::new(None);
    let seed = Strict { nesting_left: NESTING_MAX, refused: &refused };
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match value {
        Ok(Value::Object(object)) => Ok(object),
        Ok(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_),
        ) => {
            let before = text.len() - text.trim_ascii_start().len();
            Err(JsonError::NotAnObject { offset: start + before })
        }
        Err(error) => Err(refused.take().unwrap_or_else(|| located(&error, text, start))),
    }
}

/// What `serde_json` found, with its line and column turned into an offset.
fn located(error: &serde_json::Error, text: &str, start: usize) -> JsonError {
    match error.classify() {
        Category::Eof => JsonError::UnexpectedEnd,
        Category::Syntax | Category::Data | Category::Io => {
            // Both count from one, columns in bytes. Column zero is the end of the line before.
            let lines_before = error.line().saturating_sub(1);
            let line: usize = text.split_inclusive('\n').take(lines_before).map(str::len).sum();
            let offset = (line + error.column()).saturating_sub(1);
            let character = text.get(offset..).and_then(|rest| rest.chars().next());
            let is_printable = |c: &char| c.is_ascii_graphic() || c.is_alphanumeric();
            JsonError::Unexpected {
                character: character.filter(is_printable),
                offset: start + offset,
            }
        }
    }
}

/// Reads any value, and refuses what `serde_json` would let pass.
#[derive(Debug, Clone, Copy)]
struct Strict<'a> {
    nesting_left: usize,
    /// Why, when it was one of our rules: the error of `serde_json` would hold it as text.
    refused: &'a Cell<Option<JsonError>>,
}

impl Strict<'_> {
    /// For what lies inside an object or a list.
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.nesting_left.checked_sub(1) {
            Some(nesting_left) => Ok(Self { nesting_left, ..self }),
            None => Err(self.refuse(JsonError::TooDeep)),
        }
    }

    fn refuse<E: serde::de::Error>(self, why: JsonError) -> E {
        self.refused.set(Some(why));
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inside)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inside = self.deeper()?;
        let mut values = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            match values.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(object.next_value_seed(inside)?);
                }
                Entry::Occupied(_) => return Err(self.refuse(JsonError::DuplicateKey)),
            }
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests;
