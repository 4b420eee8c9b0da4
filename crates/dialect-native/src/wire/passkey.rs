//! A passkey's part of a linking attempt, as it is told.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use waygate_core::instance::passkey::{PasskeyChallenge, PasskeyCode, PasskeyFailure};

use super::time::{left_ms, rfc3339};

/// How far a challenge can have come.
pub(crate) const CHALLENGE_STAGES: [&str; 2] = ["options_given", "assertion_taken"];

/// How far a confirmation can have come.
pub(crate) const CONFIRMATION_STAGES: [&str; 2] = ["code_shown", "confirmed"];

/// What WhatsApp wants a passkey to answer.
#[derive(Serialize)]
pub(crate) struct ChallengeBody {
    stage: &'static str,
    /// Gone when they have been answered.
    options: Option<Value>,
    expires_at: String,
    expires_in_ms: u64,
}

/// The code that the phone shows too.
#[derive(Serialize)]
pub(crate) struct ConfirmationBody {
    stage: &'static str,
    code: String,
    expires_at: String,
    expires_in_ms: u64,
}

impl ChallengeBody {
    pub(crate) fn given(challenge: &PasskeyChallenge, now: Timestamp) -> Self {
        // The link tells of none that cannot be read.
        let options = serde_json::from_str(challenge.options.expose()).ok();
        Self { options, ..Self::at(CHALLENGE_STAGES[0], challenge.expires_at, now) }
    }

    pub(crate) fn taken(expires_at: Timestamp, now: Timestamp) -> Self {
        Self::at(CHALLENGE_STAGES[1], expires_at, now)
    }

    fn at(stage: &'static str, expires_at: Timestamp, now: Timestamp) -> Self {
        let expires_in_ms = left_ms(now, expires_at);
        Self { stage, options: None, expires_at: rfc3339(expires_at), expires_in_ms }
    }
}

impl ConfirmationBody {
    pub(crate) fn shown(code: &PasskeyCode, now: Timestamp) -> Self {
        Self::at(CONFIRMATION_STAGES[0], code, now)
    }

    pub(crate) fn confirmed(code: &PasskeyCode, now: Timestamp) -> Self {
        Self::at(CONFIRMATION_STAGES[1], code, now)
    }

    fn at(stage: &'static str, code: &PasskeyCode, now: Timestamp) -> Self {
        Self {
            stage,
            code: code.text.expose().to_owned(),
            expires_at: rfc3339(code.expires_at),
            expires_in_ms: left_ms(now, code.expires_at),
        }
    }
}

/// What a program tests.
pub(crate) fn name(failure: PasskeyFailure) -> &'static str {
    match failure {
        PasskeyFailure::NoChallenge => "passkey_unavailable",
        PasskeyFailure::NotAnswered => "passkey_not_given",
        PasskeyFailure::AnswerRefused => "passkey_refused",
        PasskeyFailure::NoCode => "passkey_no_code",
        PasskeyFailure::NotConfirmed => "passkey_not_confirmed",
        PasskeyFailure::ConfirmationRefused => "passkey_code_refused",
        PasskeyFailure::PhoneSilent => "passkey_phone_silent",
        PasskeyFailure::Unanswered => "passkey_unanswered",
        PasskeyFailure::Lost => "passkey_lost",
    }
}
