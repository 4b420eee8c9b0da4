//! The port to the event journal.

use std::fmt;

use jiff::Timestamp;

use super::link::Deed;
use crate::error::Error;
use crate::event::{Event, EventKind, EventName, Sequence};
use crate::id::InstanceId;
use crate::instance::standing::Standing;

/// Keeps what happened to each instance, in order.
///
/// Errors are `Internal` for every failure of the storage, and `NotFound` where it says so.
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Writes one event down, and with it, in one transaction, where the instance stands since
    /// then. When this returns it is committed and survives a loss of power. Sequence numbers of
    /// an instance are consecutive in the order of the calls. `NotFound` when there is no such
    /// instance, or it was removed.
    fn append(
        &self,
        instance: InstanceId,
        at: Timestamp,
        kind: EventKind,
        standing: Standing,
    ) -> Deed<'_, Result<Sequence, Error>>;

    /// Writes an event down that changes nothing of where the instance stands. `NotFound` when there
    /// is none, or it was removed.
    fn note(
        &self,
        instance: InstanceId,
        at: Timestamp,
        kind: EventKind,
    ) -> Deed<'_, Result<Sequence, Error>>;

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
}
