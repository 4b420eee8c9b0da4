//! The port to the notifications that wait for whoever fetches them, or to be pushed.
//!
//! They are put there by [`Journal::commit`](super::journal::Journal::commit), together with the
//! event that they tell of, and wait in that order.

use std::fmt;

use jiff::Timestamp;

use super::link::Deed;
use crate::error::Error;
use crate::event::dropped::DroppedNotification;
use crate::event::{Notification, Receipt};
use crate::id::InstanceId;
use crate::push::HeldBack;

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

    /// Takes the head off the queue, if this is its receipt, and lets the queue go if it was held back;
    /// `false` when it is not.
    fn settle(
        &self,
        instance: InstanceId,
        receipt: Receipt,
        since: Timestamp,
    ) -> Deed<'_, Result<bool, Error>>;

    /// How many wait.
    fn waiting(&self, instance: InstanceId, since: Timestamp) -> Deed<'_, Result<u64, Error>>;

    /// Takes all of them off the queue, older ones too, and lets it go if it was held back.
    fn clear_notifications(&self, instance: InstanceId) -> Deed<'_, Result<(), Error>>;

    /// Drops, of all instances, those from before `since`, those that at least `count_max` newer ones
    /// follow, and those whose event was forgotten. Each instance's journal says at `now` how many, in
    /// the same transaction, and each of them is kept on a list; the answer is which instances these are.
    fn drop_notifications(
        &self,
        now: Timestamp,
        since: Timestamp,
        count_max: u64,
    ) -> Deed<'_, Result<Vec<InstanceId>, Error>>;

    /// Drops the head, if this is its receipt, since its receiver refuses it, as
    /// [`Notifications::drop_notifications`] drops others, and lets the queue go if it was held back;
    /// `false` when it is not.
    fn drop_refused(
        &self,
        instance: InstanceId,
        receipt: Receipt,
        since: Timestamp,
        now: Timestamp,
    ) -> Deed<'_, Result<bool, Error>>;

    /// What was dropped, newest first, at most `limit`; what stood before this receipt in the queue,
    /// where one is named.
    fn dropped_notifications(
        &self,
        instance: InstanceId,
        before: Option<Receipt>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<DroppedNotification>, Error>>;

    /// Forgets, of all instances, what was dropped before `cutoff`, and what at least `count_max` newer
    /// ones follow that were dropped; tells how many.
    fn forget_dropped_notifications(
        &self,
        cutoff: Timestamp,
        count_max: u64,
    ) -> Deed<'_, Result<u64, Error>>;

    /// How the queue is held back; `None` when it is not.
    fn held_back(&self, instance: InstanceId) -> Deed<'_, Result<Option<HeldBack>, Error>>;

    /// Holds the queue back; what was said before is replaced. Nothing happens when there is no such
    /// instance, or it was removed.
    fn hold_back(&self, instance: InstanceId, held: HeldBack) -> Deed<'_, Result<(), Error>>;

    /// Lets the queue go.
    fn let_go(&self, instance: InstanceId) -> Deed<'_, Result<(), Error>>;
}
