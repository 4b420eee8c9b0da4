//! Use cases of what happens to an instance: reading it, waiting for it, and forgetting it.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Event, EventName, Extent, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::port::webhooks::Overdue;

use crate::accounts::no_such_instance;
use crate::gateway::Gateway;
use crate::webhook_endpoints::DELIVERIES_KEPT_FOR;

/// How often it is looked for what is too old or too much.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

/// How long it is remembered which messages were written down. WhatsApp keeps for 30 days what could
/// not be delivered.
const SEEN_FOR: Duration = Duration::from_secs(35 * 24 * 60 * 60);

/// Events that are read at a time.
const PAGE: u32 = 256;

/// How long it is told which notifications were dropped, and of how many of each instance.
const DROPPED_KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const DROPPED_KEPT_MAX: u64 = 100_000;

/// How much of what happened is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLimits {
    /// How long an event is kept.
    pub kept_for: Duration,
    /// How many events of each instance are kept.
    pub kept_max: u64,
    /// How long a notification waits for whoever fetches it.
    pub waiting_for: Duration,
    /// How many notifications of each instance wait, and how many of its events for each webhook
    /// endpoint.
    pub waiting_max: u64,
}

impl Default for EventLimits {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self { kept_for: DAY * 90, kept_max: 100_000, waiting_for: DAY, waiting_max: 100_000 }
    }
}

/// Some of what happened, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPage {
    /// The events.
    pub events: Vec<Event>,
    /// Where to go on.
    pub cursor: Sequence,
    /// How many came before them, after the cursor that was given, and are not kept any more.
    pub missed: u64,
}

/// Which events are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsWanted {
    /// Those behind this one.
    pub after: Sequence,
    /// Those of these kinds; of all kinds where there is none.
    pub names: BTreeSet<EventName>,
    /// At most so many.
    pub limit: usize,
}

impl Gateway {
    /// What happened to an instance, oldest first.
    ///
    /// # Errors
    ///
    /// `Invalid` when nothing happened yet that could have been seen, `NotFound` when the instance was
    /// removed.
    pub async fn events(
        &self,
        instance: InstanceId,
        wanted: &EventsWanted,
    ) -> Result<EventPage, Error> {
        let journal = &self.parts().ports.journal;
        let (mut events, mut cursor, mut seen) = (Vec::new(), wanted.after, Vec::new());
        let fits =
            |event: &Event| wanted.names.is_empty() || wanted.names.contains(&event.kind.name());
        loop {
            let page = journal.read_after(instance, cursor, PAGE).await?;
            let is_all = page.len() < PAGE as usize;
            for event in page {
                if events.len() == wanted.limit {
                    break;
                }
                cursor = event.sequence;
                seen.push(event.sequence);
                events.extend(Some(event).filter(&fits));
            }
            if is_all || events.len() == wanted.limit {
                break;
            }
        }
        // After the events: what is forgotten in between is told of once too often, not once too few.
        let extent = journal.extent(instance).await?;
        check(wanted.after, extent)?;
        let kept = seen.iter().filter(|sequence| **sequence <= extent.forgotten).count() as u64;
        let gone = extent.forgotten.0.saturating_sub(wanted.after.0).saturating_sub(kept);
        if events.len() < wanted.limit {
            cursor = cursor.max(extent.forgotten);
        }
        Ok(EventPage { events, cursor, missed: gone })
    }

    /// The same, or what happens next, when there is nothing yet: waits up to `within` for it.
    ///
    /// # Errors
    ///
    /// As [`Gateway::events`].
    pub async fn next_events(
        &self,
        instance: InstanceId,
        mut wanted: EventsWanted,
        within: Duration,
    ) -> Result<EventPage, Error> {
        let mut arrivals = self.parts().arrivals.watch(instance);
        let deadline = Instant::now() + within;
        loop {
            let page = self.events(instance, &wanted).await?;
            if !page.events.is_empty() || page.missed > 0 {
                return Ok(page);
            }
            // What does not fit is not read again.
            wanted.after = page.cursor;
            if tokio::time::timeout_at(deadline, arrivals.next()).await.is_err() {
                return Ok(page);
            }
        }
    }

    /// Says whether events can be read from there on.
    ///
    /// # Errors
    ///
    /// As [`Gateway::events`].
    pub async fn check_cursor(&self, instance: InstanceId, after: Sequence) -> Result<(), Error> {
        check(after, self.parts().ports.journal.extent(instance).await?)
    }

    /// The number of the newest event; zero when there is none.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn newest_event(&self, instance: InstanceId) -> Result<Sequence, Error> {
        Ok(self.parts().ports.journal.extent(instance).await?.newest)
    }

    /// Completes when the process is about to end. For answers that have no end of their own.
    pub async fn until_shut_down(&self) {
        self.parts().tasks.stop_token().cancelled().await;
    }

    /// Keeps journals and queues within their limits, from now on until the process ends.
    pub(crate) fn watch_events(&self) {
        let (gateway, stop) = (self.clone(), self.parts().tasks.stop_token());
        self.parts().tasks.start("events", async move {
            loop {
                if let Err(error) = gateway.forget_events().await {
                    let cause = error.with_causes();
                    tracing::error!(cause, "old events could not be forgotten");
                }
                if stop.run_until_cancelled(tokio::time::sleep(FORGET_EVERY)).await.is_none() {
                    return;
                }
            }
        });
    }

    /// Forgets what is too old or too much.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn forget_events(&self) -> Result<(), Error> {
        let (parts, now) = (self.parts(), self.now());
        let EventLimits { kept_for, kept_max, waiting_max, .. } = parts.event_limits;
        match parts.ports.journal.forget_events(now - kept_for, kept_max).await? {
            0 => {}
            count => tracing::info!(count, "old events were forgotten"),
        }
        parts.ports.journal.forget_seen(now - SEEN_FOR).await?;
        // After the events, since a notification without its event tells nothing.
        let since = self.waiting_since();
        let touched = parts.ports.notifications.drop_notifications(now, since, waiting_max).await?;
        for instance in touched {
            tracing::warn!(%instance, "notifications were dropped: nobody took them in time");
            parts.arrivals.tell(instance);
        }
        let cutoff = now - DROPPED_KEPT_FOR;
        parts.ports.notifications.forget_dropped_notifications(cutoff, DROPPED_KEPT_MAX).await?;
        self.give_up_deliveries(now, waiting_max).await
    }

    /// Makes dead letters of what has waited for a webhook endpoint for too long.
    async fn give_up_deliveries(&self, now: Timestamp, behind: u64) -> Result<(), Error> {
        let parts = self.parts();
        let overdue = Overdue { disabled_before: now - DELIVERIES_KEPT_FOR, behind };
        for instance in parts.ports.webhooks.give_up_deliveries(overdue, now).await? {
            tracing::warn!(%instance, "events for a webhook endpoint were given up: too many waited");
            parts.arrivals.tell(instance);
            parts.webhook_news.notify_one();
        }
        Ok(())
    }
}

/// A cursor that cannot be ours would wait for events that somebody else has seen.
fn check(after: Sequence, extent: Extent) -> Result<(), Error> {
    if after <= extent.newest {
        return Ok(());
    }
    if extent.newest == Sequence(0) {
        // Whoever was created has begun; so there is no journal any more.
        return Err(no_such_instance());
    }
    Err(Error::new(Kind::Invalid, "the cursor is ahead of everything that happened"))
}
