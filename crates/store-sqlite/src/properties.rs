//! What is known of the database itself.

use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::secret::Sealed;

use crate::failure::internal;

/// The oldest schema whose readers understand this one.
const MIN_READER_VERSION: &str = "min_reader_version";
/// 1 from the last clean stop to the next start.
const STOPPED_CLEANLY: &str = "stopped_cleanly";
/// The sealed text by which a master key is recognised.
const KEY_CHECK: &str = "key_check";

pub(crate) async fn min_reader_version(
    connection: &mut SqliteConnection,
) -> Result<Option<u32>, sqlx::Error> {
    let kept = number(connection, MIN_READER_VERSION).await?;
    Ok(kept.and_then(|version| u32::try_from(version).ok()))
}

pub(crate) async fn keep_min_reader_version(
    connection: &mut SqliteConnection,
    version: u32,
) -> Result<(), sqlx::Error> {
    keep_number(connection, MIN_READER_VERSION, version).await
}

pub(crate) async fn stopped_cleanly(
    connection: &mut SqliteConnection,
) -> Result<bool, sqlx::Error> {
    Ok(number(connection, STOPPED_CLEANLY).await? == Some(1))
}

pub(crate) async fn keep_stopped_cleanly(
    connection: &mut SqliteConnection,
    cleanly: bool,
) -> Result<(), sqlx::Error> {
    keep_number(connection, STOPPED_CLEANLY, u32::from(cleanly)).await
}

async fn number(
    connection: &mut SqliteConnection,
    name: &'static str,
) -> Result<Option<i64>, sqlx::Error> {
    let kept: Option<(i64,)> = sqlx::query_as("SELECT value FROM properties WHERE name = ?")
        .bind(name)
        .fetch_optional(connection)
        .await?;
    Ok(kept.map(|(value,)| value))
}

async fn keep_number(
    connection: &mut SqliteConnection,
    name: &'static str,
    value: u32,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO properties (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = ?2",
    )
    .bind(name)
    .bind(value)
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn key_check(connection: &mut SqliteConnection) -> Result<Option<Sealed>, Error> {
    let kept: Option<(Vec<u8>,)> = sqlx::query_as("SELECT value FROM properties WHERE name = ?")
        .bind(KEY_CHECK)
        .fetch_optional(connection)
        .await
        .map_err(internal)?;
    Ok(kept.map(|(value,)| Sealed::from_bytes(value)))
}

pub(crate) async fn keep_key_check(
    connection: &mut SqliteConnection,
    check: Sealed,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO properties (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = ?2",
    )
    .bind(KEY_CHECK)
    .bind(check.as_bytes())
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}
