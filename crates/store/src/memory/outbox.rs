//! The queues of the memory store, and its records of messages.

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{EventName, NewEvent};
use waygate_core::id::InstanceId;
use waygate_core::message::MessageId;
use waygate_core::message::queued::{MessageRecord, QueuedMessage, WaitingMessage};
use waygate_core::message::status::{Progress, Status};
use waygate_core::port::link::Deed;
use waygate_core::port::outbox::{Acceptance, Outbox, Settlement};

use super::MemoryStore;
use super::shelves::{Shelves, no_instance, to_millisecond};

/// Everything of all instances.
#[derive(Debug, Default)]
pub(super) struct OutboxShelf {
    /// In the order in which they were accepted.
    queued: Vec<(InstanceId, QueuedMessage)>,
    records: Vec<(InstanceId, MessageRecord)>,
}

impl OutboxShelf {
    pub(super) fn forget_instance(&mut self, instance: InstanceId) {
        self.queued.retain(|(of, _)| *of != instance);
        self.records.retain(|(of, _)| *of != instance);
    }

    fn of(&self, instance: InstanceId) -> impl Iterator<Item = &QueuedMessage> {
        self.queued.iter().filter(move |(of, _)| *of == instance).map(|(_, queued)| queued)
    }

    fn record(&mut self, instance: InstanceId, id: &MessageId) -> Option<&mut MessageRecord> {
        let mut own = self.records.iter_mut().filter(|(of, _)| *of == instance);
        own.find(|(_, record)| record.id == *id).map(|(_, record)| record)
    }

    /// Writes a record on; `false` when that is no step forward.
    fn note(
        &mut self,
        instance: InstanceId,
        id: &MessageId,
        status: Status,
        at: Timestamp,
    ) -> bool {
        let Some(record) = self.record(instance, id) else { return false };
        let goes_on = status.follows(record.status);
        if goes_on {
            (record.status, record.at) = (status, to_millisecond(at));
        }
        goes_on
    }
}

impl Shelves {
    pub(super) fn accept_message(&mut self, acceptance: Acceptance) -> Result<(), Error> {
        let Acceptance { instance, message: queued, queue_max } = acceptance;
        self.present(instance).ok_or_else(no_instance)?;
        let id = queued.message.id.clone();
        if self.outbox.record(instance, &id).is_some() {
            return Err(Error::new(Kind::Conflict, "the message's id is taken"));
        }
        if self.outbox.of(instance).count() >= queue_max as usize {
            return Err(Error::new(Kind::WrongState, "as many messages wait as may"));
        }
        let at = to_millisecond(queued.accepted_at);
        let (chat, status) = (queued.message.chat.clone(), Status::Reached(Progress::Queued));
        self.outbox.records.push((instance, MessageRecord { id, chat, by_api: true, status, at }));
        let expires_at = to_millisecond(queued.expires_at);
        self.outbox
            .queued
            .push((instance, QueuedMessage { accepted_at: at, expires_at, ..queued }));
        Ok(())
    }

    fn settle_queued_message(
        &mut self,
        instance: InstanceId,
        settlement: Settlement,
    ) -> Result<bool, Error> {
        let Settlement { id, status, at, mut events } = settlement;
        let waits =
            |(of, queued): &(InstanceId, QueuedMessage)| *of == instance && queued.message.id == id;
        let Some(place) = self.outbox.queued.iter().position(waits) else { return Ok(false) };
        self.outbox.queued.remove(place);
        if !self.outbox.note(instance, &id, status, at) {
            events.retain(|event| event.kind.name() != EventName::MessageStatus);
        }
        if !events.is_empty() {
            self.commit(instance, at, events, None)?;
        }
        Ok(true)
    }

    fn note_message(
        &mut self,
        instance: InstanceId,
        record: MessageRecord,
        events: Vec<NewEvent>,
    ) -> Result<bool, Error> {
        self.present(instance).ok_or_else(no_instance)?;
        let (id, status, at) = (record.id.clone(), record.status, to_millisecond(record.at));
        if self.outbox.record(instance, &id).is_none() {
            self.outbox.records.push((instance, MessageRecord { at, ..record }));
        } else if !self.outbox.note(instance, &id, status, at) {
            return Ok(false);
        }
        if !events.is_empty() {
            self.commit(instance, at, events, None)?;
        }
        Ok(true)
    }
}

impl Outbox for MemoryStore {
    fn accept_message(&self, acceptance: Acceptance) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().accept_message(acceptance) })
    }

    fn queued_messages(
        &self,
        instance: InstanceId,
        limit: u32,
    ) -> Deed<'_, Result<Vec<QueuedMessage>, Error>> {
        Box::pin(async move {
            Ok(self.shelves().outbox.of(instance).take(limit as usize).cloned().collect())
        })
    }

    fn count_queued_messages(&self, instance: InstanceId) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move { Ok(self.shelves().outbox.of(instance).count() as u64) })
    }

    fn settle_queued_message(
        &self,
        instance: InstanceId,
        settlement: Settlement,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move { self.shelves().settle_queued_message(instance, settlement) })
    }

    fn expired_messages(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Deed<'_, Result<Vec<WaitingMessage>, Error>> {
        Box::pin(async move {
            let now = to_millisecond(now);
            let shelves = self.shelves();
            let expired = shelves.outbox.queued.iter().filter(|(_, it)| it.expires_at <= now);
            let mut expired: Vec<_> = expired.collect();
            expired.sort_by_key(|(_, it)| it.expires_at);
            let named = expired.into_iter().take(limit as usize).map(|(instance, it)| {
                let (id, chat) = (it.message.id.clone(), it.message.chat.clone());
                WaitingMessage { instance: *instance, id, chat }
            });
            Ok(named.collect())
        })
    }

    fn next_expiry(&self) -> Deed<'_, Result<Option<Timestamp>, Error>> {
        Box::pin(async move {
            Ok(self.shelves().outbox.queued.iter().map(|(_, it)| it.expires_at).min())
        })
    }

    fn message_record(
        &self,
        instance: InstanceId,
        id: MessageId,
    ) -> Deed<'_, Result<Option<MessageRecord>, Error>> {
        Box::pin(async move { Ok(self.shelves().outbox.record(instance, &id).cloned()) })
    }

    fn note_message(
        &self,
        instance: InstanceId,
        record: MessageRecord,
        events: Vec<NewEvent>,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move { self.shelves().note_message(instance, record, events) })
    }

    fn forget_messages(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move {
            let cutoff = to_millisecond(cutoff);
            let mut shelves = self.shelves();
            let OutboxShelf { queued, records } = &mut shelves.outbox;
            let before = records.len();
            records.retain(|(instance, record)| {
                let waits = queued
                    .iter()
                    .any(|(of, queued)| of == instance && queued.message.id == record.id);
                waits || record.at >= cutoff
            });
            Ok((before - records.len()) as u64)
        })
    }
}
