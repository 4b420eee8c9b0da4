//! Keys that earlier versions kept in files of the library's own.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use waygate_core::id::InstanceId;
use waygate_core::port::records::{RecordKind, Records};
use waygate_store::MemoryStore;
use waygate_vault::{OldKeyFiles, SealedKeys, Vault};
use whatsapp_rust::store::SqliteStore;
use whatsapp_rust::store::traits::{
    DeviceStore, MsgSecretEntry, MsgSecretStore, ProtocolStore, SignalStore,
};

use crate::house::{GROUP, PEER, fill, instance, mapping, read, vault};

/// A folder as an earlier version left it, with the files of these instances.
async fn left(instances: &[InstanceId]) -> (TempDir, OldKeyFiles) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("keys");
    std::fs::create_dir(&folder).unwrap();
    let files = OldKeyFiles::in_folder(&folder);
    for of in instances {
        let keys = SqliteStore::new(files.file(*of).to_str().unwrap()).await.unwrap();
        keys.create().await.unwrap();
        fill(&keys).await.unwrap();
        fill_more(&keys).await;
    }
    (place, files)
}

/// What there may be several of, and what has a time.
async fn fill_more(keys: &SqliteStore) {
    keys.store_prekey(9, b"nine", true).await.unwrap();
    keys.set_sender_key_status(GROUP, &[("15550002222:1@s.whatsapp.net", false)]).await.unwrap();
    keys.put_lid_mapping(&mapping("200000000000002", "15550002222")).await.unwrap();
    let secret = MsgSecretEntry {
        chat: PEER.into(),
        sender: PEER.into(),
        msg_id: "DUE".into(),
        secret: [7; 32],
        expires_at: 50,
        message_ts: 40,
    };
    keys.put_msg_secrets(vec![secret]).await.unwrap();
}

async fn assert_has_all(keys: &SealedKeys, device: &str) {
    let loaded = keys.load().await.unwrap().unwrap();
    assert_eq!(serde_json::to_string(&loaded).unwrap(), device);
    assert_eq!(keys.get_max_prekey_id().await.unwrap(), 9);
    let group = keys.get_sender_key_devices(GROUP).await.unwrap();
    assert_eq!(
        group,
        [(PEER.to_owned(), true), ("15550002222:1@s.whatsapp.net".to_owned(), false)]
    );
    assert_eq!(keys.get_all_lid_mappings().await.unwrap().len(), 2);
    let (secret, at) = keys.get_msg_secret_with_ts(PEER, PEER, "DUE").await.unwrap().unwrap();
    assert_eq!((secret, at), (vec![7; 32], 40));
    assert_eq!(keys.delete_expired_msg_secrets(50).await.unwrap(), 1);
    assert_eq!(keys.delete_expired_sent_messages(1_000_000).await.unwrap(), 0, "it has its time");
    for kind in RecordKind::ALL {
        assert!(read(keys, kind).await.unwrap(), "{kind}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn fresh() -> (Arc<MemoryStore>, Vault) {
    let store = Arc::new(MemoryStore::default());
    (Arc::clone(&store), vault(store as Arc<dyn Records>, 1))
}

#[tokio::test]
async fn everything_in_a_file_is_in_the_vault_and_the_file_is_gone() {
    let (place, files) = left(&[instance(1), instance(2)]).await;
    let (_, vault) = fresh();
    assert_eq!(files.instances().unwrap(), [instance(1), instance(2)]);
    for of in [instance(1), instance(2)] {
        let old = SqliteStore::new(files.file(of).to_str().unwrap()).await.unwrap();
        let device = serde_json::to_string(&old.load().await.unwrap().unwrap()).unwrap();
        drop(old);
        files.move_into(&vault, of).await.unwrap();
        assert!(!names(&place.path().join("keys")).iter().any(|it| it.contains(&of.to_string())));
        assert_has_all(&vault.open(of).await.unwrap(), &device).await;
    }
    assert_eq!(files.instances().unwrap(), []);
    assert!(names(place.path()).is_empty(), "the folder goes with the last of them");
}

/// The process was killed after the keys were kept, and before the file was destroyed. The account has been
/// used since.
#[tokio::test]
async fn a_file_whose_keys_were_moved_already_is_not_moved_again() {
    let (place, files) = left(&[instance(1)]).await;
    let (_, vault) = fresh();
    let copy = std::fs::read(files.file(instance(1))).unwrap();
    files.move_into(&vault, instance(1)).await.unwrap();
    let keys = vault.open(instance(1)).await.unwrap();
    keys.put_session(PEER, b"a later one").await.unwrap();
    std::fs::create_dir(place.path().join("keys")).unwrap();
    std::fs::write(files.file(instance(1)), copy).unwrap();
    files.move_into(&vault, instance(1)).await.unwrap();
    assert_eq!(keys.get_session(PEER).await.unwrap().unwrap(), &b"a later one"[..]);
    assert_eq!(files.instances().unwrap(), []);
}

/// And before them: the data key was made, nothing else.
#[tokio::test]
async fn a_move_that_was_cut_off_goes_on() {
    let (_place, files) = left(&[instance(1)]).await;
    let (store, first) = fresh();
    first.open(instance(1)).await.unwrap();
    let vault = vault(store as Arc<dyn Records>, 2);
    files.move_into(&vault, instance(1)).await.unwrap();
    let keys = vault.open(instance(1)).await.unwrap();
    for kind in RecordKind::ALL {
        assert!(read(&keys, kind).await.unwrap(), "{kind}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_stays_as_it_is() {
    let (_place, files) = left(&[]).await;
    let (_, vault) = fresh();
    let broken = b"this is no database, and long enough to be looked at as one".repeat(20);
    std::fs::write(files.file(instance(1)), &broken).unwrap();
    files.move_into(&vault, instance(1)).await.unwrap_err();
    assert_eq!(std::fs::read(files.file(instance(1))).unwrap(), broken);
    assert!(!vault.open(instance(1)).await.unwrap().exists().await.unwrap());
    assert_eq!(OldKeyFiles::in_folder("/nowhere/at/all").instances().unwrap(), []);
}
