//! Accounts.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use waygate_core::error::{Error, Kind};
use waygate_core::id::AccountId;
use waygate_core::tenant::Account;

use crate::failure::{internal, no_account, or_taken};
use crate::times::{from_ms, to_ms};

pub(crate) async fn open(connection: &mut SqliteConnection, account: Account) -> Result<(), Error> {
    sqlx::query("INSERT INTO accounts (id, name, opened_at_ms, closed_at_ms) VALUES (?, ?, ?, ?)")
        .bind(account.id.to_string())
        .bind(account.name)
        .bind(to_ms(account.opened_at))
        .bind(account.closed_at.map(to_ms))
        .execute(connection)
        .await
        .map_err(or_taken("the account's id or name is taken"))?;
    Ok(())
}

pub(crate) async fn list(connection: &mut SqliteConnection) -> Result<Vec<Account>, Error> {
    let rows: Vec<(String, String, i64, Option<i64>)> =
        sqlx::query_as("SELECT id, name, opened_at_ms, closed_at_ms FROM accounts ORDER BY key")
            .fetch_all(connection)
            .await
            .map_err(internal)?;
    let read = |(id, name, opened_at_ms, closed_at_ms): (String, String, i64, Option<i64>)| {
        Ok(Account {
            id: id.parse().map_err(internal)?,
            name,
            opened_at: from_ms(opened_at_ms)?,
            closed_at: closed_at_ms.map(from_ms).transpose()?,
        })
    };
    rows.into_iter().map(read).collect()
}

pub(crate) async fn rename(
    connection: &mut SqliteConnection,
    account: AccountId,
    name: String,
) -> Result<(), Error> {
    let key = key(connection, account).await?;
    sqlx::query("UPDATE accounts SET name = ?2 WHERE key = ?1")
        .bind(key)
        .bind(name)
        .execute(connection)
        .await
        .map_err(or_taken("the account's name is taken"))?;
    Ok(())
}

pub(crate) async fn close(
    connection: &mut SqliteConnection,
    account: AccountId,
    at: Timestamp,
) -> Result<bool, Error> {
    let key = match key(connection, account).await {
        Ok(key) => key,
        Err(error) if error.kind() == Kind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let instances: Option<(i64,)> =
        sqlx::query_as("SELECT key FROM instances WHERE account = ? AND removed_at_ms IS NULL")
            .bind(key)
            .fetch_optional(&mut *connection)
            .await
            .map_err(internal)?;
    if instances.is_some() {
        return Err(Error::new(Kind::WrongState, "the account still has instances"));
    }
    for close in [
        "UPDATE accounts SET closed_at_ms = ?2 WHERE key = ?1",
        "UPDATE tokens SET revoked_at_ms = ?2 WHERE account = ?1 AND revoked_at_ms IS NULL",
    ] {
        sqlx::query(close)
            .bind(key)
            .bind(to_ms(at))
            .execute(&mut *connection)
            .await
            .map_err(internal)?;
    }
    Ok(true)
}

/// The key by which other rows refer to the account; `NotFound` when there is none, or it was closed.
pub(crate) async fn key(
    connection: &mut SqliteConnection,
    account: AccountId,
) -> Result<i64, Error> {
    let found: Option<(i64,)> =
        sqlx::query_as("SELECT key FROM accounts WHERE id = ? AND closed_at_ms IS NULL")
            .bind(account.to_string())
            .fetch_optional(connection)
            .await
            .map_err(internal)?;
    found.map(|(key,)| key).ok_or_else(no_account)
}
