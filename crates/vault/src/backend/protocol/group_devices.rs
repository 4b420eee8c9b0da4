//! Which devices of a group have our key: of each group one record, since it is read as one.

use std::collections::BTreeMap;

use waygate_core::port::records::{RecordChange, RecordKey, RecordKind};

use super::SealedKeys;
use crate::error::VaultError;

const KIND: RecordKind = RecordKind::SenderKeyDevices;

/// By the device's address, whether it has the key.
pub(in crate::backend) type Devices = BTreeMap<String, bool>;

impl SealedKeys {
    pub(super) async fn devices_of_group(&self, group: &str) -> Result<Devices, VaultError> {
        let found = self.chest.get(KIND, self.group_name(group)).await?;
        let devices = found.map(|value| self.chest.read_json(KIND, &value)).transpose()?;
        Ok(devices.unwrap_or_default())
    }

    pub(super) async fn note_group_devices(
        &self,
        group: &str,
        entries: &[(&str, bool)],
    ) -> Result<(), VaultError> {
        let _turn = self.chest.turns.group_devices.lock().await;
        let mut devices = self.devices_of_group(group).await?;
        devices.extend(entries.iter().map(|(device, has_key)| ((*device).to_owned(), *has_key)));
        let put = self.put_devices(self.group_name(group), &devices)?;
        self.chest.change_one(put).await
    }

    /// Of one group, or of all.
    pub(super) async fn forget_group_devices(&self, group: Option<&str>) -> Result<(), VaultError> {
        let _turn = self.chest.turns.group_devices.lock().await;
        let change = match group {
            Some(group) => RecordChange::Delete(KIND, self.group_name(group)),
            None => RecordChange::DeleteUnder(KIND, RecordKey::default()),
        };
        self.chest.change_one(change).await
    }

    pub(super) async fn forget_devices_in_groups(&self, gone: &[&str]) -> Result<(), VaultError> {
        if gone.is_empty() {
            return Ok(());
        }
        let _turn = self.chest.turns.group_devices.lock().await;
        let mut changes = Vec::new();
        for (name, value) in self.chest.all(KIND).await? {
            let mut devices: Devices = self.chest.read_json(KIND, &value)?;
            let before = devices.len();
            devices.retain(|device, _| !gone.contains(&device.as_str()));
            if devices.len() < before {
                changes.push(self.put_devices(name, &devices)?);
            }
        }
        self.chest.change(changes).await
    }

    pub(in crate::backend) fn put_devices(
        &self,
        name: RecordKey,
        devices: &Devices,
    ) -> Result<RecordChange, VaultError> {
        self.chest.put(KIND, name, &self.chest.to_json(KIND, devices)?)
    }

    fn group_name(&self, group: &str) -> RecordKey {
        self.chest.name(KIND, &[group.as_bytes()])
    }
}
