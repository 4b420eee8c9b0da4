//! The schema's versions, and the way from one to the next.
//!
//! Not sqlx's migrator: it makes its table before it looks, knows no version that an older reader
//! may open all the same, and compares files where a number says enough.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use crate::permissions::{beside, make_private, sync_folder};
use crate::properties;

/// One step to a newer schema. What was released is never changed, only followed by another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// The oldest schema whose readers understand the new one.
    pub(crate) min_reader_version: u32,
    /// What to run, in one transaction.
    pub(crate) sql: &'static str,
}

/// The first makes version 1 of nothing, and so on.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        min_reader_version: 1,
        sql: include_str!("../migrations/0001_registry_and_journal.sql"),
    },
    // An older reader would honour expired tokens.
    Migration { min_reader_version: 2, sql: include_str!("../migrations/0002_tenants.sql") },
    Migration { min_reader_version: 2, sql: include_str!("../migrations/0003_acts.sql") },
    Migration { min_reader_version: 2, sql: include_str!("../migrations/0004_link_tickets.sql") },
    Migration { min_reader_version: 2, sql: include_str!("../migrations/0005_kept_answers.sql") },
    Migration { min_reader_version: 2, sql: include_str!("../migrations/0006_notifications.sql") },
    // An older reader would write events that no endpoint hears of.
    Migration { min_reader_version: 7, sql: include_str!("../migrations/0007_webhooks.sql") },
    Migration { min_reader_version: 7, sql: include_str!("../migrations/0008_seen_messages.sql") },
    // An older reader pushes nothing and keeps no list of what it drops, as it always did.
    Migration { min_reader_version: 7, sql: include_str!("../migrations/0009_pushes.sql") },
    // An older reader would leave messages unsent, and keep those of removed instances.
    Migration { min_reader_version: 10, sql: include_str!("../migrations/0010_outbox.sql") },
    // An older reader would find no keys, and link every account anew.
    Migration { min_reader_version: 11, sql: include_str!("../migrations/0011_records.sql") },
];

/// Runs what is missing since `version`, each in a transaction of its own.
pub(crate) async fn bring_up(
    connection: &mut SqliteConnection,
    version: u32,
    migrations: &[Migration],
) -> Result<(), sqlx::Error> {
    for (next, migration) in (1..).zip(migrations).skip(version as usize) {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::raw_sql(migration.sql).execute(&mut *transaction).await?;
        // A pragma takes no parameters.
        let mark: u32 = next;
        let mark = AssertSqlSafe(format!("PRAGMA user_version = {mark}"));
        sqlx::raw_sql(mark).execute(&mut *transaction).await?;
        let readers = migration.min_reader_version;
        properties::keep_min_reader_version(&mut transaction, readers).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Where the copy of a database of this version lies.
fn copy_path(path: &Path, version: u32) -> PathBuf {
    beside(path, &format!(".schema{version}"))
}

/// Copies the whole database beside itself, for the case that what follows goes wrong.
pub(crate) async fn copy(
    connection: &mut SqliteConnection,
    path: &Path,
    version: u32,
) -> Result<(), CopyError> {
    let copy = copy_path(path, version);
    // One that an earlier attempt left is of no use: it may be half of one.
    remove(&copy)?;
    make_private(&copy)?;
    let name = copy.to_str().ok_or(io::ErrorKind::InvalidFilename).map_err(io::Error::from)?;
    sqlx::query("VACUUM INTO ?").bind(name).execute(connection).await?;
    File::open(&copy)?.sync_all()?;
    sync_folder(&copy)?;
    Ok(())
}

/// Removes the copies. They have done their service once the new version came to a clean stop.
pub(crate) fn discard_copies(path: &Path, versions: u32) -> io::Result<()> {
    (1..versions).try_for_each(|version| remove(&copy_path(path, version)))
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Why a database was not copied.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    #[error("the copy's file cannot be written")]
    File(#[from] io::Error),
    #[error("the database cannot be copied")]
    Database(#[from] sqlx::Error),
}
