//! The notifications that wait for whoever fetches them.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::event::{Event, EventKind, Notification, Receipt, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;
use waygate_core::port::link::Deed;
use waygate_core::port::notifications::Notifications;

use crate::failure::internal;
use crate::times::to_ms;
use crate::{SqliteStore, events};

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
        self.write(move |connection| Box::pin(drop_some(connection, now, since, count_max)))
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
    sqlx::query(
        "DELETE FROM notifications
         WHERE instance = (SELECT key FROM identities WHERE id = ?) AND receipt = ?",
    )
    .bind(instance.to_string())
    .bind(i64::try_from(receipt.0).map_err(internal)?)
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(true)
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
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}

async fn drop_some(
    connection: &mut SqliteConnection,
    now: Timestamp,
    since: Timestamp,
    count_max: u64,
) -> Result<Vec<InstanceId>, Error> {
    // Receipts have no gaps, and what was settled was older than all that waits: so a receipt says
    // how many follow it.
    let dropped: Vec<(i64,)> = sqlx::query_as(
        "DELETE FROM notifications
         WHERE at_ms < ?1
            OR receipt <= (SELECT last_receipt FROM instances WHERE key = instance) - ?2
            OR NOT EXISTS (SELECT 1 FROM events
                           WHERE events.instance = notifications.instance
                             AND events.sequence = notifications.sequence)
         RETURNING instance",
    )
    .bind(to_ms(since))
    .bind(i64::try_from(count_max).unwrap_or(i64::MAX))
    .fetch_all(&mut *connection)
    .await
    .map_err(internal)?;
    let mut counts = BTreeMap::new();
    for (instance,) in dropped {
        *counts.entry(instance).or_insert(0_u64) += 1;
    }
    let mut told = Vec::new();
    for (key, count) in counts {
        let (id,): (String,) = sqlx::query_as("SELECT id FROM identities WHERE key = ?")
            .bind(key)
            .fetch_one(&mut *connection)
            .await
            .map_err(internal)?;
        let id = id.parse().map_err(internal)?;
        let dropped = EventKind::NotificationsDropped { count };
        events::commit(connection, id, now, vec![dropped.into()], None).await?;
        told.push(id);
    }
    Ok(told)
}
