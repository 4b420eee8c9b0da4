//! How this vendor says no.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use waygate_core::error::{Error, Kind};
use waygate_http::body::BodyError;
use waygate_http::guesses::TooManyGuesses;
use waygate_http::rate::whole_seconds;
use waygate_http::site::Failure;
use waygate_http::websocket::HandshakeError;

use crate::answer;

/// The longest wait that is told with a 429. Clients obey it before they try again, the vendor's own
/// for Python inside the call: an hour would look as if nothing answered.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);

/// How a method refuses a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    /// 401 for an unknown token, 403 for another instance's.
    ByStatus,
    /// `{"code":401,"description":"Unauthorized"}` with status 200.
    InWords,
}

/// A request that is not carried out.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The token is unknown: 401 and nothing else.
    Unauthorized,
    /// A code in the body of a success.
    InWords { code: u16, description: &'static str },
    /// The vendor's envelope.
    Told { status: StatusCode, message: Cow<'static, str> },
    /// Too soon.
    TooMany { retry_after: Duration },
    /// A request to a websocket that asks for none, or not in the right way.
    NoSession(HandshakeError),
}

/// The vendor's envelope.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    message: &'a str,
}

#[derive(Debug, Serialize)]
struct Words {
    code: u16,
    description: &'static str,
}

impl Refusal {
    pub(crate) const PARTNER_NOT_FOUND: Self =
        Self::InWords { code: 404, description: "Not found" };
    pub(crate) const FORBIDDEN: Self = Self::plain(StatusCode::FORBIDDEN, "Forbidden");
    pub(crate) const WRONG_VERB: Self = Self::plain(StatusCode::NOT_FOUND, "Not Found");
    pub(crate) const DELETED: Self = Self::plain(StatusCode::BAD_REQUEST, "Instance is deleted");
    pub(crate) const SUSPENDED: Self =
        Self::plain(StatusCode::FORBIDDEN, "Your account is suspended");
    pub(crate) const BAD_DATA: Self = Self::plain(StatusCode::BAD_REQUEST, "bad request data");

    const fn plain(status: StatusCode, message: &'static str) -> Self {
        Self::Told { status, message: Cow::Borrowed(message) }
    }

    /// The token is unknown.
    pub(crate) const fn unknown_token(denial: Denial) -> Self {
        match denial {
            Denial::ByStatus => Self::Unauthorized,
            Denial::InWords => Self::InWords { code: 401, description: "Unauthorized" },
        }
    }

    /// The token is known, but opens another instance than the one it is used for.
    pub(crate) const fn foreign_token(denial: Denial) -> Self {
        match denial {
            Denial::ByStatus => Self::FORBIDDEN,
            Denial::InWords => Self::unknown_token(Denial::InWords),
        }
    }

    /// A method of the vendor's that nobody can call here yet.
    pub(crate) fn not_served(name: &'static str) -> Self {
        let message = format!("Forbidden: {name} is not served yet").into();
        Self::Told { status: StatusCode::FORBIDDEN, message }
    }

    /// 400 with this message.
    pub(crate) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::Told { status: StatusCode::BAD_REQUEST, message: message.into() }
    }

    /// A value that cannot be used, in the words of the vendor's validation.
    pub(crate) fn invalid(details: impl std::fmt::Display) -> Self {
        Self::bad_request(format!("Validation failed. Details: {details}"))
    }

    /// The refusal in a session, where there is no status to give.
    pub(crate) fn into_words(self) -> Cow<'static, str> {
        match self {
            Self::Unauthorized => "Unauthorized".into(),
            Self::InWords { description, .. } => description.into(),
            Self::Told { message, .. } => message,
            Self::TooMany { .. } => "Too Many Requests".into(),
            Self::NoSession(error) => error.to_string().into(),
        }
    }

    /// The answer. `path` holds no secret.
    pub(crate) fn into_response(self, path: &str, now: Timestamp) -> Response {
        let (status, message, headers) = match self {
            Self::Unauthorized => return answer::empty_json(StatusCode::UNAUTHORIZED),
            Self::InWords { code, description } => {
                return written(StatusCode::OK, &Words { code, description });
            }
            Self::Told { status, message } => (status, message, HeaderMap::new()),
            Self::TooMany { retry_after } => {
                let short = Some(retry_after).filter(|wait| *wait <= RETRY_AFTER_MAX);
                let wait = short.map(|wait| (RETRY_AFTER, HeaderValue::from(whole_seconds(wait))));
                let headers = wait.into_iter().collect();
                (StatusCode::TOO_MANY_REQUESTS, self.into_words(), headers)
            }
            Self::NoSession(error) => (error.status(), self.into_words(), error.headers()),
        };
        let mut response = written(
            status,
            &Envelope {
                status_code: status.as_u16(),
                timestamp: Some(format!("{now:.3}")),
                path: Some(path),
                message: &message,
            },
        );
        response.headers_mut().extend(headers);
        response
    }
}

/// What is answered where no handler could.
pub(crate) fn on_failure(failure: Failure) -> Response {
    let status = match failure {
        Failure::Panicked | Failure::TimedOut => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let status_code = status.as_u16();
    let message = "Internal Server Error";
    let mut response =
        written(status, &Envelope { status_code, timestamp: None, path: None, message });
    answer::add_cors(response.headers_mut());
    response
}

fn written(status: StatusCode, body: &impl Serialize) -> Response {
    // Texts and numbers under fixed keys are always written.
    answer::with_json(status, serde_json::to_vec(body).unwrap_or_default())
}

/// What a use case refused. A fault of ours is logged here, where it is handled.
impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error.kind() {
            // It exists, or it would have been refused before: it is about to run, or about to go.
            Kind::NotFound => Self::bad_request("instance in starting process try later"),
            Kind::WrongState => Self::bad_request("instance is starting or not authorized"),
            Kind::Invalid | Kind::Conflict => Self::invalid(error.public()),
            Kind::Limited { retry_after } => Self::TooMany { retry_after },
            Kind::Unreachable => Self::plain(StatusCode::BAD_GATEWAY, "Bad Gateway"),
            Kind::Internal => {
                tracing::error!(cause = error.with_causes(), "a request failed");
                Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
        }
    }
}

impl From<HandshakeError> for Refusal {
    fn from(error: HandshakeError) -> Self {
        match error {
            // `HEAD`, which the vendor answers like `GET`; but there is no session without one.
            HandshakeError::WrongMethod => Self::WRONG_VERB,
            HandshakeError::NoConnection => {
                tracing::error!(%error, "a session could not begin");
                Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
            HandshakeError::NotAnUpgrade
            | HandshakeError::WrongProtocol
            | HandshakeError::HasBody
            | HandshakeError::WrongVersion
            | HandshakeError::BadKey
            | HandshakeError::ForeignOrigin => Self::NoSession(error),
        }
    }
}

/// Wrong tokens from one address. The vendor has no such limit; told as its others are.
impl From<TooManyGuesses> for Refusal {
    fn from(error: TooManyGuesses) -> Self {
        Self::TooMany { retry_after: error.retry_after }
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => {
                Self::plain(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large")
            }
            BodyError::Stalled => Self::plain(StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
            BodyError::Broken => Self::BAD_DATA,
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
            (Kind::NotFound, 400),
            (Kind::Invalid, 400),
            (Kind::Conflict, 400),
            (Kind::WrongState, 400),
            (Kind::Limited { retry_after: wait }, 429),
            (Kind::Unreachable, 502),
            (Kind::Internal, 500),
        ] {
            let refusal = Refusal::from(Error::new(kind, "a sentence"));
            let response = refusal.into_response("/", Timestamp::UNIX_EPOCH);
            assert_eq!(response.status().as_u16(), status, "{kind:?}");
        }
    }
}
