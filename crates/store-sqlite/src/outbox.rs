//! Messages that wait to be sent, and how far those of an account have come.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{EventName, NewEvent};
use waygate_core::id::InstanceId;
use waygate_core::message::MessageId;
use waygate_core::message::queued::{MessageRecord, QueuedMessage, WaitingMessage};
use waygate_core::message::status::{Progress, Status};
use waygate_core::port::link::Deed;
use waygate_core::port::outbox::{Acceptance, Outbox, Settlement};

use crate::failure::{internal, or_taken};
use crate::times::{from_ms, to_ms};
use crate::{SqliteStore, events, instances};

impl Outbox for SqliteStore {
    fn accept_message(&self, acceptance: Acceptance) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(accept(connection, acceptance)))
    }

    fn queued_messages(
        &self,
        instance: InstanceId,
        limit: u32,
    ) -> Deed<'_, Result<Vec<QueuedMessage>, Error>> {
        self.read(move |connection| Box::pin(queued(connection, instance, limit)))
    }

    fn count_queued_messages(&self, instance: InstanceId) -> Deed<'_, Result<u64, Error>> {
        self.read(move |connection| Box::pin(count(connection, instance)))
    }

    fn settle_queued_message(
        &self,
        instance: InstanceId,
        settlement: Settlement,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| Box::pin(settle(connection, instance, settlement)))
    }

    fn expired_messages(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Deed<'_, Result<Vec<WaitingMessage>, Error>> {
        self.read(move |connection| Box::pin(expired(connection, now, limit)))
    }

    fn next_expiry(&self) -> Deed<'_, Result<Option<Timestamp>, Error>> {
        self.read(|connection| Box::pin(next_expiry(connection)))
    }

    fn message_record(
        &self,
        instance: InstanceId,
        id: MessageId,
    ) -> Deed<'_, Result<Option<MessageRecord>, Error>> {
        self.read(move |connection| Box::pin(record(connection, instance, id)))
    }

    fn note_message(
        &self,
        instance: InstanceId,
        record: MessageRecord,
        events: Vec<NewEvent>,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| Box::pin(note(connection, instance, record, events)))
    }

    fn forget_messages(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| Box::pin(forget(connection, cutoff)))
    }
}

pub(crate) async fn accept(
    connection: &mut SqliteConnection,
    acceptance: Acceptance,
) -> Result<(), Error> {
    let Acceptance { instance, message: queued, queue_max } = acceptance;
    let (key, _account) = instances::present(connection, instance).await?;
    let record = MessageRecord {
        id: queued.message.id.clone(),
        chat: queued.message.chat.clone(),
        by_api: true,
        status: Status::Reached(Progress::Queued),
        at: queued.accepted_at,
    };
    begin(connection, key, &record).await?;
    let put = sqlx::query(
        "INSERT INTO outbox (instance, id, account, chat, body, accepted_at_ms, expires_at_ms)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
         WHERE (SELECT COUNT(*) FROM outbox WHERE instance = ?1) < ?8",
    )
    .bind(key)
    .bind(record.id.as_str())
    .bind(queued.account.as_deref())
    .bind(record.chat.to_wire())
    .bind(serde_json::to_string(&queued.message).map_err(internal)?)
    .bind(to_ms(queued.accepted_at))
    .bind(to_ms(queued.expires_at))
    .bind(queue_max)
    .execute(connection)
    .await
    .map_err(internal)?;
    if put.rows_affected() == 0 {
        // What was written of it is undone with the deed.
        return Err(Error::new(Kind::WrongState, "as many messages wait as may"));
    }
    Ok(())
}

/// Writes down that there is such a message. `Conflict` when it is known.
async fn begin(
    connection: &mut SqliteConnection,
    key: i64,
    record: &MessageRecord,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO message_records (instance, id, chat, by_api, status, at_ms)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(key)
    .bind(record.id.as_str())
    .bind(record.chat.to_wire())
    .bind(record.by_api)
    .bind(serde_json::to_string(&record.status).map_err(internal)?)
    .bind(to_ms(record.at))
    .execute(connection)
    .await
    .map_err(or_taken("the message's id is taken"))?;
    Ok(())
}

/// Account, body, accepted, expires.
type QueuedRow = (Option<String>, String, i64, i64);

async fn queued(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    limit: u32,
) -> Result<Vec<QueuedMessage>, Error> {
    let rows: Vec<QueuedRow> = sqlx::query_as(
        "SELECT account, body, accepted_at_ms, expires_at_ms
         FROM outbox
         WHERE instance = (SELECT key FROM identities WHERE id = ?)
         ORDER BY key
         LIMIT ?",
    )
    .bind(instance.to_string())
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(internal)?;
    let read = |(account, body, accepted_at_ms, expires_at_ms): QueuedRow| {
        Ok(QueuedMessage {
            // The cause would quote what it could not read.
            message: serde_json::from_str(&body).map_err(|_quotes| unreadable())?,
            account: account.map(Into::into),
            accepted_at: from_ms(accepted_at_ms)?,
            expires_at: from_ms(expires_at_ms)?,
        })
    };
    rows.into_iter().map(read).collect()
}

async fn count(connection: &mut SqliteConnection, instance: InstanceId) -> Result<u64, Error> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM outbox
         WHERE instance = (SELECT key FROM identities WHERE id = ?)",
    )
    .bind(instance.to_string())
    .fetch_one(connection)
    .await
    .map_err(internal)?;
    u64::try_from(count).map_err(internal)
}

async fn settle(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    settlement: Settlement,
) -> Result<bool, Error> {
    let Settlement { id, status, at, mut events } = settlement;
    let waited: Option<(i64,)> = sqlx::query_as(
        "DELETE FROM outbox
         WHERE instance = (SELECT key FROM identities WHERE id = ?) AND id = ?
         RETURNING instance",
    )
    .bind(instance.to_string())
    .bind(id.as_str())
    .fetch_optional(&mut *connection)
    .await
    .map_err(internal)?;
    let Some((key,)) = waited else { return Ok(false) };
    if !go_on(connection, key, &id, status, at).await? {
        events.retain(|event| event.kind.name() != EventName::MessageStatus);
    }
    if !events.is_empty() {
        events::commit(connection, instance, at, events, None).await?;
    }
    Ok(true)
}

/// Writes a record on; `false` when that is no step forward.
async fn go_on(
    connection: &mut SqliteConnection,
    key: i64,
    id: &MessageId,
    status: Status,
    at: Timestamp,
) -> Result<bool, Error> {
    let before: Option<(String,)> =
        sqlx::query_as("SELECT status FROM message_records WHERE instance = ? AND id = ?")
            .bind(key)
            .bind(id.as_str())
            .fetch_optional(&mut *connection)
            .await
            .map_err(internal)?;
    let before = before.and_then(|(before,)| serde_json::from_str(&before).ok());
    if !before.is_some_and(|before| status.follows(before)) {
        return Ok(false);
    }
    sqlx::query(
        "UPDATE message_records SET status = ?3, at_ms = ?4 WHERE instance = ?1 AND id = ?2",
    )
    .bind(key)
    .bind(id.as_str())
    .bind(serde_json::to_string(&status).map_err(internal)?)
    .bind(to_ms(at))
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(true)
}

async fn expired(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<WaitingMessage>, Error> {
    let rows: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT identities.id, outbox.id, chat
         FROM outbox
         JOIN identities ON identities.key = instance
         WHERE expires_at_ms <= ?
         ORDER BY expires_at_ms, outbox.key
         LIMIT ?",
    )
    .bind(to_ms(now))
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(internal)?;
    let read = |(instance, id, chat): (String, String, String)| {
        let (instance, id) = (instance.parse().map_err(internal)?, MessageId(id.into()));
        Ok(WaitingMessage { instance, id, chat: chat.parse().map_err(internal)? })
    };
    rows.into_iter().map(read).collect()
}

async fn next_expiry(connection: &mut SqliteConnection) -> Result<Option<Timestamp>, Error> {
    let (next,): (Option<i64>,) = sqlx::query_as("SELECT MIN(expires_at_ms) FROM outbox")
        .fetch_one(connection)
        .await
        .map_err(internal)?;
    next.map(from_ms).transpose()
}

async fn record(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    id: MessageId,
) -> Result<Option<MessageRecord>, Error> {
    let row: Option<(String, bool, String, i64)> = sqlx::query_as(
        "SELECT chat, by_api, status, at_ms
         FROM message_records
         WHERE instance = (SELECT key FROM identities WHERE id = ?) AND id = ?",
    )
    .bind(instance.to_string())
    .bind(id.as_str())
    .fetch_optional(connection)
    .await
    .map_err(internal)?;
    let Some((chat, by_api, status, at_ms)) = row else { return Ok(None) };
    let status = serde_json::from_str(&status).map_err(|_quotes| unreadable())?;
    let chat = chat.parse().map_err(internal)?;
    Ok(Some(MessageRecord { id, chat, by_api, status, at: from_ms(at_ms)? }))
}

async fn note(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    record: MessageRecord,
    events: Vec<NewEvent>,
) -> Result<bool, Error> {
    let (key, _account) = instances::present(connection, instance).await?;
    let at = record.at;
    match begin(connection, key, &record).await {
        Ok(()) => {}
        Err(error) if error.kind() == Kind::Conflict => {
            if !go_on(connection, key, &record.id, record.status, at).await? {
                return Ok(false);
            }
        }
        Err(error) => return Err(error),
    }
    if !events.is_empty() {
        events::commit(connection, instance, at, events, None).await?;
    }
    Ok(true)
}

async fn forget(connection: &mut SqliteConnection, cutoff: Timestamp) -> Result<u64, Error> {
    let forgotten = sqlx::query(
        "DELETE FROM message_records
         WHERE at_ms < ?
           AND NOT EXISTS (SELECT 1 FROM outbox
                           WHERE outbox.instance = message_records.instance
                             AND outbox.id = message_records.id)",
    )
    .bind(to_ms(cutoff))
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(forgotten.rows_affected())
}

fn unreadable() -> Error {
    Error::new(Kind::Internal, "a stored message could not be read")
}
