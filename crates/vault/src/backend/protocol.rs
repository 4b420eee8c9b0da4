//! What is known of others, and of messages under way.

use async_trait::async_trait;
use waygate_core::port::records::{RecordChange, RecordKind};
use whatsapp_rust::store::error::Result as StoreResult;
use whatsapp_rust::store::traits::{
    DeviceListRecord, LidPnMappingEntry, PendingInboundKey, PendingInboundRow, ProtocolStore,
    TcTokenEntry,
};

use super::SealedKeys;
use crate::error::VaultError;

mod group_devices;
mod mappings;
mod messages;
mod trust_tokens;

#[async_trait]
impl ProtocolStore for SealedKeys {
    async fn get_sender_key_devices(&self, group_jid: &str) -> StoreResult<Vec<(String, bool)>> {
        Ok(self.devices_of_group(group_jid).await?.into_iter().collect())
    }

    async fn set_sender_key_status(
        &self,
        group_jid: &str,
        entries: &[(&str, bool)],
    ) -> StoreResult<()> {
        Ok(self.note_group_devices(group_jid, entries).await?)
    }

    async fn clear_sender_key_devices(&self, group_jid: &str) -> StoreResult<()> {
        Ok(self.forget_group_devices(Some(group_jid)).await?)
    }

    async fn delete_sender_key_device_rows(&self, device_jids: &[&str]) -> StoreResult<()> {
        Ok(self.forget_devices_in_groups(device_jids).await?)
    }

    async fn clear_all_sender_key_devices(&self) -> StoreResult<()> {
        Ok(self.forget_group_devices(None).await?)
    }

    async fn get_lid_mapping(&self, lid: &str) -> StoreResult<Option<LidPnMappingEntry>> {
        Ok(self.mapping_of_lid(lid).await?)
    }

    async fn get_pn_mapping(&self, phone: &str) -> StoreResult<Option<LidPnMappingEntry>> {
        Ok(self.mapping_of_phone(phone).await?)
    }

    async fn put_lid_mapping(&self, entry: &LidPnMappingEntry) -> StoreResult<()> {
        Ok(self.keep_mappings(std::slice::from_ref(entry)).await?)
    }

    async fn put_lid_mappings(&self, entries: &[LidPnMappingEntry]) -> StoreResult<()> {
        Ok(self.keep_mappings(entries).await?)
    }

    async fn get_all_lid_mappings(&self) -> StoreResult<Vec<LidPnMappingEntry>> {
        Ok(self.all_mappings().await?)
    }

    async fn save_base_key(
        &self,
        address: &str,
        message_id: &str,
        base_key: &[u8],
    ) -> StoreResult<()> {
        let (kind, parts) = (RecordKind::BaseKey, [address.as_bytes(), message_id.as_bytes()]);
        let put = self.chest.put(kind, self.chest.name(kind, &parts), base_key)?;
        Ok(self.chest.change_one(put).await?)
    }

    async fn has_same_base_key(
        &self,
        address: &str,
        message_id: &str,
        current_base_key: &[u8],
    ) -> StoreResult<bool> {
        let (kind, parts) = (RecordKind::BaseKey, [address.as_bytes(), message_id.as_bytes()]);
        let kept = self.chest.get(kind, self.chest.name(kind, &parts)).await?;
        Ok(kept.is_some_and(|kept| kept == current_base_key))
    }

    async fn delete_base_key(&self, address: &str, message_id: &str) -> StoreResult<()> {
        let (kind, parts) = (RecordKind::BaseKey, [address.as_bytes(), message_id.as_bytes()]);
        let delete = RecordChange::Delete(kind, self.chest.name(kind, &parts));
        Ok(self.chest.change_one(delete).await?)
    }

    async fn update_device_list(&self, record: DeviceListRecord) -> StoreResult<()> {
        self.update_device_lists(vec![record]).await
    }

    async fn update_device_lists(&self, records: Vec<DeviceListRecord>) -> StoreResult<()> {
        let puts = records.iter().map(|record| self.put_device_list(record));
        Ok(self.chest.change(puts.collect::<Result<_, VaultError>>()?).await?)
    }

    async fn get_devices(&self, user: &str) -> StoreResult<Option<DeviceListRecord>> {
        let kind = RecordKind::DeviceList;
        let found = self.chest.get(kind, self.chest.name(kind, &[user.as_bytes()])).await?;
        Ok(found.map(|value| self.chest.read_json(kind, &value)).transpose()?)
    }

    async fn delete_devices(&self, user: &str) -> StoreResult<()> {
        let kind = RecordKind::DeviceList;
        let delete = RecordChange::Delete(kind, self.chest.name(kind, &[user.as_bytes()]));
        Ok(self.chest.change_one(delete).await?)
    }

    async fn get_group_metadata(&self, group_jid: &str) -> StoreResult<Option<Vec<u8>>> {
        let kind = RecordKind::GroupMetadata;
        Ok(self.chest.get(kind, self.chest.name(kind, &[group_jid.as_bytes()])).await?)
    }

    async fn put_group_metadata(&self, group_jid: &str, blob: &[u8]) -> StoreResult<()> {
        let kind = RecordKind::GroupMetadata;
        let put = self.chest.put(kind, self.chest.name(kind, &[group_jid.as_bytes()]), blob)?;
        Ok(self.chest.change_one(put).await?)
    }

    async fn delete_group_metadata(&self, group_jid: &str) -> StoreResult<()> {
        let kind = RecordKind::GroupMetadata;
        let delete = RecordChange::Delete(kind, self.chest.name(kind, &[group_jid.as_bytes()]));
        Ok(self.chest.change_one(delete).await?)
    }

    async fn get_tc_token(&self, jid: &str) -> StoreResult<Option<TcTokenEntry>> {
        Ok(self.trust_token(jid).await?)
    }

    async fn put_tc_token(&self, jid: &str, entry: &TcTokenEntry) -> StoreResult<()> {
        let entry = entry.clone();
        Ok(self.change_trust_token(jid, |_before| Some(entry)).await?)
    }

    async fn delete_tc_token(&self, jid: &str) -> StoreResult<()> {
        Ok(self.forget_trust_token(jid).await?)
    }

    async fn get_all_tc_token_jids(&self) -> StoreResult<Vec<String>> {
        Ok(self.all_trust_tokens().await?.into_iter().map(|(_, of)| of.jid).collect())
    }

    async fn delete_expired_tc_tokens(
        &self,
        token_cutoff: i64,
        sender_cutoff: i64,
    ) -> StoreResult<u32> {
        Ok(self.forget_expired_trust_tokens(token_cutoff, sender_cutoff).await?)
    }

    async fn touch_tc_token_sender_timestamp(
        &self,
        jid: &str,
        sender_timestamp: i64,
    ) -> StoreResult<()> {
        let touched = |before| Some(trust_tokens::touched(before, sender_timestamp));
        Ok(self.change_trust_token(jid, touched).await?)
    }

    async fn store_received_tc_token(
        &self,
        jid: &str,
        token: &[u8],
        token_timestamp: i64,
    ) -> StoreResult<()> {
        let received = |before| trust_tokens::received(before, token, token_timestamp);
        Ok(self.change_trust_token(jid, received).await?)
    }

    async fn store_sent_message(
        &self,
        chat_jid: &str,
        message_id: &str,
        payload: &[u8],
    ) -> StoreResult<()> {
        Ok(self.keep_sent(chat_jid, message_id, payload).await?)
    }

    async fn take_sent_message(
        &self,
        chat_jid: &str,
        message_id: &str,
    ) -> StoreResult<Option<Vec<u8>>> {
        Ok(self.take_sent(chat_jid, message_id).await?)
    }

    async fn delete_expired_sent_messages(&self, cutoff_timestamp: i64) -> StoreResult<u32> {
        Ok(self.chest.forget(RecordKind::SentMessage, cutoff_timestamp).await?)
    }

    async fn store_pending_inbound(
        &self,
        chat: &str,
        sender: &str,
        id: &str,
        message: &[u8],
    ) -> StoreResult<()> {
        self.store_pending_inbound_batch(&[PendingInboundRow { chat, sender, id, message }]).await
    }

    async fn get_pending_inbound(
        &self,
        chat: &str,
        sender: &str,
        id: &str,
    ) -> StoreResult<Option<Vec<u8>>> {
        let name = self.pending_name(PendingInboundKey { chat, sender, id });
        Ok(self.chest.get(RecordKind::PendingInbound, name).await?)
    }

    async fn delete_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> StoreResult<()> {
        self.delete_pending_inbound_batch(&[PendingInboundKey { chat, sender, id }]).await
    }

    async fn delete_expired_pending_inbound(&self, cutoff_timestamp: i64) -> StoreResult<u32> {
        Ok(self.chest.forget(RecordKind::PendingInbound, cutoff_timestamp).await?)
    }

    async fn store_pending_inbound_batch(&self, rows: &[PendingInboundRow<'_>]) -> StoreResult<()> {
        Ok(self.keep_pending(rows).await?)
    }

    async fn delete_pending_inbound_batch(
        &self,
        keys: &[PendingInboundKey<'_>],
    ) -> StoreResult<()> {
        let delete = |key: &PendingInboundKey<'_>| {
            RecordChange::Delete(RecordKind::PendingInbound, self.pending_name(*key))
        };
        Ok(self.chest.change(keys.iter().map(delete).collect()).await?)
    }
}

impl SealedKeys {
    pub(super) fn put_device_list(
        &self,
        record: &DeviceListRecord,
    ) -> Result<RecordChange, VaultError> {
        let kind = RecordKind::DeviceList;
        let value = self.chest.to_json(kind, record)?;
        self.chest.put(kind, self.chest.name(kind, &[record.user.as_bytes()]), &value)
    }
}
