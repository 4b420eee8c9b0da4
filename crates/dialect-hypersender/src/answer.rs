//! Answers, and what all of them say to browsers and about rates.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use waygate_core::error::{Error, Kind};

use crate::rate::Told;
use crate::refusal::Refusal;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// The vendor's framework lets pages of every origin call. No cookie is looked at, so a page gets no
/// further than whoever has the token.
const ANY_ORIGIN: HeaderValue = HeaderValue::from_static("*");

/// A success.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Refusal> {
    let bytes = serde_json::to_vec(body).map_err(|error| {
        Error::new(Kind::Internal, "an answer could not be written").because(error)
    })?;
    Ok(with_json(status, bytes))
}

/// An answer whose body is this JSON.
pub(crate) fn with_json(status: StatusCode, json: impl Into<Body>) -> Response {
    let mut response = Response::new(json.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// What a browser asks before it calls.
pub(crate) fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    let (verbs, names) = ("GET, POST, PUT, DELETE", "Authorization, Accept, Content-Type");
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(verbs));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(names));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("0"));
    add_cors(headers);
    response
}

/// Lets a page read an answer.
pub(crate) fn add_cors(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN);
}

/// Tells what there is of a rate and what is left of it.
pub(crate) fn add_rate(headers: &mut HeaderMap, told: Told) {
    headers.insert(LIMIT, HeaderValue::from(told.limit));
    headers.insert(REMAINING, HeaderValue::from(told.remaining));
}
