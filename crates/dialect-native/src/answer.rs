//! Successes.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use waygate_core::error::{Error, Kind};

use crate::problem::Problem;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// 200 with this body.
pub(crate) fn json(body: &impl Serialize) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|error| {
        Error::new(Kind::Internal, "an answer could not be written").because(error)
    })?;
    Ok(content(JSON, bytes))
}

/// 201 with this body and the path where it can be found from now on.
pub(crate) fn created_at(path: &str, body: &impl Serialize) -> Result<Response, Problem> {
    let mut response = json(body)?;
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(location) = HeaderValue::try_from(path) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// 200 with something else than JSON.
pub(crate) fn content(r#type: HeaderValue, bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    response.headers_mut().insert(CONTENT_TYPE, r#type);
    response
}

/// 204.
pub(crate) fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
