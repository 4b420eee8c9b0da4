//! What opens reactions, votes and edits of messages.

use std::collections::BTreeMap;

use async_trait::async_trait;
use waygate_core::port::records::{RecordKey, RecordKind};
use whatsapp_rust::store::error::Result as StoreResult;
use whatsapp_rust::store::traits::{
    MessageSecret, MsgSecretEntry, MsgSecretStore, merge_msg_secret_expiry,
    merge_msg_secret_message_ts,
};

use super::SealedKeys;
use crate::error::VaultError;

const KIND: RecordKind = RecordKind::MessageSecret;

/// A secret with its two times, in a form of fixed length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub(super) secret: MessageSecret,
    /// 0 is for ever.
    pub(super) expires_at: i64,
    /// 0 is not known.
    pub(super) message_ts: i64,
}

impl Kept {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let Self { secret, expires_at, message_ts } = self;
        [&secret[..], &expires_at.to_be_bytes(), &message_ts.to_be_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (secret, rest) = bytes.split_first_chunk()?;
        let (expires_at, rest) = rest.split_first_chunk()?;
        let message_ts = rest.try_into().ok()?;
        Some(Self {
            secret: *secret,
            expires_at: i64::from_be_bytes(*expires_at),
            message_ts: i64::from_be_bytes(message_ts),
        })
    }

    pub(super) fn due(self) -> Option<i64> {
        (self.expires_at != 0).then_some(self.expires_at)
    }
}

#[async_trait]
impl MsgSecretStore for SealedKeys {
    async fn put_msg_secrets(&self, entries: Vec<MsgSecretEntry>) -> StoreResult<usize> {
        let _turn = self.chest.turns.message_secrets.lock().await;
        let names: Vec<RecordKey> =
            entries.iter().map(|it| self.secret_name(&it.chat, &it.sender, &it.msg_id)).collect();
        let found = self.chest.get_all(KIND, names.clone()).await?;
        let mut kept = BTreeMap::new();
        for (name, value) in names.iter().zip(found) {
            if let Some(value) = value {
                kept.insert(name.clone(), self.read_secret(&value)?);
            }
        }
        let count = entries.len();
        for (name, entry) in names.iter().zip(entries) {
            kept.entry(name.clone())
                .and_modify(|it: &mut Kept| {
                    it.secret = entry.secret;
                    it.expires_at = merge_msg_secret_expiry(it.expires_at, entry.expires_at);
                    it.message_ts = merge_msg_secret_message_ts(it.message_ts, entry.message_ts);
                })
                .or_insert(Kept {
                    secret: entry.secret,
                    expires_at: entry.expires_at,
                    message_ts: entry.message_ts,
                });
        }
        let puts = kept
            .into_iter()
            .map(|(name, it)| self.chest.put_until(KIND, name, &it.to_bytes(), it.due()));
        self.chest.change(puts.collect::<Result<_, VaultError>>()?).await?;
        Ok(count)
    }

    async fn get_msg_secret(
        &self,
        chat: &str,
        sender: &str,
        msg_id: &str,
    ) -> StoreResult<Option<Vec<u8>>> {
        let found = self.get_msg_secret_with_ts(chat, sender, msg_id).await?;
        Ok(found.map(|(secret, _)| secret))
    }

    async fn get_msg_secret_with_ts(
        &self,
        chat: &str,
        sender: &str,
        msg_id: &str,
    ) -> StoreResult<Option<(Vec<u8>, i64)>> {
        let found = self.chest.get(KIND, self.secret_name(chat, sender, msg_id)).await?;
        let kept = found.map(|value| self.read_secret(&value)).transpose()?;
        Ok(kept.map(|kept| (kept.secret.to_vec(), kept.message_ts)))
    }

    async fn delete_expired_msg_secrets(&self, cutoff_timestamp: i64) -> StoreResult<u32> {
        let _turn = self.chest.turns.message_secrets.lock().await;
        // What is due at the cutoff goes too.
        Ok(self.chest.forget(KIND, cutoff_timestamp.saturating_add(1)).await?)
    }
}

impl SealedKeys {
    fn secret_name(&self, chat: &str, sender: &str, msg_id: &str) -> RecordKey {
        self.chest.name(KIND, &[chat.as_bytes(), sender.as_bytes(), msg_id.as_bytes()])
    }

    fn read_secret(&self, value: &[u8]) -> Result<Kept, VaultError> {
        Kept::from_bytes(value).ok_or_else(|| self.chest.unknown_form(KIND))
    }
}
