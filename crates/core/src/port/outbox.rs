//! The port to the messages that wait to be sent, and to what became of those that were.

use std::fmt;

use jiff::Timestamp;

use super::link::Deed;
use crate::error::Error;
use crate::event::NewEvent;
use crate::id::InstanceId;
use crate::message::MessageId;
use crate::message::queued::{MessageRecord, QueuedMessage, WaitingMessage};
use crate::message::status::Status;

/// A message that is accepted.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// Who is to send it.
    pub instance: InstanceId,
    /// The message.
    pub message: QueuedMessage,
    /// So many may wait, this one counted.
    pub queue_max: u32,
}

/// A message leaves the queue.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Which.
    pub id: MessageId,
    /// Where it stands from now on.
    pub status: Status,
    /// Since when.
    pub at: Timestamp,
    /// What the journal says of it.
    pub events: Vec<NewEvent>,
}

/// Keeps an instance's queue, in the order in which messages were accepted, and a record of each of
/// its account's messages, which stays when the message has left the queue.
///
/// A record only ever goes forward ([`Status::follows`]), and of events of the kind
/// [`MessageStatus`](crate::event::EventKind::MessageStatus) those alone are written that go with a
/// step forward; so there is one event of each step. Queue and records go with their instance. What a
/// call wrote is committed when it returns, and survives a loss of power. Times are kept to the
/// millisecond. Errors are `Internal` for every failure of the storage, and others where it says so.
pub trait Outbox: fmt::Debug + Send + Sync + 'static {
    /// Puts a message at the end of its instance's queue, and a record of it beside it. `NotFound` when
    /// there is no such instance, or it was removed; `Conflict` when the instance has a message of this
    /// id; `WrongState` when as many wait as may.
    fn accept_message(&self, acceptance: Acceptance) -> Deed<'_, Result<(), Error>>;

    /// The messages that have waited longest, in their order, at most `limit`.
    fn queued_messages(
        &self,
        instance: InstanceId,
        limit: u32,
    ) -> Deed<'_, Result<Vec<QueuedMessage>, Error>>;

    /// How many wait.
    fn count_queued_messages(&self, instance: InstanceId) -> Deed<'_, Result<u64, Error>>;

    /// Takes a message off the queue, writes its record on and its events down, all in one transaction.
    /// `false` when it does not wait: then nothing is written.
    fn settle_queued_message(
        &self,
        instance: InstanceId,
        settlement: Settlement,
    ) -> Deed<'_, Result<bool, Error>>;

    /// Messages of all instances whose time was over at `now`, at most `limit`, the oldest first.
    fn expired_messages(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Deed<'_, Result<Vec<WaitingMessage>, Error>>;

    /// When the next message of all instances expires; `None` when none waits.
    fn next_expiry(&self) -> Deed<'_, Result<Option<Timestamp>, Error>>;

    /// What is remembered of a message.
    fn message_record(
        &self,
        instance: InstanceId,
        id: MessageId,
    ) -> Deed<'_, Result<Option<MessageRecord>, Error>>;

    /// Writes down how far a message has come, with its events, in one transaction; `by_api` stays as it
    /// was. `false` when that is no step forward: then nothing is written. `NotFound` when there is no
    /// such instance, or it was removed.
    fn note_message(
        &self,
        instance: InstanceId,
        record: MessageRecord,
        events: Vec<NewEvent>,
    ) -> Deed<'_, Result<bool, Error>>;

    /// Forgets records of messages that do not wait and went their last step before `cutoff`; tells how
    /// many.
    fn forget_messages(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>>;
}
