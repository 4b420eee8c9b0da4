//! The records of one instance: sealed on the way in, opened on the way out.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, watch};
use waygate_core::id::InstanceId;
use waygate_core::port::records::{
    Record, RecordChange, RecordKey, RecordKind, RecordScan, Records,
};
use waygate_core::secret::Sealed;

use crate::error::{Closed, VaultError};
use crate::seal::{Address, DataKey};
use crate::vault::Randomness;

/// Records that are read at once. A page of them is small, whatever they hold.
const PAGE: u32 = 500;

/// Whoever reads, decides and writes has the turn of what it decides about, as has whoever else writes
/// that.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    pub(crate) group_devices: Mutex<()>,
    pub(crate) mappings: Mutex<()>,
    pub(crate) trust_tokens: Mutex<()>,
    pub(crate) sent_messages: Mutex<()>,
    pub(crate) message_secrets: Mutex<()>,
    pub(crate) device: Mutex<()>,
}

pub(crate) struct Chest {
    instance: InstanceId,
    records: Arc<dyn Records>,
    random: Arc<Randomness>,
    key: DataKey,
    /// Why nothing of it is given or taken any more.
    closed: watch::Sender<Option<Closed>>,
    pub(crate) turns: Turns,
    /// The device's number, were there several.
    devices: AtomicI32,
}

impl fmt::Debug for Chest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chest").field("instance", &self.instance).finish_non_exhaustive()
    }
}

impl Chest {
    pub(crate) fn new(
        instance: InstanceId,
        records: Arc<dyn Records>,
        random: Arc<Randomness>,
        key: DataKey,
    ) -> Self {
        let (closed, _) = watch::channel(None);
        let turns = Turns::default();
        Self { instance, records, random, key, closed, turns, devices: AtomicI32::new(1) }
    }

    /// Takes nothing and gives nothing any more, for the first reason that was told.
    pub(crate) fn close(&self, reason: Closed) {
        self.closed.send_if_modified(|closed| {
            let first = closed.is_none();
            *closed = closed.or(Some(reason));
            first
        });
    }

    /// Waits until a record turns out to be damaged.
    pub(crate) async fn damaged(&self) -> VaultError {
        let mut closed = self.closed.subscribe();
        let is_damaged = |closed: &Option<Closed>| matches!(closed, Some(Closed::Damaged(..)));
        let found = closed.wait_for(is_damaged).await.ok().and_then(|closed| *closed);
        match found {
            Some(damaged) => damaged.into(),
            // The sender is ours, so it is not gone before we are.
            None => std::future::pending().await,
        }
    }

    pub(crate) fn next_device(&self) -> i32 {
        self.devices.fetch_add(1, Ordering::Relaxed)
    }

    /// The name of what these parts address.
    pub(crate) fn name(&self, kind: RecordKind, parts: &[&[u8]]) -> RecordKey {
        RecordKey::from_bytes(self.key.name(kind, parts))
    }

    /// The name of something below something else, which is found by the first half.
    pub(crate) fn name_below(&self, kind: RecordKind, above: &[u8], below: &[u8]) -> RecordKey {
        let halves = [self.key.name(kind, &[above]), self.key.name(kind, &[above, below])];
        RecordKey::from_bytes(halves.concat())
    }

    pub(crate) async fn get(
        &self,
        kind: RecordKind,
        key: RecordKey,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.get_all(kind, vec![key]).await?.into_iter().flatten().next())
    }

    /// The values of these names, one for each, in this order.
    pub(crate) async fn get_all(
        &self,
        kind: RecordKind,
        keys: Vec<RecordKey>,
    ) -> Result<Vec<Option<Vec<u8>>>, VaultError> {
        self.check()?;
        let found = self.records.records(self.instance, kind, keys.clone()).await?;
        let opened = keys
            .iter()
            .zip(found)
            .map(|(key, sealed)| sealed.map(|sealed| self.open(kind, key, &sealed)).transpose());
        opened.collect()
    }

    /// Whether any name begins as this one does.
    pub(crate) async fn has_under(
        &self,
        kind: RecordKind,
        under: RecordKey,
    ) -> Result<bool, VaultError> {
        self.check()?;
        let scan = RecordScan { kind, under, after: None, limit: 1 };
        let found = self.records.scan_records(self.instance, scan).await?;
        Ok(!found.is_empty())
    }

    /// The first record of a kind.
    pub(crate) async fn first(
        &self,
        kind: RecordKind,
    ) -> Result<Option<(RecordKey, Vec<u8>)>, VaultError> {
        Ok(self.page(kind, None, 1).await?.into_iter().next())
    }

    /// All records of a kind, in the order of their names.
    pub(crate) async fn all(
        &self,
        kind: RecordKind,
    ) -> Result<Vec<(RecordKey, Vec<u8>)>, VaultError> {
        let mut all = self.page(kind, None, PAGE).await?;
        let mut told = all.len();
        while told == PAGE as usize {
            let after = all.last().map(|(key, _)| key.clone());
            let page = self.page(kind, after, PAGE).await?;
            told = page.len();
            all.extend(page);
        }
        Ok(all)
    }

    async fn page(
        &self,
        kind: RecordKind,
        after: Option<RecordKey>,
        limit: u32,
    ) -> Result<Vec<(RecordKey, Vec<u8>)>, VaultError> {
        self.check()?;
        let scan = RecordScan { kind, under: RecordKey::default(), after, limit };
        let found = self.records.scan_records(self.instance, scan).await?;
        let opened = found.into_iter().map(|(key, sealed)| {
            let value = self.open(kind, &key, &sealed)?;
            Ok((key, value))
        });
        opened.collect()
    }

    /// The step that keeps this value.
    pub(crate) fn put(
        &self,
        kind: RecordKind,
        key: RecordKey,
        value: &[u8],
    ) -> Result<RecordChange, VaultError> {
        self.put_until(kind, key, value, None)
    }

    /// The step that keeps this value until it is due. The time is in clear, so that what is due is
    /// found.
    pub(crate) fn put_until(
        &self,
        kind: RecordKind,
        key: RecordKey,
        value: &[u8],
        due: Option<i64>,
    ) -> Result<RecordChange, VaultError> {
        let instance = self.instance;
        let address = Address { instance, kind, key: &key };
        let sealed = self.key.sealing.seal(address, value, &(self.random)());
        let value = sealed.ok_or(VaultError::TooLong { instance, kind })?;
        Ok(RecordChange::Put(Record { kind, key, value, due }))
    }

    /// Takes these steps in one transaction.
    pub(crate) async fn change(&self, changes: Vec<RecordChange>) -> Result<(), VaultError> {
        self.check()?;
        if !changes.is_empty() {
            self.records.change_records(self.instance, changes).await?;
        }
        Ok(())
    }

    /// Takes one step.
    pub(crate) async fn change_one(&self, change: RecordChange) -> Result<(), VaultError> {
        self.change(vec![change]).await
    }

    /// Deletes what was due before `cutoff`; tells how many.
    pub(crate) async fn forget(&self, kind: RecordKind, cutoff: i64) -> Result<u32, VaultError> {
        self.check()?;
        let forgotten = self.records.forget_records(self.instance, kind, cutoff).await?;
        Ok(u32::try_from(forgotten).unwrap_or(u32::MAX))
    }

    pub(crate) fn read_json<T: DeserializeOwned>(
        &self,
        kind: RecordKind,
        value: &[u8],
    ) -> Result<T, VaultError> {
        // What is wrong with it might quote it.
        serde_json::from_slice(value).map_err(|_quotes| self.unknown_form(kind))
    }

    pub(crate) fn to_json<T: Serialize>(
        &self,
        kind: RecordKind,
        value: &T,
    ) -> Result<Vec<u8>, VaultError> {
        serde_json::to_vec(value).map_err(|_quotes| self.unknown_form(kind))
    }

    pub(crate) fn unknown_form(&self, kind: RecordKind) -> VaultError {
        VaultError::UnknownForm { instance: self.instance, kind }
    }

    fn open(
        &self,
        kind: RecordKind,
        key: &RecordKey,
        sealed: &Sealed,
    ) -> Result<Vec<u8>, VaultError> {
        let address = Address { instance: self.instance, kind, key };
        self.key.sealing.open(address, sealed).ok_or_else(|| {
            let damaged = Closed::Damaged(self.instance, kind);
            self.close(damaged);
            damaged.into()
        })
    }

    fn check(&self) -> Result<(), VaultError> {
        match *self.closed.borrow() {
            Some(closed) => Err(closed.into()),
            None => Ok(()),
        }
    }
}
