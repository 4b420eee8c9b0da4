//! Key files of earlier versions: each instance had a database of the library's own kind, in clear.
//!
//! A file is read whole, by the library where a form is the library's own, written into the vault in one
//! change, and destroyed. Whatever happens in between, the next start finds the file or the keys, and goes
//! on.

use std::io;
use std::path::{Path, PathBuf};

use diesel::connection::Connection as _;
use diesel::sql_types::{BigInt, Binary};
use diesel::{QueryableByName, RunQueryDsl as _, SqliteConnection};
use waygate_core::id::InstanceId;
use waygate_core::port::records::RecordKind;
use whatsapp_rust::store::error::StoreError;
use whatsapp_rust::store::traits::{AppSyncStore as _, DeviceStore as _, ProtocolStore as _};
use whatsapp_rust::store::{SqliteStore, SqliteStoreConfig, Synchronous};

use crate::backend::{Brought, Row};
use crate::error::VaultError;
use crate::vault::Vault;

/// Why an old file was not moved. Nothing was lost then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OldFileError {
    /// The file system refused.
    #[error("the file cannot be used")]
    File(#[from] io::Error),
    /// What is in it cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The vault does not take it.
    #[error("the keys cannot be kept")]
    Vault(#[from] VaultError),
}

impl From<StoreError> for OldFileError {
    fn from(error: StoreError) -> Self {
        Self::Unreadable(error.into())
    }
}

/// What is taken of a table as it stands: the columns that name a row, its value, a number and a time.
struct Table {
    kind: RecordKind,
    name: &'static str,
    columns: [&'static str; 6],
}

/// A column that a table does not have.
const NONE: &str = "0";

const fn table(kind: RecordKind, name: &'static str, columns: [&'static str; 6]) -> Table {
    Table { kind, name, columns }
}

/// The tables of the library's store, as the pinned version has them.
const TABLES: [Table; 15] = [
    table(RecordKind::Identity, "identities", ["address", NONE, NONE, "key", NONE, NONE]),
    table(RecordKind::Session, "sessions", ["address", NONE, NONE, "record", NONE, NONE]),
    table(RecordKind::Prekey, "prekeys", [NONE, NONE, NONE, "key", "id", NONE]),
    table(RecordKind::SignedPrekey, "signed_prekeys", [NONE, NONE, NONE, "record", "id", NONE]),
    table(RecordKind::SenderKey, "sender_keys", ["address", NONE, NONE, "record", NONE, NONE]),
    table(
        RecordKind::SyncMac,
        "app_state_mutation_macs",
        ["name", "index_mac", NONE, "value_mac", NONE, NONE],
    ),
    table(
        RecordKind::BaseKey,
        "base_keys",
        ["address", "message_id", NONE, "base_key", NONE, NONE],
    ),
    table(
        RecordKind::GroupMetadata,
        "group_metadata",
        ["group_jid", NONE, NONE, "info", NONE, NONE],
    ),
    table(
        RecordKind::SenderKeyDevices,
        "sender_key_devices",
        ["group_jid", "device_jid", NONE, NONE, "has_key", NONE],
    ),
    table(
        RecordKind::SentMessage,
        "sent_messages",
        ["chat_jid", "message_id", NONE, "payload", NONE, "created_at"],
    ),
    table(
        RecordKind::PendingInbound,
        "pending_inbound_messages",
        ["chat", "sender", "id", "message", NONE, "inserted_at"],
    ),
    table(
        RecordKind::MessageSecret,
        "msg_secrets",
        ["chat", "sender", "msg_id", "secret", "message_ts", "expires_at"],
    ),
    // Of these the names alone: what they hold is the library's to read.
    table(RecordKind::SyncKey, "app_state_keys", ["key_id", NONE, NONE, NONE, NONE, NONE]),
    table(RecordKind::SyncVersion, "app_state_versions", ["name", NONE, NONE, NONE, NONE, NONE]),
    table(RecordKind::DeviceList, "device_registry", ["user_id", NONE, NONE, NONE, NONE, NONE]),
];

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Binary)]
    first: Vec<u8>,
    #[diesel(sql_type = Binary)]
    second: Vec<u8>,
    #[diesel(sql_type = Binary)]
    third: Vec<u8>,
    #[diesel(sql_type = Binary)]
    value: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = BigInt)]
    time: i64,
}

/// The key files of earlier versions in one folder.
#[derive(Debug)]
pub struct OldKeyFiles {
    folder: PathBuf,
}

impl OldKeyFiles {
    /// Those in this folder, which need not be there.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The instances whose keys are still in files, in order of their ids.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn instances(&self) -> io::Result<Vec<InstanceId>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            entries => entries?,
        };
        let mut found = vec![];
        for entry in entries {
            let path = entry?.path();
            let named = path.extension().is_some_and(|extension| extension == "sqlite");
            let stem = path.file_stem().and_then(std::ffi::OsStr::to_str);
            if let (true, Some(Ok(instance))) = (named, stem.map(str::parse)) {
                found.push(instance);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Where the keys of an instance are.
    pub fn file(&self, instance: InstanceId) -> PathBuf {
        self.folder.join(format!("{instance}.sqlite"))
    }

    /// Moves the keys of an instance into the vault, and destroys their file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, the vault does not take it, or it cannot be destroyed. It can be tried
    /// again.
    pub async fn move_into(&self, vault: &Vault, instance: InstanceId) -> Result<(), OldFileError> {
        let keys = vault.open(instance).await?;
        // Kept together with all the rest, so where it is the rest is, too.
        if !keys.exists().await? {
            let brought = read(&self.file(instance)).await?;
            keys.bring(brought).await?;
        }
        Ok(self.destroy(instance)?)
    }

    fn destroy(&self, instance: InstanceId) -> io::Result<()> {
        for path in with_companions(&self.file(instance)) {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        // Removed on the disk too, not only in memory.
        #[cfg(unix)]
        std::fs::File::open(&self.folder)?.sync_all()?;
        // The folder goes with the last of them.
        match std::fs::remove_dir(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// A file and the two that SQLite keeps beside it.
fn with_companions(file: &Path) -> [PathBuf; 3] {
    let beside = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    // The write-ahead log first: without it the file alone is an old but whole database.
    [beside("-wal"), beside("-shm"), file.to_owned()]
}

/// All that a file holds.
async fn read(path: &Path) -> Result<Brought, OldFileError> {
    let name = path.to_str().ok_or(io::ErrorKind::InvalidFilename).map_err(io::Error::from)?;
    let config =
        SqliteStoreConfig { synchronous: Synchronous::Full, ..SqliteStoreConfig::default() };
    in_background({
        let name = name.to_owned();
        move || look(&name)
    })
    .await?;
    // Brings the file to the form that the pinned version has, and reads what is in forms of its own.
    let store = SqliteStore::with_config(name, config).await?;
    let rows = in_background({
        let name = name.to_owned();
        move || read_rows(&name)
    })
    .await?;
    let mut brought = Brought {
        device: store.load().await?,
        latest_sync_key: store.get_latest_sync_key_id().await?,
        mappings: store.get_all_lid_mappings().await?,
        ..Brought::default()
    };
    // Where two ids have one number, the last one is the one.
    brought.mappings.sort_by_key(|mapping| mapping.updated_at);
    for row in rows {
        let first = &row.parts[0];
        if row.kind == RecordKind::SyncKey {
            let key = store.get_sync_key(first).await?;
            brought.sync_keys.extend(key.map(|key| (first.clone(), key)));
        } else if row.kind == RecordKind::SyncVersion {
            let state = store.get_version(&text(first)?).await?;
            brought.versions.push((first.clone(), state));
        } else if row.kind == RecordKind::DeviceList {
            brought.device_lists.extend(store.get_devices(&text(first)?).await?);
        } else {
            brought.rows.push(row);
        }
    }
    for jid in store.get_all_tc_token_jids().await? {
        let entry = store.get_tc_token(&jid).await?;
        brought.trust_tokens.extend(entry.map(|entry| (jid, entry)));
    }
    Ok(brought)
}

/// Lets a thread do it that may wait for the disk.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OldFileError> + Send + 'static,
) -> Result<T, OldFileError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| OldFileError::Unreadable(error.into()))?
}

/// Whether it is a database at all: the library's store tries that for half a minute.
fn look(path: &str) -> Result<(), OldFileError> {
    let opened = SqliteConnection::establish(path);
    let mut connection = opened.map_err(|error| OldFileError::Unreadable(error.into()))?;
    let looked = diesel::sql_query("SELECT count(*) FROM sqlite_master").execute(&mut connection);
    looked.map_err(|error| OldFileError::Unreadable(error.into()))?;
    Ok(())
}

/// The rows of all tables, by a connection past the library's store, which can list few of them.
fn read_rows(path: &str) -> Result<Vec<Row>, OldFileError> {
    let unreadable = |error: diesel::result::Error| OldFileError::Unreadable(error.into());
    let opened = SqliteConnection::establish(path);
    let mut connection = opened.map_err(|error| OldFileError::Unreadable(error.into()))?;
    let mut rows = Vec::new();
    for Table { kind, name, columns: [first, second, third, value, number, time] } in TABLES {
        let statement = format!(
            "SELECT CAST({first} AS BLOB) AS first, CAST({second} AS BLOB) AS second,
                    CAST({third} AS BLOB) AS third, CAST({value} AS BLOB) AS value,
                    {number} AS number, {time} AS time
             FROM {name} WHERE device_id = 1"
        );
        let found: Vec<Found> =
            diesel::sql_query(statement).load(&mut connection).map_err(unreadable)?;
        rows.extend(found.into_iter().map(
            |Found { first, second, third, value, number, time }| Row {
                kind,
                parts: [first, second, third],
                value,
                number,
                time,
            },
        ));
    }
    Ok(rows)
}

fn text(bytes: &[u8]) -> Result<String, OldFileError> {
    let text = String::from_utf8(bytes.to_vec());
    // What is wrong with it would quote it.
    text.map_err(|_quotes| OldFileError::Unreadable("a name is no text".into()))
}
