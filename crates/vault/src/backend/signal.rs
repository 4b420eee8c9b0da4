//! What the ratchets remember: identities, sessions, prekeys, sender keys.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use waygate_core::port::records::{RecordChange, RecordKey, RecordKind};
use whatsapp_rust::store::error::Result as StoreResult;
use whatsapp_rust::store::traits::SignalStore;

use super::SealedKeys;
use crate::error::VaultError;

#[async_trait]
impl SignalStore for SealedKeys {
    async fn put_identity(&self, address: &str, key: [u8; 32]) -> StoreResult<()> {
        let put = self.put_of(RecordKind::Identity, address, &key)?;
        Ok(self.chest.change_one(put).await?)
    }

    async fn put_identities_batch(&self, identities: &[(Arc<str>, [u8; 32])]) -> StoreResult<()> {
        self.put_all(RecordKind::Identity, identities.iter().map(|(of, key)| (&**of, &key[..])))
            .await
    }

    async fn load_identity(&self, address: &str) -> StoreResult<Option<[u8; 32]>> {
        let kind = RecordKind::Identity;
        let Some(key) = self.get_of(kind, address).await? else { return Ok(None) };
        let key = <[u8; 32]>::try_from(key).map_err(|_key| self.chest.unknown_form(kind))?;
        Ok(Some(key))
    }

    async fn delete_identity(&self, address: &str) -> StoreResult<()> {
        self.delete_of(RecordKind::Identity, address).await
    }

    async fn get_session(&self, address: &str) -> StoreResult<Option<Bytes>> {
        Ok(self.get_of(RecordKind::Session, address).await?.map(Bytes::from))
    }

    async fn put_session(&self, address: &str, session: &[u8]) -> StoreResult<()> {
        let put = self.put_of(RecordKind::Session, address, session)?;
        Ok(self.chest.change_one(put).await?)
    }

    async fn put_sessions_batch(&self, sessions: &[(Arc<str>, Bytes)]) -> StoreResult<()> {
        self.put_all(RecordKind::Session, sessions.iter().map(|(of, it)| (&**of, &it[..]))).await
    }

    async fn delete_session(&self, address: &str) -> StoreResult<()> {
        self.delete_of(RecordKind::Session, address).await
    }

    async fn has_session(&self, address: &str) -> StoreResult<bool> {
        let name = self.name_of(RecordKind::Session, address);
        Ok(self.chest.has_under(RecordKind::Session, name).await?)
    }

    async fn has_signal_state_for_user(&self, user: &str) -> StoreResult<bool> {
        // A user with a server or a device is asked for by nobody; "yes" costs a search, "no" a message.
        let user = user.split(['@', ':']).next().unwrap_or_default().as_bytes();
        for kind in [RecordKind::Session, RecordKind::Identity] {
            if self.chest.has_under(kind, self.chest.name(kind, &[user])).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn store_prekey(&self, id: u32, record: &[u8], _uploaded: bool) -> StoreResult<()> {
        let put = self.chest.put(RecordKind::Prekey, numbered(id), record)?;
        Ok(self.chest.change_one(put).await?)
    }

    async fn store_prekeys_batch(&self, keys: &[(u32, Bytes)], _uploaded: bool) -> StoreResult<()> {
        let puts =
            keys.iter().map(|(id, it)| self.chest.put(RecordKind::Prekey, numbered(*id), it));
        Ok(self.chest.change(puts.collect::<Result<_, VaultError>>()?).await?)
    }

    async fn load_prekey(&self, id: u32) -> StoreResult<Option<Bytes>> {
        Ok(self.chest.get(RecordKind::Prekey, numbered(id)).await?.map(Bytes::from))
    }

    async fn load_prekeys_batch(&self, ids: &[u32]) -> StoreResult<Vec<(u32, Bytes)>> {
        let names = ids.iter().map(|id| numbered(*id)).collect();
        let found = self.chest.get_all(RecordKind::Prekey, names).await?;
        let told = ids.iter().zip(found).filter_map(|(id, it)| Some((*id, Bytes::from(it?))));
        Ok(told.collect())
    }

    async fn mark_prekeys_uploaded(&self, _ids: &[u32]) -> StoreResult<()> {
        // The mark can be read by no method. That a key which is gone stays gone is what counts.
        Ok(())
    }

    async fn remove_prekey(&self, id: u32) -> StoreResult<()> {
        Ok(self.chest.change_one(RecordChange::Delete(RecordKind::Prekey, numbered(id))).await?)
    }

    async fn get_max_prekey_id(&self) -> StoreResult<u32> {
        let first = self.chest.first(RecordKind::Prekey).await?;
        Ok(first.map(|(name, _)| self.number(RecordKind::Prekey, &name)).transpose()?.unwrap_or(0))
    }

    async fn store_signed_prekey(&self, id: u32, record: &[u8]) -> StoreResult<()> {
        let put = self.chest.put(RecordKind::SignedPrekey, numbered(id), record)?;
        Ok(self.chest.change_one(put).await?)
    }

    async fn load_signed_prekey(&self, id: u32) -> StoreResult<Option<Vec<u8>>> {
        Ok(self.chest.get(RecordKind::SignedPrekey, numbered(id)).await?)
    }

    async fn load_all_signed_prekeys(&self) -> StoreResult<Vec<(u32, Vec<u8>)>> {
        let kind = RecordKind::SignedPrekey;
        let all = self.chest.all(kind).await?.into_iter();
        Ok(all
            .map(|(name, record)| Ok((self.number(kind, &name)?, record)))
            .collect::<Result<_, VaultError>>()?)
    }

    async fn remove_signed_prekey(&self, id: u32) -> StoreResult<()> {
        let delete = RecordChange::Delete(RecordKind::SignedPrekey, numbered(id));
        Ok(self.chest.change_one(delete).await?)
    }

    async fn put_sender_key(&self, address: &str, record: &[u8]) -> StoreResult<()> {
        let put = self.put_of(RecordKind::SenderKey, address, record)?;
        Ok(self.chest.change_one(put).await?)
    }

    async fn put_sender_keys_batch(&self, sender_keys: &[(Arc<str>, Bytes)]) -> StoreResult<()> {
        self.put_all(RecordKind::SenderKey, sender_keys.iter().map(|(of, it)| (&**of, &it[..])))
            .await
    }

    async fn get_sender_key(&self, address: &str) -> StoreResult<Option<Vec<u8>>> {
        Ok(self.get_of(RecordKind::SenderKey, address).await?)
    }

    async fn delete_sender_key(&self, address: &str) -> StoreResult<()> {
        self.delete_of(RecordKind::SenderKey, address).await
    }
}

impl SealedKeys {
    /// The name of what belongs to an address, found by the user in it: `user@server`,
    /// `user:device@server`.
    fn name_of(&self, kind: RecordKind, address: &str) -> RecordKey {
        match address.split_once(['@', ':']) {
            Some((user, _)) => self.chest.name_below(kind, user.as_bytes(), address.as_bytes()),
            // Of nobody's: among the names of users there is none of two parts.
            None => self.chest.name(kind, &[address.as_bytes(), b""]),
        }
    }

    async fn get_of(&self, kind: RecordKind, address: &str) -> Result<Option<Vec<u8>>, VaultError> {
        self.chest.get(kind, self.name_of(kind, address)).await
    }

    pub(super) fn put_of(
        &self,
        kind: RecordKind,
        address: &str,
        value: &[u8],
    ) -> Result<RecordChange, VaultError> {
        self.chest.put(kind, self.name_of(kind, address), value)
    }

    async fn put_all<'a>(
        &self,
        kind: RecordKind,
        all: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> StoreResult<()> {
        let puts = all.map(|(address, value)| self.put_of(kind, address, value));
        let puts = puts.collect::<Result<_, VaultError>>()?;
        Ok(self.chest.change(puts).await?)
    }

    async fn delete_of(&self, kind: RecordKind, address: &str) -> StoreResult<()> {
        let delete = RecordChange::Delete(kind, self.name_of(kind, address));
        Ok(self.chest.change_one(delete).await?)
    }

    /// The number that is the name.
    fn number(&self, kind: RecordKind, name: &RecordKey) -> Result<u32, VaultError> {
        let bytes = <[u8; 4]>::try_from(name.as_bytes());
        let bytes = bytes.map_err(|_length| self.chest.unknown_form(kind))?;
        Ok(!u32::from_be_bytes(bytes))
    }
}

/// The name of what has a number: in clear, since it tells of nobody, and turned round, so that the
/// highest comes first.
pub(super) fn numbered(id: u32) -> RecordKey {
    RecordKey::from_bytes((!id).to_be_bytes())
}
