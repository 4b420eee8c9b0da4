//! Nothing of a linked account is found in the bytes of the data directory.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::sync::Arc;

use waygate_core::port::records::{RecordKind, Records};
use whatsapp_rust::store::traits::DeviceStore;

use crate::house::{CANARY, File, GROUP, LID, PHONE, fill, instance, secret, vault};

/// What would tell of keys, messages or people.
async fn canaries(keys: &waygate_vault::SealedKeys) -> Vec<Vec<u8>> {
    let device = keys.load().await.unwrap().unwrap();
    let mut canaries: Vec<Vec<u8>> =
        [CANARY, PHONE, LID, GROUP].map(|text| text.as_bytes().to_vec()).to_vec();
    canaries.push(secret().to_vec());
    for pair in [&device.noise_key, &device.identity_key, &device.signed_pre_key] {
        canaries.push(pair.private_key.serialize().to_vec());
        canaries.push(pair.public_key.public_key_bytes().to_vec());
    }
    canaries.push(device.adv_secret_key.to_vec());
    canaries
}

#[tokio::test]
async fn no_key_no_number_and_no_message_is_in_any_file() {
    let file = File::new();
    let canaries = file
        .with(async |store| {
            let keys = vault(store as Arc<dyn Records>, 1).open(instance(1)).await.unwrap();
            fill(&keys).await.unwrap();
            // As it is while it is in use, with what is in the log alone.
            let word = RecordKind::MessageSecret.as_str().as_bytes();
            assert!(!file.holders(word).is_empty(), "this test looks in the wrong place");
            let canaries = canaries(&keys).await;
            for canary in &canaries {
                assert!(file.holders(canary).is_empty(), "{:?}", file.holders(canary));
            }
            canaries
        })
        .await;
    // And as it is after a stop, when the log was moved into the database.
    assert_eq!(file.holders(RecordKind::MessageSecret.as_str().as_bytes()), ["waygate.sqlite"]);
    for canary in &canaries {
        assert!(file.holders(canary).is_empty(), "{:?}", file.holders(canary));
    }
}
