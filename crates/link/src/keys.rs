//! Where the keys of the instances are kept.
//!
//! For now each instance has a database of the library's own kind, one file each, every commit
//! synchronous: deleting the file is the wipe. The seam ([`KeyStore`]) is what a sealed store will
//! stand behind later.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;
use waygate_core::id::InstanceId;
use whatsapp_rust::store::{Backend, SqliteStore, SqliteStoreConfig, Synchronous};
use whatsapp_rust::wacore::store::InMemoryBackend;

/// The library's view of one instance's keys.
pub type Keys = Arc<dyn Backend>;

/// Keys could not be opened or destroyed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The file system refused.
    #[error("the key file cannot be used")]
    File(#[from] std::io::Error),
    /// The database refused.
    #[error("the key database cannot be used")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Keeps the keys of many instances.
#[async_trait]
pub trait KeyStore: fmt::Debug + Send + Sync + 'static {
    /// The keys of an instance; made when there are none.
    async fn open(&self, instance: InstanceId) -> Result<Keys, KeysError>;

    /// Whether anything is kept for an instance.
    async fn holds(&self, instance: InstanceId) -> Result<bool, KeysError>;

    /// Destroys what is kept for an instance. Nobody may be using it.
    async fn destroy(&self, instance: InstanceId) -> Result<(), KeysError>;
}

/// One SQLite file per instance.
#[derive(Debug)]
pub struct KeyFiles {
    directory: PathBuf,
}

impl KeyFiles {
    /// Keeps the files in this directory, which is made when it is missing, for its owner alone.
    ///
    /// # Errors
    ///
    /// When it can be neither made nor used.
    pub fn in_directory(directory: impl Into<PathBuf>) -> Result<Self, KeysError> {
        let directory = directory.into();
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&directory)?;
        Ok(Self { directory })
    }

    /// The instances whose keys are here, in order of their ids.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn instances(&self) -> Result<Vec<InstanceId>, KeysError> {
        let mut found = vec![];
        for entry in std::fs::read_dir(&self.directory)? {
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

    fn file(&self, instance: InstanceId) -> PathBuf {
        self.directory.join(format!("{instance}.sqlite"))
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

#[async_trait]
impl KeyStore for KeyFiles {
    async fn open(&self, instance: InstanceId) -> Result<Keys, KeysError> {
        let path = self.file(instance);
        make_private(&path)?;
        let config =
            SqliteStoreConfig { synchronous: Synchronous::Full, ..SqliteStoreConfig::default() };
        let name = path.to_str().ok_or_else(|| {
            KeysError::File(std::io::Error::other("the data directory's name is not UTF-8"))
        })?;
        let store = SqliteStore::with_config(name, config)
            .await
            .map_err(|error| KeysError::Database(error.into()))?;
        Ok(Arc::new(store))
    }

    async fn holds(&self, instance: InstanceId) -> Result<bool, KeysError> {
        Ok(self.file(instance).try_exists()?)
    }

    async fn destroy(&self, instance: InstanceId) -> Result<(), KeysError> {
        for path in with_companions(&self.file(instance)) {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error.into());
                }
                Ok(()) | Err(_) => {}
            }
        }
        // Removed on the disk too, not only in memory.
        #[cfg(unix)]
        std::fs::File::open(&self.directory)?.sync_all()?;
        Ok(())
    }
}

/// Makes the file when it is missing, readable by its owner alone.
fn make_private(path: &Path) -> Result<(), KeysError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    Ok(())
}

/// Keys in memory, for tests that own the time. They survive connections, not the process.
#[derive(Default)]
pub struct KeysInMemory {
    backends: Mutex<BTreeMap<InstanceId, Keys>>,
}

impl fmt::Debug for KeysInMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeysInMemory")
    }
}

#[async_trait]
impl KeyStore for KeysInMemory {
    async fn open(&self, instance: InstanceId) -> Result<Keys, KeysError> {
        let mut backends = self.backends.lock().await;
        let made = || Arc::new(InMemoryBackend::new()) as Keys;
        Ok(Arc::clone(backends.entry(instance).or_insert_with(made)))
    }

    async fn holds(&self, instance: InstanceId) -> Result<bool, KeysError> {
        Ok(self.backends.lock().await.contains_key(&instance))
    }

    async fn destroy(&self, instance: InstanceId) -> Result<(), KeysError> {
        self.backends.lock().await.remove(&instance);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(byte: u8) -> InstanceId {
        InstanceId::from_random_bytes([byte; 16])
    }

    #[tokio::test]
    async fn key_files_are_their_owners_alone_and_gone_when_destroyed() {
        let place = tempfile::tempdir().unwrap();
        let files = KeyFiles::in_directory(place.path().join("keys")).unwrap();
        assert!(!files.holds(instance(1)).await.unwrap());
        for byte in [2, 1] {
            let keys = files.open(instance(byte)).await.unwrap();
            keys.create().await.unwrap();
        }
        assert_eq!(files.instances().unwrap(), [instance(1), instance(2)]);
        #[cfg(unix)]
        for entry in std::fs::read_dir(place.path().join("keys")).unwrap() {
            use std::os::unix::fs::PermissionsExt as _;
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o077;
            assert_eq!(mode, 0, "{}", entry.path().display());
        }
        files.destroy(instance(1)).await.unwrap();
        files.destroy(instance(1)).await.unwrap();
        assert_eq!(files.instances().unwrap(), [instance(2)]);
        let left = std::fs::read_dir(place.path().join("keys")).unwrap();
        let mine = instance(1).to_string();
        for entry in left {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.starts_with(&mine), "{name} was left behind");
        }
    }
}
