//! Queues that are held back.

use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::event::Receipt;
use waygate_core::id::InstanceId;
use waygate_core::push::HeldBack;

use crate::failure::internal;
use crate::times::{from_ms, to_ms};

/// Receipt, attempts, since, next, status, error.
type Row = (i64, i64, i64, i64, Option<i64>, Option<String>);

pub(crate) async fn held_back(
    connection: &mut SqliteConnection,
    instance: InstanceId,
) -> Result<Option<HeldBack>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT receipt, attempts, since_ms, next_at_ms, status, error
         FROM pushes_held_back
         WHERE instance = (SELECT key FROM identities WHERE id = ?)",
    )
    .bind(instance.to_string())
    .fetch_optional(connection)
    .await
    .map_err(internal)?;
    row.map(read).transpose()
}

fn read((receipt, attempts, since_ms, next_at_ms, status, error): Row) -> Result<HeldBack, Error> {
    Ok(HeldBack {
        receipt: Receipt(u64::try_from(receipt).map_err(internal)?),
        attempts: u32::try_from(attempts).map_err(internal)?,
        since: from_ms(since_ms)?,
        next_at: from_ms(next_at_ms)?,
        status: status.map(u16::try_from).transpose().map_err(internal)?,
        error,
    })
}

pub(crate) async fn hold_back(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    held: HeldBack,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO pushes_held_back
             (instance, receipt, attempts, since_ms, next_at_ms, status, error)
         SELECT key, ?2, ?3, ?4, ?5, ?6, ?7
         FROM identities
         JOIN instances USING (key)
         WHERE identities.id = ?1 AND removed_at_ms IS NULL
         ON CONFLICT (instance) DO UPDATE SET
             receipt = ?2, attempts = ?3, since_ms = ?4, next_at_ms = ?5, status = ?6, error = ?7",
    )
    .bind(instance.to_string())
    .bind(i64::try_from(held.receipt.0).map_err(internal)?)
    .bind(held.attempts)
    .bind(to_ms(held.since))
    .bind(to_ms(held.next_at))
    .bind(held.status.map(i64::from))
    .bind(held.error)
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}

pub(crate) async fn let_go(
    connection: &mut SqliteConnection,
    instance: InstanceId,
) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM pushes_held_back
         WHERE instance = (SELECT key FROM identities WHERE id = ?)",
    )
    .bind(instance.to_string())
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}
