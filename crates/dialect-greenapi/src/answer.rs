//! Answers, and what all of them say to browsers and about rates.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CONTENT_LENGTH, CONTENT_TYPE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use waygate_core::error::{Error, Kind};
use waygate_http::rate::Decision;

use crate::rate::Rate;
use crate::refusal::Refusal;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const REPLENISH_RATE: HeaderName = HeaderName::from_static("x-ratelimit-replenish-rate");

/// The vendor lets pages of every origin call. The token is in the path and no cookie is involved,
/// so a page gets no further than whoever has the token.
const CORS: [(HeaderName, HeaderValue); 3] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS, DELETE, HEAD")),
    (
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "DNT,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range",
        ),
    ),
];

/// A success.
pub(crate) fn json(body: &impl Serialize) -> Result<Response, Refusal> {
    let bytes = serde_json::to_vec(body).map_err(|error| {
        Error::new(Kind::Internal, "an answer could not be written").because(error)
    })?;
    Ok(with_json(StatusCode::OK, bytes))
}

/// An answer whose body is this JSON.
pub(crate) fn with_json(status: StatusCode, json: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// An answer without a body, which says so.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    response
}

/// The same as [`empty`], calling the nothing JSON as the vendor does.
pub(crate) fn empty_json(status: StatusCode) -> Response {
    let mut response = empty(status);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// What a browser asks before it calls.
pub(crate) fn preflight() -> Response {
    let mut response = empty(StatusCode::OK);
    let headers = response.headers_mut();
    headers.extend(CORS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("1728000"));
    response
}

/// Lets a page read an answer, its headers too.
pub(crate) fn add_cors(headers: &mut HeaderMap) {
    headers.extend(CORS);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
}

/// Tells what is left of a rate.
pub(crate) fn add_rate(headers: &mut HeaderMap, rate: Rate, decision: Decision) {
    let remaining = match decision {
        Decision::Allowed { remaining } => remaining,
        Decision::Refused { .. } => 0,
    };
    headers.insert(REMAINING, HeaderValue::from(remaining));
    if let Ok(value) = HeaderValue::try_from(rate.per_second().to_string()) {
        headers.insert(REPLENISH_RATE, value);
    }
}
