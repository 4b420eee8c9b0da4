//! A store's queues, which fail when a test says so.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::future::ready;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::event::NewEvent;
use waygate_core::id::InstanceId;
use waygate_core::message::MessageId;
use waygate_core::message::queued::{MessageRecord, QueuedMessage, WaitingMessage};
use waygate_core::port::link::Deed;
use waygate_core::port::outbox::{Acceptance, Outbox, Settlement};
use waygate_played::link::PlayedLink;

#[derive(Debug)]
pub(crate) struct FailingOutbox {
    store: Arc<dyn Outbox>,
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    settlements: usize,
    looks: usize,
    is_full: bool,
}

impl FailingOutbox {
    pub(crate) fn of(link: &PlayedLink) -> Self {
        Self { store: link.store(), plan: Mutex::default() }
    }

    pub(crate) fn fail_next_settlements(&self, count: usize) {
        self.plan.lock().unwrap().settlements = count;
    }

    pub(crate) fn fail_next_looks(&self, count: usize) {
        self.plan.lock().unwrap().looks = count;
    }

    /// From now on there is room for nothing.
    pub(crate) fn be_full(&self) {
        self.plan.lock().unwrap().is_full = true;
    }

    fn fails(&self, left: impl FnOnce(&mut Plan) -> &mut usize) -> bool {
        let mut plan = self.plan.lock().unwrap();
        let left = left(&mut plan);
        let fails = *left > 0;
        *left = left.saturating_sub(1);
        fails
    }
}

fn failure<T: Send + 'static>() -> Deed<'static, Result<T, Error>> {
    Box::pin(ready(Err(Error::new(Kind::Internal, "the disk is full"))))
}

impl Outbox for FailingOutbox {
    fn accept_message(&self, acceptance: Acceptance) -> Deed<'_, Result<(), Error>> {
        let is_full = self.plan.lock().unwrap().is_full;
        let queue_max = if is_full { 0 } else { acceptance.queue_max };
        self.store.accept_message(Acceptance { queue_max, ..acceptance })
    }

    fn queued_messages(
        &self,
        instance: InstanceId,
        limit: u32,
    ) -> Deed<'_, Result<Vec<QueuedMessage>, Error>> {
        if self.fails(|plan| &mut plan.looks) {
            return failure();
        }
        self.store.queued_messages(instance, limit)
    }

    fn count_queued_messages(&self, instance: InstanceId) -> Deed<'_, Result<u64, Error>> {
        self.store.count_queued_messages(instance)
    }

    fn settle_queued_message(
        &self,
        instance: InstanceId,
        settlement: Settlement,
    ) -> Deed<'_, Result<bool, Error>> {
        if self.fails(|plan| &mut plan.settlements) {
            return failure();
        }
        self.store.settle_queued_message(instance, settlement)
    }

    fn expired_messages(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Deed<'_, Result<Vec<WaitingMessage>, Error>> {
        self.store.expired_messages(now, limit)
    }

    fn next_expiry(&self) -> Deed<'_, Result<Option<Timestamp>, Error>> {
        self.store.next_expiry()
    }

    fn message_record(
        &self,
        instance: InstanceId,
        id: MessageId,
    ) -> Deed<'_, Result<Option<MessageRecord>, Error>> {
        self.store.message_record(instance, id)
    }

    fn note_message(
        &self,
        instance: InstanceId,
        record: MessageRecord,
        events: Vec<NewEvent>,
    ) -> Deed<'_, Result<bool, Error>> {
        self.store.note_message(instance, record, events)
    }

    fn forget_messages(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.store.forget_messages(cutoff)
    }
}
