//! Vaults on stores, and what fills them.
#![expect(clippy::expect_used, reason = "test code")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tempfile::TempDir;
use waygate_core::id::InstanceId;
use waygate_core::port::records::{
    Record, RecordChange, RecordKey, RecordKind, RecordScan, Records,
};
use waygate_store_sqlite::SqliteStore;
use waygate_vault::{Vault, VaultError};
use whatsapp_rust::store::error::StoreError;
use whatsapp_rust::store::traits::{
    AppStateSyncKey, Backend, DeviceListRecord, LidPnMappingEntry, TcTokenEntry,
};
use whatsapp_rust::wacore::appstate::hash::HashState;
use whatsapp_rust::wacore::appstate::processor::AppStateMutationMAC;
use whatsapp_rust::wacore::store::Device;
use zeroize::Zeroizing;

pub(crate) const PHONE: &str = "15550001111";
pub(crate) const PEER: &str = "15550001111@s.whatsapp.net";
pub(crate) const LID: &str = "100000000000001";
pub(crate) const GROUP: &str = "120363000000000001@g.us";
/// In every value that `fill` keeps.
pub(crate) const CANARY: &str = "canary-0123456789";

pub(crate) fn instance(seed: u128) -> InstanceId {
    InstanceId::from_random_bytes(seed.to_be_bytes())
}

/// A vault whose randomness repeats a run and never itself, as long as `salt` does not.
pub(crate) fn vault(records: Arc<dyn Records>, salt: u8) -> Vault {
    let count = AtomicU64::new(0);
    let random = move || {
        let mut bytes = [salt; 32];
        bytes[..8].copy_from_slice(&count.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        bytes
    };
    Vault::new(records, Zeroizing::new([1; 32]), Arc::new(random))
}

/// A database in a folder of its own.
pub(crate) struct File {
    folder: TempDir,
    path: PathBuf,
}

impl File {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("waygate.sqlite");
        Self { folder, path }
    }

    /// Opens it, lets it be used, and stops it cleanly.
    pub(crate) async fn with<T>(&self, work: impl AsyncFnOnce(Arc<SqliteStore>) -> T) -> T {
        let (store, writer) = SqliteStore::open(&self.path).await.expect("a database that opens");
        let store = Arc::new(store);
        let work = async {
            let outcome = work(Arc::clone(&store)).await;
            store.close().await;
            outcome
        };
        let (stopped, outcome) = tokio::join!(writer.run(), work);
        stopped.expect("a clean stop");
        outcome
    }

    /// How many of its files have these bytes in them, the write-ahead log among them.
    pub(crate) fn holders(&self, wanted: &[u8]) -> Vec<String> {
        let mut holders = Vec::new();
        for entry in std::fs::read_dir(self.folder.path()).expect("the folder") {
            let entry = entry.expect("a file");
            let bytes = std::fs::read(entry.path()).expect("its bytes");
            if bytes.windows(wanted.len()).any(|part| part == wanted) {
                holders.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        holders
    }
}

fn canary() -> Bytes {
    Bytes::from_static(CANARY.as_bytes())
}

/// A secret of 32 bytes that the canary begins.
pub(crate) fn secret() -> [u8; 32] {
    let mut secret = [0x5a; 32];
    secret[..CANARY.len()].copy_from_slice(CANARY.as_bytes());
    secret
}

/// Keeps a record of every kind.
pub(crate) async fn fill(keys: &dyn Backend) -> Result<(), StoreError> {
    keys.save(&Device { push_name: CANARY.to_owned(), ..Device::new() }).await?;
    keys.put_identity(PEER, secret()).await?;
    keys.put_session(PEER, &canary()).await?;
    keys.store_prekey(7, &canary(), false).await?;
    keys.store_signed_prekey(7, &canary()).await?;
    keys.put_sender_key(&format!("{GROUP}::{PEER}"), &canary()).await?;
    let key = AppStateSyncKey { key_data: secret().to_vec(), ..AppStateSyncKey::default() };
    keys.set_sync_key(CANARY.as_bytes(), key).await?;
    keys.set_version(CANARY, HashState { version: 3, ..HashState::default() }).await?;
    let mac = AppStateMutationMAC { index_mac: canary().to_vec(), value_mac: canary().to_vec() };
    keys.put_mutation_macs("regular", 1, &[mac]).await?;
    keys.set_sender_key_status(GROUP, &[(PEER, true)]).await?;
    keys.put_lid_mapping(&mapping(LID, PHONE)).await?;
    keys.save_base_key(PEER, CANARY, &canary()).await?;
    keys.update_device_list(devices(PHONE)).await?;
    keys.put_group_metadata(GROUP, &canary()).await?;
    let token =
        TcTokenEntry { token: canary().to_vec(), token_timestamp: 1, sender_timestamp: None };
    keys.put_tc_token(PEER, &token).await?;
    keys.store_sent_message(PEER, "ID1", &canary()).await?;
    keys.store_pending_inbound(PEER, PEER, "ID2", &canary()).await?;
    keys.put_msg_secret(PEER, PEER, "ID3", &secret()).await
}

/// Reads a record of this kind that `fill` has kept.
pub(crate) async fn read(keys: &dyn Backend, kind: RecordKind) -> Result<bool, StoreError> {
    Ok(match kind {
        // Opening the keys reads it.
        RecordKind::DataKey => true,
        RecordKind::Device => keys.load().await?.is_some(),
        RecordKind::Identity => keys.load_identity(PEER).await?.is_some(),
        RecordKind::Session => keys.get_session(PEER).await?.is_some(),
        RecordKind::Prekey => keys.load_prekey(7).await?.is_some(),
        RecordKind::SignedPrekey => keys.load_signed_prekey(7).await?.is_some(),
        RecordKind::SenderKey => keys.get_sender_key(&format!("{GROUP}::{PEER}")).await?.is_some(),
        RecordKind::SyncKey => keys.get_sync_key(CANARY.as_bytes()).await?.is_some(),
        RecordKind::LatestSyncKey => keys.get_latest_sync_key_id().await?.is_some(),
        RecordKind::SyncVersion => keys.get_version(CANARY).await?.version == 3,
        RecordKind::SyncMac => keys.get_mutation_mac("regular", CANARY.as_bytes()).await?.is_some(),
        RecordKind::SenderKeyDevices => !keys.get_sender_key_devices(GROUP).await?.is_empty(),
        RecordKind::LidMapping => keys.get_lid_mapping(LID).await?.is_some(),
        RecordKind::PhoneMapping => keys.get_pn_mapping(PHONE).await?.is_some(),
        RecordKind::BaseKey => keys.has_same_base_key(PEER, CANARY, CANARY.as_bytes()).await?,
        RecordKind::DeviceList => keys.get_devices(PHONE).await?.is_some(),
        RecordKind::GroupMetadata => keys.get_group_metadata(GROUP).await?.is_some(),
        RecordKind::TrustToken => keys.get_tc_token(PEER).await?.is_some(),
        RecordKind::SentMessage => keys.take_sent_message(PEER, "ID1").await?.is_some(),
        RecordKind::PendingInbound => keys.get_pending_inbound(PEER, PEER, "ID2").await?.is_some(),
        RecordKind::MessageSecret => keys.get_msg_secret(PEER, PEER, "ID3").await?.is_some(),
    })
}

pub(crate) fn mapping(lid: &str, phone: &str) -> LidPnMappingEntry {
    LidPnMappingEntry {
        lid: lid.to_owned(),
        phone_number: phone.to_owned(),
        created_at: 1,
        updated_at: 2,
        learning_source: CANARY.to_owned(),
    }
}

pub(crate) fn devices(user: &str) -> DeviceListRecord {
    DeviceListRecord {
        user: user.to_owned(),
        devices: vec![],
        timestamp: 1,
        phash: Some(CANARY.to_owned()),
        raw_id: None,
    }
}

/// All records of a kind.
pub(crate) async fn all(
    records: &dyn Records,
    of: InstanceId,
    kind: RecordKind,
) -> Vec<(RecordKey, waygate_core::secret::Sealed)> {
    let scan = RecordScan { kind, under: RecordKey::default(), after: None, limit: 9 };
    records.scan_records(of, scan).await.expect("records")
}

/// Puts these bytes in the place of a record's.
pub(crate) async fn replace(
    records: &dyn Records,
    of: InstanceId,
    (kind, key): (RecordKind, RecordKey),
    bytes: Vec<u8>,
) {
    let value = waygate_core::secret::Sealed::from_bytes(bytes);
    let put = RecordChange::Put(Record { kind, key, value, due: None });
    records.change_records(of, vec![put]).await.expect("a record that is kept");
}

/// What the vault said through the library's error.
pub(crate) fn cause(error: &StoreError) -> &VaultError {
    let cause = std::error::Error::source(error).expect("a cause");
    cause.downcast_ref().expect("an error of the vault")
}
