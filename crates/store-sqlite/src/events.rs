//! The journal.

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use sqlx::query::QueryAs;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use waygate_core::error::Error;
use waygate_core::event::{Event, EventKind, EventName, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::standing::Standing;

use crate::failure::{internal, no_instance};
use crate::instances;
use crate::times::to_ms;
use crate::webhooks;

pub(crate) async fn append(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    at: Timestamp,
    kind: EventKind,
    standing: Standing,
) -> Result<Sequence, Error> {
    let numbered: Option<(i64, i64)> = sqlx::query_as(
        "UPDATE instances SET last_sequence = last_sequence + 1, standing = ?2
         WHERE key = (SELECT key FROM identities WHERE id = ?1) AND removed_at_ms IS NULL
         RETURNING key, last_sequence",
    )
    .bind(instance.to_string())
    .bind(instances::written(&standing)?)
    .fetch_optional(&mut *connection)
    .await
    .map_err(internal)?;
    write(connection, numbered, at, kind).await
}

pub(crate) async fn note(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    at: Timestamp,
    kind: EventKind,
) -> Result<Sequence, Error> {
    let numbered: Option<(i64, i64)> = sqlx::query_as(
        "UPDATE instances SET last_sequence = last_sequence + 1
         WHERE key = (SELECT key FROM identities WHERE id = ?1) AND removed_at_ms IS NULL
         RETURNING key, last_sequence",
    )
    .bind(instance.to_string())
    .fetch_optional(&mut *connection)
    .await
    .map_err(internal)?;
    write(connection, numbered, at, kind).await
}

/// Writes an event down at the place that it was given: the instance's key, and the number.
async fn write(
    connection: &mut SqliteConnection,
    numbered: Option<(i64, i64)>,
    at: Timestamp,
    kind: EventKind,
) -> Result<Sequence, Error> {
    let (key, sequence) = numbered.ok_or_else(no_instance)?;
    sqlx::query(
        "INSERT INTO events (instance, sequence, at_ms, kind, body) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(key)
    .bind(sequence)
    .bind(to_ms(at))
    .bind(kind.name().as_str())
    .bind(serde_json::to_string(&kind).map_err(internal)?)
    .execute(&mut *connection)
    .await
    .map_err(internal)?;
    webhooks::dispatch(connection, (key, sequence), at, &kind).await?;
    Ok(Sequence(u64::try_from(sequence).map_err(internal)?))
}

/// Number, time and body.
type Row = (i64, i64, String);
type Rows = QueryAs<'static, Sqlite, Row, SqliteArguments>;

pub(crate) async fn read_after(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    after: Sequence,
    limit: u32,
) -> Result<Vec<Event>, Error> {
    let rows = sqlx::query_as(
        "SELECT sequence, at_ms, body
         FROM events
         WHERE instance = (SELECT key FROM identities WHERE id = ?) AND sequence > ?
         ORDER BY sequence",
    )
    .bind(instance.to_string())
    // Nothing follows a number that is larger than any that was given.
    .bind(i64::try_from(after.0).unwrap_or(i64::MAX));
    readable(connection, rows, limit).await
}

pub(crate) async fn newest(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    name: EventName,
    before: Option<Sequence>,
    limit: u32,
) -> Result<Vec<Event>, Error> {
    let rows = sqlx::query_as(
        "SELECT sequence, at_ms, body
         FROM events
         WHERE instance = (SELECT key FROM identities WHERE id = ?) AND kind = ? AND sequence < ?
         ORDER BY sequence DESC",
    )
    .bind(instance.to_string())
    .bind(name.as_str())
    // No sequence number is the largest that there could be.
    .bind(before.and_then(|before| i64::try_from(before.0).ok()).unwrap_or(i64::MAX));
    readable(connection, rows, limit).await
}

/// The first `limit` events that this version can read.
///
/// The limit is not in the statement: a page of entries that only a newer version can read would
/// come back empty, and look like the end of the journal.
async fn readable(
    connection: &mut SqliteConnection,
    rows: Rows,
    limit: u32,
) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    let mut rows = rows.fetch(connection);
    while events.len() < limit as usize {
        let Some(row) = rows.try_next().await.map_err(internal)? else { break };
        events.extend(read(row));
    }
    Ok(events)
}

fn read((sequence, at_ms, body): Row) -> Option<Event> {
    Some(Event {
        sequence: Sequence(u64::try_from(sequence).ok()?),
        at: Timestamp::from_millisecond(at_ms).ok()?,
        kind: serde_json::from_str(&body).ok()?,
    })
}
