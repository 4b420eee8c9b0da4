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

mod desk;
mod forward;
mod in_use;
#[cfg(test)]
mod tests;

pub(crate) use desk::KeyDesk;
pub(crate) use in_use::KeysInUse;

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
    /// What was being written took too long.
    #[error("the keys were still being written when they were needed")]
    Busy,
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
