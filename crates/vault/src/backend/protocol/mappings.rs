//! Hidden ids and the numbers behind them, found by either.

use std::collections::HashMap;

use waygate_core::port::records::{RecordChange, RecordKey, RecordKind};
use whatsapp_rust::store::traits::LidPnMappingEntry;

use super::SealedKeys;
use crate::error::VaultError;

impl SealedKeys {
    pub(super) async fn mapping_of_lid(
        &self,
        lid: &str,
    ) -> Result<Option<LidPnMappingEntry>, VaultError> {
        let found = self.chest.get(RecordKind::LidMapping, self.lid_name(lid)).await?;
        found.map(|value| self.chest.read_json(RecordKind::LidMapping, &value)).transpose()
    }

    pub(super) async fn mapping_of_phone(
        &self,
        phone: &str,
    ) -> Result<Option<LidPnMappingEntry>, VaultError> {
        match self.lids_of(&[phone]).await?.remove(phone) {
            Some(lid) => self.mapping_of_lid(&lid).await,
            None => Ok(None),
        }
    }

    pub(super) async fn all_mappings(&self) -> Result<Vec<LidPnMappingEntry>, VaultError> {
        let all = self.chest.all(RecordKind::LidMapping).await?;
        all.iter().map(|(_, it)| self.chest.read_json(RecordKind::LidMapping, it)).collect()
    }

    pub(super) async fn keep_mappings(
        &self,
        entries: &[LidPnMappingEntry],
    ) -> Result<(), VaultError> {
        let _turn = self.chest.turns.mappings.lock().await;
        let mut phones = self.phones_of(entries).await?;
        let old: Vec<&str> = phones.values().map(String::as_str).collect();
        let mut lids = self.lids_of(&old).await?;
        let mut changes = Vec::new();
        for entry in entries {
            let LidPnMappingEntry { lid, phone_number: phone, .. } = entry;
            let left = phones.insert(lid.clone(), phone.clone()).filter(|left| left != phone);
            // A number that has gone to another id meanwhile stays there.
            if let Some(left) = left
                && lids.get(&left) == Some(lid)
            {
                lids.remove(&left);
                changes
                    .push(RecordChange::Delete(RecordKind::PhoneMapping, self.phone_name(&left)));
            }
            lids.insert(phone.clone(), lid.clone());
            changes.extend(self.put_mapping(entry)?);
        }
        self.chest.change(changes).await
    }

    /// Both ways.
    pub(in crate::backend) fn put_mapping(
        &self,
        entry: &LidPnMappingEntry,
    ) -> Result<[RecordChange; 2], VaultError> {
        let LidPnMappingEntry { lid, phone_number, .. } = entry;
        let value = self.chest.to_json(RecordKind::LidMapping, entry)?;
        Ok([
            self.chest.put(
                RecordKind::PhoneMapping,
                self.phone_name(phone_number),
                lid.as_bytes(),
            )?,
            self.chest.put(RecordKind::LidMapping, self.lid_name(lid), &value)?,
        ])
    }

    /// By the id, the number that each of these has now.
    async fn phones_of(
        &self,
        entries: &[LidPnMappingEntry],
    ) -> Result<HashMap<String, String>, VaultError> {
        let kind = RecordKind::LidMapping;
        let names = entries.iter().map(|entry| self.lid_name(&entry.lid)).collect();
        let mut phones = HashMap::new();
        for value in self.chest.get_all(kind, names).await?.into_iter().flatten() {
            let entry: LidPnMappingEntry = self.chest.read_json(kind, &value)?;
            phones.insert(entry.lid, entry.phone_number);
        }
        Ok(phones)
    }

    /// By the number, the id that each of these has now.
    async fn lids_of(&self, phones: &[&str]) -> Result<HashMap<String, String>, VaultError> {
        let kind = RecordKind::PhoneMapping;
        let names = phones.iter().map(|phone| self.phone_name(phone)).collect();
        let mut lids = HashMap::new();
        for (phone, value) in phones.iter().zip(self.chest.get_all(kind, names).await?) {
            if let Some(value) = value {
                let lid = String::from_utf8(value);
                let lid = lid.map_err(|_quotes| self.chest.unknown_form(kind))?;
                lids.insert((*phone).to_owned(), lid);
            }
        }
        Ok(lids)
    }

    fn lid_name(&self, lid: &str) -> RecordKey {
        self.chest.name(RecordKind::LidMapping, &[lid.as_bytes()])
    }

    fn phone_name(&self, phone: &str) -> RecordKey {
        self.chest.name(RecordKind::PhoneMapping, &[phone.as_bytes()])
    }
}
