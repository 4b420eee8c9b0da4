//! What comes for the account of one instance, on its way into the journal.
//!
//! It does not pass the actor: whoever is busy closing a connection must not hold up its messages.

use std::sync::Arc;

use waygate_core::clock::Clock;
use waygate_core::error::Error;
use waygate_core::event::{EventKind, NewEvent};
use waygate_core::id::InstanceId;
use waygate_core::message::arrival::Arrived;
use waygate_core::message::{Origin, SentMessage};
use waygate_core::port::journal::Journal;

use crate::ports::Ports;
use crate::statuses::Statuses;

/// Writes down what comes.
#[derive(Debug)]
pub(crate) struct Reception {
    instance: InstanceId,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    statuses: Statuses,
}

impl Reception {
    pub(crate) fn new(instance: InstanceId, ports: &Ports) -> Self {
        let (journal, clock) = (Arc::clone(&ports.journal), Arc::clone(&ports.clock));
        Self { instance, journal, clock, statuses: Statuses::default() }
    }

    /// Writes all of it down, in its order and in one transaction, or nothing. See
    /// [`waygate_core::port::link::LinkSink::receive`].
    pub(crate) async fn take(&self, arrived: Vec<Arrived>) -> Result<(), Error> {
        let events: Vec<NewEvent> = arrived.into_iter().flat_map(|it| self.news(it)).collect();
        if events.is_empty() {
            return Ok(());
        }
        let committed = self.journal.commit(self.instance, self.clock.now(), events, None).await;
        if committed.is_err() {
            self.statuses.forget();
        }
        committed.map(|_newest| ())
    }

    fn news(&self, arrived: Arrived) -> Vec<NewEvent> {
        match arrived {
            Arrived::Received(message) => {
                let only_once = Some(message.key());
                let kind = EventKind::MessageReceived(Box::new(message));
                vec![NewEvent { only_once, ..NewEvent::from(kind) }]
            }
            Arrived::SentElsewhere(message) => {
                let only_once = Some(message.key());
                let sent = SentMessage { origin: Origin::Phone, message };
                let kind = EventKind::MessageSent(Box::new(sent));
                vec![NewEvent { only_once, ..NewEvent::from(kind) }]
            }
            Arrived::StatusSeen(seen) => self.statuses.news(seen),
            Arrived::CallStepped(step) => {
                let only_once = Some(step.key());
                vec![NewEvent { only_once, ..NewEvent::from(EventKind::Call(step)) }]
            }
        }
    }
}
