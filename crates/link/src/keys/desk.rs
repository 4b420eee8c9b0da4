//! Where connections get the keys of their instances.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;
use waygate_core::id::InstanceId;
use whatsapp_rust::store::Device as Snapshot;
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore::store::error::StoreError;

use super::in_use::{KeysInUse, Row};
use super::{KeyStore, Keys, KeysError};
use crate::runtime::ConnectionTasks;

/// How long to wait for what an ended connection is still writing.
const FREE_WITHIN: Duration = Duration::from_secs(10);

/// Opens and destroys keys, never while an ended connection is still writing them.
#[derive(Debug)]
pub(crate) struct KeyDesk {
    store: Arc<dyn KeyStore>,
    rows: Mutex<BTreeMap<InstanceId, Weak<Mutex<Weak<Snapshot>>>>>,
}

impl KeyDesk {
    pub(crate) fn new(store: Arc<dyn KeyStore>) -> Self {
        Self { store, rows: Mutex::default() }
    }

    /// The keys of an instance for a connection with these tasks: those of a login, or fresh ones.
    pub(crate) async fn open(
        &self,
        instance: InstanceId,
        tasks: &ConnectionTasks,
    ) -> Result<Arc<KeysInUse>, KeysError> {
        let row = self.row(instance).await;
        let alone = free(&row).await?;
        let (mut backend, device) = self.read(instance).await?;
        if device.is_some_and(|device| is_half_linked(&device)) {
            // The library would log in with it, and never be able to send.
            tracing::warn!(%instance, "linking was cut off half-way; its keys are destroyed");
            drop(backend);
            self.store.destroy(instance).await?;
            backend = self.store.open(instance).await?;
        }
        drop(alone);
        Ok(Arc::new(KeysInUse::new(backend, row, tasks.clone())))
    }

    /// The device of an instance that is linked.
    pub(crate) async fn linked_device(
        &self,
        instance: InstanceId,
    ) -> Result<Option<Device>, KeysError> {
        let row = self.row(instance).await;
        let _alone = free(&row).await?;
        if !self.store.holds(instance).await? {
            return Ok(None);
        }
        let (_backend, device) = self.read(instance).await?;
        Ok(device.filter(|device| device.pn.is_some() && !is_half_linked(device)))
    }

    /// Destroys the keys of an instance. No connection of it may be running.
    pub(crate) async fn destroy(&self, instance: InstanceId) -> Result<(), KeysError> {
        let row = self.row(instance).await;
        let _alone = free(&row).await?;
        self.store.destroy(instance).await
    }

    /// Waits until the keys of an instance turn out to be of no use.
    pub(crate) async fn damaged(&self, instance: InstanceId) -> KeysError {
        self.store.damaged(instance).await
    }

    async fn read(&self, instance: InstanceId) -> Result<(Keys, Option<Device>), KeysError> {
        let backend = self.store.open(instance).await?;
        let unreadable = |error: StoreError| KeysError::Database(error.into());
        let device = backend.load().await.map_err(unreadable)?;
        Ok((backend, device))
    }

    /// The instance's row, as long as somebody may write it.
    async fn row(&self, instance: InstanceId) -> Row {
        let mut rows = self.rows.lock().await;
        rows.retain(|_, row| row.strong_count() > 0);
        if let Some(row) = rows.get(&instance).and_then(Weak::upgrade) {
            return row;
        }
        let row = Row::default();
        rows.insert(instance, Arc::downgrade(&row));
        row
    }
}

/// Whether a device got its id from WhatsApp but not the identity that was signed by the phone.
/// The library writes the two one after the other (whatsapp-rust 0.7.0, `pair.rs`).
fn is_half_linked(device: &Device) -> bool {
    device.pn.is_some() && device.account.is_none()
}

/// Waits until nobody is writing the row, and keeps it so.
async fn free(row: &Row) -> Result<OwnedMutexGuard<Weak<Snapshot>>, KeysError> {
    let turn = timeout(FREE_WITHIN, Arc::clone(row).lock_owned()).await;
    turn.map_err(|_elapsed| KeysError::Busy)
}
