//! Deliveries: made with their event, attempted, and kept for a while.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, SqliteConnection};
use waygate_core::error::Error;
use waygate_core::event::{Event, EventKind, Sequence};
use waygate_core::id::WebhookEndpointId;
use waygate_core::port::webhooks::{DeadLetters, Room, Settling};
use waygate_core::secret::Sealed;
use waygate_core::webhook::{Attempt, Delivery, DeliveryNumber, DeliveryStatus, DueDelivery};

use crate::failure::internal;
use crate::times::{from_ms, to_ms};

/// Makes the deliveries of an event that was just written: the instance's key, and its place.
pub(crate) async fn dispatch(
    connection: &mut SqliteConnection,
    (instance, sequence): (i64, i64),
    at: Timestamp,
    kind: &EventKind,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO webhook_deliveries (endpoint, instance, sequence, due_at_ms)
         SELECT endpoints.key, instances.key, ?2, ?3
         FROM instances
         JOIN identities ON identities.key = instances.key
         JOIN webhook_endpoints AS endpoints ON endpoints.account = instances.account
         WHERE instances.key = ?1 AND endpoints.disabled IS NULL
           AND (endpoints.instances IS NULL
                OR identities.id IN (SELECT value FROM json_each(endpoints.instances)))
           AND (endpoints.events IS NULL
                OR ?4 IN (SELECT value FROM json_each(endpoints.events)))
         ORDER BY endpoints.key",
    )
    .bind(instance)
    .bind(sequence)
    .bind(to_ms(at))
    .bind(kind.name().as_str())
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}

/// Number, endpoint, terms, failing, instance, sequence, attempts, time and body of the event.
type DueRow = (i64, String, Vec<u8>, Option<i64>, String, i64, i64, Option<i64>, Option<String>);

pub(super) async fn due(
    connection: &mut SqliteConnection,
    now: Timestamp,
    room: Room,
) -> Result<Vec<DueDelivery>, Error> {
    let under_way: Vec<i64> = room.under_way.into_iter().map(key).collect();
    // Endpoint by endpoint, so that the queue of one that is dead is not read through for the others; and
    // numbers first, all of them in an index, so that no event is read that is under way already.
    let rows: Vec<DueRow> = sqlx::query_as(
        "SELECT deliveries.key, endpoints.id, terms, failing_since_ms, identities.id,
                deliveries.sequence, attempts, events.at_ms, events.body
         FROM webhook_endpoints AS endpoints
         JOIN webhook_deliveries AS deliveries ON deliveries.key IN (
             SELECT key FROM (
                 SELECT own.key FROM webhook_deliveries AS own
                 WHERE endpoints.failing_since_ms IS NULL
                     AND own.endpoint = endpoints.key AND own.due_at_ms <= ?1
                 ORDER BY own.due_at_ms, own.key LIMIT ?2
             )
             UNION ALL
             SELECT key FROM (
                 SELECT own.key FROM webhook_deliveries AS own
                 WHERE endpoints.failing_since_ms IS NOT NULL
                     AND own.endpoint = endpoints.key AND own.due_at_ms <= ?1
                 ORDER BY own.due_at_ms, own.key LIMIT ?3
             )
         )
         JOIN identities ON identities.key = deliveries.instance
         LEFT JOIN events ON events.instance = deliveries.instance
             AND events.sequence = deliveries.sequence
         WHERE endpoints.disabled IS NULL
             AND deliveries.key NOT IN (SELECT value FROM json_each(?4))
         ORDER BY deliveries.due_at_ms, deliveries.key",
    )
    .bind(to_ms(now))
    .bind(room.well)
    .bind(room.failing)
    .bind(serde_json::to_string(&under_way).map_err(internal)?)
    .fetch_all(connection)
    .await
    .map_err(internal)?;
    rows.into_iter().map(read_due).collect()
}

fn read_due(row: DueRow) -> Result<DueDelivery, Error> {
    let (number, endpoint, terms, failing, instance, sequence, attempts, at_ms, body) = row;
    let sequence = Sequence(u64::try_from(sequence).map_err(internal)?);
    let event = match (at_ms, body) {
        (Some(at_ms), Some(body)) => match serde_json::from_str(&body) {
            Ok(kind) => Some(Event { sequence, at: from_ms(at_ms)?, kind }),
            Err(_of_a_newer_version) => None,
        },
        (_, _) => None,
    };
    Ok(DueDelivery {
        number: DeliveryNumber(u64::try_from(number).map_err(internal)?),
        endpoint: endpoint.parse().map_err(internal)?,
        terms: Sealed::from_bytes(terms),
        failing_since: failing.map(from_ms).transpose()?,
        instance: instance.parse().map_err(internal)?,
        sequence,
        event,
        attempts: u32::try_from(attempts).map_err(internal)?,
    })
}

pub(super) async fn next_due(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let (next,): (Option<i64>,) = sqlx::query_as(
        "SELECT MIN((
             SELECT MIN(own.due_at_ms) FROM webhook_deliveries AS own
             WHERE own.endpoint = endpoints.key AND own.due_at_ms > ?1
         ))
         FROM webhook_endpoints AS endpoints
         WHERE endpoints.disabled IS NULL",
    )
    .bind(to_ms(now))
    .fetch_one(connection)
    .await
    .map_err(internal)?;
    next.map(from_ms).transpose()
}

pub(super) async fn settle(
    connection: &mut SqliteConnection,
    delivery: DeliveryNumber,
    attempt: Attempt,
    settling: Settling,
) -> Result<bool, Error> {
    let at = to_ms(attempt.at);
    let (due, arrived, given_up) = match settling {
        Settling::Arrived => (None, Some(at), None),
        Settling::Again(due) => (Some(to_ms(due)), None, None),
        Settling::GivenUp => (None, None, Some(at)),
    };
    let settled: Option<(i64, i64)> = sqlx::query_as(
        "UPDATE webhook_deliveries
         SET attempts = attempts + 1, due_at_ms = ?2, arrived_at_ms = ?3, given_up_at_ms = ?4
         WHERE key = ?1 AND due_at_ms IS NOT NULL
         RETURNING key, endpoint",
    )
    .bind(key(delivery))
    .bind(due)
    .bind(arrived)
    .bind(given_up)
    .fetch_optional(&mut *connection)
    .await
    .map_err(internal)?;
    let Some((key, endpoint)) = settled else { return Ok(false) };
    // Where nothing changes, nothing is written: nearly always.
    let failing = match settling {
        Settling::Arrived => {
            "UPDATE webhook_endpoints SET failing_since_ms = NULL
             WHERE key = ?1 AND failing_since_ms IS NOT NULL"
        }
        Settling::Again(_) | Settling::GivenUp => {
            "UPDATE webhook_endpoints SET failing_since_ms = ?2
             WHERE key = ?1 AND failing_since_ms IS NULL"
        }
    };
    let failing = sqlx::query(failing).bind(endpoint).bind(at);
    failing.execute(&mut *connection).await.map_err(internal)?;
    sqlx::query(
        "INSERT INTO webhook_attempts (delivery, at_ms, took_ms, status, error, answer)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(key)
    .bind(at)
    .bind(attempt.took_ms)
    .bind(attempt.status.map(i64::from))
    .bind(attempt.error)
    .bind(attempt.answer.as_ref().map(Sealed::as_bytes))
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(true)
}

/// Number, instance, sequence, attempts, due, arrived, given up.
type Row = (i64, String, i64, i64, Option<i64>, Option<i64>, Option<i64>);

pub(super) async fn list(
    connection: &mut SqliteConnection,
    (endpoint, given_up): (WebhookEndpointId, bool),
    before: Option<DeliveryNumber>,
    limit: u32,
) -> Result<Vec<Delivery>, Error> {
    // Two statements, so that each has its index.
    let only = if given_up { "AND given_up_at_ms IS NOT NULL" } else { "" };
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT deliveries.key, identities.id, sequence, attempts, due_at_ms, arrived_at_ms,
                given_up_at_ms
         FROM webhook_deliveries AS deliveries
         JOIN identities ON identities.key = deliveries.instance
         WHERE endpoint = (SELECT key FROM webhook_endpoints WHERE id = ?1)
           AND deliveries.key < ?2 {only}
         ORDER BY deliveries.key DESC LIMIT ?3"
    )))
    .bind(endpoint.to_string())
    .bind(before.map_or(i64::MAX, key))
    .bind(limit)
    .fetch_all(&mut *connection)
    .await
    .map_err(internal)?;
    let mut deliveries = Vec::with_capacity(rows.len());
    for row in rows {
        let tried = tried(connection, row.0).await?;
        deliveries.push(read(row, tried)?);
    }
    Ok(deliveries)
}

fn read(row: Row, tried: Vec<Attempt>) -> Result<Delivery, Error> {
    let (number, instance, sequence, attempts, due, arrived, given_up) = row;
    let status = match (due, arrived, given_up) {
        (Some(at), _, _) => DeliveryStatus::Due(from_ms(at)?),
        (None, Some(at), _) => DeliveryStatus::Arrived(from_ms(at)?),
        // One of the three is always there.
        (None, None, at) => DeliveryStatus::GivenUp(from_ms(at.unwrap_or_default())?),
    };
    Ok(Delivery {
        number: DeliveryNumber(u64::try_from(number).map_err(internal)?),
        instance: instance.parse().map_err(internal)?,
        sequence: Sequence(u64::try_from(sequence).map_err(internal)?),
        status,
        attempts: u32::try_from(attempts).map_err(internal)?,
        tried,
    })
}

/// Time, duration, status, error, answer.
type AttemptRow = (i64, i64, Option<i64>, Option<String>, Option<Vec<u8>>);

async fn tried(connection: &mut SqliteConnection, delivery: i64) -> Result<Vec<Attempt>, Error> {
    let rows: Vec<AttemptRow> = sqlx::query_as(
        "SELECT at_ms, took_ms, status, error, answer
         FROM webhook_attempts WHERE delivery = ? ORDER BY key",
    )
    .bind(delivery)
    .fetch_all(connection)
    .await
    .map_err(internal)?;
    let read = |(at, took, status, error, answer): AttemptRow| {
        Ok(Attempt {
            at: from_ms(at)?,
            took_ms: u32::try_from(took).map_err(internal)?,
            status: status.map(u16::try_from).transpose().map_err(internal)?,
            error,
            answer: answer.map(Sealed::from_bytes),
        })
    };
    rows.into_iter().map(read).collect()
}

pub(super) async fn replay(
    connection: &mut SqliteConnection,
    endpoint: WebhookEndpointId,
    letters: DeadLetters,
    now: Timestamp,
) -> Result<u64, Error> {
    let numbers = letters.numbers.map(|numbers| {
        let numbers: Vec<i64> = numbers.into_iter().map(key).collect();
        serde_json::to_string(&numbers)
    });
    let replayed = sqlx::query(
        "UPDATE webhook_deliveries SET due_at_ms = ?2, given_up_at_ms = NULL, attempts = 0
         WHERE endpoint = (SELECT key FROM webhook_endpoints WHERE id = ?1)
           AND given_up_at_ms IS NOT NULL
           AND (?3 IS NULL OR key IN (SELECT value FROM json_each(?3)))
           AND (?4 IS NULL OR given_up_at_ms >= ?4)
           AND (?5 IS NULL OR given_up_at_ms < ?5)",
    )
    .bind(endpoint.to_string())
    .bind(to_ms(now))
    .bind(numbers.transpose().map_err(internal)?)
    .bind(letters.since.map(to_ms))
    .bind(letters.until.map(to_ms))
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(replayed.rows_affected())
}

pub(super) async fn forget(
    connection: &mut SqliteConnection,
    cutoff: Timestamp,
) -> Result<u64, Error> {
    let forgotten = sqlx::query(
        "DELETE FROM webhook_deliveries WHERE arrived_at_ms < ?1 OR given_up_at_ms < ?1",
    )
    .bind(to_ms(cutoff))
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(forgotten.rows_affected())
}

/// No number is the largest that there could be.
fn key(number: DeliveryNumber) -> i64 {
    i64::try_from(number.0).unwrap_or(i64::MAX)
}
