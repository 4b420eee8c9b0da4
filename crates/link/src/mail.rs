//! What comes for the account beside its encrypted messages: receipts, calls, and messages that the
//! library acknowledges by itself.
//!
//! After a time away there are thousands of receipts at once. They have a queue of their own, so that
//! the events of the connection never wait behind them, and are written down many at a time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use waygate_core::message::arrival::{Arrived, StatusSeen};
use whatsapp_rust::Client;
use whatsapp_rust::types::events::{Event, InboundMessage, MessageBatch};

use crate::calls::{self, Calls};
use crate::intake::Intake;
use crate::message::address::alone;
use crate::receipts;
use crate::under_way::UnderWay;

/// What waits at most. Beyond it the connection ends: a store that is this slow is broken.
const WAITING_MAX: usize = 65_536;

/// How much is written down at a time.
const AT_A_TIME: usize = 256;

/// The pauses between two tries to write something down.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// What waits to be written down. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Mail(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    events: Mutex<VecDeque<Arc<Event>>>,
    stirred: Notify,
    /// Whose turn it is to take from it. What was taken is written down before the next is.
    calls: tokio::sync::Mutex<Calls>,
    under_way: UnderWay,
}

/// There is no room.
pub(crate) struct Full;

impl Mail {
    /// Whether an event is one of these.
    pub(crate) fn is_for(event: &Event) -> bool {
        matches!(
            event,
            Event::Receipt(_)
                | Event::IncomingCall(_)
                | Event::MissedCall(_)
                | Event::Messages(_)
                | Event::RawNode(_)
        )
    }

    /// Puts one behind the others.
    pub(crate) fn put(&self, event: Arc<Event>) -> Result<(), Full> {
        if let Event::RawNode(stanza) = &*event {
            self.0.under_way.heed(stanza);
            return Ok(());
        }
        if let Event::Messages(batch) = &*event {
            let ids = batch.messages.iter().map(|message| message.info.id.as_str());
            self.0.under_way.end(&ids.collect::<Vec<_>>());
            if batch.hook_committed {
                // Written down already.
                return Ok(());
            }
        }
        let mut events = self.events();
        if events.len() == WAITING_MAX {
            return Err(Full);
        }
        events.push_back(event);
        self.0.stirred.notify_one();
        Ok(())
    }

    /// Writes down what comes, for as long as it is polled.
    #[expect(clippy::infinite_loop, reason = "it ends with the tasks of its connection")]
    pub(crate) async fn carry(self, client: Arc<Client>, intake: Intake) {
        loop {
            self.0.stirred.notified().await;
            let mut calls = self.0.calls.lock().await;
            while let Some(arrived) = self.next(&client, &intake, &mut calls).await {
                write_down(&client, &intake, arrived).await;
            }
        }
    }

    /// Writes down what is left, as far as that succeeds at once.
    pub(crate) async fn empty(&self, client: &Client, intake: &Intake) {
        self.0.under_way.end_all();
        let mut calls = self.0.calls.lock().await;
        while let Some(arrived) = self.next(client, intake, &mut calls).await {
            if let Err(error) = intake.take(client, arrived).await {
                let cause = error.with_causes();
                tracing::warn!(cause, "the last receipts of a connection were not written down");
                return;
            }
        }
    }

    fn events(&self) -> MutexGuard<'_, VecDeque<Arc<Event>>> {
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the first few, once the messages of which they tell are written down. Nothing is lost where
    /// this is dropped before.
    async fn first_few(&self) -> Vec<Arc<Event>> {
        let first: Vec<Arc<Event>> = self.events().iter().take(AT_A_TIME).cloned().collect();
        let receipts = first.iter().filter_map(|event| {
            let Event::Receipt(receipt) = &**event else { return None };
            Some(&receipt.message_ids)
        });
        let ids: Vec<&str> = receipts.flatten().map(String::as_str).collect();
        self.0.under_way.have_ended(&ids).await;
        self.events().drain(..first.len());
        first
    }

    /// What the next few tell; `None` when nothing waits.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum with some sixty kinds")]
    async fn next(
        &self,
        client: &Client,
        intake: &Intake,
        calls: &mut Calls,
    ) -> Option<Vec<Arrived>> {
        let taken = self.first_few().await;
        let own = client.pn().and_then(|own| alone(&own));
        let own = own.as_ref();
        let mut arrived = Vec::new();
        for event in &taken {
            match &**event {
                Event::Receipt(receipt) => {
                    if let Some(seen) = receipts::seen(receipt, own) {
                        add(&mut arrived, seen);
                    }
                }
                Event::IncomingCall(call) => {
                    arrived.extend(calls.hear(call, own).map(Arrived::CallStepped));
                }
                Event::MissedCall(call) => {
                    arrived.extend(calls::missed(call).map(Arrived::CallStepped));
                }
                Event::Messages(batch) => {
                    arrived.extend(intake.read(client, unhooked(batch)).await);
                }
                _ => {}
            }
        }
        (!taken.is_empty()).then_some(arrived)
    }
}

/// Messages that never come to the hook: those of channels, and those that the phone was asked for.
/// Every other will come to it again.
fn unhooked(batch: &MessageBatch) -> impl Iterator<Item = &InboundMessage> {
    batch.messages.iter().filter(|message| {
        let info = &message.info;
        info.source.chat.server == whatsapp_rust::Server::Newsletter
            || info.unavailable_request_id.is_some()
    })
}

/// Adds a receipt to the one before, where both say the same of messages of one chat.
fn add(arrived: &mut Vec<Arrived>, seen: StatusSeen) {
    if let Some(Arrived::StatusSeen(last)) = arrived.last_mut()
        && last.chat == seen.chat
        && last.progress == seen.progress
        && last.by == seen.by
    {
        last.ids.extend(seen.ids);
        return;
    }
    arrived.push(Arrived::StatusSeen(seen));
}

/// Tries until it is written down: nobody tells it again.
async fn write_down(client: &Client, intake: &Intake, arrived: Vec<Arrived>) {
    let mut pause = PAUSE_MIN;
    while let Err(error) = intake.take(client, arrived.clone()).await {
        let cause = error.with_causes();
        tracing::error!(cause, "receipts, calls or messages of channels are not written down yet");
        tokio::time::sleep(pause).await;
        pause = pause.saturating_mul(2).min(PAUSE_MAX);
    }
}
