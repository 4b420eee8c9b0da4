//! How each kind of connection is set up.

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};

/// How long a connection waits for another. With one writer a wait means a bug; it should be seen
/// before somebody else's patience ends.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Pages in the write-ahead log at which they are moved to the database.
const CHECKPOINT_PAGES: &str = "1000";

/// What the write-ahead log is cut to once it grew larger, 64 MiB.
const LOG_BYTES_MAX: &str = "67108864";

/// The one connection that writes. Whoever opens it sees to write-ahead logging, which must not be
/// switched on before the file is marked as ours.
pub(crate) fn to_write(path: &Path) -> SqliteConnectOptions {
    careful(path)
        // A commit that was told survives a loss of power; WAL's usual `NORMAL` loses the last ones.
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", LOG_BYTES_MAX)
        // What was deleted is overwritten.
        .pragma("secure_delete", "ON")
}

/// One of those that read.
pub(crate) fn to_read(path: &Path) -> SqliteConnectOptions {
    // Not `read_only`: in a log that it may not write, a reader cannot leave its marks.
    careful(path).pragma("query_only", "ON")
}

/// The one that looks at a file before it is known to be ours, and must leave it as it is.
pub(crate) fn to_look(path: &Path, has_log: bool) -> SqliteConnectOptions {
    // Without a log `immutable` keeps SQLite from making an empty one.
    careful(path).read_only(true).immutable(!has_log)
}

fn careful(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_WAIT)
        .foreign_keys(true)
        // A published corruption grew through the mapping.
        .pragma("mmap_size", "0")
        .pragma("cell_size_check", "ON")
        // Nothing in a schema that somebody else may have written runs with side effects.
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}
