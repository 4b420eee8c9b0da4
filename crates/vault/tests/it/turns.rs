//! What reads, decides and writes does so one after the other, whoever asks at once.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::sync::Arc;

use futures_util::future::join_all;
use waygate_core::port::records::Records;
use waygate_vault::SealedKeys;
use whatsapp_rust::store::traits::{DeviceStore, MsgSecretStore, ProtocolStore};

use crate::house::{File, GROUP, PEER, instance, mapping, vault};

/// How many ask at once.
const CROWD: i64 = 20;

async fn with_keys(work: impl AsyncFnOnce(&SealedKeys)) {
    let file = File::new();
    file.with(async |store| {
        let keys = vault(store as Arc<dyn Records>, 1).open(instance(1)).await.unwrap();
        work(&keys).await;
    })
    .await;
}

#[tokio::test]
async fn a_sent_message_is_taken_once() {
    with_keys(async |keys| {
        keys.store_sent_message(PEER, "ID", b"payload").await.unwrap();
        let taken = join_all((0..CROWD).map(|_| keys.take_sent_message(PEER, "ID"))).await;
        let taken = taken.into_iter().filter_map(|taken| taken.unwrap()).count();
        assert_eq!(taken, 1);
    })
    .await;
}

#[tokio::test]
async fn no_writer_of_a_trust_token_loses_the_half_of_another() {
    with_keys(async |keys| {
        let touches = (0..CROWD).map(|at| keys.touch_tc_token_sender_timestamp(PEER, at));
        let tokens = (0..CROWD).map(|at| keys.store_received_tc_token(PEER, b"token", 100 + at));
        let (touched, received) = futures_util::join!(join_all(touches), join_all(tokens));
        assert!(touched.into_iter().chain(received).all(|done| done.is_ok()));
        let entry = keys.get_tc_token(PEER).await.unwrap().unwrap();
        assert_eq!(entry.sender_timestamp, Some(CROWD - 1));
        assert_eq!((entry.token.as_slice(), entry.token_timestamp), (&b"token"[..], 119));
    })
    .await;
}

#[tokio::test]
async fn devices_of_a_group_that_are_noted_at_once_are_all_noted() {
    with_keys(async |keys| {
        let noted = (0..CROWD).map(async |device| {
            let jid = format!("15550001111:{device}@s.whatsapp.net");
            keys.set_sender_key_status(GROUP, &[(&jid, true)]).await
        });
        assert!(join_all(noted).await.into_iter().all(|done| done.is_ok()));
        let devices = keys.get_sender_key_devices(GROUP).await.unwrap();
        assert_eq!(devices.len(), usize::try_from(CROWD).unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_kept_for_the_longest_time_that_anybody_wanted() {
    with_keys(async |keys| {
        let kept = (1..=CROWD).map(async |until| {
            let entry = whatsapp_rust::store::traits::MsgSecretEntry {
                chat: PEER.into(),
                sender: PEER.into(),
                msg_id: "ID".into(),
                secret: [1; 32],
                expires_at: until,
                message_ts: until,
            };
            keys.put_msg_secrets(vec![entry]).await
        });
        assert!(join_all(kept).await.into_iter().all(|done| done.is_ok()));
        assert_eq!(keys.delete_expired_msg_secrets(CROWD - 1).await.unwrap(), 0);
        let (_, at) = keys.get_msg_secret_with_ts(PEER, PEER, "ID").await.unwrap().unwrap();
        assert_eq!(at, CROWD);
        assert_eq!(keys.delete_expired_msg_secrets(CROWD).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_device_that_is_created_twice_at_once_is_one_device() {
    with_keys(async |keys| {
        let numbers = join_all((0..CROWD).map(async |_| {
            let number = keys.create().await.unwrap();
            (number, keys.load().await.unwrap().unwrap().registration_id)
        }));
        let made = numbers.await;
        assert!(made.iter().all(|(_, id)| *id == made[0].1), "{made:?}");
    })
    .await;
}

/// The library's own memory forgets the number then, its SQLite does not.
#[tokio::test]
async fn a_number_that_went_to_another_id_stays_there_when_the_first_one_moves_on() {
    with_keys(async |keys| {
        for (lid, phone) in [("1", "15550001111"), ("2", "15550001111"), ("1", "15550002222")] {
            keys.put_lid_mapping(&mapping(lid, phone)).await.unwrap();
        }
        let of = |phone: &'static str| async move {
            keys.get_pn_mapping(phone).await.unwrap().map(|entry| entry.lid)
        };
        assert_eq!(of("15550001111").await.as_deref(), Some("2"));
        assert_eq!(of("15550002222").await.as_deref(), Some("1"));
        // In one batch, too.
        let batch = [("3", "15550003333"), ("4", "15550003333"), ("3", "15550004444")];
        let batch = batch.map(|(lid, phone)| mapping(lid, phone));
        keys.put_lid_mappings(&batch).await.unwrap();
        assert_eq!(of("15550003333").await.as_deref(), Some("4"));
        assert_eq!(of("15550004444").await.as_deref(), Some("3"));
    })
    .await;
}
