//! How this API says no: problem details (RFC 9457) with a code for programs.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use waygate_core::error::{Error, Kind};
use waygate_core::scope::Scope;
use waygate_http::body::BodyError;
use waygate_http::guesses::TooManyGuesses;
use waygate_http::rate::whole_seconds;
use waygate_http::site::Failure;
use waygate_http::websocket::HandshakeError;

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// When to come back while WhatsApp cannot be reached.
const UNREACHABLE_FOR: Duration = Duration::from_secs(5);

/// When to ask again what became of a request.
const UNDER_WAY_FOR: Duration = Duration::from_secs(1);

/// What a program tests. A client may rely on these words and on their statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Invalid,
    TooLarge,
    Timeout,
    Conflict,
    WrongState,
    UnderWay,
    KeyReused,
    UpgradeRequired,
    Limited,
    Unreachable,
    Internal,
}

impl Code {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Invalid => "invalid",
            Self::TooLarge => "too_large",
            Self::Timeout => "timeout",
            Self::Conflict => "conflict",
            Self::WrongState => "wrong_state",
            Self::UnderWay => "under_way",
            Self::KeyReused => "key_reused",
            Self::UpgradeRequired => "upgrade_required",
            Self::Limited => "limited",
            Self::Unreachable => "unreachable",
            Self::Internal => "internal",
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict | Self::WrongState | Self::UnderWay => StatusCode::CONFLICT,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
            Self::Limited => StatusCode::TOO_MANY_REQUESTS,
            Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A request that is not carried out. Its sentence holds nothing that a client sent but the names of
/// fields and parameters.
#[derive(Debug)]
pub(crate) struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'a str,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), headers: Vec::new() }
    }

    /// The request cannot mean anything, for this reason.
    pub(crate) fn invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Invalid, detail)
    }

    pub(crate) fn no_such_path() -> Self {
        Self::new(Code::NotFound, "there is nothing at this address")
    }

    pub(crate) fn no_such_instance() -> Self {
        Self::new(Code::NotFound, "there is no such instance")
    }

    pub(crate) fn no_such_account() -> Self {
        Self::new(Code::NotFound, "there is no such account")
    }

    pub(crate) fn no_such_attempt() -> Self {
        Self::new(Code::NotFound, "there is no such linking attempt")
    }

    pub(crate) fn no_such_event() -> Self {
        Self::new(Code::NotFound, "there is no such event")
    }

    pub(crate) fn no_such_link_ticket() -> Self {
        Self::new(Code::NotFound, "there is no such link ticket")
    }

    pub(crate) fn no_such_token() -> Self {
        Self::new(Code::NotFound, "there is no such token")
    }

    pub(crate) fn no_such_webhook_endpoint() -> Self {
        Self::new(Code::NotFound, "there is no such webhook endpoint")
    }

    pub(crate) fn no_such_message() -> Self {
        Self::new(Code::NotFound, "there is no such message")
    }

    /// The request holds no token that opens anything here.
    pub(crate) fn no_key(detail: &'static str) -> Self {
        let challenge = HeaderValue::from_static("Bearer");
        Self::new(Code::Unauthorized, detail).with(WWW_AUTHENTICATE, challenge)
    }

    /// The token opens something here, but not this. As RFC 6750 tells it.
    pub(crate) fn forbidden(needed: Scope) -> Self {
        let challenge = format!(r#"Bearer error="insufficient_scope", scope="{needed}""#);
        let detail = format!("the token may not do this: it needs the scope `{needed}`");
        let problem = Self::new(Code::Forbidden, detail);
        match HeaderValue::try_from(challenge) {
            Ok(challenge) => problem.with(WWW_AUTHENTICATE, challenge),
            Err(_never) => problem,
        }
    }

    /// Somebody would give away this right.
    pub(crate) fn not_yours(scope: Scope) -> Self {
        let detail = format!("the scope `{scope}` is not yours to give");
        Self::new(Code::Forbidden, detail)
    }

    /// A browser's session has ended.
    pub(crate) fn signed_out() -> Self {
        Self::no_key("nobody is signed in here any more")
    }

    /// These are the verbs that the address knows.
    pub(crate) fn wrong_verb(allowed: &str) -> Self {
        let problem = Self::new(Code::MethodNotAllowed, "the address does not know this method");
        match HeaderValue::try_from(allowed) {
            Ok(allowed) => problem.with(ALLOW, allowed),
            Err(_never) => problem,
        }
    }

    /// The first request with this key is not answered yet.
    pub(crate) fn under_way() -> Self {
        let detail = "the first request with this `Idempotency-Key` is still being carried out";
        Self::later(Code::UnderWay, detail, UNDER_WAY_FOR)
    }

    /// The key of this request belongs to another one.
    pub(crate) fn key_reused() -> Self {
        Self::new(Code::KeyReused, "this `Idempotency-Key` was used for another request")
    }

    pub(crate) fn too_many(retry_after: Duration) -> Self {
        Self::later(Code::Limited, "too many requests", retry_after)
    }

    fn later(code: Code, detail: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        Self::new(code, detail).with(RETRY_AFTER, whole_seconds(retry_after).into())
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn into_response(self) -> Response {
        let status = self.code.status();
        let document = Document {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code: self.code.as_str(),
            detail: &self.detail,
        };
        // Texts and a number under fixed keys are always written.
        let mut response =
            Response::new(Body::from(serde_json::to_vec(&document).unwrap_or_default()));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, PROBLEM_JSON);
        response.headers_mut().extend(self.headers);
        response
    }
}

/// What is answered where no handler could.
pub(crate) fn on_failure(failure: Failure) -> Response {
    let detail = match failure {
        Failure::Panicked => "the gateway failed to do this",
        Failure::TimedOut => "the gateway did not do this in time",
    };
    Problem::new(Code::Internal, detail).into_response()
}

/// What a use case refused. A fault of ours is logged here, where it is handled.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let told = || error.public().to_owned();
        match error.kind() {
            Kind::NotFound => Self::new(Code::NotFound, told()),
            Kind::Invalid => Self::new(Code::Invalid, told()),
            Kind::Conflict => Self::new(Code::Conflict, told()),
            Kind::WrongState => Self::new(Code::WrongState, told()),
            Kind::Limited { retry_after } => Self::later(Code::Limited, told(), retry_after),
            Kind::Unreachable => Self::later(Code::Unreachable, told(), UNREACHABLE_FOR),
            Kind::Internal => {
                tracing::error!(cause = error.with_causes(), "a request failed");
                Self::new(Code::Internal, "the gateway failed to do this")
            }
        }
    }
}

impl From<TooManyGuesses> for Problem {
    fn from(error: TooManyGuesses) -> Self {
        Self::later(Code::Limited, error.to_string(), error.retry_after)
    }
}

impl From<HandshakeError> for Problem {
    fn from(error: HandshakeError) -> Self {
        let code = match error {
            HandshakeError::NotAnUpgrade
            | HandshakeError::WrongProtocol
            | HandshakeError::WrongVersion => Code::UpgradeRequired,
            HandshakeError::WrongMethod => Code::MethodNotAllowed,
            HandshakeError::HasBody | HandshakeError::BadKey => Code::Invalid,
            HandshakeError::ForeignOrigin => Code::Forbidden,
            HandshakeError::NoConnection => Code::Internal,
        };
        // Each of them once.
        let headers = error.headers().into_iter();
        let headers = headers.filter_map(|(name, value)| Some((name?, value))).collect();
        Self { headers, ..Self::new(code, error.to_string()) }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::new(Code::TooLarge, "the body is larger than 256 KiB"),
            BodyError::Stalled => Self::new(Code::Timeout, "the body did not come in time"),
            BodyError::Broken => Self::invalid("the body is broken"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_error_has_its_status_and_says_when_to_come_back() {
        let wait = Duration::from_millis(6500);
        for (kind, status, retry_after) in [
            (Kind::NotFound, 404, None),
            (Kind::Invalid, 400, None),
            (Kind::Conflict, 409, None),
            (Kind::WrongState, 409, None),
            (Kind::Limited { retry_after: wait }, 429, Some("7")),
            (Kind::Unreachable, 503, Some("5")),
            (Kind::Internal, 500, None),
        ] {
            let response = Problem::from(Error::new(kind, "a sentence")).into_response();
            assert_eq!(response.status().as_u16(), status, "{kind:?}");
            let told = response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(told, retry_after, "{kind:?}");
        }
    }

    #[test]
    fn a_handshake_that_fails_has_the_status_and_the_headers_that_http_gives_it() {
        for error in [
            HandshakeError::NotAnUpgrade,
            HandshakeError::WrongMethod,
            HandshakeError::WrongProtocol,
            HandshakeError::HasBody,
            HandshakeError::WrongVersion,
            HandshakeError::BadKey,
            HandshakeError::ForeignOrigin,
            HandshakeError::NoConnection,
        ] {
            let response = Problem::from(error).into_response();
            assert_eq!(response.status(), error.status(), "{error}");
            for (name, value) in &error.headers() {
                assert_eq!(response.headers().get(name), Some(value), "{error}");
            }
        }
    }

    #[test]
    fn every_way_in_which_a_body_fails_is_the_clients() {
        for (error, status) in
            [(BodyError::TooLarge, 413), (BodyError::Stalled, 408), (BodyError::Broken, 400)]
        {
            assert_eq!(Problem::from(error).into_response().status().as_u16(), status);
        }
    }
}
