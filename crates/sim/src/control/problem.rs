//! What the control API says when it does not do what it was asked.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    CallError, CodeError, InboxError, LinkError, MediaError, OrderProblem, PasskeyError,
    PhoneError, ScanError, SendError, UnlinkError,
};

/// A refusal: a code for programs and a sentence for people.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    #[serde(skip)]
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: &str) -> Self {
        let mut characters = message.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        let message = first.into_iter().chain(characters).chain(['.']).collect();
        Self { status, code, message }
    }

    fn of(status: StatusCode, code: &'static str, error: &dyn std::error::Error) -> Self {
        Self::new(status, code, &error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

impl From<PhoneError> for Problem {
    fn from(error: PhoneError) -> Self {
        let (status, code) = match error {
            PhoneError::InvalidNumber => (StatusCode::BAD_REQUEST, "invalid_number"),
            PhoneError::Exists => (StatusCode::CONFLICT, "phone_exists"),
            PhoneError::TooMany => (StatusCode::INSUFFICIENT_STORAGE, "too_many_phones"),
        };
        Self::of(status, code, &error)
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        let (status, code) = match error {
            LinkError::DeviceRefused { .. } => (StatusCode::CONFLICT, "device_refused"),
            LinkError::BadDeviceSignature => (StatusCode::CONFLICT, "bad_device_signature"),
            LinkError::ConnectionGone => (StatusCode::GONE, "connection_gone"),
            LinkError::DeviceLimit => (StatusCode::CONFLICT, "device_limit"),
            LinkError::InProgress => (StatusCode::CONFLICT, "in_progress"),
            LinkError::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "timed_out"),
            LinkError::NoMultiDevice => (StatusCode::CONFLICT, "no_multi_device"),
            LinkError::PasskeyRefused(_) => (StatusCode::CONFLICT, "passkey_refused"),
            LinkError::CodeRejected => (StatusCode::CONFLICT, "code_rejected"),
        };
        Self::of(status, code, &error)
    }
}

impl From<ScanError> for Problem {
    fn from(error: ScanError) -> Self {
        let (status, code) = match error {
            ScanError::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed_text"),
            ScanError::UnknownRef => (StatusCode::NOT_FOUND, "unknown_ref"),
            ScanError::ExpiredRef => (StatusCode::GONE, "expired_ref"),
            ScanError::UsedRef => (StatusCode::CONFLICT, "used_ref"),
            ScanError::NoiseKeyMismatch => (StatusCode::CONFLICT, "noise_key_mismatch"),
            ScanError::IdentityMismatch => (StatusCode::CONFLICT, "identity_mismatch"),
            ScanError::Link(error) => return error.into(),
        };
        Self::of(status, code, &error)
    }
}

impl From<CodeError> for Problem {
    fn from(error: CodeError) -> Self {
        let (status, code) = match error {
            CodeError::Malformed => (StatusCode::BAD_REQUEST, "malformed_code"),
            CodeError::NothingPending => (StatusCode::NOT_FOUND, "nothing_pending"),
            CodeError::Expired => (StatusCode::GONE, "expired_code"),
            CodeError::WrongCode => (StatusCode::CONFLICT, "wrong_code"),
            CodeError::TooManyTries => (StatusCode::TOO_MANY_REQUESTS, "too_many_tries"),
            CodeError::Link(error) => return error.into(),
        };
        Self::of(status, code, &error)
    }
}

impl From<PasskeyError> for Problem {
    fn from(error: PasskeyError) -> Self {
        let (status, code) = match error {
            PasskeyError::Malformed => (StatusCode::BAD_REQUEST, "malformed_challenge"),
            PasskeyError::ForeignSite => (StatusCode::FORBIDDEN, "foreign_site"),
            PasskeyError::NoPasskey => (StatusCode::NOT_FOUND, "no_passkey"),
            PasskeyError::NoCode => (StatusCode::CONFLICT, "no_code"),
        };
        Self::of(status, code, &error)
    }
}

impl From<UnlinkError> for Problem {
    fn from(error: UnlinkError) -> Self {
        let UnlinkError::NoSuchDevice(_) = error;
        Self::of(StatusCode::NOT_FOUND, "no_such_device", &error)
    }
}

impl From<SendError> for Problem {
    fn from(error: SendError) -> Self {
        let (status, code) = match error {
            SendError::Nobody => (StatusCode::NOT_FOUND, "nobody"),
            SendError::NotAMessage | SendError::NotJson(_) => {
                (StatusCode::BAD_REQUEST, "not_a_message")
            }
            SendError::Media(MediaError::TooLarge) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "file_too_large")
            }
            SendError::Media(MediaError::NotOfThisKind) => {
                (StatusCode::BAD_REQUEST, "not_of_this_kind")
            }
        };
        Self::of(status, code, &error)
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        let (status, code) = match error {
            CallError::Nobody => (StatusCode::NOT_FOUND, "nobody"),
            CallError::NoSuchCall => (StatusCode::NOT_FOUND, "no_such_call"),
            CallError::NotNow => (StatusCode::CONFLICT, "not_now"),
        };
        Self::of(status, code, &error)
    }
}

impl From<InboxError> for Problem {
    fn from(error: InboxError) -> Self {
        let code = match error {
            InboxError::NoSuchMessage => "no_such_message",
            InboxError::NoSuchFile => "no_such_file",
        };
        Self::of(StatusCode::NOT_FOUND, code, &error)
    }
}

impl From<OrderProblem> for Problem {
    fn from(error: OrderProblem) -> Self {
        Self::of(StatusCode::BAD_REQUEST, "bad_fault", &error)
    }
}
