//! What a request to the control API must be before anything is done for it.
//!
//! Whoever can reach the address may steer the simulator, and a page in somebody's browser can
//! reach a loopback address. Browsers name the page's origin in such requests, and without asking
//! first they send no JSON; nobody else has to name an origin.

use std::net::SocketAddr;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::Response,
};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// Refuses what a page of another origin sends.
pub(crate) async fn refuse_pages(
    State(own): State<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    let own = [format!("http://{own}"), format!("http://localhost:{}", own.port())];
    if origins.all(|origin| own.iter().any(|own| origin == own.as_str())) {
        return Ok(next.run(request).await);
    }
    let message = "pages of other origins may not use the control API";
    Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", message))
}

/// The number in a path, as it was written.
pub(crate) struct Number(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        in_path(parts, state).await.map(Self)
    }
}

/// The number and the id in a path, as they were written.
pub(crate) struct NumberAndId {
    pub(crate) number: String,
    pub(crate) id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for NumberAndId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let (number, id) = in_path(parts, state).await?;
        Ok(Self { number, id })
    }
}

async fn in_path<T, S>(parts: &mut Parts, state: &S) -> Result<T, Problem>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    let found = Path::<T>::from_request_parts(parts, state).await;
    found.map(|Path(found)| found).map_err(|rejection| {
        let message = "the path is not percent-encoded UTF-8";
        Problem::new(rejection.status(), "bad_path", message)
    })
}

/// What a request body must be; shown instead of a parser's message, which would repeat secrets.
pub(crate) trait Expected: DeserializeOwned {
    const FORM: &'static str;
}

/// A body, not yet read as JSON. Empty when there is none.
pub(crate) struct Body(Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = says_json(request.headers());
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let message = "the body could not be read, or is too long";
            Problem::new(rejection.status(), "body_not_read", message)
        })?;
        if !bytes.is_empty() && !is_json {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let message = "the content type of a body must be application/json";
            return Err(Problem::new(status, "content_type", message));
        }
        Ok(Self(bytes))
    }
}

impl Body {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the JSON.
    pub(crate) fn read<T: Expected>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.0).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let message = format!(
                "the body must be JSON of the form {} (it is not at line {line}, column {column})",
                T::FORM
            );
            Problem::new(StatusCode::BAD_REQUEST, "bad_json", &message)
        })
    }
}

fn says_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}
