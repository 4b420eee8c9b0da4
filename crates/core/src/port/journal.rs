//! The port to the event journal.

use std::fmt;

use jiff::Timestamp;

use super::link::Deed;
use crate::error::Error;
use crate::event::{Event, EventKind, EventName, Extent, NewEvent, Sequence};
use crate::id::InstanceId;
use crate::instance::standing::Standing;
use crate::message::MessageKey;

/// Keeps what happened to each instance, in order.
///
/// Errors are `Internal` for every failure of the storage, and `NotFound` where it says so.
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Writes events down, what of them is kept for whoever fetches notifications, and where the
    /// instance stands since then, where that is said: all of it in one transaction. When this
    /// returns it is committed and survives a loss of power. Sequence numbers of an instance are
    /// consecutive in the order of the calls; the answer is the last one's. Of events with an equal
    /// `only_once` the first of all is written and the others are passed over, their notifications
    /// too; when nothing is left the answer is the newest number that there is. `NotFound` when there
    /// is no such instance, or it was removed; `Invalid` when there is nothing to write.
    fn commit(
        &self,
        instance: InstanceId,
        at: Timestamp,
        events: Vec<NewEvent>,
        standing: Option<Standing>,
    ) -> Deed<'_, Result<Sequence, Error>>;

    /// Writes one event down, and where the instance stands since then; see [`Journal::commit`].
    fn append(
        &self,
        instance: InstanceId,
        at: Timestamp,
        kind: EventKind,
        standing: Standing,
    ) -> Deed<'_, Result<Sequence, Error>> {
        self.commit(instance, at, vec![kind.into()], Some(standing))
    }

    /// Writes an event down that changes nothing of where the instance stands; see
    /// [`Journal::commit`].
    fn note(
        &self,
        instance: InstanceId,
        at: Timestamp,
        kind: EventKind,
    ) -> Deed<'_, Result<Sequence, Error>> {
        self.commit(instance, at, vec![kind.into()], None)
    }

    /// The events that follow `after`, oldest first, at most `limit`. Entries of a kind that this
    /// version does not know are left out.
    fn read_after(
        &self,
        instance: InstanceId,
        after: Sequence,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>>;

    /// The newest events of one kind, newest first, at most `limit`; those older than `before`, where
    /// an event is named.
    fn newest(
        &self,
        instance: InstanceId,
        name: EventName,
        before: Option<Sequence>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>>;

    /// The event that was written down by this key and may be told again; `None` where there is none,
    /// or none any more.
    fn event_of(
        &self,
        instance: InstanceId,
        key: MessageKey,
    ) -> Deed<'_, Result<Option<Event>, Error>>;

    /// Which numbers the journal has; both are zero where there is none.
    fn extent(&self, instance: InstanceId) -> Deed<'_, Result<Extent, Error>>;

    /// Forgets events of all instances: those from before `cutoff` with all that stand before them,
    /// and those that at least `count_max` newer ones follow. The last change of its state each
    /// instance keeps. Tells how many were forgotten.
    fn forget_events(&self, cutoff: Timestamp, count_max: u64) -> Deed<'_, Result<u64, Error>>;

    /// Forgets, of all instances, what is written down only once and was seen before `cutoff`: it
    /// would be written again from then on. Events stay. Tells how much was forgotten.
    fn forget_seen(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>>;
}
