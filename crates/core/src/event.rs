//! What happened to an instance: the entries of its journal.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::LinkedAccount;
use crate::id::{LinkTicketId, WebhookEndpointId};
use crate::instance::change::Cause;
use crate::instance::settings::Switch;
use crate::instance::state::{Outcome, StateName};
use crate::link_ticket::LinkTicketStep;
use crate::message::call::CallStepped;
use crate::message::status::StatusChanged;
use crate::message::{Message, MessageKey, SentMessage};
use crate::webhook::Disabled;

pub mod dropped;
pub mod progress;
pub mod topic;

/// The place of an event in its instance's journal: 1, 2, 3 and so on, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence(pub u64);

/// One entry of a journal. Nobody hears of it before it is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place.
    pub sequence: Sequence,
    /// When it happened, to the millisecond.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
}

/// What is about to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// What happened.
    pub kind: EventKind,
    /// What of it is kept for whoever fetches notifications, in this order.
    pub topics: Vec<Switch>,
    /// By what it is known, where it may be told more than once: of events with an equal key only the
    /// first is written down.
    pub only_once: Option<MessageKey>,
}

impl From<EventKind> for NewEvent {
    /// One of which nobody is notified.
    fn from(kind: EventKind) -> Self {
        Self { kind, topics: Vec::new(), only_once: None }
    }
}

/// The place of a notification in its instance's queue, by which it is settled: 1, 2, 3 and so on,
/// never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt(pub u64);

/// An event that waits for whoever fetches, and what of it he is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// By which it is settled.
    pub receipt: Receipt,
    /// What it tells of.
    pub topic: Switch,
    /// What happened.
    pub event: Event,
}

/// Which numbers a journal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Events up to this one were forgotten, but for a last change of state; zero when none was.
    pub forgotten: Sequence,
    /// The newest; zero when there never was one.
    pub newest: Sequence,
}

/// What happened.
///
/// Stores keep it as JSON in this form: a variant or a field may be added, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The instance went from one state to another.
    StateChanged(StateChanged),
    /// A link ticket of the instance went a step on.
    LinkTicket(LinkTicketStepped),
    /// An effort to link the instance went a step on.
    Linking(LinkingProgress),
    /// A QR code took the place of the one before.
    QrRotated(CodeIssued),
    /// Notifications that nobody fetched in time went.
    NotificationsDropped {
        /// How many.
        count: u64,
    },
    /// Events that waited for a webhook endpoint became dead letters unsent: too many others came behind
    /// them, or nothing was sent to it for too long.
    DeliveriesGivenUp {
        /// Which endpoint.
        endpoint: WebhookEndpointId,
        /// How many.
        count: u64,
    },
    /// A webhook endpoint that heard of the instance is sent nothing any more.
    WebhookDisabled(WebhookDisabled),
    /// Somebody wrote to this account, or to a group that it is in.
    MessageReceived(Box<Message>),
    /// This account wrote: from the phone, or through an API.
    MessageSent(Box<SentMessage>),
    /// A message of this account went a step on.
    MessageStatus(StatusChanged),
    /// A call to this account went a step on.
    Call(CallStepped),
}

/// How far an effort to link has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkingProgress {
    /// A code can be scanned. Those that follow it are told of as [`EventKind::QrRotated`].
    CodeShown(CodeIssued),
    /// A code can be typed on the phone.
    PairingCodeShown {
        /// Until when, in milliseconds since 1970.
        expires_at_ms: i64,
    },
    /// A phone has typed the code.
    PairingCodeTyped,
    /// WhatsApp wants a passkey before it links the account.
    PasskeyRequired,
    /// The passkey's answer is on its way.
    PasskeyAnswered,
    /// Phone and gateway have a code that is to be compared.
    PasskeyCodeShown,
    /// A person has confirmed that they are the same.
    PasskeyConfirmed,
    /// A phone accepted.
    Scanned,
    /// The first login has begun.
    Finishing,
    /// The first login succeeded.
    Linked,
    /// Nothing came of it.
    Failed {
        /// Why, where it did not end because the instance was told to rest.
        outcome: Option<Outcome>,
    },
}

/// A QR code without what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeIssued {
    /// Its number in its attempt, from 1.
    pub round: u32,
    /// Until when it can be scanned, in milliseconds since 1970.
    pub expires_at_ms: i64,
}

/// A change of state as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChanged {
    /// The state before.
    pub from: StateName,
    /// The state since then.
    pub to: StateName,
    /// Why it changed.
    pub cause: Cause,
    /// Whether the instance is linked after the change.
    pub linked: bool,
    /// The linked account after the change, or before it when the link was lost by it.
    pub account: Option<LinkedAccount>,
}

/// A link ticket's step as the journal keeps it: neither its address nor a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTicketStepped {
    /// Which ticket.
    pub ticket: LinkTicketId,
    /// How far it has come.
    pub step: LinkTicketStep,
}

/// The end of a webhook endpoint as the journal keeps it, for those who hear of it another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDisabled {
    /// Which endpoint.
    pub endpoint: WebhookEndpointId,
    /// Why.
    pub why: Disabled,
}

/// The kinds of events, for looking some of them up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventName {
    /// See [`EventKind::StateChanged`].
    StateChanged,
    /// See [`EventKind::LinkTicket`].
    LinkTicket,
    /// See [`EventKind::Linking`].
    Linking,
    /// See [`EventKind::QrRotated`].
    QrRotated,
    /// See [`EventKind::NotificationsDropped`].
    NotificationsDropped,
    /// See [`EventKind::DeliveriesGivenUp`].
    DeliveriesGivenUp,
    /// See [`EventKind::WebhookDisabled`].
    WebhookDisabled,
    /// See [`EventKind::MessageReceived`].
    MessageReceived,
    /// See [`EventKind::MessageSent`].
    MessageSent,
    /// See [`EventKind::MessageStatus`].
    MessageStatus,
    /// See [`EventKind::Call`].
    Call,
}

impl EventName {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::StateChanged,
        Self::LinkTicket,
        Self::Linking,
        Self::QrRotated,
        Self::NotificationsDropped,
        Self::DeliveriesGivenUp,
        Self::WebhookDisabled,
        Self::MessageReceived,
        Self::MessageSent,
        Self::MessageStatus,
        Self::Call,
    ];

    /// The word that stores and programs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StateChanged => "state_changed",
            Self::LinkTicket => "link_ticket",
            Self::Linking => "linking",
            Self::QrRotated => "qr_rotated",
            Self::NotificationsDropped => "notifications_dropped",
            Self::DeliveriesGivenUp => "deliveries_given_up",
            Self::WebhookDisabled => "webhook_disabled",
            Self::MessageReceived => "message_received",
            Self::MessageSent => "message_sent",
            Self::MessageStatus => "message_status",
            Self::Call => "call",
        }
    }
}

/// The text names no kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such kind of event")]
pub struct UnknownEventName;

impl FromStr for EventName {
    type Err = UnknownEventName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|name| name.as_str() == text).ok_or(UnknownEventName)
    }
}

impl EventKind {
    /// The message that it tells of whole.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::MessageReceived(message) => Some(message),
            Self::MessageSent(sent) => Some(&sent.message),
            Self::StateChanged(_)
            | Self::LinkTicket(_)
            | Self::Linking(_)
            | Self::QrRotated(_)
            | Self::NotificationsDropped { .. }
            | Self::DeliveriesGivenUp { .. }
            | Self::WebhookDisabled(_)
            | Self::MessageStatus(_)
            | Self::Call(_) => None,
        }
    }

    /// The name of this kind.
    pub fn name(&self) -> EventName {
        match self {
            Self::StateChanged(_) => EventName::StateChanged,
            Self::LinkTicket(_) => EventName::LinkTicket,
            Self::Linking(_) => EventName::Linking,
            Self::QrRotated(_) => EventName::QrRotated,
            Self::NotificationsDropped { .. } => EventName::NotificationsDropped,
            Self::DeliveriesGivenUp { .. } => EventName::DeliveriesGivenUp,
            Self::WebhookDisabled(_) => EventName::WebhookDisabled,
            Self::MessageReceived(_) => EventName::MessageReceived,
            Self::MessageSent(_) => EventName::MessageSent,
            Self::MessageStatus(_) => EventName::MessageStatus,
            Self::Call(_) => EventName::Call,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::EndReason;

    #[test]
    fn an_event_reads_what_it_wrote_for_every_reason_of_an_end() {
        for reason in EndReason::EXAMPLES {
            let kind = EventKind::StateChanged(StateChanged {
                from: StateName::Online,
                to: StateName::Offline,
                cause: Cause::Ended(*reason),
                linked: true,
                account: None,
            });
            let text = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<EventKind>(&text).unwrap(), kind, "{text}");
        }
    }

    #[test]
    fn the_stored_form_of_an_event_stays_as_it_is() {
        let kind = EventKind::StateChanged(StateChanged {
            from: StateName::Linking,
            to: StateName::Online,
            cause: Cause::LoggedIn,
            linked: true,
            account: Some(LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 }),
        });
        let stored = concat!(
            r#"{"state_changed":{"from":"linking","to":"online","cause":"logged_in","#,
            r#""linked":true,"account":{"phone":"15550001111","lid":null,"device":3}}}"#
        );
        assert_eq!(serde_json::to_string(&kind).unwrap(), stored);
        let ticket = LinkTicketId::from_random_bytes([1; 16]);
        let step = LinkTicketStep::QrCodeShown;
        let kind = EventKind::LinkTicket(LinkTicketStepped { ticket, step });
        let stored = concat!(
            r#"{"link_ticket":{"ticket":"01010101-0101-4101-8101-010101010101","#,
            r#""step":"qr_code_shown"}}"#
        );
        assert_eq!(serde_json::to_string(&kind).unwrap(), stored);
        assert_eq!(serde_json::from_str::<EventKind>(stored).unwrap(), kind);
    }

    #[test]
    fn the_stored_form_of_what_leads_to_a_link_stays_as_it_is() {
        let code = CodeIssued { round: 2, expires_at_ms: 1_800_000_020_000 };
        let (expires_at_ms, outcome) = (1_800_000_180_000, Some(Outcome::NotScanned));
        for (kind, stored) in [
            (
                EventKind::Linking(LinkingProgress::CodeShown(code)),
                r#"{"linking":{"code_shown":{"round":2,"expires_at_ms":1800000020000}}}"#,
            ),
            (
                EventKind::Linking(LinkingProgress::PairingCodeShown { expires_at_ms }),
                r#"{"linking":{"pairing_code_shown":{"expires_at_ms":1800000180000}}}"#,
            ),
            (
                EventKind::Linking(LinkingProgress::PairingCodeTyped),
                r#"{"linking":"pairing_code_typed"}"#,
            ),
            (
                EventKind::Linking(LinkingProgress::PasskeyRequired),
                r#"{"linking":"passkey_required"}"#,
            ),
            (
                EventKind::Linking(LinkingProgress::PasskeyAnswered),
                r#"{"linking":"passkey_answered"}"#,
            ),
            (
                EventKind::Linking(LinkingProgress::PasskeyCodeShown),
                r#"{"linking":"passkey_code_shown"}"#,
            ),
            (
                EventKind::Linking(LinkingProgress::PasskeyConfirmed),
                r#"{"linking":"passkey_confirmed"}"#,
            ),
            (EventKind::Linking(LinkingProgress::Scanned), r#"{"linking":"scanned"}"#),
            (EventKind::Linking(LinkingProgress::Finishing), r#"{"linking":"finishing"}"#),
            (EventKind::Linking(LinkingProgress::Linked), r#"{"linking":"linked"}"#),
            (
                EventKind::Linking(LinkingProgress::Failed { outcome }),
                r#"{"linking":{"failed":{"outcome":"not_scanned"}}}"#,
            ),
            (
                EventKind::QrRotated(code),
                r#"{"qr_rotated":{"round":2,"expires_at_ms":1800000020000}}"#,
            ),
            (
                EventKind::NotificationsDropped { count: 7 },
                r#"{"notifications_dropped":{"count":7}}"#,
            ),
            (
                EventKind::DeliveriesGivenUp {
                    endpoint: WebhookEndpointId::from_random_bytes([1; 16]),
                    count: 7,
                },
                r#"{"deliveries_given_up":{"endpoint":"01010101-0101-4101-8101-010101010101","count":7}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&kind).unwrap(), stored);
            assert_eq!(serde_json::from_str::<EventKind>(stored).unwrap(), kind);
        }
    }

    #[test]
    fn a_kind_is_called_as_it_is_stored() {
        for name in EventName::ALL {
            assert_eq!(name.as_str().parse(), Ok(name));
        }
        assert_eq!("message".parse::<EventName>(), Err(UnknownEventName));
    }
}
