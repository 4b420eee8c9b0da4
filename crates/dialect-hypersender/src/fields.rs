//! The fields of a body: JSON, or a form, as the vendor's framework reads them.

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded;
use waygate_http::json::{self, JsonError};

use crate::call::Said;
use crate::refusal::Refusal;

/// The content type of a form, whatever parameters follow.
const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a form, or the parameters of a query; what follows them is refused.
pub(crate) const PAIRS_MAX: usize = 1000;

/// What a client has sent. Texts are trimmed; `null` and empty texts are as good as nothing.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, Value>);

impl Fields {
    pub(crate) fn read(said: &Said) -> Result<Self, Refusal> {
        let sent = match json::object(&said.body) {
            Ok(object) => object.into_iter().collect(),
            Err(JsonError::Empty) => BTreeMap::new(),
            // Commands like curl call everything a form, so the body is looked at first.
            Err(_) if is_form(said) => form(&said.body)?,
            Err(
                JsonError::NotUtf8 { .. }
                | JsonError::Unexpected { .. }
                | JsonError::UnexpectedEnd
                | JsonError::DuplicateKey
                | JsonError::TooDeep
                | JsonError::NotAnObject { .. },
            ) => return Err(Refusal::BAD_JSON),
        };
        let kept = sent.into_iter().filter_map(|(name, value)| Some((name, tidied(value)?)));
        Ok(Self(kept.collect()))
    }

    /// A text, where there is one that is not empty; the vendor's sentence where it is no text.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("The {} field must be a string.", in_words(name))),
        }
    }

    /// A text that has to be there.
    pub(crate) fn required_text(&mut self, name: &str) -> Result<String, String> {
        self.text(name)?.ok_or_else(|| format!("The {} field is required.", in_words(name)))
    }
}

/// The name of a field as the framework writes it into a sentence.
pub(crate) fn in_words(name: &str) -> String {
    name.replace('_', " ")
}

fn is_form(said: &Said) -> bool {
    let kind = said.content_type().split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case(FORM) && !said.body.trim_ascii_start().starts_with(b"{")
}

fn form(body: &[u8]) -> Result<BTreeMap<String, Value>, Refusal> {
    let mut fields = BTreeMap::new();
    for (count, (name, value)) in form_urlencoded::parse(body).enumerate() {
        if count >= PAIRS_MAX {
            return Err(Refusal::bad_request("The form has too many fields."));
        }
        // As the framework does: the last one counts.
        fields.insert(name.into_owned(), Value::String(value.into_owned()));
    }
    Ok(fields)
}

/// A value without white space around it; `None` where nothing is left.
fn tidied(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) => {
            let text = text.trim();
            (!text.is_empty()).then(|| Value::String(text.to_owned()))
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::CONTENT_TYPE;
    use axum::http::{HeaderMap, HeaderValue};
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    const JSON: &str = "application/json";

    fn read(content_type: &'static str, body: &[u8]) -> Result<Fields, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Fields::read(&Said { query: None, headers, body: Bytes::copy_from_slice(body) })
    }

    fn name(content_type: &'static str, body: &str) -> String {
        match read(content_type, body.as_bytes()) {
            Ok(mut fields) => match fields.text("name") {
                Ok(text) => text.unwrap_or_else(|| "nothing".to_owned()),
                Err(sentence) => sentence,
            },
            Err(Refusal::Told { message, .. }) => message.into_owned(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_field_comes_in_json_or_in_a_form() {
        for (content_type, body, expected) in [
            (JSON, r#"{"name":"Shop"}"#, "Shop"),
            (JSON, "{\"name\":\" \\tShop\\n\"}", "Shop"),
            (JSON, r#"{"name":""}"#, "nothing"),
            (JSON, r#"{"name":"  "}"#, "nothing"),
            (JSON, r#"{"name":null}"#, "nothing"),
            (JSON, "", "nothing"),
            (JSON, r#"{"name":5}"#, "The name field must be a string."),
            (JSON, r#"{"name":["x"]}"#, "The name field must be a string."),
            (FORM, "name=My+Shop&x=y", "My Shop"),
            (FORM, "name=a&name=b", "b"),
            (FORM, "name=+", "nothing"),
            (FORM, r#"{"name":"Shop"}"#, "Shop"),
            ("application/x-www-form-urlencoded; charset=UTF-8", "name=Shop", "Shop"),
            ("text/plain", r#"{"name":"Shop"}"#, "Shop"),
        ] {
            assert_eq!(name(content_type, body), expected, "{content_type}: {body}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (content_type, body) in [
            (JSON, "{"),
            (JSON, "[]"),
            (JSON, "name=Shop"),
            (JSON, r#"{"name":"a","name":"b"}"#),
            (FORM, r#"{"name":"#),
        ] {
            let told = name(content_type, body);
            assert_eq!(told, "The request body is not valid JSON.", "{content_type}: {body}");
        }
        assert_eq!(name(FORM, &"a=b&".repeat(1001)), "The form has too many fields.");
    }

    #[test]
    fn the_first_field_that_is_missing_is_told_in_words() {
        let mut fields = Fields::default();
        let told = fields.required_text("webhook_url").unwrap_err();
        assert_eq!(told, "The webhook url field is required.");
    }

    proptest! {
        #[test]
        fn any_body_is_read_without_a_panic(body: Vec<u8>, is_form: bool) {
            drop(read(if is_form { FORM } else { JSON }, &body));
        }
    }
}
