//! Messages that were sent and may be asked for again, and those that came and are not yet written down.

use waygate_core::port::records::{RecordChange, RecordKey, RecordKind};
use whatsapp_rust::store::traits::{PendingInboundKey, PendingInboundRow};
use whatsapp_rust::wacore::time::now_secs;

use super::SealedKeys;
use crate::error::VaultError;

impl SealedKeys {
    pub(super) async fn keep_sent(
        &self,
        chat: &str,
        id: &str,
        payload: &[u8],
    ) -> Result<(), VaultError> {
        let _turn = self.chest.turns.sent_messages.lock().await;
        let (name, sent_at) = (self.sent_name(chat, id), Some(now_secs()));
        let put = self.chest.put_until(RecordKind::SentMessage, name, payload, sent_at)?;
        self.chest.change_one(put).await
    }

    /// Once.
    pub(super) async fn take_sent(
        &self,
        chat: &str,
        id: &str,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        let _turn = self.chest.turns.sent_messages.lock().await;
        let name = self.sent_name(chat, id);
        let payload = self.chest.get(RecordKind::SentMessage, name.clone()).await?;
        if payload.is_some() {
            self.chest.change_one(RecordChange::Delete(RecordKind::SentMessage, name)).await?;
        }
        Ok(payload)
    }

    pub(super) async fn keep_pending(
        &self,
        rows: &[PendingInboundRow<'_>],
    ) -> Result<(), VaultError> {
        let came_at = Some(now_secs());
        let puts = rows.iter().map(|row| {
            let &PendingInboundRow { chat, sender, id, message } = row;
            let name = self.pending_name(PendingInboundKey { chat, sender, id });
            self.chest.put_until(RecordKind::PendingInbound, name, message, came_at)
        });
        self.chest.change(puts.collect::<Result<_, VaultError>>()?).await
    }

    pub(in crate::backend) fn pending_name(&self, key: PendingInboundKey<'_>) -> RecordKey {
        let PendingInboundKey { chat, sender, id } = key;
        let parts = [chat.as_bytes(), sender.as_bytes(), id.as_bytes()];
        self.chest.name(RecordKind::PendingInbound, &parts)
    }

    fn sent_name(&self, chat: &str, id: &str) -> RecordKey {
        self.chest.name(RecordKind::SentMessage, &[chat.as_bytes(), id.as_bytes()])
    }
}
