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
use crate::scribe::Scribe;
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
    pub(crate) fn new(instance: InstanceId, ports: &Ports, scribe: &Arc<Scribe>) -> Self {
        let (journal, clock) = (Arc::clone(&ports.journal), Arc::clone(&ports.clock));
        let polls = Polls::new(instance, Arc::clone(&journal));
        let (outbox, scribe) = (Arc::clone(&ports.outbox), Arc::clone(scribe));
        let statuses = Statuses::new(instance, outbox, scribe, Arc::clone(&clock));
        Self { instance, journal, clock, statuses, polls }
    }

    /// Writes all of it down, in its order: messages that follow one another in one transaction, receipts
    /// each in its own. What was written before a failure is not written again. See
    /// [`waygate_core::port::link::LinkSink::receive`].
    pub(crate) async fn take(&self, arrived: Vec<Arrived>) -> Result<(), Error> {
        let written = self.write_down(arrived).await;
        if written.is_err() {
            self.polls.forget().await;
        }
        written
    }

    async fn write_down(&self, arrived: Vec<Arrived>) -> Result<(), Error> {
        let mut events = Vec::new();
        for one in arrived {
            if let Arrived::StatusSeen(seen) = one {
                self.commit(std::mem::take(&mut events)).await?;
                self.statuses.take(seen).await?;
            } else {
                events.extend(self.news(one).await?);
            }
        }
        self.commit(events).await
    }

    async fn commit(&self, events: Vec<NewEvent>) -> Result<(), Error> {
        if !events.is_empty() {
            self.journal.commit(self.instance, self.clock.now(), events, None).await?;
        }
        Ok(())
    }

    async fn news(&self, arrived: Arrived) -> Result<Option<NewEvent>, Error> {
        Ok(Some(match arrived {
            Arrived::Received(message) => {
                self.polls.heed(&message).await;
                received(message)
            }
            Arrived::SentElsewhere(message) => {
                self.polls.heed(&message).await;
                sent(message)
            }
            Arrived::Voted(vote) => {
                let is_own = vote.is_own;
                let message = self.polls.counted(vote).await?;
                if is_own { sent(message) } else { received(message) }
            }
            // Written down by `statuses`.
            Arrived::StatusSeen(_seen) => return Ok(None),
            Arrived::CallStepped(step) => {
                let only_once = Some(step.key());
                NewEvent { only_once, ..NewEvent::from(EventKind::Call(step)) }
            }
        }))
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
