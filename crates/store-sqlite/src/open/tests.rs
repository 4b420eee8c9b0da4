mod outbox;
mod pushes;
mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;
use waygate_core::error::Error;
use waygate_core::event::{EventName, Receipt, Sequence};
use waygate_core::idempotency::IdempotencyKey;
use waygate_core::instance::settings::Switch;
use waygate_core::port::audit::Audit;
use waygate_core::port::journal::Journal;
use waygate_core::port::kept_answers::KeptAnswers;
use waygate_core::port::link_tickets::LinkTickets;
use waygate_core::port::notifications::Notifications;
use waygate_core::port::registry::{InstanceFilter, Registry};
use waygate_core::port::webhooks::Webhooks;
use waygate_core::scope::{Scope, Scopes};
use waygate_core::secret::Sealed;
use waygate_core::webhook::Disabled;

use super::{APPLICATION_ID, OpenError, open, pragma};
use crate::SqliteStore;
use crate::migrate::{MIGRATIONS, Migration};
use crate::writer::Writer;

/// A step after all that there are, for a version that does not exist yet.
fn with_next(min_reader_version: u32, sql: &'static str) -> Vec<Migration> {
    let mut migrations = MIGRATIONS.to_vec();
    migrations.push(Migration { min_reader_version, sql });
    migrations
}

const NEXT: &str = "CREATE TABLE news (text TEXT) STRICT;";

fn known() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap()
}

/// A folder with a database in it, and how it was stopped.
struct Left {
    folder: TempDir,
    path: PathBuf,
}

impl Left {
    fn nothing() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("waygate.db");
        Self { folder, path }
    }

    async fn after_a_clean_stop(migrations: &[Migration]) -> Self {
        let left = Self::nothing();
        left.run(migrations).await.unwrap();
        left
    }

    /// As a killed process leaves it: nothing is closed, the files are as they happen to be.
    async fn after_a_kill(migrations: &[Migration]) -> Self {
        let running = Self::after_a_clean_stop(migrations).await;
        let (store, writer) = open(&running.path, migrations).await.unwrap();
        let left = running.copy();
        abandon(store, writer).await;
        left
    }

    /// Its files as they are at this moment.
    fn copy(&self) -> Self {
        let copy = Self::nothing();
        for (name, bytes) in self.files() {
            std::fs::write(copy.folder.path().join(name), bytes).unwrap();
        }
        copy
    }

    /// Opens it and stops it cleanly.
    async fn run(&self, migrations: &[Migration]) -> Result<(), OpenError> {
        let (store, writer) = open(&self.path, migrations).await?;
        stop(store, writer).await.unwrap();
        Ok(())
    }

    /// Runs statements in the file, past the store.
    async fn alter(&self, statements: impl Into<String>) {
        let mut connection = self.connect().await;
        let statements = AssertSqlSafe(statements.into());
        sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    async fn connect(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(&self.path).create_if_missing(true);
        options.connect().await.unwrap()
    }

    async fn version(&self) -> i64 {
        self.ask("PRAGMA user_version").await
    }

    async fn ask(&self, question: &'static str) -> i64 {
        let mut connection = self.connect().await;
        let answer = pragma(&mut connection, question).await.unwrap();
        connection.close().await.unwrap();
        answer
    }

    /// All files of the folder with what is in them.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let name = entry.file_name().into_string().unwrap();
                (name, std::fs::read(entry.path()).unwrap())
            })
            .collect()
    }

    fn names(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }
}

async fn stop(store: SqliteStore, writer: Writer) -> Result<(), Error> {
    let (stopped, ()) = tokio::join!(writer.run(), store.close());
    stopped
}

/// Lets go of the file without a word, and waits until that is done.
async fn abandon(store: SqliteStore, writer: Writer) {
    store.readers.close().await;
    writer.connection.close().await.unwrap();
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn every_connection_has_the_settings_that_it_should() {
    let left = Left::nothing();
    let (store, mut writer) = open(&left.path, MIGRATIONS).await.unwrap();
    for (name, reads, writes) in [
        ("PRAGMA synchronous", 2, 2),
        ("PRAGMA foreign_keys", 1, 1),
        ("PRAGMA busy_timeout", 5000, 5000),
        ("PRAGMA mmap_size", 0, 0),
        ("PRAGMA cell_size_check", 1, 1),
        ("PRAGMA trusted_schema", 0, 0),
        ("PRAGMA wal_autocheckpoint", 1000, 1000),
        ("PRAGMA application_id", APPLICATION_ID, APPLICATION_ID),
        ("PRAGMA user_version", i64::from(known()), i64::from(known())),
        ("PRAGMA journal_size_limit", -1, 64 * 1024 * 1024),
        ("PRAGMA secure_delete", 0, 1),
        ("PRAGMA query_only", 1, 0),
    ] {
        assert_eq!(pragma(&mut writer.connection, name).await.unwrap(), writes, "{name}, writing");
        let read = store
            .readers
            .read(|connection| {
                Box::pin(async { pragma(connection, name).await.map_err(crate::failure::internal) })
            })
            .await;
        assert_eq!(read.unwrap(), reads, "{name}, reading");
    }
    let (mode,): (String,) =
        sqlx::query_as("PRAGMA journal_mode").fetch_one(&mut writer.connection).await.unwrap();
    assert_eq!(mode, "wal");
    abandon(store, writer).await;
}

#[tokio::test]
async fn sqlite_is_new_enough_to_share_a_log_without_damage() {
    let left = Left::nothing();
    let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()")
        .fetch_one(&mut left.connect().await)
        .await
        .unwrap();
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(parts >= vec![3, 51, 3], "{version}: its log can damage the database");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_reads_the_files() {
    let left = Left::after_a_clean_stop(MIGRATIONS).await;
    // Somebody was generous.
    let open_to_all = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&left.path, open_to_all).unwrap();

    let (store, writer) = open(&left.path, MIGRATIONS).await.unwrap();
    assert_eq!(left.names(), ["waygate.db", "waygate.db-shm", "waygate.db-wal"]);
    for name in left.names() {
        assert_eq!(mode(&left.folder.path().join(&name)), 0o600, "{name}");
    }
    stop(store, writer).await.unwrap();
}

#[tokio::test]
async fn a_clean_stop_leaves_one_file() {
    let left = Left::after_a_clean_stop(MIGRATIONS).await;
    assert_eq!(left.names(), ["waygate.db"]);
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_refused_and_left_as_it_is() {
    let text = Left::nothing();
    std::fs::write(&text.path, "Dear diary,\n".repeat(100)).unwrap();
    let other = Left::nothing();
    other.alter("PRAGMA application_id = 7; CREATE TABLE properties (name, value);").await;
    let unmarked = Left::nothing();
    unmarked.alter("PRAGMA journal_mode = WAL; CREATE TABLE t (a); PRAGMA user_version = 1;").await;
    for foreign in [text, other, unmarked] {
        let before = foreign.files();
        let refused = open(&foreign.path, MIGRATIONS).await.unwrap_err();
        assert!(matches!(refused, OpenError::Foreign), "{refused:?}");
        assert_eq!(foreign.files(), before);
    }
}

#[tokio::test]
async fn a_newer_database_that_we_may_not_read_is_refused_and_left_as_it_is() {
    let newer = with_next(known() + 1, NEXT);
    for left in [Left::after_a_clean_stop(&newer).await, Left::after_a_kill(&newer).await] {
        let before = left.files();
        let refused = open(&left.path, MIGRATIONS).await.unwrap_err();
        let expected = format!(
            "the database has schema {next} of a newer Waygate; this one knows schema {known}, \
             and {next} is the oldest that will do",
            next = known() + 1,
            known = known(),
        );
        assert_eq!(refused.to_string(), expected);
        // The index of the log is no part of the database: whoever opens it writes it anew.
        for (name, bytes) in before.into_iter().filter(|(name, _)| !name.ends_with("-shm")) {
            assert_eq!(left.files().get(&name), Some(&bytes), "{name}");
        }
    }
}

#[tokio::test]
async fn a_newer_database_that_we_may_read_is_opened_and_stays_newer() {
    let left = Left::after_a_clean_stop(&with_next(1, NEXT)).await;
    left.run(MIGRATIONS).await.unwrap();
    assert_eq!(left.version().await, i64::from(known()) + 1);
    assert_eq!(left.names(), ["waygate.db"]);
}

#[tokio::test]
async fn what_only_the_log_says_of_a_version_counts() {
    let running = Left::after_a_clean_stop(MIGRATIONS).await;
    let mut newer = running.connect().await;
    let version = known() + 1;
    let change = format!(
        "PRAGMA wal_autocheckpoint = 0;
         PRAGMA user_version = {version};
         UPDATE properties SET value = {version} WHERE name = 'min_reader_version';"
    );
    sqlx::raw_sql(AssertSqlSafe(change)).execute(&mut newer).await.unwrap();
    let left = running.copy();
    newer.close().await.unwrap();
    let refused = open(&left.path, MIGRATIONS).await.unwrap_err();
    assert!(matches!(refused, OpenError::TooNew { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_newer_database_that_does_not_say_who_may_read_it_is_refused() {
    let left = Left::after_a_clean_stop(&with_next(1, NEXT)).await;
    left.alter("DELETE FROM properties WHERE name = 'min_reader_version'").await;
    let refused = open(&left.path, MIGRATIONS).await.unwrap_err();
    assert!(matches!(refused, OpenError::TooNew { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_killed_process_leaves_a_database_that_opens() {
    let left = Left::after_a_kill(MIGRATIONS).await;
    assert!(left.names().contains(&"waygate.db-wal".to_owned()));
    left.run(MIGRATIONS).await.unwrap();
    assert_eq!(left.names(), ["waygate.db"]);
}

impl Left {
    /// Overwrites the page at which a table begins that nobody reads when a database is opened.
    async fn damage(&self) {
        self.alter("PRAGMA wal_checkpoint(TRUNCATE)").await;
        let page = self.ask("SELECT rootpage FROM sqlite_schema WHERE name = 'tokens'").await;
        let size = self.ask("PRAGMA page_size").await;
        let (page, size) = (usize::try_from(page).unwrap(), usize::try_from(size).unwrap());
        let mut bytes = std::fs::read(&self.path).unwrap();
        bytes[(page - 1) * size..page * size].fill(0xa5);
        std::fs::write(&self.path, bytes).unwrap();
    }
}

#[tokio::test]
async fn a_damaged_database_is_refused_after_a_stop_that_was_not_clean() {
    let left = Left::after_a_kill(MIGRATIONS).await;
    left.damage().await;
    for _ in 0..2 {
        let before = left.files();
        let refused = open(&left.path, MIGRATIONS).await.unwrap_err();
        assert!(matches!(refused, OpenError::Damaged(_)), "{refused:?}");
        assert_eq!(left.files(), before, "it stays as it was found, and stays refused");
    }
}

#[tokio::test]
async fn a_database_is_not_read_as_a_whole_after_a_clean_stop() {
    let left = Left::after_a_clean_stop(MIGRATIONS).await;
    left.damage().await;
    let (store, writer) = open(&left.path, MIGRATIONS).await.unwrap();
    abandon(store, writer).await;
}

#[tokio::test]
async fn a_database_that_was_only_just_begun_is_finished() {
    let empty = Left::nothing();
    std::fs::write(&empty.path, "").unwrap();
    let marked = Left::nothing();
    marked.alter(format!("PRAGMA application_id = {APPLICATION_ID}")).await;
    let logged = Left::nothing();
    logged
        .alter(format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA journal_mode = WAL"))
        .await;
    for begun in [empty, marked, logged] {
        begun.run(MIGRATIONS).await.unwrap();
        assert_eq!(begun.version().await, i64::from(known()));
        assert_eq!(begun.names(), ["waygate.db"], "there was nothing to copy");
    }
}

#[tokio::test]
async fn a_database_is_copied_before_it_is_changed_until_the_next_clean_stop() {
    let left = Left::after_a_clean_stop(MIGRATIONS).await;
    let copy = Left {
        path: left.folder.path().join(format!("waygate.db.schema{}", known())),
        ..Left::nothing()
    };
    std::fs::write(&copy.path, "what an earlier attempt left").unwrap();

    let (store, writer) = open(&left.path, &with_next(1, NEXT)).await.unwrap();
    #[cfg(unix)]
    assert_eq!(mode(&copy.path), 0o600);
    assert_eq!(copy.version().await, i64::from(known()));
    abandon(store, writer).await;
    copy.run(MIGRATIONS).await.unwrap();

    // The first stop was not clean.
    left.run(&with_next(1, NEXT)).await.unwrap();
    assert_eq!(left.version().await, i64::from(known()) + 1);
    assert_eq!(left.names(), ["waygate.db"]);
}

#[tokio::test]
async fn a_migration_that_fails_changes_nothing_and_leaves_the_copy() {
    let left = Left::after_a_clean_stop(MIGRATIONS).await;
    let broken = with_next(1, "CREATE TABLE half (a TEXT) STRICT; INSERT INTO nowhere VALUES (1);");
    let refused = open(&left.path, &broken).await.unwrap_err();
    assert!(matches!(refused, OpenError::Unusable(_)), "{refused:?}");
    assert!(left.names().contains(&format!("waygate.db.schema{}", known())));
    assert_eq!(left.version().await, i64::from(known()));
    left.alter("CREATE TABLE half (a TEXT)").await;
    left.run(MIGRATIONS).await.unwrap();
}

/// A database as version `version` left it, with a row of every kind.
async fn fixture(version: usize) -> Left {
    let left = Left::after_a_clean_stop(&MIGRATIONS[..version]).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let rows = std::fs::read_to_string(folder.join(format!("schema{version}.sql"))).unwrap();
    left.alter(rows).await;
    left
}

#[tokio::test]
async fn a_database_of_every_earlier_version_is_read() {
    for version in 1..=MIGRATIONS.len() {
        let left = fixture(version).await;
        let (store, writer) = open(&left.path, MIGRATIONS).await.unwrap();
        assert_reads_fixture(&store).await.unwrap();
        assert_reads_tenants(&store, version > 1).await.unwrap();
        assert_reads_link_tickets(&store, version > 3).await.unwrap();
        assert_reads_kept_answers(&store, version > 4).await.unwrap();
        assert_reads_notifications(&store, version > 5).await.unwrap();
        assert_reads_webhooks(&store, version > 6).await.unwrap();
        pushes::assert_reads(&store, version > 8).await.unwrap();
        outbox::assert_reads(&store, version > 9).await.unwrap();
        records::assert_reads(&store, version > 10).await.unwrap();
        let acts = store.acts(None, None, 9).await.unwrap();
        let numbers: Vec<u64> = acts.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, if version > 2 { vec![5, 4] } else { vec![] });
        stop(store, writer).await.unwrap();
        let seen = left.ask("SELECT count(*) FROM seen_messages").await;
        assert_eq!(seen, i64::from(version > 7));
        records::assert_times(&left, version > 10).await;
    }
}

async fn assert_reads_fixture(store: &SqliteStore) -> Result<(), Error> {
    assert_eq!(store.key_check().await?, Some(Sealed::from_bytes([0xc0, 0xff, 0xee])));
    let accounts = store.accounts().await?;
    let names: Vec<&str> = accounts.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["main", "second"]);
    let main = accounts.first().unwrap();

    let all = InstanceFilter { account: Some(main.id), with_removed: true };
    let instances = store.instances(all).await?;
    let numbers: Vec<u64> = instances.iter().map(|it| it.number.get()).collect();
    assert_eq!(numbers, [1_100_000_001, 1_100_000_003]);
    let shop = instances.first().unwrap();
    assert_eq!(shop.name, "shop");
    assert!(shop.standing.as_ref().unwrap().last.is_some());
    assert!(instances.last().unwrap().removed_at.is_some());
    assert_eq!(store.settings(shop.id).await?, Some(Sealed::from_bytes([0x5e, 0x77, 0x15])));

    let tokens = store.tokens(main.id).await?;
    let kinds: Vec<&str> = tokens.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["instance", "partner"]);
    assert!(tokens.first().unwrap().sealed.is_some());
    assert_eq!(store.read_after(shop.id, Sequence(0), 10).await?.len(), 2);
    assert_eq!(store.newest(shop.id, EventName::StateChanged, None, 1).await?.len(), 1);
    Ok(())
}

/// What the second schema brought, and what it makes of rows from before.
async fn assert_reads_tenants(store: &SqliteStore, has_them: bool) -> Result<(), Error> {
    let accounts = store.accounts().await?;
    let closed: Vec<bool> = accounts.iter().map(|it| it.closed_at.is_some()).collect();
    assert_eq!(closed, [false, has_them]);
    let instances = store.instances(InstanceFilter::default()).await?;
    assert_eq!(instances.first().unwrap().phone.is_some(), has_them);
    let tokens = store.tokens(accounts.first().unwrap().id).await?;
    let [instance, partner] = tokens.as_slice() else { panic!("{tokens:?}") };
    assert_eq!(instance.scopes, Scopes::of_account());
    assert_eq!(partner.name, if has_them { "till" } else { "" });
    assert_eq!(partner.expires_at.is_some(), has_them);
    // One of the words is a newer version's.
    let read = [Scope::Read].into_iter().collect();
    assert_eq!(partner.scopes, if has_them { read } else { Scopes::of_account() });
    Ok(())
}

/// What the fourth schema brought.
async fn assert_reads_link_tickets(store: &SqliteStore, has_them: bool) -> Result<(), Error> {
    let instances = store.instances(InstanceFilter::default()).await?;
    let tickets = store.link_tickets(instances.first().unwrap().id).await?;
    assert_eq!(tickets.len(), usize::from(has_them));
    if let Some(ticket) = tickets.first() {
        assert_eq!(ticket.terms, Sealed::from_bytes([0x07, 0xe4, 0xa5]));
        assert!(ticket.opened.is_some() && ticket.ended.is_some());
    }
    Ok(())
}

/// What the fifth schema brought.
async fn assert_reads_kept_answers(store: &SqliteStore, has_them: bool) -> Result<(), Error> {
    let kept = store.kept_answer(IdempotencyKey::from_bytes([0x66; 32])).await?;
    let answer = kept.map(|kept| (kept.owner.to_string(), kept.answer));
    let expected = ("token:cccccccccccccccc".to_owned(), Sealed::from_bytes([0xa4, 0x5e]));
    assert_eq!(answer, has_them.then_some(expected));
    Ok(())
}

/// What the sixth schema brought.
async fn assert_reads_notifications(store: &SqliteStore, has_them: bool) -> Result<(), Error> {
    let instances = store.instances(InstanceFilter::default()).await?;
    let shop = instances.first().unwrap().id;
    let since = Timestamp::UNIX_EPOCH;
    let head = store.head(shop, since).await?;
    let receipt = head.as_ref().map(|it| (it.receipt, it.topic));
    assert_eq!(receipt, has_them.then_some((Receipt(4), Switch::StateChanges)));
    assert_eq!(store.waiting(shop, since).await?, if has_them { 4 } else { 0 });
    assert_eq!(store.extent(shop).await?.newest, Sequence(2));
    Ok(())
}

/// What the seventh schema brought, with words of a newer version in it.
async fn assert_reads_webhooks(store: &SqliteStore, has_them: bool) -> Result<(), Error> {
    let accounts = store.accounts().await?;
    let endpoints = store.webhook_endpoints(accounts.first().unwrap().id).await?;
    assert_eq!(endpoints.len(), usize::from(has_them));
    let Some(endpoint) = endpoints.first() else { return Ok(()) };
    assert_eq!(endpoint.terms, Sealed::from_bytes([0x07, 0xe4, 0xa6]));
    assert_eq!(endpoint.filter.instances.as_ref().map(BTreeSet::len), Some(1));
    assert_eq!(endpoint.filter.events, Some([EventName::StateChanged].into()));
    assert_eq!(endpoint.disabled.map(|it| it.why), Some(Disabled::ByOwner));
    let deliveries = store.deliveries(endpoint.id, false, None, 9).await?;
    let tried: Vec<usize> = deliveries.iter().map(|it| it.tried.len()).collect();
    assert_eq!(tried, [2, 0]);
    Ok(())
}
