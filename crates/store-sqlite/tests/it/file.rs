//! A database file in a folder of its own, and somebody who uses it.
#![expect(clippy::expect_used, reason = "test code")]

use std::path::PathBuf;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use tempfile::TempDir;
use waygate_store_sqlite::SqliteStore;

pub(crate) struct File {
    pub(crate) folder: TempDir,
    pub(crate) path: PathBuf,
}

impl File {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("waygate.db");
        Self { folder, path }
    }

    /// Opens it, lets it be used, and stops it cleanly.
    pub(crate) async fn with<T>(&self, work: impl AsyncFnOnce(&SqliteStore) -> T) -> T {
        let (store, writer) = SqliteStore::open(&self.path).await.expect("a database that opens");
        let work = async {
            let outcome = work(&store).await;
            store.close().await;
            outcome
        };
        let (stopped, outcome) = tokio::join!(writer.run(), work);
        stopped.expect("a clean stop");
        outcome
    }

    /// The same, but nobody stops it: the writer is dropped where it stands.
    pub(crate) async fn with_and_drop<T>(&self, work: impl AsyncFnOnce(&SqliteStore) -> T) -> T {
        let (store, writer) = SqliteStore::open(&self.path).await.expect("a database that opens");
        tokio::select! {
            biased;
            outcome = work(&store) => outcome,
            stopped = writer.run() => unreachable!("nobody asked for it: {stopped:?}"),
        }
    }

    /// The files as they are at this moment, which is how a killed process would leave them.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        for entry in std::fs::read_dir(self.folder.path()).expect("the folder") {
            let entry = entry.expect("a file");
            let to = copy.folder.path().join(entry.file_name());
            std::fs::copy(entry.path(), to).expect("a copy of it");
        }
        copy
    }

    /// A connection past the store.
    pub(crate) async fn connect(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(&self.path).connect().await.expect("a connection")
    }

    /// Whether these bytes are in any of the files.
    pub(crate) fn holds(&self, wanted: &str) -> bool {
        std::fs::read_dir(self.folder.path()).expect("the folder").any(|entry| {
            let bytes = std::fs::read(entry.expect("a file").path()).expect("its bytes");
            bytes.windows(wanted.len()).any(|part| part == wanted.as_bytes())
        })
    }
}
