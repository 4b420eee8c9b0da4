//! What was written down and may be told again.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::event::NewEvent;
use waygate_core::message::MessageKey;

use crate::failure::internal;
use crate::times::to_ms;

/// The events that were not written down before, marked as seen; the instance's key.
pub(crate) async fn unseen(
    connection: &mut SqliteConnection,
    instance: i64,
    at: Timestamp,
    events: Vec<NewEvent>,
) -> Result<Vec<NewEvent>, Error> {
    let mut unseen = Vec::with_capacity(events.len());
    for event in events {
        let is_new = match &event.only_once {
            Some(key) => see(connection, instance, at, key).await?,
            None => true,
        };
        if is_new {
            unseen.push(event);
        }
    }
    Ok(unseen)
}

async fn see(
    connection: &mut SqliteConnection,
    instance: i64,
    at: Timestamp,
    key: &MessageKey,
) -> Result<bool, Error> {
    let seen = sqlx::query(
        "INSERT INTO seen_messages (instance, hash, at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(instance)
    .bind(hash(key))
    .bind(to_ms(at))
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
