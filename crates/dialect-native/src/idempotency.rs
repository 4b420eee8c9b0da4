//! `Idempotency-Key`: a `POST` that is sent twice is carried out once
//! (draft-ietf-httpapi-idempotency-key-header-07).
//!
//! What was done is kept with its answer for a day. What was refused changed nothing and is not kept,
//! so a client may send it again, or correct it, under the same key.

use std::sync::Arc;

use axum::body::{self, Bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use waygate_core::error::{Error, Kind};
use waygate_engine::idempotency::{Keeping, Once};

use crate::answer;
use crate::problem::Problem;
use crate::route::Reply;

/// The longest key, in characters.
pub(crate) const KEY_LENGTH_MAX: usize = 255;

/// The header with a request's key.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header that an answer has when it was given before.
pub(crate) const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The largest answer to a `POST`.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The key of a request; `None` where it has none. It is a string as structured fields have it
/// (RFC 9651, 3.3.3), or the same without quotes, as most clients send it.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut sent = headers.get_all(IDEMPOTENCY_KEY).iter();
    let key = match (sent.next(), sent.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().ok().and_then(|text| unquoted(text.trim())),
        (Some(_), Some(_)) => None,
    };
    let key = key.filter(|key| (1..=KEY_LENGTH_MAX).contains(&key.len()));
    key.map(Some).ok_or_else(|| {
        Problem::invalid("`Idempotency-Key` must be one key of 1 to 255 visible characters")
    })
}

fn unquoted(text: &str) -> Option<String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | ',' | ';');
        return text.chars().all(plain).then(|| text.to_owned());
    };
    let (mut key, mut characters) = (String::new(), quoted.strip_suffix('"')?.chars());
    while let Some(character) = characters.next() {
        key.push(match character {
            '\\' => characters.next().filter(|it| matches!(it, '"' | '\\'))?,
            '"' => return None,
            ' '..='~' => character,
            _ => return None,
        });
    }
    Some(key)
}

/// What was answered, as it is kept: JSON, and where what was made can be found.
#[derive(Serialize, Deserialize)]
pub(crate) struct Told {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Told {
    /// 201 with this body and, where there is one, the path where it can be found from now on.
    pub(crate) fn created(location: Option<String>, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_string(body).map_err(unwritable)?;
        Ok(Self { status: StatusCode::CREATED.as_u16(), location, body })
    }

    /// 202 with this body, and the path where it can be seen what becomes of it.
    pub(crate) fn accepted(location: String, body: &impl Serialize) -> Result<Self, Error> {
        let created = Self::created(Some(location), body)?;
        Ok(Self { status: StatusCode::ACCEPTED.as_u16(), ..created })
    }

    pub(crate) fn into_response(self) -> Response {
        let mut response = answer::content(answer::JSON, self.body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        if let Some(location) = self.location.and_then(|path| HeaderValue::try_from(path).ok()) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }

    fn written(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(unwritable)
    }
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(Kind::Internal, "an answer could not be written").because(error)
}

/// How something that is created is told of, where its request has a key.
pub(crate) fn keeping<T>(
    once: Option<&Arc<Once>>,
    tell: impl Fn(&T) -> Result<Told, Error> + Send + Sync + 'static,
) -> Option<Keeping<T>> {
    let once = Arc::clone(once?);
    Some(Keeping::new(once, move |created| tell(created)?.written()))
}

/// Carries out the one request with its key, whether or not anybody waits for it, and keeps the
/// answer when something was done.
pub(crate) async fn carry_out(once: Arc<Once>, reply: Reply) -> Result<Response, Problem> {
    let kept = Arc::clone(&once);
    once.see_through(async move {
        let response = reply.await?;
        if !response.status().is_success() {
            return Ok(response);
        }
        let (head, body) = response.into_parts();
        let body = body::to_bytes(body, ANSWER_BYTES_MAX).await.map_err(|error| {
            Error::new(Kind::Internal, "an answer could not be read").because(error)
        })?;
        if let Some(told) = told(&head.headers, head.status, &body) {
            kept.keep(&told.written()?).await;
        }
        Ok(Response::from_parts(head, body.into()))
    })
    .await?
}

fn told(headers: &HeaderMap, status: StatusCode, body: &Bytes) -> Option<Told> {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    debug_assert!(headers.get(CONTENT_TYPE) == Some(&answer::JSON), "a `POST` answers in JSON");
    let body = std::str::from_utf8(body).ok()?.to_owned();
    Some(Told { status: status.as_u16(), location: location.map(str::to_owned), body })
}

/// What was answered the first time, and that it was.
pub(crate) fn again(kept: &[u8]) -> Result<Response, Problem> {
    let told: Told = serde_json::from_slice(kept).map_err(|error| {
        Error::new(Kind::Internal, "a kept answer could not be read").because(error)
    })?;
    let mut response = told.into_response();
    response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let value = |text: &&str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
        values.iter().map(|text| (IDEMPOTENCY_KEY, value(text))).collect()
    }

    fn read(values: &[&str]) -> Result<Option<String>, &'static str> {
        key(&headers(values)).map_err(|_problem| "refused")
    }

    #[test]
    fn a_key_comes_with_quotes_or_without_and_is_the_same() {
        assert_eq!(read(&[]), Ok(None));
        for (sent, key) in [
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            (r#""8e03978e""#, "8e03978e"),
            (r#" "a b" "#, "a b"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            (r#"" ""#, " "),
            ("a+b/c=", "a+b/c="),
            ("0", "0"),
        ] {
            assert_eq!(read(&[sent]), Ok(Some(key.to_owned())), "{sent}");
        }
        let longest = "k".repeat(KEY_LENGTH_MAX);
        assert_eq!(read(&[&format!("\"{longest}\"")]), Ok(Some(longest)));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for sent in [
            &[""][..],
            &["\"\""],
            &["\""],
            &["a b"],
            &["a, b"],
            &["a;b"],
            &["a\"b"],
            &["\"a"],
            &["\"a\"b\""],
            &["\"a\"; b=1"],
            &["\"a\", \"b\""],
            &["\"a\\n\""],
            &["\"a\\"],
            &["\"a\\\""],
            &["caf\u{e9}"],
            &["\"caf\u{e9}\""],
            &["a", "a"],
            &[&"k".repeat(KEY_LENGTH_MAX + 1)],
        ] {
            assert_eq!(read(sent), Err("refused"), "{sent:?}");
        }
    }

    #[test]
    fn the_kept_form_of_an_answer_stays_as_it_is() {
        let stored = r#"{"status":201,"location":"/api/v1/a","body":"{\"a\":1}"}"#;
        let body = serde_json::json!({"a": 1});
        let told = Told::created(Some("/api/v1/a".to_owned()), &body).unwrap();
        assert_eq!(told.written().unwrap(), stored.as_bytes());
        let response = again(stored.as_bytes()).unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers()[LOCATION], "/api/v1/a");
        assert_eq!(response.headers()[IDEMPOTENCY_REPLAYED], "true");
    }
}
