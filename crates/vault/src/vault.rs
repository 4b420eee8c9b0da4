//! The vault: one data key for each instance, wrapped by the master's.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use waygate_core::id::InstanceId;
use waygate_core::port::records::{Record, RecordChange, RecordKey, RecordKind, Records};
use zeroize::Zeroizing;

use crate::backend::SealedKeys;
use crate::chest::Chest;
use crate::error::{Closed, VaultError};
use crate::seal::{Address, DataKey, SealingKey};

/// Bytes that nobody can guess and nobody gets twice: for keys and nonces.
pub type Randomness = dyn Fn() -> [u8; 32] + Send + Sync;

/// The place of one instance's records: open at most once at a time.
type Place = Arc<tokio::sync::Mutex<Option<Arc<Chest>>>>;

/// Keeps the keys of many instances in records, sealed.
///
/// One process may have it: what reads, decides and writes has its turn in this process alone.
pub struct Vault {
    records: Arc<dyn Records>,
    wrapping: SealingKey,
    random: Arc<Randomness>,
    places: Mutex<BTreeMap<InstanceId, Place>>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// A vault on these records, whose data keys are wrapped by this key.
    pub fn new(
        records: Arc<dyn Records>,
        wrapping: Zeroizing<[u8; 32]>,
        random: Arc<Randomness>,
    ) -> Self {
        Self { records, wrapping: SealingKey::new(wrapping), random, places: Mutex::default() }
    }

    /// The keys of an instance; made when there are none.
    ///
    /// # Errors
    ///
    /// When the store fails, or the data key does not open. A record that was found damaged since keeps
    /// refusing until its instance's keys are destroyed, or the process ends.
    pub async fn open(&self, instance: InstanceId) -> Result<SealedKeys, VaultError> {
        let place = self.place(instance);
        let mut place = place.lock().await;
        if let Some(chest) = &*place {
            return Ok(SealedKeys::of(Arc::clone(chest)));
        }
        let key = match self.data_key(instance).await? {
            Some(key) => key,
            None => self.make_data_key(instance).await?,
        };
        let (records, random) = (Arc::clone(&self.records), Arc::clone(&self.random));
        let chest = Arc::new(Chest::new(instance, records, random, key));
        *place = Some(Arc::clone(&chest));
        Ok(SealedKeys::of(chest))
    }

    /// Whether an instance has keys.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub async fn holds(&self, instance: InstanceId) -> Result<bool, VaultError> {
        let name = vec![RecordKey::default()];
        let found = self.records.records(instance, RecordKind::DataKey, name).await?;
        Ok(found.into_iter().any(|sealed| sealed.is_some()))
    }

    /// Waits until a key of this instance, whose keys somebody has, turns out to be damaged, and tells
    /// which.
    pub async fn damaged(&self, instance: InstanceId) -> VaultError {
        let open = self.place(instance).lock().await.clone();
        match open {
            Some(chest) => chest.damaged().await,
            None => std::future::pending().await,
        }
    }

    /// Destroys the keys of an instance: first the one without which the rest is noise. Whoever still
    /// has them is refused from now on.
    ///
    /// # Errors
    ///
    /// When the store fails. What was not destroyed then is destroyed by the next call.
    pub async fn destroy(&self, instance: InstanceId) -> Result<(), VaultError> {
        let place = self.place(instance);
        let mut open = place.lock().await;
        if let Some(chest) = open.take() {
            chest.close(Closed::Destroyed(instance));
        }
        self.records.erase_records(instance, Some(RecordKind::DataKey)).await?;
        self.records.erase_records(instance, None).await?;
        drop(open);
        drop(place);
        self.forget_place(instance);
        Ok(())
    }

    async fn data_key(&self, instance: InstanceId) -> Result<Option<DataKey>, VaultError> {
        let (kind, key) = (RecordKind::DataKey, RecordKey::default());
        let found = self.records.records(instance, kind, vec![key.clone()]).await?;
        let Some(sealed) = found.into_iter().flatten().next() else { return Ok(None) };
        let address = Address { instance, kind, key: &key };
        let opened = self.wrapping.open(address, &sealed).map(Zeroizing::new);
        let bytes = opened.and_then(|bytes| bytes.first_chunk().map(DataKey::new));
        bytes.map(Some).ok_or(VaultError::Damaged { instance, kind })
    }

    async fn make_data_key(&self, instance: InstanceId) -> Result<DataKey, VaultError> {
        let (kind, key) = (RecordKind::DataKey, RecordKey::default());
        let bytes = Zeroizing::new((self.random)());
        let address = Address { instance, kind, key: &key };
        let sealed = self.wrapping.seal(address, &*bytes, &(self.random)());
        let value = sealed.ok_or(VaultError::TooLong { instance, kind })?;
        // What is left of keys that were being destroyed is not taken for this one's.
        let every = |kind| RecordChange::DeleteUnder(kind, RecordKey::default());
        let mut changes: Vec<RecordChange> = RecordKind::ALL.into_iter().map(every).collect();
        changes.push(RecordChange::Put(Record { kind, key, value, due: None }));
        self.records.change_records(instance, changes).await?;
        Ok(DataKey::new(&bytes))
    }

    fn place(&self, instance: InstanceId) -> Place {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(places.entry(instance).or_default())
    }

    /// Lets go of a place that nobody has taken again.
    fn forget_place(&self, instance: InstanceId) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.get(&instance).is_some_and(|place| Arc::strong_count(place) == 1) {
            places.remove(&instance);
        }
    }
}
