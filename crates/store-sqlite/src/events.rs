//! The journal.

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use sqlx::query::QueryAs;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Event, EventKind, EventName, Extent, NewEvent, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::standing::Standing;
use waygate_core::message::MessageKey;

use crate::failure::{internal, no_instance};
use crate::times::to_ms;
use crate::{instances, notifications, seen_messages, webhooks};

pub(crate) async fn commit(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    at: Timestamp,
    events: Vec<NewEvent>,
    standing: Option<Standing>,
) -> Result<Sequence, Error> {
    if events.is_empty() {
        return Err(Error::new(Kind::Invalid, "there is nothing to write down"));
    }
    let events = if events.iter().any(|event| event.only_once.is_some()) {
        let (key, _account) = instances::present(connection, instance).await?;
        seen_messages::unseen(connection, key, at, events).await?
    } else {
        events
    };
    let notified: usize = events.iter().map(|event| event.topics.len()).sum();
    let numbered: Option<(i64, i64, i64)> = sqlx::query_as(
        "UPDATE instances
         SET last_sequence = last_sequence + ?2, last_receipt = last_receipt + ?3,
             standing = COALESCE(?4, standing)
         WHERE key = (SELECT key FROM identities WHERE id = ?1) AND removed_at_ms IS NULL
         RETURNING key, last_sequence - ?2, last_receipt - ?3",
    )
    .bind(instance.to_string())
    .bind(i64::try_from(events.len()).map_err(internal)?)
    .bind(i64::try_from(notified).map_err(internal)?)
    .bind(standing.as_ref().map(instances::written).transpose()?)
    .fetch_optional(&mut *connection)
    .await
    .map_err(internal)?;
    let (key, mut sequence, mut receipt) = numbered.ok_or_else(no_instance)?;
    for event in events {
        sequence += 1;
        write(connection, (key, sequence), at, &event.kind).await?;
        for topic in event.topics {
            receipt += 1;
            notifications::put(connection, (key, receipt, sequence), topic, at).await?;
        }
    }
    Ok(Sequence(u64::try_from(sequence).map_err(internal)?))
}

/// Writes an event down at the place that it was given: the instance's key, and the number.
async fn write(
    connection: &mut SqliteConnection,
    (key, sequence): (i64, i64),
    at: Timestamp,
    kind: &EventKind,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO events (instance, sequence, at_ms, kind, body) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(key)
    .bind(sequence)
    .bind(to_ms(at))
    .bind(kind.name().as_str())
    .bind(serde_json::to_string(kind).map_err(internal)?)
    .execute(&mut *connection)
    .await
    .map_err(internal)?;
    webhooks::dispatch(connection, (key, sequence), at, kind).await
}

pub(crate) async fn event_of(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    key: MessageKey,
) -> Result<Option<Event>, Error> {
    let Some(place) = seen_messages::place_of(connection, instance, &key).await? else {
        return Ok(None);
    };
    let row: Option<Row> = sqlx::query_as(
        "SELECT sequence, at_ms, body
         FROM events
         WHERE instance = (SELECT key FROM identities WHERE id = ?) AND sequence = ?",
    )
    .bind(instance.to_string())
    .bind(place)
    .fetch_optional(connection)
    .await
    .map_err(internal)?;
    Ok(row.and_then(read))
}

pub(crate) async fn extent(
    connection: &mut SqliteConnection,
    instance: InstanceId,
) -> Result<Extent, Error> {
    let found: Option<(i64, i64)> = sqlx::query_as(
        "SELECT forgotten_sequence, last_sequence
         FROM identities
         JOIN instances USING (key)
         WHERE identities.id = ? AND removed_at_ms IS NULL",
    )
    .bind(instance.to_string())
    .fetch_optional(connection)
    .await
    .map_err(internal)?;
    let (forgotten, newest) = found.unwrap_or_default();
    let number = |number: i64| u64::try_from(number).map(Sequence).map_err(internal);
    Ok(Extent { forgotten: number(forgotten)?, newest: number(newest)? })
}

pub(crate) async fn forget(
    connection: &mut SqliteConnection,
    cutoff: Timestamp,
    count_max: u64,
) -> Result<u64, Error> {
    // Numbers have no gaps, so one says how many follow it.
    let bounds: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT key, MAX(COALESCE(old.last, 0), last_sequence - ?2) AS bound
         FROM instances
         LEFT JOIN (SELECT instance, MAX(sequence) AS last FROM events
                    WHERE at_ms < ?1 GROUP BY instance) AS old ON old.instance = key
         WHERE bound > forgotten_sequence AND removed_at_ms IS NULL",
    )
    .bind(to_ms(cutoff))
    .bind(i64::try_from(count_max).unwrap_or(i64::MAX))
    .fetch_all(&mut *connection)
    .await
    .map_err(internal)?;
    let mut forgotten = 0;
    for (instance, bound) in bounds {
        let deleted = sqlx::query(
            "DELETE FROM events
             WHERE instance = ?1 AND sequence <= ?2
               AND sequence IS NOT (SELECT MAX(sequence) FROM events
                                    WHERE instance = ?1 AND kind = ?3)",
        )
        .bind(instance)
        .bind(bound)
        .bind(EventName::StateChanged.as_str())
        .execute(&mut *connection)
        .await
        .map_err(internal)?;
        forgotten += deleted.rows_affected();
        sqlx::query("UPDATE instances SET forgotten_sequence = ?2 WHERE key = ?1")
            .bind(instance)
            .bind(bound)
            .execute(&mut *connection)
            .await
            .map_err(internal)?;
    }
    Ok(forgotten)
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
