//! The record of who did what.

use std::net::IpAddr;

use jiff::Timestamp;
use sqlx::SqliteConnection;
use waygate_core::audit::{Act, Entry};
use waygate_core::error::Error;
use waygate_core::id::AccountId;
use waygate_core::port::audit::Audit;
use waygate_core::port::link::Deed;

use crate::SqliteStore;
use crate::failure::internal;
use crate::times::{from_ms, to_ms};

type Row = (
    i64,
    i64,
    Option<String>,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<String>,
);

impl Audit for SqliteStore {
    fn record(&self, act: Act) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(record(connection, act)))
    }

    fn acts(
        &self,
        account: Option<AccountId>,
        before: Option<u64>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Entry>, Error>> {
        self.read(move |connection| Box::pin(acts(connection, account, before, limit)))
    }

    fn forget_acts(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| Box::pin(forget(connection, cutoff)))
    }
}

async fn record(connection: &mut SqliteConnection, act: Act) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO acts (at_ms, account, actor, name, instance, client, status, request)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(to_ms(act.at))
    .bind(act.account.map(|account| account.to_string()))
    .bind(act.actor.to_string())
    .bind(act.name)
    .bind(act.instance.map(|instance| instance.to_string()))
    .bind(act.client.map(|client| client.to_string()))
    .bind(act.status.map(i64::from))
    .bind(act.request)
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}

async fn acts(
    connection: &mut SqliteConnection,
    account: Option<AccountId>,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<Entry>, Error> {
    // Two statements, so that each has its index.
    let statement = match account {
        Some(_) => {
            "SELECT key, at_ms, account, actor, name, instance, client, status, request
             FROM acts WHERE account = ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3"
        }
        None => {
            "SELECT key, at_ms, account, actor, name, instance, client, status, request
             FROM acts WHERE ?1 IS NULL AND key < ?2 ORDER BY key DESC LIMIT ?3"
        }
    };
    let rows: Vec<Row> = sqlx::query_as(statement)
        .bind(account.map(|account| account.to_string()))
        .bind(before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(connection)
        .await
        .map_err(internal)?;
    rows.into_iter().map(read).collect()
}

async fn forget(connection: &mut SqliteConnection, cutoff: Timestamp) -> Result<u64, Error> {
    let forgotten = sqlx::query("DELETE FROM acts WHERE at_ms < ?")
        .bind(to_ms(cutoff))
        .execute(connection)
        .await
        .map_err(internal)?;
    Ok(forgotten.rows_affected())
}

fn read(row: Row) -> Result<Entry, Error> {
    let (key, at_ms, account, actor, name, instance, client, status, request) = row;
    Ok(Entry {
        number: u64::try_from(key).map_err(internal)?,
        act: Act {
            at: from_ms(at_ms)?,
            account: account.map(|id| id.parse()).transpose().map_err(internal)?,
            actor: actor.parse().map_err(internal)?,
            name,
            instance: instance.map(|id| id.parse()).transpose().map_err(internal)?,
            client: client.map(|ip| ip.parse::<IpAddr>()).transpose().map_err(internal)?,
            status: status.map(u16::try_from).transpose().map_err(internal)?,
            request,
        },
    })
}
