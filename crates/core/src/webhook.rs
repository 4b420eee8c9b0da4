//! Webhook endpoints: receivers of events that an account named, and what is kept of each delivery.
//!
//! A delivery is one event on its way to one endpoint. It is made in the transaction that writes the
//! event, so there is one exactly where there is an event that the endpoint wants, and it is named by
//! the event: every attempt, and every replay, says the same thing under the same id.

pub mod schedule;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{Event, EventName, Sequence};
use crate::id::{AccountId, InstanceId, WebhookEndpointId};
use crate::secret::Sealed;

/// The longest description, in characters.
pub const DESCRIPTION_LENGTH_MAX: usize = 100;

/// The most of an answer that is kept with an attempt, in bytes.
pub const ANSWER_KEPT_MAX: usize = 4 * 1024;

/// An endpoint, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// By which its owner calls it.
    pub id: WebhookEndpointId,
    /// Whose it is.
    pub account: AccountId,
    /// Where it is and with what it is signed to: [`WebhookTerms`], sealed.
    pub terms: Sealed,
    /// What it hears of.
    pub filter: EventFilter,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when every attempt has failed; `None` when the last one did not.
    pub failing_since: Option<Timestamp>,
    /// Why and since when nothing is sent to it.
    pub disabled: Option<Disabling>,
}

/// Which events an endpoint hears of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    /// Those of these instances; of all of its account's, also later ones, when it is `None`.
    pub instances: Option<BTreeSet<InstanceId>>,
    /// Those of these kinds; of every kind, also later ones, when it is `None`.
    pub events: Option<BTreeSet<EventName>>,
}

impl EventFilter {
    /// Whether such an event is wanted.
    pub fn takes(&self, instance: InstanceId, event: EventName) -> bool {
        self.instances.as_ref().is_none_or(|these| these.contains(&instance))
            && self.events.as_ref().is_none_or(|these| these.contains(&event))
    }
}

/// What is secret of an endpoint. Stores keep it as sealed JSON: a field may be added, never renamed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookTerms {
    /// Where it is; it may hold a token.
    pub url: String,
    /// What its owner calls it.
    pub description: String,
    /// With what it is signed to: the newest first.
    pub secrets: Vec<SigningSecret>,
}

/// A secret that signs, in the form of Standard Webhooks: `whsec_` and base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningSecret {
    /// The text.
    pub text: String,
    /// Until when it signs beside the one that took its place, in seconds since 1970; `None` for the
    /// newest.
    pub until_s: Option<i64>,
}

impl SigningSecret {
    /// Whether it signs what is sent at this time.
    pub fn signs_at(&self, now: Timestamp) -> bool {
        self.until_s.is_none_or(|until| until > now.as_second())
    }
}

impl fmt::Debug for WebhookTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookTerms(hidden)")
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(hidden)")
    }
}

/// The moment from which nothing is sent to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disabling {
    /// Why.
    pub why: Disabled,
    /// When.
    pub at: Timestamp,
}

/// Why nothing is sent to an endpoint. Stores and programs use these words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disabled {
    /// Its owner wanted it so.
    ByOwner,
    /// It answered 410: that it is gone.
    Gone,
    /// No attempt came to anything for [`schedule::FAILING_MAX`].
    Failing,
}

impl Disabled {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ByOwner, Self::Gone, Self::Failing];

    /// The word that stores and programs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByOwner => "by_owner",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// The place of a delivery in its store: later ones have larger numbers, none is used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryNumber(pub u64);

/// A delivery whose time has come, with all that it takes to attempt it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDelivery {
    /// Its place.
    pub number: DeliveryNumber,
    /// Where to.
    pub endpoint: WebhookEndpointId,
    /// What is secret of that.
    pub terms: Sealed,
    /// Since when every attempt there has failed.
    pub failing_since: Option<Timestamp>,
    /// Whose event.
    pub instance: InstanceId,
    /// Its place in the journal.
    pub sequence: Sequence,
    /// The event; `None` when this version cannot read it.
    pub event: Option<Event>,
    /// How many attempts there were.
    pub attempts: u32,
}

/// A delivery, as its owner may look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its place.
    pub number: DeliveryNumber,
    /// Whose event.
    pub instance: InstanceId,
    /// Its place in the journal.
    pub sequence: Sequence,
    /// How far it has come.
    pub status: DeliveryStatus,
    /// How many attempts there were since it was made, or replayed.
    pub attempts: u32,
    /// Each attempt that is still known, the oldest first.
    pub tried: Vec<Attempt>,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It will be attempted, at this time at the earliest.
    Due(Timestamp),
    /// It arrived, at this time.
    Arrived(Timestamp),
    /// It was given up, at this time: a dead letter, which can be replayed.
    GivenUp(Timestamp),
}

impl DeliveryStatus {
    /// The word that stores and programs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due(_) => "due",
            Self::Arrived(_) => "arrived",
            Self::GivenUp(_) => "given_up",
        }
    }
}

/// One attempt of a delivery, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// The status of the answer, where there was one.
    pub status: Option<u16>,
    /// Why there was none, in words.
    pub error: Option<String>,
    /// The beginning of the answer, sealed.
    pub answer: Option<Sealed>,
}

/// The id of what is sent of this event: the same on every attempt and replay, to every endpoint.
/// Standard Webhooks calls it `webhook-id`; a receiver tells by it what it has seen before.
pub fn message_id(instance: InstanceId, sequence: Sequence) -> String {
    format!("msg_{}_{}", instance.to_string().replace('-', ""), sequence.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_what_it_names_and_without_names_everything() {
        let [own, other] = [1, 2].map(|seed| InstanceId::from_random_bytes([seed; 16]));
        let everything = EventFilter::default();
        assert!(everything.takes(own, EventName::StateChanged));
        let some = EventFilter {
            instances: Some([own].into()),
            events: Some([EventName::StateChanged].into()),
        };
        assert!(some.takes(own, EventName::StateChanged));
        assert!(!some.takes(other, EventName::StateChanged));
        assert!(!some.takes(own, EventName::LinkTicket));
    }

    #[test]
    fn an_event_has_one_id_without_a_full_stop() {
        let instance = InstanceId::from_random_bytes([1; 16]);
        let id = message_id(instance, Sequence(7));
        assert_eq!(id, "msg_01010101010141018101010101010101_7");
    }

    #[test]
    fn terms_print_nothing_and_read_what_they_wrote() {
        let secret = SigningSecret { text: "whsec_canary".into(), until_s: None };
        let (url, description) = ("https://canary.example/".to_owned(), "canary".to_owned());
        let terms = WebhookTerms { url, description, secrets: vec![secret] };
        assert!(!format!("{terms:?}{:?}", terms.secrets).contains("canary"));
        let text = serde_json::to_string(&terms).unwrap();
        assert_eq!(serde_json::from_str::<WebhookTerms>(&text).unwrap(), terms);
    }

    #[test]
    fn a_reason_is_stored_by_its_word() {
        for why in Disabled::ALL {
            assert_eq!(serde_json::to_value(why).unwrap(), why.as_str());
        }
    }
}
