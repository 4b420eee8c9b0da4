//! A change of an instance's state, as it is told.

use serde::Serialize;
use waygate_core::event::{Event, EventKind, StateChanged};
use waygate_core::instance::change::Cause;
use waygate_core::instance::state::Stopper;

use super::time::rfc3339;

/// A change of state.
#[derive(Serialize)]
pub(crate) struct ChangeBody {
    sequence: u64,
    at: String,
    #[serde(flatten)]
    change: ChangeFields,
}

/// The same without its place.
#[derive(Serialize)]
pub(crate) struct ChangeFields {
    from: &'static str,
    to: &'static str,
    cause: &'static str,
    /// Why the connection ended, or nothing came of a passkey, in words, where that is the cause.
    reason: Option<&'static str>,
    linked: bool,
    whatsapp: Option<WhatsAppBody>,
}

#[derive(Serialize)]
struct WhatsAppBody {
    phone: String,
    device: u16,
}

impl ChangeBody {
    /// `None` for an event that is no change of state.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        let EventKind::StateChanged(change) = &event.kind else { return None };
        let (sequence, at) = (event.sequence.0, rfc3339(event.at));
        Some(Self { sequence, at, change: ChangeFields::of(change) })
    }
}

impl ChangeFields {
    pub(crate) fn of(change: &StateChanged) -> Self {
        let StateChanged { from, to, cause, linked, account } = change;
        Self {
            from: from.as_str(),
            to: to.as_str(),
            cause: name(*cause),
            reason: reason(*cause),
            linked: *linked,
            whatsapp: account.as_ref().map(|account| WhatsAppBody {
                phone: account.phone.clone(),
                device: account.device,
            }),
        }
    }
}

/// Every cause, as programs read it.
pub(crate) const CAUSES: [&str; 27] = [
    "started",
    "stopped",
    "shut_down",
    "restarted",
    "logged_out",
    "looked",
    "asked_for_code",
    "asked_for_pairing_code",
    "given_up",
    "code_issued",
    "pairing_code_issued",
    "pairing_code_refused",
    "pairing_code_typed",
    "wrong_pairing_code",
    "wrong_phone",
    "passkey_required",
    "passkey_answered",
    "passkey_code_issued",
    "passkey_confirmed",
    "passkey_failed",
    "scanned",
    "proof_rejected",
    "logged_in",
    "renamed",
    "due",
    "nobody_looking",
    "ended",
];

/// More than the cause's name says, for people.
fn reason(cause: Cause) -> Option<&'static str> {
    if let Cause::Ended(reason) = cause {
        Some(reason.ruling().words)
    } else if let Cause::PasskeyFailed(failure) = cause {
        Some(failure.words())
    } else {
        None
    }
}

/// What a program tests.
fn name(cause: Cause) -> &'static str {
    match cause {
        Cause::Started => "started",
        Cause::Stopped(Stopper::Person) => "stopped",
        Cause::Stopped(Stopper::Shutdown) => "shut_down",
        Cause::Restarted => "restarted",
        Cause::LoggedOut => "logged_out",
        Cause::Looked => "looked",
        Cause::AskedForCode => "asked_for_code",
        Cause::AskedForPairingCode => "asked_for_pairing_code",
        Cause::GivenUp => "given_up",
        Cause::CodeIssued => "code_issued",
        Cause::PairingCodeIssued => "pairing_code_issued",
        Cause::PairingCodeRefused => "pairing_code_refused",
        Cause::PairingCodeTyped => "pairing_code_typed",
        Cause::WrongPairingCode => "wrong_pairing_code",
        Cause::WrongPhone => "wrong_phone",
        Cause::PasskeyRequired => "passkey_required",
        Cause::PasskeyAnswered => "passkey_answered",
        Cause::PasskeyCodeIssued => "passkey_code_issued",
        Cause::PasskeyConfirmed => "passkey_confirmed",
        Cause::PasskeyFailed(_) => "passkey_failed",
        Cause::Scanned => "scanned",
        Cause::ProofRejected => "proof_rejected",
        Cause::LoggedIn => "logged_in",
        Cause::Renamed => "renamed",
        Cause::Due => "due",
        Cause::NobodyLooking => "nobody_looking",
        Cause::Ended(_) => "ended",
    }
}
