//! Answers to requests that came with a key.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::idempotency::{IdempotencyKey, KeptAnswer, RequestHash};
use waygate_core::port::kept_answers::{Creation, KeptAnswers};
use waygate_core::port::link::Deed;
use waygate_core::secret::Sealed;

use crate::failure::internal;
use crate::times::{from_ms, to_ms};
use crate::{SqliteStore, accounts, instances, link_tickets, outbox, tokens, webhooks};

/// Owner, request, answer, asked.
type Row = (String, Vec<u8>, Vec<u8>, i64);

impl KeptAnswers for SqliteStore {
    fn kept_answer(&self, key: IdempotencyKey) -> Deed<'_, Result<Option<KeptAnswer>, Error>> {
        self.read(move |connection| Box::pin(find(connection, key)))
    }

    fn keep_answer(&self, answer: KeptAnswer, most: u32) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(keep(connection, answer, most)))
    }

    fn create_and_keep(
        &self,
        creation: Creation,
        answer: KeptAnswer,
        most: u32,
    ) -> Deed<'_, Result<(), Error>> {
        // A deed is one savepoint: what it did before it failed is undone with it.
        self.write(move |connection| {
            Box::pin(async move {
                create(&mut *connection, creation).await?;
                keep(connection, answer, most).await
            })
        })
    }

    fn forget_answers(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| Box::pin(forget(connection, cutoff)))
    }
}

async fn create(connection: &mut SqliteConnection, creation: Creation) -> Result<(), Error> {
    match creation {
        Creation::Account(account) => accounts::open(connection, account).await,
        Creation::Instance(enrolment) => instances::enrol(connection, *enrolment).await,
        Creation::Token(token) => tokens::issue(connection, *token).await,
        Creation::LinkTicket(ticket) => link_tickets::issue(connection, *ticket).await,
        Creation::WebhookEndpoint(endpoint) => webhooks::add(connection, *endpoint).await,
        Creation::Message(acceptance) => outbox::accept(connection, *acceptance).await,
    }
}

async fn find(
    connection: &mut SqliteConnection,
    key: IdempotencyKey,
) -> Result<Option<KeptAnswer>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT owner, request, answer, asked_at_ms FROM kept_answers WHERE hash = ?",
    )
    .bind(key.as_bytes().as_slice())
    .fetch_optional(connection)
    .await
    .map_err(internal)?;
    row.map(|row| read(key, row)).transpose()
}

async fn keep(
    connection: &mut SqliteConnection,
    answer: KeptAnswer,
    most: u32,
) -> Result<(), Error> {
    // A new row in the place of the old one, so that keys are in the order of keeping.
    sqlx::query(
        "INSERT OR REPLACE INTO kept_answers (hash, owner, request, answer, asked_at_ms)
         VALUES (?, ?, ?, ?, ?)",
    )
    .bind(answer.key.as_bytes().as_slice())
    .bind(answer.owner.to_string())
    .bind(answer.request.as_bytes().as_slice())
    .bind(answer.answer.as_bytes())
    .bind(to_ms(answer.asked_at))
    .execute(&mut *connection)
    .await
    .map_err(internal)?;
    sqlx::query(
        "DELETE FROM kept_answers WHERE owner = ?1 AND key <=
             (SELECT key FROM kept_answers WHERE owner = ?1 ORDER BY key DESC LIMIT 1 OFFSET ?2)",
    )
    .bind(answer.owner.to_string())
    .bind(most)
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}

async fn forget(connection: &mut SqliteConnection, cutoff: Timestamp) -> Result<u64, Error> {
    let forgotten = sqlx::query("DELETE FROM kept_answers WHERE asked_at_ms < ?")
        .bind(to_ms(cutoff))
        .execute(connection)
        .await
        .map_err(internal)?;
    Ok(forgotten.rows_affected())
}

fn read(key: IdempotencyKey, row: Row) -> Result<KeptAnswer, Error> {
    let (owner, request, answer, asked_at_ms) = row;
    let request = <[u8; 32]>::try_from(request.as_slice()).map_err(internal)?;
    Ok(KeptAnswer {
        key,
        owner: owner.parse().map_err(internal)?,
        request: RequestHash::from_bytes(request),
        answer: Sealed::from_bytes(answer),
        asked_at: from_ms(asked_at_ms)?,
    })
}
