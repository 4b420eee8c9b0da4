//! The port to the notifications that wait for whoever fetches them.
//!
//! They are put there by [`Journal::commit`](super::journal::Journal::commit), together with the
//! event that they tell of, and wait in that order.

use std::fmt;

use jiff::Timestamp;

use super::link::Deed;
use crate::error::Error;
use crate::event::{Notification, Receipt};
use crate::id::InstanceId;

/// Keeps what an instance's receiver has not fetched yet.
///
/// What is told from `since` on is looked at and nothing else: older ones wait for
/// [`Notifications::drop_notifications`]. An event that only a newer version can read is passed over.
/// Errors are `Internal` for every failure of the storage.
pub trait Notifications: fmt::Debug + Send + Sync + 'static {
    /// The one that has waited longest; `None` when none waits. It stays.
    fn head(
        &self,
        instance: InstanceId,
        since: Timestamp,
    ) -> Deed<'_, Result<Option<Notification>, Error>>;

    /// Takes the head off the queue, if this is its receipt; `false` when it is not.
    fn settle(
        &self,
        instance: InstanceId,
        receipt: Receipt,
        since: Timestamp,
    ) -> Deed<'_, Result<bool, Error>>;

    /// How many wait.
    fn waiting(&self, instance: InstanceId, since: Timestamp) -> Deed<'_, Result<u64, Error>>;

    /// Takes all of them off the queue, older ones too.
    fn clear_notifications(&self, instance: InstanceId) -> Deed<'_, Result<(), Error>>;

    /// Drops, of all instances, those from before `since`, those that at least `count_max` newer ones
    /// follow, and those whose event was forgotten. Each instance's journal says at `now` how many, in
    /// the same transaction; the answer is which instances these are.
    fn drop_notifications(
        &self,
        now: Timestamp,
        since: Timestamp,
        count_max: u64,
    ) -> Deed<'_, Result<Vec<InstanceId>, Error>>;
}
