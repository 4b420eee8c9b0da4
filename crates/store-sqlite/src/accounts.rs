//! Accounts.

use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::id::AccountId;
use waygate_core::tenant::Account;

use crate::failure::{internal, no_account, or_taken};
use crate::times::{from_ms, to_ms};

pub(crate) async fn open(connection: &mut SqliteConnection, account: Account) -> Result<(), Error> {
    sqlx::query("INSERT INTO accounts (id, name, opened_at_ms) VALUES (?, ?, ?)")
        .bind(account.id.to_string())
        .bind(account.name)
        .bind(to_ms(account.opened_at))
        .execute(connection)
        .await
        .map_err(or_taken("the account's id or name is taken"))?;
    Ok(())
}

pub(crate) async fn list(connection: &mut SqliteConnection) -> Result<Vec<Account>, Error> {
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT id, name, opened_at_ms FROM accounts ORDER BY key")
            .fetch_all(connection)
            .await
            .map_err(internal)?;
    let read = |(id, name, opened_at_ms): (String, String, i64)| {
        Ok(Account { id: id.parse().map_err(internal)?, name, opened_at: from_ms(opened_at_ms)? })
    };
    rows.into_iter().map(read).collect()
}

/// The key by which other rows refer to the account; `NotFound` when there is none.
pub(crate) async fn key(
    connection: &mut SqliteConnection,
    account: AccountId,
) -> Result<i64, Error> {
    let found: Option<(i64,)> = sqlx::query_as("SELECT key FROM accounts WHERE id = ?")
        .bind(account.to_string())
        .fetch_optional(connection)
        .await
        .map_err(internal)?;
    found.map(|(key,)| key).ok_or_else(no_account)
}
