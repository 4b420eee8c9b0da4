//! A change of an instance's state, as it is told.

use serde::Serialize;
use waygate_core::event::{Event, EventKind, StateChanged};
use waygate_core::instance::change::Cause;
use waygate_core::instance::state::Stopper;
use waygate_core::reason::EndReason;

use super::time::rfc3339;

/// A change of state.
#[derive(Serialize)]
pub(crate) struct ChangeBody {
    sequence: u64,
    at: String,
    from: &'static str,
    to: &'static str,
    cause: &'static str,
    /// Why the connection ended, in words, where that is the cause.
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
        let change = match &event.kind {
            EventKind::StateChanged(change) => change,
            EventKind::LinkTicket(_) => return None,
        };
        let StateChanged { from, to, cause, linked, account } = change;
        Some(Self {
            sequence: event.sequence.0,
            at: rfc3339(event.at),
            from: from.as_str(),
            to: to.as_str(),
            cause: name(*cause),
            reason: end(*cause).map(|reason| reason.ruling().words),
            linked: *linked,
            whatsapp: account.as_ref().map(|account| WhatsAppBody {
                phone: account.phone.clone(),
                device: account.device,
            }),
        })
    }
}

/// Every cause, as programs read it.
pub(crate) const CAUSES: [&str; 23] = [
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
    "scanned",
    "proof_rejected",
    "logged_in",
    "renamed",
    "due",
    "nobody_looking",
    "ended",
];

fn end(cause: Cause) -> Option<EndReason> {
    if let Cause::Ended(reason) = cause { Some(reason) } else { None }
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
        Cause::Scanned => "scanned",
        Cause::ProofRejected => "proof_rejected",
        Cause::LoggedIn => "logged_in",
        Cause::Renamed => "renamed",
        Cause::Due => "due",
        Cause::NobodyLooking => "nobody_looking",
        Cause::Ended(_) => "ended",
    }
}
