//! Records: sealed values by instance, kind and key.

use sqlx::SqliteConnection;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::port::link::Deed;
use waygate_core::port::records::{
    Record, RecordChange, RecordKey, RecordKind, RecordScan, Records,
};
use waygate_core::secret::Sealed;

use crate::SqliteStore;
use crate::failure::internal;

impl Records for SqliteStore {
    fn records(
        &self,
        instance: InstanceId,
        kind: RecordKind,
        keys: Vec<RecordKey>,
    ) -> Deed<'_, Result<Vec<Option<Sealed>>, Error>> {
        self.read(move |connection| Box::pin(find(connection, instance, kind, keys)))
    }

    fn scan_records(
        &self,
        instance: InstanceId,
        scan: RecordScan,
    ) -> Deed<'_, Result<Vec<(RecordKey, Sealed)>, Error>> {
        self.read(move |connection| Box::pin(self::scan(connection, instance, scan)))
    }

    fn change_records(
        &self,
        instance: InstanceId,
        changes: Vec<RecordChange>,
    ) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(change(connection, instance, changes)))
    }

    fn forget_records(
        &self,
        instance: InstanceId,
        kind: RecordKind,
        cutoff: i64,
    ) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| Box::pin(forget(connection, instance, kind, cutoff)))
    }

    fn erase_records(
        &self,
        instance: InstanceId,
        kind: Option<RecordKind>,
    ) -> Deed<'_, Result<(), Error>> {
        self.erase(move |connection| Box::pin(erase(connection, instance, kind)))
    }
}

/// An instance as these rows name it.
fn named(instance: InstanceId) -> Vec<u8> {
    instance.as_u128().to_be_bytes().to_vec()
}

async fn find(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    kind: RecordKind,
    keys: Vec<RecordKey>,
) -> Result<Vec<Option<Sealed>>, Error> {
    let instance = named(instance);
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let row: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT value FROM records WHERE instance = ? AND kind = ? AND key = ?")
                .bind(&instance)
                .bind(kind.as_str())
                .bind(key.as_bytes())
                .fetch_optional(&mut *connection)
                .await
                .map_err(internal)?;
        found.push(row.map(|(value,)| Sealed::from_bytes(value)));
    }
    Ok(found)
}

async fn scan(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    RecordScan { kind, under, after, limit }: RecordScan,
) -> Result<Vec<(RecordKey, Sealed)>, Error> {
    // The shortest key above one is the same with a zero behind it.
    let behind = after.map(|after| [after.as_bytes(), &[0]].concat());
    let start = behind.unwrap_or_default().max(under.as_bytes().to_vec());
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT key, value FROM records
         WHERE instance = ?1 AND kind = ?2 AND key >= ?3 AND key < ?4
         ORDER BY key LIMIT ?5",
    )
    .bind(named(instance))
    .bind(kind.as_str())
    .bind(start)
    .bind(end_of(&under))
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(internal)?;
    Ok(rows
        .into_iter()
        .map(|(key, value)| (RecordKey::from_bytes(key), Sealed::from_bytes(value)))
        .collect())
}

/// What comes after every key that begins so.
fn end_of(under: &RecordKey) -> Vec<u8> {
    let mut end = under.as_bytes().to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return end;
        }
    }
    // Longer than any key, so above each of them.
    vec![u8::MAX; RecordKey::LENGTH_MAX + 1]
}

async fn change(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    changes: Vec<RecordChange>,
) -> Result<(), Error> {
    let instance = named(instance);
    for change in changes {
        match change {
            RecordChange::Put(record) => put(connection, &instance, record).await?,
            RecordChange::Delete(kind, key) => {
                let end = [key.as_bytes(), &[0]].concat();
                delete(connection, (&instance, kind), &key, end).await?;
            }
            RecordChange::DeleteUnder(kind, under) => {
                delete(connection, (&instance, kind), &under, end_of(&under)).await?;
            }
        }
    }
    Ok(())
}

async fn put(
    connection: &mut SqliteConnection,
    instance: &[u8],
    record: Record,
) -> Result<(), Error> {
    check(&record.key)?;
    sqlx::query(
        "INSERT INTO records (instance, kind, key, value, due) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (instance, kind, key) DO UPDATE SET value = ?4, due = ?5",
    )
    .bind(instance)
    .bind(record.kind.as_str())
    .bind(record.key.as_bytes())
    .bind(record.value.as_bytes())
    .bind(record.due)
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}

/// Deletes what is between the two, the first one included.
async fn delete(
    connection: &mut SqliteConnection,
    (instance, kind): (&[u8], RecordKind),
    start: &RecordKey,
    end: Vec<u8>,
) -> Result<(), Error> {
    check(start)?;
    sqlx::query("DELETE FROM records WHERE instance = ? AND kind = ? AND key >= ? AND key < ?")
        .bind(instance)
        .bind(kind.as_str())
        .bind(start.as_bytes())
        .bind(end)
        .execute(connection)
        .await
        .map_err(internal)?;
    Ok(())
}

fn check(key: &RecordKey) -> Result<(), Error> {
    if key.as_bytes().len() > RecordKey::LENGTH_MAX {
        return Err(Error::new(Kind::Invalid, "a record's name is too long"));
    }
    Ok(())
}

async fn forget(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    kind: RecordKind,
    cutoff: i64,
) -> Result<u64, Error> {
    let forgotten = sqlx::query("DELETE FROM records WHERE instance = ? AND kind = ? AND due < ?")
        .bind(named(instance))
        .bind(kind.as_str())
        .bind(cutoff)
        .execute(connection)
        .await
        .map_err(internal)?;
    Ok(forgotten.rows_affected())
}

/// Of one kind, or of every kind.
pub(crate) async fn erase(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    kind: Option<RecordKind>,
) -> Result<(), Error> {
    sqlx::query("DELETE FROM records WHERE instance = ?1 AND (?2 IS NULL OR kind = ?2)")
        .bind(named(instance))
        .bind(kind.map(RecordKind::as_str))
        .execute(connection)
        .await
        .map_err(internal)?;
    Ok(())
}
