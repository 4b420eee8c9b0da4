//! What happened to an instance: the entries of its journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::LinkedAccount;
use crate::id::{LinkTicketId, WebhookEndpointId};
use crate::instance::change::Cause;
use crate::instance::state::StateName;
use crate::link_ticket::LinkTicketStep;
use crate::webhook::Disabled;

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
    /// A webhook endpoint that heard of the instance is sent nothing any more.
    WebhookDisabled(WebhookDisabled),
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
    /// See [`EventKind::WebhookDisabled`].
    WebhookDisabled,
}

impl EventName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::StateChanged, Self::LinkTicket, Self::WebhookDisabled];

    /// The one with this word; `None` when there is none.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == word)
    }

    /// The word that stores and programs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StateChanged => "state_changed",
            Self::LinkTicket => "link_ticket",
            Self::WebhookDisabled => "webhook_disabled",
        }
    }
}

impl EventKind {
    /// The name of this kind.
    pub fn name(&self) -> EventName {
        match self {
            Self::StateChanged(_) => EventName::StateChanged,
            Self::LinkTicket(_) => EventName::LinkTicket,
            Self::WebhookDisabled(_) => EventName::WebhookDisabled,
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
}
