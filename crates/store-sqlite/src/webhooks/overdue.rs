//! Deliveries that have waited for too long.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::event::EventKind;
use waygate_core::id::InstanceId;
use waygate_core::port::webhooks::{OVERDUE, Overdue};

use crate::events;
use crate::failure::internal;
use crate::times::to_ms;

pub(super) async fn give_up(
    connection: &mut SqliteConnection,
    overdue: Overdue,
    now: Timestamp,
) -> Result<Vec<InstanceId>, Error> {
    let given_up: Vec<(i64, i64, i64)> = sqlx::query_as(
        "UPDATE webhook_deliveries SET due_at_ms = NULL, given_up_at_ms = ?3
         WHERE due_at_ms IS NOT NULL AND (
             endpoint IN (SELECT key FROM webhook_endpoints WHERE disabled_at_ms < ?1)
             OR key IN (
                 SELECT key FROM (
                     SELECT key, row_number() OVER (
                         PARTITION BY endpoint, instance ORDER BY key DESC
                     ) AS place
                     FROM webhook_deliveries WHERE due_at_ms IS NOT NULL
                 ) WHERE place > ?2
             )
         )
         RETURNING key, endpoint, instance",
    )
    .bind(to_ms(overdue.disabled_before))
    .bind(i64::try_from(overdue.behind).unwrap_or(i64::MAX))
    .bind(to_ms(now))
    .fetch_all(&mut *connection)
    .await
    .map_err(internal)?;
    let mut counts = BTreeMap::new();
    for (delivery, endpoint, instance) in given_up {
        *counts.entry((instance, endpoint)).or_insert(0_u64) += 1;
        sqlx::query(
            "INSERT INTO webhook_attempts (delivery, at_ms, took_ms, error) VALUES (?, ?, 0, ?)",
        )
        .bind(delivery)
        .bind(to_ms(now))
        .bind(OVERDUE)
        .execute(&mut *connection)
        .await
        .map_err(internal)?;
    }
    tell(connection, counts, now).await
}

/// By the keys of instance and endpoint, how many.
type Counts = BTreeMap<(i64, i64), u64>;

async fn tell(
    connection: &mut SqliteConnection,
    counts: Counts,
    now: Timestamp,
) -> Result<Vec<InstanceId>, Error> {
    let mut told: Vec<InstanceId> = Vec::new();
    for ((instance, endpoint), count) in counts {
        let (instance, endpoint): (String, String) = sqlx::query_as(
            "SELECT identities.id, webhook_endpoints.id FROM identities, webhook_endpoints
             WHERE identities.key = ? AND webhook_endpoints.key = ?",
        )
        .bind(instance)
        .bind(endpoint)
        .fetch_one(&mut *connection)
        .await
        .map_err(internal)?;
        let instance = instance.parse().map_err(internal)?;
        let endpoint = endpoint.parse().map_err(internal)?;
        let given_up = EventKind::DeliveriesGivenUp { endpoint, count };
        events::commit(connection, instance, now, vec![given_up.into()], None).await?;
        if told.last() != Some(&instance) {
            told.push(instance);
        }
    }
    Ok(told)
}
