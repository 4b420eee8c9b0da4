//! Tokens of trust. Two writers share a record, each with a field of its own.

use serde::{Deserialize, Serialize};
use waygate_core::port::records::{RecordChange, RecordKey, RecordKind};
use whatsapp_rust::store::traits::TcTokenEntry;

use super::SealedKeys;
use crate::error::VaultError;

const KIND: RecordKind = RecordKind::TrustToken;

/// A token and whose it is, which its name does not tell.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Trust {
    pub(super) jid: String,
    entry: TcTokenEntry,
}

impl SealedKeys {
    pub(super) async fn trust_token(&self, jid: &str) -> Result<Option<TcTokenEntry>, VaultError> {
        let found = self.chest.get(KIND, self.trust_name(jid)).await?;
        let trust = found.map(|value| self.chest.read_json(KIND, &value)).transpose()?;
        Ok(trust.map(|trust: Trust| trust.entry))
    }

    /// Keeps what becomes of the token that is there; nothing when it stays as it is.
    pub(super) async fn change_trust_token(
        &self,
        jid: &str,
        change: impl FnOnce(Option<TcTokenEntry>) -> Option<TcTokenEntry> + Send,
    ) -> Result<(), VaultError> {
        let _turn = self.chest.turns.trust_tokens.lock().await;
        let Some(entry) = change(self.trust_token(jid).await?) else { return Ok(()) };
        let put = self.put_trust_token(jid.to_owned(), entry)?;
        self.chest.change_one(put).await
    }

    pub(in crate::backend) fn put_trust_token(
        &self,
        jid: String,
        entry: TcTokenEntry,
    ) -> Result<RecordChange, VaultError> {
        let name = self.trust_name(&jid);
        self.chest.put(KIND, name, &self.chest.to_json(KIND, &Trust { jid, entry })?)
    }

    pub(super) async fn forget_trust_token(&self, jid: &str) -> Result<(), VaultError> {
        let _turn = self.chest.turns.trust_tokens.lock().await;
        self.chest.change_one(RecordChange::Delete(KIND, self.trust_name(jid))).await
    }

    pub(super) async fn all_trust_tokens(&self) -> Result<Vec<(RecordKey, Trust)>, VaultError> {
        let all = self.chest.all(KIND).await?.into_iter();
        all.map(|(name, value)| Ok((name, self.chest.read_json(KIND, &value)?))).collect()
    }

    /// Deletes those of which neither half is of use any more; tells how many.
    pub(super) async fn forget_expired_trust_tokens(
        &self,
        token_cutoff: i64,
        sender_cutoff: i64,
    ) -> Result<u32, VaultError> {
        let _turn = self.chest.turns.trust_tokens.lock().await;
        let mut all = self.all_trust_tokens().await?;
        all.retain(|(_, Trust { entry, .. })| {
            let received = !entry.token.is_empty() && entry.token_timestamp >= token_cutoff;
            let given = entry.sender_timestamp.is_some_and(|at| at >= sender_cutoff);
            !received && !given
        });
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let delete = |(name, _)| RecordChange::Delete(KIND, name);
        self.chest.change(all.into_iter().map(delete).collect()).await?;
        Ok(count)
    }

    fn trust_name(&self, jid: &str) -> RecordKey {
        self.chest.name(KIND, &[jid.as_bytes()])
    }
}

/// A token of ours was given at this time. The time goes forwards only.
pub(super) fn touched(before: Option<TcTokenEntry>, at: i64) -> TcTokenEntry {
    match before {
        Some(entry) => {
            let last = entry.sender_timestamp.map_or(at, |last| last.max(at));
            TcTokenEntry { sender_timestamp: Some(last), ..entry }
        }
        None => TcTokenEntry { token: Vec::new(), token_timestamp: at, sender_timestamp: Some(at) },
    }
}

/// A token came that was made at this time; nothing when the one that is there is newer.
pub(super) fn received(
    before: Option<TcTokenEntry>,
    token: &[u8],
    token_timestamp: i64,
) -> Option<TcTokenEntry> {
    let newer =
        |entry: &TcTokenEntry| !entry.token.is_empty() && entry.token_timestamp > token_timestamp;
    if before.as_ref().is_some_and(newer) {
        return None;
    }
    let sender_timestamp = before.and_then(|before| before.sender_timestamp);
    Some(TcTokenEntry { token: token.to_vec(), token_timestamp, sender_timestamp })
}
