//! Keys that were kept elsewhere before, in one piece.

use std::collections::BTreeMap;

use waygate_core::port::records::{RecordChange, RecordKey, RecordKind};
use whatsapp_rust::store::traits::{
    AppStateSyncKey, DeviceListRecord, LidPnMappingEntry, PendingInboundKey, TcTokenEntry,
};
use whatsapp_rust::wacore::appstate::hash::HashState;
use whatsapp_rust::wacore::store::Device;

use super::SealedKeys;
use super::message_secrets::Kept;
use super::signal::numbered;
use crate::error::VaultError;

/// Something of a kind as another store has it.
pub(crate) struct Row {
    pub(crate) kind: RecordKind,
    /// What names it, as far as it is named by texts or bytes.
    pub(crate) parts: [Vec<u8>; 3],
    pub(crate) value: Vec<u8>,
    pub(crate) number: i64,
    pub(crate) time: i64,
}

/// All that another store has.
#[derive(Default)]
pub(crate) struct Brought {
    pub(crate) device: Option<Device>,
    pub(crate) sync_keys: Vec<(Vec<u8>, AppStateSyncKey)>,
    pub(crate) latest_sync_key: Option<Vec<u8>>,
    pub(crate) versions: Vec<(Vec<u8>, HashState)>,
    /// In the order in which they were learnt.
    pub(crate) mappings: Vec<LidPnMappingEntry>,
    pub(crate) trust_tokens: Vec<(String, TcTokenEntry)>,
    pub(crate) device_lists: Vec<DeviceListRecord>,
    pub(crate) rows: Vec<Row>,
}

impl SealedKeys {
    /// Keeps all of it in one transaction.
    pub(crate) async fn bring(&self, brought: Brought) -> Result<(), VaultError> {
        let mut changes = Vec::new();
        if let Some(device) = &brought.device {
            let value = self.chest.to_json(RecordKind::Device, device)?;
            changes.push(self.chest.put(RecordKind::Device, RecordKey::default(), &value)?);
        }
        for (id, key) in &brought.sync_keys {
            changes.push(self.put_sync_key(id, key)?);
        }
        if let Some(id) = &brought.latest_sync_key {
            changes.push(self.chest.put(RecordKind::LatestSyncKey, RecordKey::default(), id)?);
        }
        for (name, state) in &brought.versions {
            changes.push(self.put_version(name, state)?);
        }
        for entry in &brought.mappings {
            changes.extend(self.put_mapping(entry)?);
        }
        for (jid, entry) in brought.trust_tokens {
            changes.push(self.put_trust_token(jid, entry)?);
        }
        for record in &brought.device_lists {
            changes.push(self.put_device_list(record)?);
        }
        let mut groups: BTreeMap<Vec<u8>, BTreeMap<String, bool>> = BTreeMap::new();
        for row in brought.rows {
            if row.kind == RecordKind::SenderKeyDevices {
                let [group, device, _] = row.parts;
                let device = String::from_utf8(device);
                let device = device.map_err(|_quotes| self.chest.unknown_form(row.kind))?;
                groups.entry(group).or_default().insert(device, row.number != 0);
            } else {
                changes.push(self.put_row(row)?);
            }
        }
        for (group, devices) in &groups {
            let name = self.chest.name(RecordKind::SenderKeyDevices, &[group]);
            changes.push(self.put_devices(name, devices)?);
        }
        self.chest.change(changes).await
    }

    fn put_row(&self, row: Row) -> Result<RecordChange, VaultError> {
        let Row { kind, parts: [first, second, third], value, number, time } = row;
        let unknown = || self.chest.unknown_form(kind);
        let text = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).map(ToOwned::to_owned);
            text.map_err(|_quotes| unknown())
        };
        match kind {
            RecordKind::Prekey | RecordKind::SignedPrekey => {
                let id = u32::try_from(number).map_err(|_range| unknown())?;
                self.chest.put(kind, numbered(id), &value)
            }
            RecordKind::Identity | RecordKind::Session | RecordKind::SenderKey => {
                self.put_of(kind, &text(&first)?, &value)
            }
            RecordKind::SyncMac => {
                self.chest.put(kind, self.entry(&text(&first)?, &second), &value)
            }
            RecordKind::PendingInbound => {
                let (chat, sender, id) = (text(&first)?, text(&second)?, text(&third)?);
                let key = PendingInboundKey { chat: &chat, sender: &sender, id: &id };
                self.chest.put_until(kind, self.pending_name(key), &value, Some(time))
            }
            RecordKind::SentMessage => {
                let name = self.chest.name(kind, &[&first, &second]);
                self.chest.put_until(kind, name, &value, Some(time))
            }
            RecordKind::MessageSecret => {
                let secret = value.try_into().map_err(|_length| unknown())?;
                let kept = Kept { secret, expires_at: time, message_ts: number };
                let name = self.chest.name(kind, &[&first, &second, &third]);
                self.chest.put_until(kind, name, &kept.to_bytes(), kept.due())
            }
            RecordKind::BaseKey => {
                self.chest.put(kind, self.chest.name(kind, &[&first, &second]), &value)
            }
            RecordKind::GroupMetadata => {
                self.chest.put(kind, self.chest.name(kind, &[&first]), &value)
            }
            RecordKind::DataKey
            | RecordKind::Device
            | RecordKind::SyncKey
            | RecordKind::LatestSyncKey
            | RecordKind::SyncVersion
            | RecordKind::SenderKeyDevices
            | RecordKind::LidMapping
            | RecordKind::PhoneMapping
            | RecordKind::DeviceList
            | RecordKind::TrustToken => Err(unknown()),
        }
    }
}
