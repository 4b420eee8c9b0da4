//! A linking attempt, as it is told: more to an instance's owner than to the page that links it.

use jiff::Timestamp;
use serde::Serialize;
use waygate_core::account::LinkedAccount;
use waygate_core::instance::pairing::PairingCode;
use waygate_core::instance::passkey::PasskeyStep;
use waygate_core::instance::state::QrCode;
use waygate_engine::attempts::{Attempt, Failure, Method, Step};
use waygate_engine::sight::Sight;

use super::passkey::{self, ChallengeBody, ConfirmationBody};
use super::time::{left_ms, rfc3339};
use crate::call::View;

/// How much of a phone number the page is shown, in digits.
const DIGITS_SHOWN: usize = 4;

/// A linking attempt.
#[derive(Serialize)]
pub(crate) struct AttemptBody {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    method: &'static str,
    begun_at: String,
    version: u64,
    step: &'static str,
    qr_code: Option<QrCodeBody>,
    pairing_code: Option<PairingCodeBody>,
    passkey_challenge: Option<ChallengeBody>,
    passkey_confirmation: Option<ConfirmationBody>,
    not_before: Option<String>,
    not_before_in_ms: Option<u64>,
    failure: Option<&'static str>,
    reason: Option<&'static str>,
    whatsapp: Option<WhatsAppBody>,
}

#[derive(Serialize)]
struct QrCodeBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    round: u32,
    issued_at: String,
    expires_at: String,
    expires_in_ms: u64,
}

#[derive(Serialize)]
struct PairingCodeBody {
    code: String,
    issued_at: String,
    expires_at: String,
    expires_in_ms: u64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WhatsAppBody {
    Whole { phone: String, device: u16 },
    Hint { phone_ends_with: String },
}

impl AttemptBody {
    pub(crate) fn of(attempt: &Attempt, view: View, now: Timestamp) -> Self {
        let method = match attempt.method {
            Method::QrCode => "qr",
            Method::PairingCode(_) => "code",
        };
        let blank = Self {
            id: attempt.id.to_string(),
            instance_id: match view {
                View::Owner => Some(attempt.instance.to_string()),
                View::Visitor => None,
            },
            method,
            begun_at: rfc3339(attempt.begun_at),
            version: attempt.version,
            step: "preparing",
            qr_code: None,
            pairing_code: None,
            passkey_challenge: None,
            passkey_confirmation: None,
            not_before: None,
            not_before_in_ms: None,
            failure: None,
            reason: None,
            whatsapp: None,
        };
        match &attempt.step {
            Step::Open(sight) => blank.with_sight(sight, view, now),
            Step::Linked(account) => blank.linked(account, view),
            Step::Failed(failure) => blank.failed(*failure),
        }
    }

    fn with_sight(self, sight: &Sight, view: View, now: Timestamp) -> Self {
        let qr_code = |code: &QrCode| QrCodeBody::of(code, view, now);
        let pairing_code = |code: &PairingCode| PairingCodeBody::of(code, now);
        match sight {
            // An attempt ends when nobody looks any more, so there is nothing idle about an open one.
            Sight::Idle { .. } | Sight::Preparing => self,
            Sight::NotBefore { at, why } => Self {
                step: "waiting",
                not_before: Some(rfc3339(*at)),
                not_before_in_ms: Some(left_ms(now, *at)),
                reason: Some(why),
                ..self
            },
            Sight::QrCode(code) => Self { step: "qr_code", qr_code: Some(qr_code(code)), ..self },
            Sight::PairingCode { code, qr } => Self {
                step: "pairing_code",
                pairing_code: Some(pairing_code(code)),
                qr_code: qr.as_ref().map(qr_code),
                ..self
            },
            Sight::PairingCodeTyped(code) => {
                Self { step: "pairing_code_typed", pairing_code: Some(pairing_code(code)), ..self }
            }
            Sight::Passkey(step) => self.with_passkey(step, now),
            Sight::Finishing => Self { step: "finishing", ..self },
            Sight::Linked(account) => self.linked(account, view),
            Sight::Unusable(words) | Sight::Impossible(words) => {
                self.failed(Failure::Impossible(words))
            }
        }
    }

    fn with_passkey(self, step: &PasskeyStep, now: Timestamp) -> Self {
        let (challenge, confirmation) = match step {
            PasskeyStep::Challenged(it) => (Some(ChallengeBody::given(it, now)), None),
            PasskeyStep::Answered { expires_at } => {
                (Some(ChallengeBody::taken(*expires_at, now)), None)
            }
            PasskeyStep::CodeShown(code) => (None, Some(ConfirmationBody::shown(code, now))),
            PasskeyStep::Confirmed(code) => (None, Some(ConfirmationBody::confirmed(code, now))),
        };
        let step = if challenge.is_some() { "passkey_challenge" } else { "passkey_confirmation" };
        Self { step, passkey_challenge: challenge, passkey_confirmation: confirmation, ..self }
    }

    fn linked(self, account: &LinkedAccount, view: View) -> Self {
        Self { step: "linked", whatsapp: Some(WhatsAppBody::of(account, view)), ..self }
    }

    fn failed(self, failure: Failure) -> Self {
        let name = match failure {
            Failure::NotWatched => "not_watched",
            Failure::CodeExpired => "code_expired",
            Failure::WrongCode => "wrong_code",
            Failure::WrongPhone => "wrong_phone",
            Failure::CodeLost => "code_lost",
            Failure::GivenUp => "given_up",
            Failure::Refused(_) => "refused",
            Failure::Passkey(failure) => passkey::name(failure),
            Failure::Impossible(_) => "impossible",
        };
        Self { step: "failed", failure: Some(name), reason: Some(failure.words()), ..self }
    }
}

impl QrCodeBody {
    fn of(code: &QrCode, view: View, now: Timestamp) -> Self {
        Self {
            text: match view {
                View::Owner => Some(code.text.expose().to_owned()),
                // The picture is enough for a person.
                View::Visitor => None,
            },
            round: code.round,
            issued_at: rfc3339(code.issued_at),
            expires_at: rfc3339(code.expires_at),
            expires_in_ms: left_ms(now, code.expires_at),
        }
    }
}

impl PairingCodeBody {
    fn of(code: &PairingCode, now: Timestamp) -> Self {
        Self {
            code: code.text.expose().to_owned(),
            issued_at: rfc3339(code.issued_at),
            expires_at: rfc3339(code.expires_at),
            expires_in_ms: left_ms(now, code.expires_at),
        }
    }
}

impl WhatsAppBody {
    fn of(account: &LinkedAccount, view: View) -> Self {
        match view {
            View::Owner => Self::Whole { phone: account.phone.clone(), device: account.device },
            View::Visitor => {
                let hidden = account.phone.len().saturating_sub(DIGITS_SHOWN);
                let shown = account.phone.get(hidden..).unwrap_or_default();
                Self::Hint { phone_ends_with: shown.to_owned() }
            }
        }
    }
}
