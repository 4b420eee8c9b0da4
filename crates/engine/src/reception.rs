//! What comes for the account of one instance, on its way into the journal.
//!
//! It does not pass the actor: whoever is busy closing a connection must not hold up its messages.

use std::sync::Arc;

use waygate_core::clock::Clock;
use waygate_core::error::Error;
use waygate_core::event::{EventKind, NewEvent};
use waygate_core::id::InstanceId;
use waygate_core::message::arrival::Arrived;
use waygate_core::message::{Message, Origin, SentMessage};
use waygate_core::port::journal::Journal;

use crate::polls::Polls;
use crate::ports::Ports;
use crate::statuses::Statuses;

/// Writes down what comes.
#[derive(Debug)]
pub(crate) struct Reception {
    instance: InstanceId,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    statuses: Statuses,
    polls: Polls,
}

impl Reception {
    pub(crate) fn new(instance: InstanceId, ports: &Ports) -> Self {
        let (journal, clock) = (Arc::clone(&ports.journal), Arc::clone(&ports.clock));
        let polls = Polls::new(instance, Arc::clone(&journal));
        Self { instance, journal, clock, statuses: Statuses::default(), polls }
    }

    /// Writes all of it down, in its order and in one transaction, or nothing. See
    /// [`waygate_core::port::link::LinkSink::receive`].
    pub(crate) async fn take(&self, arrived: Vec<Arrived>) -> Result<(), Error> {
        let written = self.write_down(arrived).await;
        if written.is_err() {
            self.statuses.forget();
            self.polls.forget().await;
        }
        written
    }

    async fn write_down(&self, arrived: Vec<Arrived>) -> Result<(), Error> {
        let mut events = Vec::new();
        for one in arrived {
            events.extend(self.news(one).await?);
        }
        if events.is_empty() {
            return Ok(());
        }
        self.journal.commit(self.instance, self.clock.now(), events, None).await?;
        Ok(())
    }

    async fn news(&self, arrived: Arrived) -> Result<Vec<NewEvent>, Error> {
        Ok(match arrived {
            Arrived::Received(message) => {
                self.polls.heed(&message).await;
                vec![received(message)]
            }
            Arrived::SentElsewhere(message) => {
                self.polls.heed(&message).await;
                vec![sent(message)]
            }
            Arrived::Voted(vote) => {
                let is_own = vote.is_own;
                let message = self.polls.counted(vote).await?;
                vec![if is_own { sent(message) } else { received(message) }]
            }
            Arrived::StatusSeen(seen) => self.statuses.news(seen),
            Arrived::CallStepped(step) => {
                let only_once = Some(step.key());
                vec![NewEvent { only_once, ..NewEvent::from(EventKind::Call(step)) }]
            }
        })
    }
}

fn received(message: Message) -> NewEvent {
    let only_once = Some(message.key());
    let kind = EventKind::MessageReceived(Box::new(message));
    NewEvent { only_once, ..NewEvent::from(kind) }
}

fn sent(message: Message) -> NewEvent {
    let only_once = Some(message.key());
    let sent = SentMessage { origin: Origin::Phone, message };
    NewEvent { only_once, ..NewEvent::from(EventKind::MessageSent(Box::new(sent))) }
}
