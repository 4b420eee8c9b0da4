//! Opening a database, or refusing to.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use sqlx::error::DatabaseError;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tokio::sync::mpsc;

use crate::migrate::{Migration, bring_up, copy};
use crate::permissions::{LOG, beside, make_private};
use crate::readers::Readers;
use crate::store::SqliteStore;
use crate::writer::{QUEUE_WRITES_MAX, Writer};
use crate::{connect, properties};

/// Marks a file as ours: "Wayg".
pub(crate) const APPLICATION_ID: i64 = 0x5761_7967;

/// What SQLite says of a file that is none of its own.
const NOT_A_DATABASE: i32 = 26;
/// What it says of a database that contradicts itself.
const CORRUPT: i32 = 11;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a database was not opened.
///
/// A file that is not ours, too new, or found damaged before anything was written to it is left as
/// it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is not ours, so we do not touch it.
    #[error("the file is not a database of Waygate")]
    Foreign,
    /// A newer version of Waygate wrote it, in a form that this one does not understand.
    #[error(
        "the database has schema {version} of a newer Waygate; this one knows schema {known}, and \
         {needed} is the oldest that will do"
    )]
    TooNew {
        /// Its schema.
        version: u32,
        /// The oldest schema whose Waygate may open it.
        needed: u32,
        /// The newest schema that this Waygate knows.
        known: u32,
    },
    /// It contradicts itself. Found after a stop that was not clean; a copy may be the way out.
    #[error("the database is damaged")]
    Damaged(#[source] Source),
    /// Its file system cannot keep a log that several connections share.
    #[error("the file system of the database is not fit for it; it must be a local one")]
    NoSharedLog,
    /// Something that should work did not.
    #[error("the database cannot be opened")]
    Unusable(#[source] Source),
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(DatabaseError::code);
        // The upper bits are details.
        match code.and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff) {
            Some(NOT_A_DATABASE) => Self::Foreign,
            Some(CORRUPT) => Self::Damaged(error.into()),
            Some(_) | None => Self::Unusable(error.into()),
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Unusable(error.into())
    }
}

/// Opens what is there with the schema that these migrations lead to.
pub(crate) async fn open(
    path: &Path,
    migrations: &[Migration],
) -> Result<(SqliteStore, Writer), OpenError> {
    // SQLite takes a relative path that begins with `file:` for something else.
    let path = std::path::absolute(path)?;
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    let version = if length(&path)? == 0 {
        0
    } else {
        let has_log = length(&beside(&path, LOG))? > 0;
        let mut connection = connect::to_look(&path, has_log).connect().await?;
        let found = look(&mut connection, known).await;
        // Also when it is refused: nothing of ours is left at the file when the caller hears of it.
        connection.close().await?;
        found?
    };

    make_private(&path)?;
    let mut connection = connect::to_write(&path).connect().await?;
    let readers = match prepare(&mut connection, &path, version, migrations).await {
        Ok(()) => Readers::open(&path).await.map_err(OpenError::from),
        Err(error) => Err(error),
    };
    let readers = match readers {
        Ok(readers) => readers,
        Err(error) => {
            connection.close().await?;
            return Err(error);
        }
    };
    let (orders, queue) = mpsc::channel(QUEUE_WRITES_MAX);
    let commits = Arc::new(AtomicU64::new(0));
    let writer =
        Writer { connection, orders: queue, commits: Arc::clone(&commits), path, version: known };
    Ok((SqliteStore { orders, readers, commits }, writer))
}

/// Finds out what is there without changing it: its schema's version, 0 when nothing is.
async fn look(connection: &mut SqliteConnection, known: u32) -> Result<u32, OpenError> {
    if pragma(connection, "PRAGMA application_id").await? != APPLICATION_ID {
        return Err(OpenError::Foreign);
    }
    let version = pragma(connection, "PRAGMA user_version").await?;
    let version = u32::try_from(version).map_err(|error| OpenError::Damaged(error.into()))?;
    if version == 0 {
        return Ok(0);
    }
    let needed = properties::min_reader_version(connection).await?.unwrap_or(version);
    if version > known && needed > known {
        return Err(OpenError::TooNew { version, needed, known });
    }
    if !properties::stopped_cleanly(connection).await? {
        check(connection).await?;
    }
    Ok(version)
}

/// Makes the database fit for use, whatever of it is there.
async fn prepare(
    connection: &mut SqliteConnection,
    path: &Path,
    version: u32,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    if version == 0 {
        // Before there is a log: a file that is not marked is not ours, whatever its log says.
        let mark = AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION_ID}"));
        sqlx::raw_sql(mark).execute(&mut *connection).await?;
    }
    share_log(connection).await?;
    if version > 0 && (version as usize) < migrations.len() {
        copy(connection, path, version).await.map_err(|error| OpenError::Unusable(error.into()))?;
    }
    bring_up(connection, version, migrations).await?;
    properties::keep_stopped_cleanly(connection, false).await?;
    // Into the database itself: whoever copies that alone has a copy that will be checked.
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(connection).await?;
    Ok(())
}

fn length(path: &Path) -> io::Result<u64> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

async fn pragma(
    connection: &mut SqliteConnection,
    statement: &'static str,
) -> Result<i64, sqlx::Error> {
    let (value,): (i64,) = sqlx::query_as(statement).fetch_one(connection).await?;
    Ok(value)
}

/// Reads the whole database once. What it finds names pages, tables and columns, never values.
async fn check(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let (finding,): (String,) =
        sqlx::query_as("PRAGMA quick_check(1)").fetch_one(connection).await?;
    if finding == "ok" { Ok(()) } else { Err(OpenError::Damaged(finding.into())) }
}

async fn share_log(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let (mode,): (String,) =
        sqlx::query_as("PRAGMA journal_mode = WAL").fetch_one(connection).await?;
    if mode == "wal" { Ok(()) } else { Err(OpenError::NoSharedLog) }
}

#[cfg(test)]
mod tests;
