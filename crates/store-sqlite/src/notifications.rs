//! The notifications that wait for whoever fetches them, or to be pushed.

mod dropped;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::event::dropped::DroppedNotification;
use waygate_core::event::{Event, Notification, Receipt, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;
use waygate_core::port::link::Deed;
use waygate_core::port::notifications::Notifications;
use waygate_core::push::HeldBack;

use crate::failure::internal;
use crate::times::to_ms;
use crate::{SqliteStore, pushes};

impl Notifications for SqliteStore {
    fn head(
        &self,
        instance: InstanceId,
        since: Timestamp,
    ) -> Deed<'_, Result<Option<Notification>, Error>> {
        self.read(move |connection| Box::pin(head(connection, instance, since)))
    }

    fn settle(
        &self,
        instance: InstanceId,
        receipt: Receipt,
        since: Timestamp,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| Box::pin(settle(connection, instance, receipt, since)))
    }

    fn waiting(&self, instance: InstanceId, since: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.read(move |connection| Box::pin(waiting(connection, instance, since)))
    }

    fn clear_notifications(&self, instance: InstanceId) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(clear(connection, instance)))
    }

    fn drop_notifications(
        &self,
        now: Timestamp,
        since: Timestamp,
        count_max: u64,
    ) -> Deed<'_, Result<Vec<InstanceId>, Error>> {
        self.write(move |connection| {
            Box::pin(dropped::drop_some(connection, now, since, count_max))
        })
    }

    fn drop_refused(
        &self,
        instance: InstanceId,
        receipt: Receipt,
        since: Timestamp,
        now: Timestamp,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| {
            Box::pin(dropped::drop_refused(connection, (instance, receipt), since, now))
        })
    }

    fn dropped_notifications(
        &self,
        instance: InstanceId,
        before: Option<Receipt>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<DroppedNotification>, Error>> {
        self.read(move |connection| Box::pin(dropped::list(connection, instance, before, limit)))
    }

    fn forget_dropped_notifications(
        &self,
        cutoff: Timestamp,
        count_max: u64,
    ) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| Box::pin(dropped::forget(connection, cutoff, count_max)))
    }

    fn held_back(&self, instance: InstanceId) -> Deed<'_, Result<Option<HeldBack>, Error>> {
        self.read(move |connection| Box::pin(pushes::held_back(connection, instance)))
    }

    fn hold_back(&self, instance: InstanceId, held: HeldBack) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(pushes::hold_back(connection, instance, held)))
    }

    fn let_go(&self, instance: InstanceId) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(pushes::let_go(connection, instance)))
    }
}

/// Puts one at the place that it was given: the instance's key, the receipt, and the event's number.
pub(crate) async fn put(
    connection: &mut SqliteConnection,
    (instance, receipt, sequence): (i64, i64, i64),
    topic: Switch,
    at: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO notifications (instance, receipt, sequence, topic, at_ms)
         VALUES (?, ?, ?, ?, ?)",
    )
    .bind(instance)
    .bind(receipt)
    .bind(sequence)
    .bind(topic.as_str())
    .bind(to_ms(at))
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}

/// Receipt, topic, and the event's number, time and body.
type Row = (i64, String, i64, i64, String);

async fn head(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    since: Timestamp,
) -> Result<Option<Notification>, Error> {
    // The limit is not in the statement, since what cannot be read does not count.
    let mut rows = sqlx::query_as::<_, Row>(
        "SELECT receipt, topic, sequence, events.at_ms, body
         FROM notifications
         JOIN events USING (instance, sequence)
         WHERE instance = (SELECT key FROM identities WHERE id = ?) AND notifications.at_ms >= ?
         ORDER BY receipt",
    )
    .bind(instance.to_string())
    .bind(to_ms(since))
    .fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(internal)? {
        if let Some(notification) = read(row) {
            return Ok(Some(notification));
        }
    }
    Ok(None)
}

fn read((receipt, topic, sequence, at_ms, body): Row) -> Option<Notification> {
    Some(Notification {
        receipt: Receipt(u64::try_from(receipt).ok()?),
        topic: topic.parse().ok()?,
        event: Event {
            sequence: Sequence(u64::try_from(sequence).ok()?),
            at: Timestamp::from_millisecond(at_ms).ok()?,
            kind: serde_json::from_str(&body).ok()?,
        },
    })
}

async fn settle(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    receipt: Receipt,
    since: Timestamp,
) -> Result<bool, Error> {
    let head = head(connection, instance, since).await?;
    if head.is_none_or(|head| head.receipt != receipt) {
        return Ok(false);
    }
    take(connection, instance, receipt).await?;
    pushes::let_go(connection, instance).await?;
    Ok(true)
}

/// Takes one off the queue.
async fn take(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    receipt: Receipt,
) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM notifications
         WHERE instance = (SELECT key FROM identities WHERE id = ?) AND receipt = ?",
    )
    .bind(instance.to_string())
    .bind(i64::try_from(receipt.0).map_err(internal)?)
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}

async fn waiting(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    since: Timestamp,
) -> Result<u64, Error> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*)
         FROM notifications
         WHERE instance = (SELECT key FROM identities WHERE id = ?) AND at_ms >= ?",
    )
    .bind(instance.to_string())
    .bind(to_ms(since))
    .fetch_one(connection)
    .await
    .map_err(internal)?;
    u64::try_from(count).map_err(internal)
}

async fn clear(connection: &mut SqliteConnection, instance: InstanceId) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM notifications WHERE instance = (SELECT key FROM identities WHERE id = ?)",
    )
    .bind(instance.to_string())
    .execute(&mut *connection)
    .await
    .map_err(internal)?;
    pushes::let_go(connection, instance).await
}
