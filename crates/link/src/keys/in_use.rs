//! Keys as a connection uses them: what the client knows is on the disk when we say so.
//!
//! The library writes the row of its device in its own time, and its `flush` answers at once for a
//! row that another task of it is still writing (whatsapp-rust 0.7.0, `persistence_manager.rs`:
//! the mark of what is unsaved is taken down before the save begins). So each save passes here,
//! whoever asks for it: one at a time, each with all that the client knows by then, each to its
//! end. That is true for every store behind [`super::KeyStore`].

use std::sync::{OnceLock, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Mutex, oneshot};
use tokio::time::timeout;
use whatsapp_rust::store::Device as Snapshot;
use whatsapp_rust::store::persistence_manager::PersistenceManager;
use whatsapp_rust::store::traits::DeviceStore;
use whatsapp_rust::wacore::stats::StorageResourceReport;
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore::store::error::StoreError;

use super::forward::prelude::*;
use super::{Keys, KeysError};
use crate::runtime::ConnectionTasks;

/// How long writing what the client knows may take, with what is being written before it.
const SETTLE_WITHIN: Duration = Duration::from_secs(10);

/// The right to write an instance's row, which all its connections share: a write that outlives
/// its connection keeps it. Within is the state that was written last; weak, so that its address
/// is not used again, and a state that refers to its store is not kept by it.
pub(super) type Row = Arc<Mutex<Weak<Snapshot>>>;

/// The keys of one instance in the hands of one connection.
pub(crate) struct KeysInUse {
    backend: Keys,
    row: Row,
    tasks: ConnectionTasks,
    known: OnceLock<Weak<PersistenceManager>>,
}

impl KeysInUse {
    pub(super) fn new(backend: Keys, row: Row, tasks: ConnectionTasks) -> Self {
        Self { backend, row, tasks, known: OnceLock::new() }
    }

    /// Names the place where the client keeps what it knows, once. Until then a save writes what
    /// it was given.
    pub(crate) fn follow(&self, known: &Arc<PersistenceManager>) {
        if self.known.set(Arc::downgrade(known)).is_err() {
            tracing::debug!("a connection's keys got a second client");
        }
    }

    /// Everything that the client knew when this was called is on the disk when it succeeds.
    pub(crate) async fn settle(&self) -> Result<(), KeysError> {
        match timeout(SETTLE_WITHIN, self.write(None)).await {
            Ok(written) => written.map_err(|error| KeysError::Database(error.into())),
            Err(_elapsed) => Err(KeysError::Busy),
        }
    }

    /// Writes what the client knows, or what is given while that is not to be had.
    async fn write(&self, given: Option<&Device>) -> StoreResult<()> {
        let mut written = Arc::clone(&self.row).lock_owned().await;
        let known = self.known.get().and_then(Weak::upgrade);
        let state = known.map(|known| known.get_device_snapshot());
        let mark = state.as_ref().map(Arc::downgrade).unwrap_or_default();
        let device = match (state, given) {
            (Some(_), _) if Weak::ptr_eq(&written, &mark) => return Ok(()),
            (Some(state), _) => state.to_serializable(),
            (None, Some(given)) => given.clone(),
            (None, None) => return Ok(()),
        };
        let (outcome, awaited) = oneshot::channel();
        let backend = Arc::clone(&self.backend);
        // A write that has begun cannot be taken back, so neither can its turn: nobody else may
        // write until it is over, even if nobody waits for it any more.
        self.tasks.see_through(Box::pin(async move {
            *written = Weak::new();
            let saved = backend.save(&device).await;
            if saved.is_ok() {
                *written = mark;
            }
            drop(written);
            if outcome.send(saved).is_err() {
                tracing::debug!("nobody waited for a write of the keys");
            }
        }));
        let cut_off = || StoreError::Io(std::io::Error::other("the write was cut off"));
        awaited.await.unwrap_or_else(|_dropped| Err(cut_off()))
    }
}

super::forward::pass_on_all_but_the_device! { KeysInUse, backend }

#[async_trait]
impl DeviceStore for KeysInUse {
    async fn save(&self, device: &Device) -> StoreResult<()> {
        self.write(Some(device)).await
    }

    async fn load(&self) -> StoreResult<Option<Device>> {
        self.backend.load().await
    }

    async fn exists(&self) -> StoreResult<bool> {
        self.backend.exists().await
    }

    async fn create(&self) -> StoreResult<i32> {
        self.backend.create().await
    }

    async fn snapshot_db(&self, name: &str, extra_content: Option<&[u8]>) -> StoreResult<()> {
        self.backend.snapshot_db(name, extra_content).await
    }

    async fn resource_report(&self) -> StorageResourceReport {
        self.backend.resource_report().await
    }
}
