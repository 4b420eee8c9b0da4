//! The console: where the holder of an account sees and links its instances.
//!
//! The page is the same for everybody and tells nothing. Signing in trades a key of the native API for a
//! session, a cookie that no script and no other site gets to use; everything else the page asks of the
//! native API, by that cookie.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use waygate_core::error::Error;
use waygate_core::secret::TokenText;
use waygate_engine::Gateway;
use waygate_http::body::{self, STALL};
use waygate_http::cookie;
use waygate_http::guesses::{Guesser, TooManyGuesses};
use waygate_http::origin::Origins;
use waygate_http::rate::whole_seconds;

use crate::opening::is_over_tls;

/// The cookie's name, which the native API knows too.
const COOKIE: &str = "waygate_session";

/// The whole site: the console is at its root, and what it calls beside it.
const COOKIE_PATH: &str = "/";

/// The largest body: a key.
const BODY_BYTES_MAX: usize = 4096;

/// Signs in (`POST`) or out (`DELETE`).
pub(crate) async fn session(
    gateway: &Gateway,
    head: &Parts,
    body: Body,
) -> Result<Response, Error> {
    if !Origins::Same.allow(&head.headers) {
        return Ok(refused(StatusCode::FORBIDDEN, "another page cannot do this"));
    }
    if head.method == Method::DELETE {
        if let Some(session) = cookie::find(&head.headers, COOKIE) {
            gateway.close_session(&TokenText::new(session));
        }
        return Ok(with_cookie("", std::time::Duration::ZERO, &head.headers));
    }
    if !is_json(&head.headers) {
        return Ok(refused(StatusCode::BAD_REQUEST, "the Content-Type must be application/json"));
    }
    let Ok(sent) = body::read(body, BODY_BYTES_MAX, STALL).await else {
        return Ok(refused(StatusCode::BAD_REQUEST, "the body cannot be read"));
    };
    let said = serde_json::from_slice::<Value>(&sent).ok();
    let Some(key) = said.as_ref().and_then(|said| said.get("key")).and_then(Value::as_str) else {
        return Ok(refused(StatusCode::BAD_REQUEST, "the body must be an object with a `key`"));
    };
    let guesser = Guesser::of(&head.extensions);
    if let Err(error) = guesser.may_try() {
        return Ok(too_many(error));
    }
    match gateway.open_session(&TokenText::new(key)).await? {
        Some(session) => Ok(with_cookie(session.text.expose(), session.valid_for, &head.headers)),
        None => {
            guesser.was_wrong();
            Ok(refused(StatusCode::UNAUTHORIZED, "the key is unknown, revoked or of another kind"))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let name = sent.and_then(|value| value.split(';').next()).unwrap_or_default();
    name.trim().eq_ignore_ascii_case("application/json")
}

fn with_cookie(value: &str, max_age: std::time::Duration, headers: &HeaderMap) -> Response {
    let over_tls = is_over_tls(headers);
    let set = cookie::set_strict(COOKIE, value, COOKIE_PATH, max_age, over_tls);
    let mut response = StatusCode::NO_CONTENT.into_response();
    // Digits make a cookie, so there always is one.
    response.headers_mut().extend(set.ok().map(|cookie| (SET_COOKIE, cookie)));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn too_many(error: TooManyGuesses) -> Response {
    let detail = "too many wrong keys came from this address";
    let mut response = refused(StatusCode::TOO_MANY_REQUESTS, detail);
    let seconds = whole_seconds(error.retry_after);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn refused(status: StatusCode, detail: &'static str) -> Response {
    let json = (CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let code = status.as_u16();
    let text = format!("{{\"type\":\"about:blank\",\"status\":{code},\"detail\":\"{detail}\"}}");
    (status, [json, (CACHE_CONTROL, HeaderValue::from_static("no-store"))], text).into_response()
}
