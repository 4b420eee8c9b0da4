use sqlx::SqliteConnection;
use tempfile::TempDir;
use waygate_core::error::{Error, Kind};
use waygate_core::port::registry::Registry;
use waygate_core::secret::Sealed;

use super::Writer;
use crate::SqliteStore;
use crate::failure::internal;

async fn opened() -> (TempDir, SqliteStore, Writer) {
    let folder = tempfile::tempdir().unwrap();
    let (store, writer) = SqliteStore::open(&folder.path().join("waygate.db")).await.unwrap();
    (folder, store, writer)
}

async fn run(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), Error> {
    sqlx::raw_sql(statement).execute(connection).await.map(|_result| ()).map_err(internal)
}

/// Has the writer run a statement, and tells what became of it.
async fn ordered(store: &SqliteStore, statement: &'static str) -> Result<(), Error> {
    store.write(move |connection| Box::pin(run(connection, statement))).await
}

fn check(text: &str) -> Sealed {
    Sealed::from_bytes(text.as_bytes())
}

/// Breaks a rule that SQLite looks at when it commits.
const REFUSED_AT_COMMIT: &str = "PRAGMA defer_foreign_keys = ON;
    INSERT INTO settings (instance, sealed) VALUES (99, x'00');";

#[tokio::test]
async fn a_commit_that_fails_is_told_to_everyone_and_the_next_one_succeeds() {
    let (_folder, store, writer) = opened().await;
    let work = async {
        let (first, refused, last) = tokio::join!(
            store.keep_key_check(check("first")),
            ordered(&store, REFUSED_AT_COMMIT),
            store.keep_key_check(check("last")),
        );
        for outcome in [first, refused, last] {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), Kind::Internal);
            assert!(std::error::Error::source(&error).is_some(), "the log wants to know why");
        }
        assert_eq!(store.key_check().await.unwrap(), None);
        assert_eq!(store.commits(), 0);

        store.keep_key_check(check("again")).await.unwrap();
        assert_eq!(store.key_check().await.unwrap(), Some(check("again")));
        store.close().await;
    };
    let (stopped, ()) = tokio::join!(writer.run(), work);
    stopped.unwrap();
}

#[tokio::test]
async fn nothing_of_a_commit_is_kept_when_its_transaction_was_lost_on_the_way() {
    let (_folder, store, writer) = opened().await;
    let work = async {
        // A full disk makes SQLite take back the whole transaction; this does the same.
        let (first, lost, last) = tokio::join!(
            store.keep_key_check(check("first")),
            ordered(&store, "ROLLBACK; SELECT * FROM nowhere"),
            store.keep_key_check(check("last")),
        );
        for outcome in [first, lost, last] {
            assert_eq!(outcome.unwrap_err().kind(), Kind::Internal);
        }
        assert_eq!(store.key_check().await.unwrap(), None);
        store.keep_key_check(check("again")).await.unwrap();
        store.close().await;
    };
    let (stopped, ()) = tokio::join!(writer.run(), work);
    stopped.unwrap();
}

#[tokio::test]
async fn a_write_that_fails_is_taken_back_alone() {
    let (_folder, store, writer) = opened().await;
    let half = "INSERT INTO accounts (id, name, opened_at_ms) VALUES ('a', 'half', 0);
        SELECT * FROM nowhere";
    let work = async {
        let (first, failed, last) = tokio::join!(
            ordered(&store, "CREATE TABLE before_it (name TEXT) STRICT"),
            ordered(&store, half),
            ordered(&store, "INSERT INTO before_it VALUES ('there')"),
        );
        first.unwrap();
        assert_eq!(failed.unwrap_err().kind(), Kind::Internal);
        last.unwrap();
        assert_eq!(store.commits(), 1, "the three shared it");
        assert_eq!(store.accounts().await.unwrap(), []);
        store.close().await;
    };
    let (stopped, ()) = tokio::join!(writer.run(), work);
    stopped.unwrap();
}

#[tokio::test]
async fn a_write_without_a_writer_fails_instead_of_waiting() {
    let (_folder, store, writer) = opened().await;
    drop(writer);
    let refused = store.keep_key_check(check("nobody writes it")).await;
    assert_eq!(refused.unwrap_err().kind(), Kind::Internal);
    store.close().await;
    assert_eq!(store.key_check().await.unwrap_err().kind(), Kind::Internal);
}

#[tokio::test]
async fn a_writer_ends_when_its_store_is_dropped() {
    let (_folder, store, writer) = opened().await;
    drop(store);
    writer.run().await.unwrap();
}
