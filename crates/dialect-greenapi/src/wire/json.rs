//! Bodies in JSON, and what is said about those that are none.

use serde_json::{Map, Value};
use waygate_http::json::{self, JsonError};

use crate::refusal::Refusal;

/// The object in a body; an empty one where there is no body, or the `null` that some clients write
/// for no parameters. Clients name all kinds of content types, so none is asked for.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    match json::object(body) {
        Ok(object) => Ok(object),
        Err(JsonError::Empty) => Ok(Map::new()),
        Err(JsonError::UnexpectedEnd) => Err(Refusal::bad_request("Unexpected end of JSON input")),
        Err(JsonError::Unexpected { character, offset }) => {
            Err(unexpected(character.unwrap_or(char::REPLACEMENT_CHARACTER), body, offset))
        }
        Err(JsonError::NotAnObject { offset }) => {
            let value = body.get(offset..).unwrap_or_default();
            if value.trim_ascii_end() == b"null" {
                return Ok(Map::new());
            }
            // Every value of JSON begins with a character of ASCII.
            let first = value.first().copied().map_or(char::REPLACEMENT_CHARACTER, char::from);
            Err(unexpected(first, body, offset))
        }
        Err(JsonError::NotUtf8 { .. } | JsonError::DuplicateKey | JsonError::TooDeep) => {
            Err(Refusal::BAD_DATA)
        }
    }
}

/// The vendor's parser is JavaScript's: it counts in UTF-16.
fn unexpected(character: char, body: &[u8], offset: usize) -> Refusal {
    let before = body.get(..offset).unwrap_or(body);
    let position = String::from_utf8_lossy(before).encode_utf16().count();
    Refusal::bad_request(format!("Unexpected token {character} in JSON at position {position}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(body: &[u8]) -> String {
        match object(body) {
            Ok(object) => Value::Object(object).to_string(),
            Err(Refusal::Told { status, message }) => format!("{} {message}", status.as_u16()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_said_about_a_body() {
        for (body, said) in [
            ("", "{}"),
            (" \r\n", "{}"),
            ("{}", "{}"),
            ("null", "{}"),
            ("\u{feff} null\n", "{}"),
            ("\u{feff}[]", "400 Unexpected token [ in JSON at position 1"),
            ("nullx", "400 Unexpected token x in JSON at position 4"),
            (r#"{"count":5}"#, r#"{"count":5}"#),
            (r#"{"count": 5 _}"#, "400 Unexpected token _ in JSON at position 12"),
            ("{\"a\":\"\u{1f600}\",x}", "400 Unexpected token x in JSON at position 10"),
            ("nonsense", "400 Unexpected token o in JSON at position 1"),
            ("5", "400 Unexpected token 5 in JSON at position 0"),
            (" [1]", "400 Unexpected token [ in JSON at position 1"),
            (r#"{"a":"#, "400 Unexpected end of JSON input"),
            (r#"{"a":1,"a":2}"#, "400 bad request data"),
        ] {
            assert_eq!(message(body.as_bytes()), said, "{body}");
        }
        assert_eq!(message(b"{\"a\":\"\xff\"}"), "400 bad request data");
        assert_eq!(message("[".repeat(5000).as_bytes()), "400 bad request data");
    }

    proptest! {
        #[test]
        fn any_body_is_read_without_a_panic(body: Vec<u8>) {
            drop(object(&body));
        }
    }
}
