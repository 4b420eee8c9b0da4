//! What is not as we left it is refused, and takes nobody else along.

use std::sync::Arc;

use waygate_core::port::records::{RecordKind, Records};
use waygate_store::MemoryStore;
use waygate_vault::VaultError;
use whatsapp_rust::store::traits::{DeviceStore, SignalStore};

use crate::house::{CANARY, PEER, all, cause, fill, instance, read, replace, vault};

#[tokio::test]
async fn every_kind_is_kept_and_read_by_another_process() {
    let store = Arc::new(MemoryStore::default());
    let first = vault(Arc::clone(&store) as Arc<dyn Records>, 1);
    fill(&first.open(instance(1)).await.unwrap()).await.unwrap();
    let keys = vault(Arc::clone(&store) as Arc<dyn Records>, 2).open(instance(1)).await.unwrap();
    for kind in RecordKind::ALL {
        assert_eq!(all(&*store, instance(1), kind).await.len(), 1, "{kind}");
        assert!(read(&keys, kind).await.unwrap(), "{kind}");
    }
}

#[tokio::test]
async fn a_flipped_byte_is_refused_and_only_its_instance_with_it() {
    let store = Arc::new(MemoryStore::default());
    let records = || Arc::clone(&store) as Arc<dyn Records>;
    let first = vault(records(), 1);
    for seed in [1, 2] {
        fill(&first.open(instance(seed)).await.unwrap()).await.unwrap();
    }
    // The one that is read with the message taken away comes last.
    for kind in RecordKind::ALL.into_iter().filter(|kind| *kind != RecordKind::DataKey) {
        let (key, sealed) = all(&*store, instance(1), kind).await.remove(0);
        let whole = sealed.as_bytes().to_vec();
        for place in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[place] ^= 0x10;
            replace(&*store, instance(1), (kind, key.clone()), flipped).await;
            let vault = vault(records(), 2);
            let keys = vault.open(instance(1)).await.unwrap();
            let refused = read(&keys, kind).await.unwrap_err();
            let damaged = matches!(cause(&refused),
                VaultError::Damaged { instance: of, kind: its } if *of == instance(1) && *its == kind);
            assert!(damaged, "{kind}, byte {place}: {refused:?}");
            let said = format!("{refused:?} {refused} {}", cause(&refused));
            assert!(!said.contains(CANARY) && !said.contains("1555"), "{said}");
            if place == 0 {
                keys.damaged().await;
                // Nothing else of it is given or taken, in this process.
                let again = vault.open(instance(1)).await.unwrap();
                again.put_session(PEER, b"new").await.unwrap_err();
                again.exists().await.unwrap_err();
                let other = vault.open(instance(2)).await.unwrap();
                assert!(other.load().await.unwrap().is_some());
            }
        }
        replace(&*store, instance(1), (kind, key), whole).await;
    }
}

#[tokio::test]
async fn a_data_key_that_was_changed_does_not_open_and_is_not_replaced() {
    let store = Arc::new(MemoryStore::default());
    let records = || Arc::clone(&store) as Arc<dyn Records>;
    vault(records(), 1).open(instance(1)).await.unwrap();
    let (key, sealed) = all(&*store, instance(1), RecordKind::DataKey).await.remove(0);
    let mut flipped = sealed.as_bytes().to_vec();
    flipped[30] ^= 1;
    replace(&*store, instance(1), (RecordKind::DataKey, key), flipped.clone()).await;
    let vault = vault(records(), 2);
    for _ in 0..2 {
        let refused = vault.open(instance(1)).await.unwrap_err();
        assert!(matches!(refused, VaultError::Damaged { kind: RecordKind::DataKey, .. }));
    }
    assert!(vault.holds(instance(1)).await.unwrap());
    let left = all(&*store, instance(1), RecordKind::DataKey).await;
    assert_eq!(left[0].1.as_bytes(), flipped);
}

#[tokio::test]
async fn a_record_of_another_address_does_not_open() {
    let store = Arc::new(MemoryStore::default());
    let records = || Arc::clone(&store) as Arc<dyn Records>;
    let keys = vault(records(), 1).open(instance(1)).await.unwrap();
    keys.put_session(PEER, b"one").await.unwrap();
    keys.put_session("15550002222@s.whatsapp.net", b"two").await.unwrap();
    let sessions = all(&*store, instance(1), RecordKind::Session).await;
    let address = (RecordKind::Session, sessions[0].0.clone());
    replace(&*store, instance(1), address, sessions[1].1.as_bytes().to_vec()).await;
    let keys = vault(records(), 2).open(instance(1)).await.unwrap();
    let (one, two) = (
        keys.get_session(PEER).await.is_err(),
        keys.get_session("15550002222@s.whatsapp.net").await.is_err(),
    );
    assert!(one || two, "one of them is not what it was");
}

#[tokio::test]
async fn destroyed_keys_are_gone_for_whoever_still_has_them() {
    let store = Arc::new(MemoryStore::default());
    let vault = vault(Arc::clone(&store) as Arc<dyn Records>, 1);
    assert!(!vault.holds(instance(1)).await.unwrap());
    let keys = vault.open(instance(1)).await.unwrap();
    fill(&keys).await.unwrap();
    vault.open(instance(2)).await.unwrap().put_session(PEER, b"kept").await.unwrap();
    for _ in 0..2 {
        vault.destroy(instance(1)).await.unwrap();
        assert!(!vault.holds(instance(1)).await.unwrap());
        for kind in RecordKind::ALL {
            assert!(all(&*store, instance(1), kind).await.is_empty(), "{kind}");
        }
    }
    let refused = keys.put_session(PEER, b"late").await.unwrap_err();
    assert!(matches!(cause(&refused), VaultError::Destroyed { .. }));
    let fresh = vault.open(instance(1)).await.unwrap();
    assert!(!fresh.exists().await.unwrap());
    let other = vault.open(instance(2)).await.unwrap().get_session(PEER).await.unwrap();
    assert_eq!(other.as_deref(), Some(&b"kept"[..]));
}

#[tokio::test]
async fn what_is_left_of_keys_that_were_half_destroyed_is_not_taken_for_new_ones() {
    let store = Arc::new(MemoryStore::default());
    let records = || Arc::clone(&store) as Arc<dyn Records>;
    fill(&vault(records(), 1).open(instance(1)).await.unwrap()).await.unwrap();
    // As far as a process came that was killed then.
    store.erase_records(instance(1), Some(RecordKind::DataKey)).await.unwrap();
    let fresh = vault(records(), 2).open(instance(1)).await.unwrap();
    assert!(!fresh.exists().await.unwrap());
    for kind in RecordKind::ALL.into_iter().filter(|kind| *kind != RecordKind::DataKey) {
        assert!(all(&*store, instance(1), kind).await.is_empty(), "{kind}");
    }
}
