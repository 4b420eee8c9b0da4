//! App state: the phone's settings as encrypted, authenticated patches
//! (docs/internals/sim.md, "App state").
//!
//! The phone writes patches, the server keeps them by version and hands them out. For now the
//! only setting is the push name, in the collection `critical_block`.

use std::collections::BTreeMap;

use aes::Aes256;
use cbc::{
    Encryptor,
    cipher::{BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7},
};
use waproto::{
    buffa::{EnumValue, MessageField},
    codec::{sync_action_data_to_vec, syncd_patch_to_vec},
    whatsapp::{
        KeyId, SyncActionData, SyncActionValue, SyncdIndex, SyncdMutation, SyncdPatch, SyncdRecord,
        SyncdValue, SyncdVersion, sync_action_value::PushNameSetting,
        syncd_mutation::SyncdOperation,
    },
};

use crate::{
    dice::Dice,
    digest::{hkdf, hmac_sha256, hmac_sha512},
    lthash::LtHash,
};

/// The collections of an account, in the order clients ask for them.
pub(crate) const COLLECTIONS: [&str; 5] =
    ["critical_block", "critical_unblock_low", "regular_low", "regular_high", "regular"];

/// The collection that holds the push name.
pub(crate) const CRITICAL: &str = "critical_block";

/// The operation byte of a SET in a value MAC.
const SET: u8 = 1;

/// A key the phone shares with its companions.
#[derive(Clone)]
pub(crate) struct SyncKey {
    pub(crate) id: [u8; 6],
    pub(crate) data: [u8; 32],
    pub(crate) created_unix_ms: i64,
}

impl std::fmt::Debug for SyncKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SyncKey(..)")
    }
}

/// The five keys expanded from a sync key.
struct Expanded([u8; 160]);

impl Expanded {
    fn of(key: &SyncKey) -> Self {
        Self(hkdf(&[], &key.data, b"WhatsApp Mutation Keys"))
    }

    fn index(&self) -> &[u8] {
        &self.0[..32]
    }

    fn value_encryption(&self) -> [u8; 32] {
        let mut key = [0; 32];
        key.copy_from_slice(&self.0[32..64]);
        key
    }

    fn value_mac(&self) -> &[u8] {
        &self.0[64..96]
    }

    fn snapshot_mac(&self) -> &[u8] {
        &self.0[96..128]
    }

    fn patch_mac(&self) -> &[u8] {
        &self.0[128..]
    }
}

/// One collection of one account.
#[derive(Debug)]
pub(crate) struct Collection {
    name: &'static str,
    hash: LtHash,
    /// The current value MAC of every index MAC.
    entries: BTreeMap<[u8; 32], [u8; 32]>,
    /// Patch `n` made version `n + 1`.
    patches: Vec<Vec<u8>>,
}

impl Collection {
    pub(crate) fn empty(name: &'static str) -> Self {
        Self { name, hash: LtHash::empty(), entries: BTreeMap::new(), patches: Vec::new() }
    }

    /// How many patches have been written.
    pub(crate) fn version(&self) -> usize {
        self.patches.len()
    }

    /// The encoded patches that lead from `version` to the newest; `None` for a version that does
    /// not exist yet.
    pub(crate) fn since(&self, version: usize) -> Option<&[Vec<u8>]> {
        self.patches.get(version..)
    }

    /// Writes the account's push name.
    pub(crate) fn set_push_name(
        &mut self,
        name: &str,
        key: &SyncKey,
        now_unix_ms: i64,
        dice: &mut Dice,
    ) {
        let value = SyncActionValue {
            timestamp: Some(now_unix_ms),
            push_name_setting: MessageField::some(PushNameSetting { name: Some(name.to_owned()) }),
            ..SyncActionValue::default()
        };
        let index = br#"["setting_pushName"]"#.to_vec();
        self.append(
            &SyncActionData {
                index: Some(index),
                value: MessageField::some(value),
                padding: Some(Vec::new()),
                version: Some(1),
            },
            key,
            dice,
        );
    }

    fn append(&mut self, action: &SyncActionData, key: &SyncKey, dice: &mut Dice) {
        let keys = Expanded::of(key);
        let index = action.index.as_deref().unwrap_or_default();
        let index_mac = hmac_sha256(keys.index(), &[index]);
        let (blob, value_mac) =
            seal_value(&keys, &key.id, &sync_action_data_to_vec(action), dice.bytes());

        if let Some(replaced) = self.entries.insert(index_mac, value_mac) {
            self.hash.subtract(&replaced);
        }
        self.hash.add(&value_mac);

        let version = u64::try_from(self.patches.len()).unwrap_or(u64::MAX).saturating_add(1);
        let (stamp, name) = (version.to_be_bytes(), self.name.as_bytes());
        let snapshot_mac = hmac_sha256(keys.snapshot_mac(), &[self.hash.bytes(), &stamp, name]);
        let patch_mac = hmac_sha256(keys.patch_mac(), &[&snapshot_mac, &value_mac, &stamp, name]);
        let key_id = || MessageField::some(KeyId { id: Some(key.id.to_vec()) });
        let record = SyncdRecord {
            index: MessageField::some(SyncdIndex { blob: Some(index_mac.to_vec()) }),
            value: MessageField::some(SyncdValue { blob: Some(blob) }),
            key_id: key_id(),
        };
        self.patches.push(syncd_patch_to_vec(&SyncdPatch {
            version: MessageField::some(SyncdVersion { version: Some(version) }),
            mutations: vec![SyncdMutation {
                operation: Some(EnumValue::Known(SyncdOperation::SET)),
                record: MessageField::some(record),
            }],
            snapshot_mac: Some(snapshot_mac.to_vec()),
            patch_mac: Some(patch_mac.to_vec()),
            key_id: key_id(),
            device_index: Some(0),
            ..SyncdPatch::default()
        }));
    }
}

/// Encrypts a value and authenticates it: the blob as it travels, and its MAC.
fn seal_value(
    keys: &Expanded,
    key_id: &[u8],
    plaintext: &[u8],
    vector: [u8; 16],
) -> (Vec<u8>, [u8; 32]) {
    let ciphertext = Encryptor::<Aes256>::new(&keys.value_encryption().into(), &vector.into())
        .encrypt_padded_vec::<Pkcs7>(plaintext);
    let mut blob = [&vector[..], &ciphertext].concat();
    let associated = [&[SET], key_id].concat();
    let mut length = [0; 8];
    length[7] = u8::try_from(associated.len()).unwrap_or(u8::MAX);
    let mac = hmac_sha512(keys.value_mac(), &[&associated, &blob, &length]);
    let mut value_mac = [0; 32];
    value_mac.copy_from_slice(&mac[..32]);
    blob.extend_from_slice(&value_mac);
    (blob, value_mac)
}

#[cfg(test)]
mod tests {
    use cbc::{Decryptor, cipher::BlockModeDecrypt as _};
    use waproto::codec::{sync_action_data_decode, syncd_patch_decode};

    use super::*;

    fn key() -> SyncKey {
        SyncKey { id: *b"\0\0\0\0\0\x01", data: [5; 32], created_unix_ms: 0 }
    }

    /// Reads a patch as a companion does and returns the name in it.
    fn read(bytes: &[u8], hash: &mut LtHash, replaced: Option<&[u8]>) -> (String, Vec<u8>) {
        let patch = syncd_patch_decode(bytes).unwrap();
        let version = patch.version.version.unwrap().to_be_bytes();
        let keys = Expanded::of(&key());
        let record = &patch.mutations[0].record;
        let blob = record.value.blob.clone().unwrap();
        let (sealed, mac) = blob.split_at(blob.len() - 32);
        let associated = [&[1], &key().id[..]].concat();
        let length = [0, 0, 0, 0, 0, 0, 0, 7];
        let expected = hmac_sha512(keys.value_mac(), &[&associated, sealed, &length]);
        assert_eq!(mac, &expected[..32]);

        let mut vector = [0; 16];
        vector.copy_from_slice(&sealed[..16]);
        let plaintext = Decryptor::<Aes256>::new(&keys.value_encryption().into(), &vector.into())
            .decrypt_padded_vec::<Pkcs7>(&sealed[16..])
            .unwrap();
        let action = sync_action_data_decode(&plaintext).unwrap();
        let index_mac = hmac_sha256(keys.index(), &[action.index.as_deref().unwrap()]);
        assert_eq!(record.index.blob.as_deref().unwrap(), index_mac);

        if let Some(replaced) = replaced {
            hash.subtract(replaced);
        }
        hash.add(mac);
        let snapshot =
            hmac_sha256(keys.snapshot_mac(), &[hash.bytes(), &version, b"critical_block"]);
        assert_eq!(patch.snapshot_mac.unwrap(), snapshot);
        let patch_mac =
            hmac_sha256(keys.patch_mac(), &[&snapshot, mac, &version, b"critical_block"]);
        assert_eq!(patch.patch_mac.unwrap(), patch_mac);
        let name = action.value.push_name_setting.name.clone().unwrap();
        (name, mac.to_vec())
    }

    #[test]
    fn a_companion_can_read_and_check_every_patch() {
        let mut dice = Dice::derive(1, "test", 0);
        let mut collection = Collection::empty(CRITICAL);
        collection.set_push_name("Ada", &key(), 1_700_000_000_000, &mut dice);
        collection.set_push_name("Grace", &key(), 1_700_000_000_001, &mut dice);
        let mut hash = LtHash::empty();
        let patches = collection.since(0).unwrap();
        let (name, mac) = read(&patches[0], &mut hash, None);
        assert_eq!(name, "Ada");
        let (name, _) = read(&patches[1], &mut hash, Some(&mac));
        assert_eq!(name, "Grace");
    }

    #[test]
    fn only_versions_that_exist_have_a_sequel() {
        let mut collection = Collection::empty(CRITICAL);
        collection.set_push_name("Ada", &key(), 0, &mut Dice::derive(1, "test", 0));
        assert_eq!(collection.version(), 1);
        assert_eq!(collection.since(1), Some(&[][..]));
        assert_eq!(collection.since(2), None);
    }
}
