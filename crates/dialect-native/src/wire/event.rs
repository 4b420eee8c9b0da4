//! Something that happened to an instance, as it is told.

use serde::Serialize;
use waygate_core::event::{CodeIssued, Event, EventKind, LinkingProgress};
use waygate_core::instance::state::Outcome;
use waygate_core::link_ticket::LinkTicketStep;

use super::change::ChangeFields;
use super::message::{CallFields, MessageFields, StatusFields};
use super::passkey;
use super::time::{rfc3339, rfc3339_ms};

/// An event. What it holds follows from its kind.
#[derive(Serialize)]
pub(crate) struct EventBody {
    sequence: u64,
    at: String,
    kind: &'static str,
    data: Data,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Data {
    StateChanged(ChangeFields),
    LinkTicket {
        link_ticket_id: String,
        step: LinkTicketStep,
    },
    Linking(LinkingFields),
    QrRotated {
        round: u32,
        expires_at: String,
        #[serde(skip_serializing_if = "CodeText::is_unasked")]
        qr: CodeText,
    },
    NotificationsDropped {
        count: u64,
    },
    DeliveriesGivenUp {
        webhook_endpoint_id: String,
        count: u64,
    },
    WebhookDisabled {
        webhook_endpoint_id: String,
        why: &'static str,
    },
    Message(Box<MessageFields>),
    MessageStatus(StatusFields),
    Call(CallFields),
}

/// What a QR code says. It has no `Debug`.
#[derive(Default, Serialize)]
#[serde(untagged)]
pub(crate) enum CodeText {
    /// Nobody asked.
    #[default]
    Unasked,
    /// `null` when it cannot be scanned any more.
    Asked(Option<String>),
}

impl CodeText {
    fn is_unasked(&self) -> bool {
        matches!(self, Self::Unasked)
    }
}

#[derive(Default, Serialize)]
pub(crate) struct LinkingFields {
    step: &'static str,
    /// Of a QR code.
    round: Option<u32>,
    /// Of a code.
    expires_at: Option<String>,
    /// Of a QR code.
    #[serde(skip_serializing_if = "CodeText::is_unasked")]
    qr: CodeText,
    /// Of an effort that failed.
    failure: Option<&'static str>,
    /// Why the connection ended, in words, where that is the failure.
    reason: Option<&'static str>,
}

/// Every step of an effort to link, as programs read it.
pub(crate) const LINKING_STEPS: [&str; 11] = [
    "code_shown",
    "pairing_code_shown",
    "pairing_code_typed",
    "passkey_required",
    "passkey_answered",
    "passkey_code_shown",
    "passkey_confirmed",
    "scanned",
    "finishing",
    "linked",
    "failed",
];

/// Every way in which one fails; those of a passkey have their names in [`passkey`].
pub(crate) const LINKING_FAILURES: [&str; 9] = [
    "not_scanned",
    "not_typed",
    "wrong_code",
    "wrong_phone",
    "not_watched",
    "proof_rejected",
    "ended",
    "logged_out",
    "stopped",
];

impl EventBody {
    pub(crate) fn of(event: &Event) -> Self {
        Self {
            sequence: event.sequence.0,
            at: rfc3339(event.at),
            kind: event.kind.name().as_str(),
            data: Data::of(&event.kind),
        }
    }

    /// With what the QR code says that it tells of.
    pub(crate) fn with_code(mut self, text: Option<String>) -> Self {
        if let Data::QrRotated { qr, .. } | Data::Linking(LinkingFields { qr, .. }) = &mut self.data
        {
            *qr = CodeText::Asked(text);
        }
        self
    }
}

impl Data {
    pub(crate) fn of(kind: &EventKind) -> Self {
        match kind {
            EventKind::StateChanged(change) => Self::StateChanged(ChangeFields::of(change)),
            EventKind::LinkTicket(it) => {
                Self::LinkTicket { link_ticket_id: it.ticket.to_string(), step: it.step }
            }
            EventKind::Linking(progress) => Self::Linking(LinkingFields::of(*progress)),
            EventKind::QrRotated(CodeIssued { round, expires_at_ms }) => {
                let (expires_at, qr) = (rfc3339_ms(*expires_at_ms), CodeText::Unasked);
                Self::QrRotated { round: *round, expires_at, qr }
            }
            EventKind::NotificationsDropped { count } => {
                Self::NotificationsDropped { count: *count }
            }
            EventKind::DeliveriesGivenUp { endpoint, count } => {
                Self::DeliveriesGivenUp { webhook_endpoint_id: endpoint.to_string(), count: *count }
            }
            EventKind::WebhookDisabled(it) => Self::WebhookDisabled {
                webhook_endpoint_id: it.endpoint.to_string(),
                why: it.why.as_str(),
            },
            EventKind::MessageReceived(it) => Self::Message(Box::new(MessageFields::of(it))),
            EventKind::MessageSent(it) => Self::Message(Box::new(MessageFields::of_sent(it))),
            EventKind::MessageStatus(it) => Self::MessageStatus(StatusFields::of(it)),
            EventKind::Call(it) => Self::Call(CallFields::of(it)),
        }
    }
}

impl LinkingFields {
    fn of(progress: LinkingProgress) -> Self {
        use LinkingProgress as Progress;
        let step = |step| Self { step, ..Self::default() };
        match progress {
            Progress::CodeShown(CodeIssued { round, expires_at_ms }) => Self {
                round: Some(round),
                expires_at: Some(rfc3339_ms(expires_at_ms)),
                ..step("code_shown")
            },
            Progress::PairingCodeShown { expires_at_ms } => {
                Self { expires_at: Some(rfc3339_ms(expires_at_ms)), ..step("pairing_code_shown") }
            }
            Progress::PairingCodeTyped => step("pairing_code_typed"),
            Progress::PasskeyRequired => step("passkey_required"),
            Progress::PasskeyAnswered => step("passkey_answered"),
            Progress::PasskeyCodeShown => step("passkey_code_shown"),
            Progress::PasskeyConfirmed => step("passkey_confirmed"),
            Progress::Scanned => step("scanned"),
            Progress::Finishing => step("finishing"),
            Progress::Linked => step("linked"),
            Progress::Failed { outcome } => {
                let (failure, reason) = failed(outcome);
                Self { failure: Some(failure), reason, ..step("failed") }
            }
        }
    }
}

/// The word for it, and why the connection ended where it did.
fn failed(outcome: Option<Outcome>) -> (&'static str, Option<&'static str>) {
    match outcome {
        None => ("stopped", None),
        Some(Outcome::NotScanned) => ("not_scanned", None),
        Some(Outcome::NotTyped) => ("not_typed", None),
        Some(Outcome::WrongCode) => ("wrong_code", None),
        Some(Outcome::WrongPhone) => ("wrong_phone", None),
        Some(Outcome::NotWatched) => ("not_watched", None),
        Some(Outcome::Passkey(failure)) => (passkey::name(failure), None),
        Some(Outcome::ProofRejected) => ("proof_rejected", None),
        Some(Outcome::LoggedOut) => ("logged_out", None),
        Some(Outcome::Ended(reason)) => ("ended", Some(reason.ruling().words)),
    }
}
