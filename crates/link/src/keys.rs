//! Where the keys of the instances are kept.
//!
//! In a [`Vault`], sealed; tests may have them in memory. What stands before either is the same.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;
use waygate_core::id::InstanceId;
use waygate_vault::{Vault, VaultError};
use whatsapp_rust::store::Backend;
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
    /// Where they are kept refused, or what is kept is damaged.
    #[error("the stored keys cannot be used")]
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

    /// Waits until what is kept for an instance turns out to be of no use; for ever, where that cannot
    /// be told.
    async fn damaged(&self, _instance: InstanceId) -> KeysError {
        std::future::pending().await
    }
}

#[async_trait]
impl KeyStore for Vault {
    async fn open(&self, instance: InstanceId) -> Result<Keys, KeysError> {
        Ok(Arc::new(Vault::open(self, instance).await.map_err(sealed)?))
    }

    async fn holds(&self, instance: InstanceId) -> Result<bool, KeysError> {
        Vault::holds(self, instance).await.map_err(sealed)
    }

    async fn destroy(&self, instance: InstanceId) -> Result<(), KeysError> {
        Vault::destroy(self, instance).await.map_err(sealed)
    }

    async fn damaged(&self, instance: InstanceId) -> KeysError {
        sealed(Vault::damaged(self, instance).await)
    }
}

fn sealed(error: VaultError) -> KeysError {
    KeysError::Database(error.into())
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
