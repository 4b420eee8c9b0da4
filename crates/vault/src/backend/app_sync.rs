//! What is known of the account's own state: keys, versions, entries.

use std::collections::HashMap;

use async_trait::async_trait;
use waygate_core::port::records::{RecordChange, RecordKey, RecordKind};
use whatsapp_rust::store::error::Result as StoreResult;
use whatsapp_rust::store::traits::{AppStateSyncKey, AppSyncStore};
use whatsapp_rust::wacore::appstate::hash::HashState;
use whatsapp_rust::wacore::appstate::processor::AppStateMutationMAC;

use super::SealedKeys;
use crate::error::VaultError;

#[async_trait]
impl AppSyncStore for SealedKeys {
    async fn get_sync_key(&self, key_id: &[u8]) -> StoreResult<Option<AppStateSyncKey>> {
        let kind = RecordKind::SyncKey;
        let found = self.chest.get(kind, self.chest.name(kind, &[key_id])).await?;
        Ok(found.map(|value| self.chest.read_json(kind, &value)).transpose()?)
    }

    async fn set_sync_key(&self, key_id: &[u8], key: AppStateSyncKey) -> StoreResult<()> {
        let changes = vec![
            self.put_sync_key(key_id, &key)?,
            self.chest.put(RecordKind::LatestSyncKey, RecordKey::default(), key_id)?,
        ];
        Ok(self.chest.change(changes).await?)
    }

    async fn get_version(&self, name: &str) -> StoreResult<HashState> {
        let kind = RecordKind::SyncVersion;
        let found = self.chest.get(kind, self.chest.name(kind, &[name.as_bytes()])).await?;
        let state = found.map(|value| self.chest.read_json(kind, &value)).transpose()?;
        Ok(state.unwrap_or_default())
    }

    async fn set_version(&self, name: &str, state: HashState) -> StoreResult<()> {
        let put = self.put_version(name.as_bytes(), &state)?;
        Ok(self.chest.change_one(put).await?)
    }

    async fn put_mutation_macs(
        &self,
        name: &str,
        _version: u64,
        mutations: &[AppStateMutationMAC],
    ) -> StoreResult<()> {
        let puts = mutations.iter().map(|it| {
            self.chest.put(RecordKind::SyncMac, self.entry(name, &it.index_mac), &it.value_mac)
        });
        Ok(self.chest.change(puts.collect::<Result<_, VaultError>>()?).await?)
    }

    async fn get_mutation_mac(&self, name: &str, index_mac: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        Ok(self.chest.get(RecordKind::SyncMac, self.entry(name, index_mac)).await?)
    }

    async fn get_mutation_macs(
        &self,
        name: &str,
        index_macs: &[[u8; 32]],
    ) -> StoreResult<HashMap<[u8; 32], Vec<u8>>> {
        let names = index_macs.iter().map(|index| self.entry(name, index)).collect();
        let found = self.chest.get_all(RecordKind::SyncMac, names).await?;
        let told = index_macs.iter().zip(found);
        Ok(told.filter_map(|(index, value)| Some((*index, value?))).collect())
    }

    async fn delete_mutation_macs(&self, name: &str, index_macs: &[Vec<u8>]) -> StoreResult<()> {
        let delete =
            |index: &Vec<u8>| RecordChange::Delete(RecordKind::SyncMac, self.entry(name, index));
        Ok(self.chest.change(index_macs.iter().map(delete).collect()).await?)
    }

    async fn clear_mutation_macs(&self, name: &str) -> StoreResult<()> {
        let kind = RecordKind::SyncMac;
        let under = self.chest.name(kind, &[name.as_bytes()]);
        Ok(self.chest.change_one(RecordChange::DeleteUnder(kind, under)).await?)
    }

    async fn get_latest_sync_key_id(&self) -> StoreResult<Option<Vec<u8>>> {
        Ok(self.chest.get(RecordKind::LatestSyncKey, RecordKey::default()).await?)
    }
}

impl SealedKeys {
    pub(super) fn put_sync_key(
        &self,
        id: &[u8],
        key: &AppStateSyncKey,
    ) -> Result<RecordChange, VaultError> {
        let kind = RecordKind::SyncKey;
        self.chest.put(kind, self.chest.name(kind, &[id]), &self.chest.to_json(kind, key)?)
    }

    pub(super) fn put_version(
        &self,
        collection: &[u8],
        state: &HashState,
    ) -> Result<RecordChange, VaultError> {
        let kind = RecordKind::SyncVersion;
        self.chest.put(
            kind,
            self.chest.name(kind, &[collection]),
            &self.chest.to_json(kind, state)?,
        )
    }

    /// The name of an entry, found by its collection.
    pub(super) fn entry(&self, collection: &str, index_mac: &[u8]) -> RecordKey {
        self.chest.name_below(RecordKind::SyncMac, collection.as_bytes(), index_mac)
    }
}
