//! How this vendor says no: a sentence in `message`, and the fields that are wrong.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use waygate_core::error::{Error, Kind};
use waygate_http::body::BodyError;
use waygate_http::guesses::TooManyGuesses;
use waygate_http::rate::whole_seconds;
use waygate_http::site::Failure;

use crate::answer;
use crate::path::Place;
use crate::validation::Wrong;

const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// When to ask again for what WhatsApp did not give in time.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(10);

/// A request that is not carried out.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A status and its sentence.
    Told { status: StatusCode, message: Cow<'static, str> },
    /// The path is called by other verbs.
    WrongVerb { message: String, allowed: String },
    /// Fields that cannot be used.
    Invalid(Wrong),
    /// Too soon.
    TooMany { retry_after: Duration },
    /// WhatsApp, or the instance, is not there just now.
    Unavailable { message: Cow<'static, str>, retry_after: Duration },
}

#[derive(Debug, Serialize)]
struct Envelope<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<&'a Wrong>,
}

impl Refusal {
    pub(crate) const UNAUTHENTICATED: Self =
        Self::plain(StatusCode::UNAUTHORIZED, "Unauthenticated.");
    pub(crate) const UNAUTHORIZED: Self =
        Self::plain(StatusCode::FORBIDDEN, "This action is unauthorized.");
    pub(crate) const NOT_FOUND: Self = Self::plain(StatusCode::NOT_FOUND, "Resource not found.");
    pub(crate) const BAD_JSON: Self =
        Self::plain(StatusCode::BAD_REQUEST, "The request body is not valid JSON.");
    pub(crate) const BAD_QUERY: Self =
        Self::plain(StatusCode::BAD_REQUEST, "The query has too many parameters.");
    pub(crate) const NOT_RESTARTED: Self =
        Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "Failed to restart instance.");
    const FAULT: Self = Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "Server Error");

    const fn plain(status: StatusCode, message: &'static str) -> Self {
        Self::Told { status, message: Cow::Borrowed(message) }
    }

    /// A route of the vendor's that nobody can call here yet.
    pub(crate) fn not_served(name: &'static str) -> Self {
        let message = format!("This action is unauthorized: {name} is not served yet.").into();
        Self::Told { status: StatusCode::FORBIDDEN, message }
    }

    /// 400 with this message.
    pub(crate) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Told { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    /// The place is called by other verbs. A verb that nobody has heard of is not repeated.
    pub(crate) fn wrong_verb(place: Place<'_>, verb: &str) -> Self {
        let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"];
        let verb = known.into_iter().find(|known| *known == verb).unwrap_or("requested");
        let allowed: Vec<&str> = place.routes().map(|route| route.verb.allowed()).collect();
        let allowed = allowed.join(", ");
        let path = place.without_secrets();
        let message = format!(
            "The {verb} method is not supported for route {path}. Supported methods: {allowed}."
        );
        Self::WrongVerb { message, allowed }
    }

    /// The status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Told { status, .. } => *status,
            Self::WrongVerb { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The answer. `now` is for when a wait ends.
    pub(crate) fn into_response(self, now: Timestamp) -> Response {
        let mut headers = HeaderMap::new();
        let status = self.status();
        let (message, wrong) = match &self {
            Self::Told { message, .. } => (message.clone(), None),
            Self::WrongVerb { message, allowed } => {
                if let Ok(value) = HeaderValue::from_str(allowed) {
                    headers.insert(ALLOW, value);
                }
                (message.into(), None)
            }
            Self::Invalid(wrong) => (wrong.summary().into(), Some(wrong)),
            Self::TooMany { retry_after } => {
                let seconds = whole_seconds(*retry_after);
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
                let reset = now.as_second().saturating_add_unsigned(seconds);
                headers.insert(RESET, HeaderValue::from(reset));
                let message = "Too many requests. Please try again later.";
                (message.into(), None)
            }
            Self::Unavailable { message, retry_after } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(*retry_after)));
                (message.clone(), None)
            }
        };
        let mut response = written(status, &Envelope { message: &message, errors: wrong });
        response.headers_mut().extend(headers);
        response
    }
}

/// What is answered where no handler could.
pub(crate) fn on_failure(failure: Failure) -> Response {
    let refusal = match failure {
        Failure::Panicked | Failure::TimedOut => Refusal::FAULT,
    };
    let mut response = refusal.into_response(Timestamp::UNIX_EPOCH);
    answer::add_cors(response.headers_mut());
    response
}

fn written(status: StatusCode, body: &impl Serialize) -> Response {
    // Texts under fixed keys are always written.
    answer::with_json(status, serde_json::to_vec(body).unwrap_or_default())
}

/// What a use case refused. A fault of ours is logged here, where it is handled.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let message = || Cow::from(error.public().to_owned());
        match error.kind() {
            // It exists, or it would have been refused before: it is about to run, or about to go.
            Kind::NotFound => Self::Unavailable {
                message: "The instance is about to start.".into(),
                retry_after: ASK_AGAIN,
            },
            Kind::Invalid => Self::Told { status: StatusCode::BAD_REQUEST, message: message() },
            Kind::Conflict | Kind::WrongState => {
                Self::Told { status: StatusCode::CONFLICT, message: message() }
            }
            Kind::Limited { retry_after } => Self::TooMany { retry_after },
            Kind::Unreachable => Self::unavailable(error.public(), ASK_AGAIN),
            Kind::Internal => {
                tracing::error!(cause = error.with_causes(), "a request failed");
                Self::FAULT
            }
        }
    }
}

impl Refusal {
    /// Why there is no code now, in words, and when there may be one.
    pub(crate) fn unavailable(why: &str, retry_after: Duration) -> Self {
        let message = format!("No QR code could be had: {why}. Please try again later.").into();
        Self::Unavailable { message, retry_after }
    }
}

impl From<TooManyGuesses> for Refusal {
    fn from(error: TooManyGuesses) -> Self {
        Self::TooMany { retry_after: error.retry_after }
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => {
                Self::plain(StatusCode::PAYLOAD_TOO_LARGE, "The POST data is too large.")
            }
            BodyError::Stalled => {
                Self::plain(StatusCode::REQUEST_TIMEOUT, "The request body did not come in time.")
            }
            BodyError::Broken => {
                Self::plain(StatusCode::BAD_REQUEST, "The request body ended too early.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_its_status() {
        let wait = Duration::from_secs(7);
        for (kind, status) in [
            (Kind::NotFound, 503),
            (Kind::Invalid, 400),
            (Kind::Conflict, 409),
            (Kind::WrongState, 409),
            (Kind::Limited { retry_after: wait }, 429),
            (Kind::Unreachable, 503),
            (Kind::Internal, 500),
        ] {
            let refusal = Refusal::from(Error::new(kind, "a sentence"));
            let response = refusal.into_response(Timestamp::UNIX_EPOCH);
            assert_eq!(response.status().as_u16(), status, "{kind:?}");
        }
    }
}
