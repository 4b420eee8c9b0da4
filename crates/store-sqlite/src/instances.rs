//! Instances and their settings.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use waygate_core::error::{Error, Kind};
use waygate_core::id::{AccountId, InstanceId, InstanceNumber};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::instance::standing::Standing;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::registry::{Enrolment, InstanceFilter, InstanceKey};
use waygate_core::secret::Sealed;

use crate::failure::{internal, no_instance, or_taken};
use crate::times::{from_ms, to_ms};
use crate::{accounts, records, tokens};

pub(crate) async fn enrol(
    connection: &mut SqliteConnection,
    enrolment: Enrolment,
) -> Result<(), Error> {
    let Enrolment { record, tokens: own, settings } = enrolment;
    let account = accounts::key(connection, record.account).await?;
    let key = sqlx::query("INSERT INTO identities (id, number) VALUES (?, ?)")
        .bind(record.id.to_string())
        .bind(i64::try_from(record.number.get()).map_err(internal)?)
        .execute(&mut *connection)
        .await
        .map_err(or_taken("the instance's id or number is taken"))?
        .last_insert_rowid();
    sqlx::query(
        "INSERT INTO instances (key, account, name, phone, created_at_ms, removed_at_ms, standing)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(key)
    .bind(account)
    .bind(record.name)
    .bind(record.phone.as_ref().map(PhoneNumber::digits))
    .bind(to_ms(record.created_at))
    .bind(record.removed_at.map(to_ms))
    .bind(record.standing.as_ref().map(written).transpose()?)
    .execute(&mut *connection)
    .await
    .map_err(internal)?;
    write_settings(connection, key, &settings).await?;
    for token in own {
        tokens::issue(connection, token).await?;
    }
    Ok(())
}

/// A row of `instances` with what stands elsewhere.
type Row = (String, i64, String, String, Option<String>, i64, Option<i64>, Option<String>);

pub(crate) async fn find(
    connection: &mut SqliteConnection,
    instance: InstanceId,
) -> Result<Option<InstanceRecord>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT identities.id, number, accounts.id, instances.name, phone, created_at_ms,
                removed_at_ms, standing
         FROM identities
         JOIN instances USING (key)
         JOIN accounts ON accounts.key = instances.account
         WHERE identities.id = ?",
    )
    .bind(instance.to_string())
    .fetch_optional(connection)
    .await
    .map_err(internal)?;
    row.map(read).transpose()
}

pub(crate) async fn find_own(
    connection: &mut SqliteConnection,
    account: Option<AccountId>,
    key: InstanceKey,
) -> Result<Option<InstanceRecord>, Error> {
    // Whose it is stands in the statement, so that of another's no row comes back to be read.
    let (id, number) = match key {
        InstanceKey::Id(id) => (Some(id.to_string()), None),
        InstanceKey::Number(number) => (None, Some(i64::try_from(number.get()).map_err(internal)?)),
    };
    // Two statements, so that each has its index.
    let statement = if id.is_some() {
        "SELECT identities.id, number, accounts.id, instances.name, phone, created_at_ms,
                removed_at_ms, standing
         FROM identities
         JOIN instances USING (key)
         JOIN accounts ON accounts.key = instances.account
         WHERE identities.id = ?1 AND ?2 IS NULL AND removed_at_ms IS NULL
           AND (?3 IS NULL OR accounts.id = ?3)"
    } else {
        "SELECT identities.id, number, accounts.id, instances.name, phone, created_at_ms,
                removed_at_ms, standing
         FROM identities
         JOIN instances USING (key)
         JOIN accounts ON accounts.key = instances.account
         WHERE ?1 IS NULL AND number = ?2 AND removed_at_ms IS NULL
           AND (?3 IS NULL OR accounts.id = ?3)"
    };
    let row: Option<Row> = sqlx::query_as(statement)
        .bind(id)
        .bind(number)
        .bind(account.map(|account| account.to_string()))
        .fetch_optional(connection)
        .await
        .map_err(internal)?;
    row.map(read).transpose()
}

pub(crate) async fn list(
    connection: &mut SqliteConnection,
    filter: InstanceFilter,
) -> Result<Vec<InstanceRecord>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT identities.id, number, accounts.id, instances.name, phone, created_at_ms,
                removed_at_ms, standing
         FROM instances
         JOIN identities USING (key)
         JOIN accounts ON accounts.key = instances.account
         WHERE (?1 IS NULL OR accounts.id = ?1) AND (?2 OR removed_at_ms IS NULL)
         ORDER BY instances.key",
    )
    .bind(filter.account.map(|account| account.to_string()))
    .bind(filter.with_removed)
    .fetch_all(connection)
    .await
    .map_err(internal)?;
    rows.into_iter().map(read).collect()
}

fn read(row: Row) -> Result<InstanceRecord, Error> {
    let (id, number, account, name, phone, created_at_ms, removed_at_ms, standing) = row;
    let number = u64::try_from(number).ok().and_then(InstanceNumber::new);
    Ok(InstanceRecord {
        id: id.parse().map_err(internal)?,
        number: number.ok_or_else(|| Error::new(Kind::Internal, "a stored number is none"))?,
        account: account.parse().map_err(internal)?,
        name,
        phone: phone.map(|digits| digits.parse()).transpose().map_err(internal)?,
        created_at: from_ms(created_at_ms)?,
        removed_at: removed_at_ms.map(from_ms).transpose()?,
        // A newer version may have written what this one cannot read. It is a note for the next
        // start, which can do without.
        standing: standing.and_then(|text| serde_json::from_str(&text).ok()),
    })
}

/// A standing as it is kept.
pub(crate) fn written(standing: &Standing) -> Result<String, Error> {
    serde_json::to_string(standing).map_err(internal)
}

/// The keys of an instance that was not removed and of its account; `NotFound` when there is none.
pub(crate) async fn present(
    connection: &mut SqliteConnection,
    instance: InstanceId,
) -> Result<(i64, i64), Error> {
    let found: Option<(i64, i64)> = sqlx::query_as(
        "SELECT key, account
         FROM identities
         JOIN instances USING (key)
         WHERE identities.id = ? AND removed_at_ms IS NULL",
    )
    .bind(instance.to_string())
    .fetch_optional(connection)
    .await
    .map_err(internal)?;
    found.ok_or_else(no_instance)
}

pub(crate) async fn describe(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    name: String,
    phone: Option<PhoneNumber>,
) -> Result<(), Error> {
    let (key, _account) = present(connection, instance).await?;
    sqlx::query("UPDATE instances SET name = ?2, phone = ?3 WHERE key = ?1")
        .bind(key)
        .bind(name)
        .bind(phone.as_ref().map(PhoneNumber::digits))
        .execute(connection)
        .await
        .map_err(internal)?;
    Ok(())
}

pub(crate) async fn remove(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    at: Timestamp,
) -> Result<bool, Error> {
    let removed: Option<(i64,)> = sqlx::query_as(
        "UPDATE instances SET removed_at_ms = ?2, standing = NULL
         WHERE key = (SELECT key FROM identities WHERE id = ?1) AND removed_at_ms IS NULL
         RETURNING key",
    )
    .bind(instance.to_string())
    .bind(to_ms(at))
    .fetch_optional(&mut *connection)
    .await
    .map_err(internal)?;
    let Some((key,)) = removed else { return Ok(false) };
    for erase in [
        "DELETE FROM settings WHERE instance = ?",
        "DELETE FROM events WHERE instance = ?",
        "DELETE FROM notifications WHERE instance = ?",
        "DELETE FROM dropped_notifications WHERE instance = ?",
        "DELETE FROM pushes_held_back WHERE instance = ?",
        "DELETE FROM seen_messages WHERE instance = ?",
        "DELETE FROM link_tickets WHERE instance = ?",
        "DELETE FROM webhook_deliveries WHERE instance = ?",
        "DELETE FROM outbox WHERE instance = ?",
        "DELETE FROM message_records WHERE instance = ?",
    ] {
        sqlx::query(erase).bind(key).execute(&mut *connection).await.map_err(internal)?;
    }
    records::erase(connection, instance, None).await?;
    Ok(true)
}

pub(crate) async fn forget_removed(
    connection: &mut SqliteConnection,
    cutoff: Timestamp,
) -> Result<u64, Error> {
    // The tokens go with their instance; `identities` and `taken_tokens` stay.
    let forgotten = sqlx::query("DELETE FROM instances WHERE removed_at_ms < ?")
        .bind(to_ms(cutoff))
        .execute(connection)
        .await
        .map_err(internal)?;
    Ok(forgotten.rows_affected())
}

pub(crate) async fn settings(
    connection: &mut SqliteConnection,
    instance: InstanceId,
) -> Result<Option<Sealed>, Error> {
    let found: Option<(Vec<u8>,)> = sqlx::query_as(
        "SELECT sealed
         FROM identities
         JOIN instances USING (key)
         JOIN settings ON settings.instance = instances.key
         WHERE identities.id = ? AND removed_at_ms IS NULL",
    )
    .bind(instance.to_string())
    .fetch_optional(connection)
    .await
    .map_err(internal)?;
    Ok(found.map(|(sealed,)| Sealed::from_bytes(sealed)))
}

pub(crate) async fn save_settings(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    settings: Sealed,
) -> Result<(), Error> {
    let (key, _account) = present(connection, instance).await?;
    write_settings(connection, key, &settings).await
}

async fn write_settings(
    connection: &mut SqliteConnection,
    instance: i64,
    settings: &Sealed,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO settings (instance, sealed) VALUES (?1, ?2)
         ON CONFLICT (instance) DO UPDATE SET sealed = ?2",
    )
    .bind(instance)
    .bind(settings.as_bytes())
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}
