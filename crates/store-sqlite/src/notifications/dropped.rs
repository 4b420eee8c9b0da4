//! Notifications that went without having reached anybody, and the list that is kept of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::event::dropped::{Dropped, DroppedNotification};
use waygate_core::event::{EventKind, Receipt, Sequence};
use waygate_core::id::InstanceId;

use super::head;
use crate::failure::internal;
use crate::times::to_ms;
use crate::{events, pushes};

pub(super) async fn drop_some(
    connection: &mut SqliteConnection,
    now: Timestamp,
    since: Timestamp,
    count_max: u64,
) -> Result<Vec<InstanceId>, Error> {
    // Receipts have no gaps, and what was settled was older than all that waits: so a receipt says
    // how many follow it.
    sqlx::query(
        "INSERT INTO dropped_notifications
             (instance, receipt, sequence, topic, at_ms, dropped_at_ms, why)
         SELECT instance, receipt, sequence, topic, at_ms, ?1, why
         FROM (SELECT *, CASE
                   WHEN at_ms < ?2 THEN ?4
                   WHEN receipt <= (SELECT last_receipt FROM instances WHERE key = instance) - ?3
                       THEN ?5
                   WHEN NOT EXISTS (SELECT 1 FROM events
                                    WHERE events.instance = notifications.instance
                                      AND events.sequence = notifications.sequence) THEN ?6
               END AS why FROM notifications)
         WHERE why IS NOT NULL",
    )
    .bind(to_ms(now))
    .bind(to_ms(since))
    .bind(i64::try_from(count_max).unwrap_or(i64::MAX))
    .bind(Dropped::TooOld.as_str())
    .bind(Dropped::TooMany.as_str())
    .bind(Dropped::Forgotten.as_str())
    .execute(&mut *connection)
    .await
    .map_err(internal)?;
    // No receipt is used twice, so what is on the list waits no more.
    let dropped: Vec<(i64,)> = sqlx::query_as(
        "DELETE FROM notifications
         WHERE EXISTS (SELECT 1 FROM dropped_notifications AS dropped
                       WHERE dropped.instance = notifications.instance
                         AND dropped.receipt = notifications.receipt)
         RETURNING instance",
    )
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
        note(connection, id, now, count).await?;
        told.push(id);
    }
    Ok(told)
}

async fn note(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    now: Timestamp,
    count: u64,
) -> Result<(), Error> {
    let dropped = EventKind::NotificationsDropped { count };
    events::commit(connection, instance, now, vec![dropped.into()], None).await?;
    Ok(())
}

pub(super) async fn drop_refused(
    connection: &mut SqliteConnection,
    (instance, receipt): (InstanceId, Receipt),
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let head = head(connection, instance, since).await?;
    if head.is_none_or(|head| head.receipt != receipt) {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO dropped_notifications
             (instance, receipt, sequence, topic, at_ms, dropped_at_ms, why)
         SELECT instance, receipt, sequence, topic, at_ms, ?3, ?4
         FROM notifications
         WHERE instance = (SELECT key FROM identities WHERE id = ?1) AND receipt = ?2",
    )
    .bind(instance.to_string())
    .bind(i64::try_from(receipt.0).map_err(internal)?)
    .bind(to_ms(now))
    .bind(Dropped::Refused.as_str())
    .execute(&mut *connection)
    .await
    .map_err(internal)?;
    super::take(connection, instance, receipt).await?;
    pushes::let_go(connection, instance).await?;
    note(connection, instance, now, 1).await?;
    Ok(true)
}

/// Receipt, event, topic, its time, when it was dropped, and why.
type Row = (i64, i64, String, i64, i64, String);

pub(super) async fn list(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    before: Option<Receipt>,
    limit: u32,
) -> Result<Vec<DroppedNotification>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT receipt, sequence, topic, at_ms, dropped_at_ms, why
         FROM dropped_notifications
         WHERE instance = (SELECT key FROM identities WHERE id = ?1) AND receipt < ?2
         ORDER BY receipt DESC LIMIT ?3",
    )
    .bind(instance.to_string())
    // No receipt is the largest that there could be.
    .bind(before.and_then(|before| i64::try_from(before.0).ok()).unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(internal)?;
    // What only a newer version has a word for is left out.
    Ok(rows.into_iter().filter_map(read).collect())
}

fn read((receipt, sequence, topic, at_ms, dropped_at_ms, why): Row) -> Option<DroppedNotification> {
    Some(DroppedNotification {
        receipt: Receipt(u64::try_from(receipt).ok()?),
        sequence: Sequence(u64::try_from(sequence).ok()?),
        topic: topic.parse().ok()?,
        at: Timestamp::from_millisecond(at_ms).ok()?,
        dropped_at: Timestamp::from_millisecond(dropped_at_ms).ok()?,
        why: why.parse().ok()?,
    })
}

pub(super) async fn forget(
    connection: &mut SqliteConnection,
    cutoff: Timestamp,
    count_max: u64,
) -> Result<u64, Error> {
    let count_max = i64::try_from(count_max).unwrap_or(i64::MAX);
    let long: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT instance, COUNT(*) - ?1 FROM dropped_notifications
         GROUP BY instance HAVING COUNT(*) > ?1",
    )
    .bind(count_max)
    .fetch_all(&mut *connection)
    .await
    .map_err(internal)?;
    let mut forgotten = 0;
    for (instance, too_many) in long {
        let deleted = sqlx::query(
            "DELETE FROM dropped_notifications
             WHERE instance = ?1 AND receipt IN (
                 SELECT receipt FROM dropped_notifications
                 WHERE instance = ?1 ORDER BY receipt LIMIT ?2
             )",
        )
        .bind(instance)
        .bind(too_many)
        .execute(&mut *connection)
        .await
        .map_err(internal)?;
        forgotten += deleted.rows_affected();
    }
    let deleted = sqlx::query("DELETE FROM dropped_notifications WHERE dropped_at_ms < ?")
        .bind(to_ms(cutoff))
        .execute(connection)
        .await
        .map_err(internal)?;
    Ok(forgotten + deleted.rows_affected())
}
