//! Use cases of the notifications that wait until they are fetched, or pushed.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use waygate_core::error::Error;
use waygate_core::event::dropped::DroppedNotification;
use waygate_core::event::{Notification, Receipt};
use waygate_core::id::InstanceId;
use waygate_core::push::HeldBack;

use crate::gateway::Gateway;

/// What fetching comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The one that has waited longest. It is fetched again until it is settled.
    Notification(Box<Notification>),
    /// Nothing waits.
    Nothing,
    /// They are pushed to an address, so nobody can fetch them.
    Pushed,
}

impl Gateway {
    /// The notification that has waited longest; waits up to `within` for the first one. It stays, so
    /// whoever else asks gets the same.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such instance.
    pub async fn fetch_notification(
        &self,
        instance: InstanceId,
        within: Duration,
    ) -> Result<Fetched, Error> {
        let parts = self.parts();
        let mut arrivals = parts.arrivals.watch(instance);
        let deadline = Instant::now() + within;
        loop {
            // Each time: an address may be set while somebody waits.
            if !self.settings(instance).await?.webhook_url.is_empty() {
                return Ok(Fetched::Pushed);
            }
            let since = self.waiting_since();
            if let Some(head) = parts.ports.notifications.head(instance, since).await? {
                return Ok(Fetched::Notification(Box::new(head)));
            }
            if tokio::time::timeout_at(deadline, arrivals.next()).await.is_err() {
                return Ok(Fetched::Nothing);
            }
        }
    }

    /// Takes a notification off the queue when it is the one that is fetched now; `false` when it is
    /// not: nobody was given another one.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn settle_notification(
        &self,
        instance: InstanceId,
        receipt: Receipt,
    ) -> Result<bool, Error> {
        let since = self.waiting_since();
        self.parts().ports.notifications.settle(instance, receipt, since).await
    }

    /// How many notifications wait.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn notifications_waiting(&self, instance: InstanceId) -> Result<u64, Error> {
        self.parts().ports.notifications.waiting(instance, self.waiting_since()).await
    }

    /// Takes all of them off the queue.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn clear_notifications(&self, instance: InstanceId) -> Result<(), Error> {
        self.parts().ports.notifications.clear_notifications(instance).await?;
        tracing::info!(%instance, "waiting notifications were cleared");
        Ok(())
    }

    /// How the queue is held back, since what is pushed of it does not arrive; `None` when it is not.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn held_back(&self, instance: InstanceId) -> Result<Option<HeldBack>, Error> {
        self.parts().ports.notifications.held_back(instance).await
    }

    /// The notifications that were dropped without having reached anybody, newest first, at most
    /// `limit`; those that stood before this one in the queue, where one is named.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn dropped_notifications(
        &self,
        instance: InstanceId,
        before: Option<Receipt>,
        limit: u32,
    ) -> Result<Vec<DroppedNotification>, Error> {
        self.parts().ports.notifications.dropped_notifications(instance, before, limit).await
    }

    /// What is older has waited for too long.
    pub(crate) fn waiting_since(&self) -> Timestamp {
        self.now() - self.parts().event_limits.waiting_for
    }
}
