//! What was written down and may be told again.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::event::NewEvent;
use waygate_core::id::InstanceId;
use waygate_core::message::MessageKey;

use crate::failure::internal;
use crate::times::to_ms;

/// The events of the instance with this key that were not written down before, marked as seen.
pub(crate) async fn unseen(
    connection: &mut SqliteConnection,
    instance: i64,
    at: Timestamp,
    events: Vec<NewEvent>,
) -> Result<Vec<NewEvent>, Error> {
    let (mut next,): (i64,) =
        sqlx::query_as("SELECT last_sequence + 1 FROM instances WHERE key = ?")
            .bind(instance)
            .fetch_one(&mut *connection)
            .await
            .map_err(internal)?;
    let mut unseen = Vec::with_capacity(events.len());
    for event in events {
        let is_new = match &event.only_once {
            Some(key) => see(connection, (instance, next), at, key).await?,
            None => true,
        };
        if is_new {
            next += 1;
            unseen.push(event);
        }
    }
    Ok(unseen)
}

/// Marks it as seen at this place; whether it was not.
async fn see(
    connection: &mut SqliteConnection,
    (instance, sequence): (i64, i64),
    at: Timestamp,
    key: &MessageKey,
) -> Result<bool, Error> {
    let seen = sqlx::query(
        "INSERT INTO seen_messages (instance, hash, at_ms, sequence) VALUES (?, ?, ?, ?)
         ON CONFLICT DO NOTHING",
    )
    .bind(instance)
    .bind(hash(key))
    .bind(to_ms(at))
    .bind(sequence)
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(seen.rows_affected() > 0)
}

/// No part can hold a line's end: addresses are digits, and an id that had one would only be taken for
/// another of the same sender in the same chat.
fn hash(key: &MessageKey) -> Vec<u8> {
    let parts = [&key.chat.to_wire(), &key.sender.to_wire(), key.id.as_str()];
    Sha256::digest(parts.join("\n")).to_vec()
}

/// Where this was written down.
pub(crate) async fn place_of(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    key: &MessageKey,
) -> Result<Option<i64>, Error> {
    let found: Option<(i64,)> = sqlx::query_as(
        "SELECT sequence
         FROM seen_messages
         WHERE instance = (SELECT key FROM identities WHERE id = ?) AND hash = ?",
    )
    .bind(instance.to_string())
    .bind(hash(key))
    .fetch_optional(connection)
    .await
    .map_err(internal)?;
    Ok(found.map(|(sequence,)| sequence))
}

pub(crate) async fn forget(
    connection: &mut SqliteConnection,
    cutoff: Timestamp,
) -> Result<u64, Error> {
    let forgotten = sqlx::query("DELETE FROM seen_messages WHERE at_ms < ?")
        .bind(to_ms(cutoff))
        .execute(connection)
        .await
        .map_err(internal)?;
    Ok(forgotten.rows_affected())
}
