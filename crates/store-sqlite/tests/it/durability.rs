//! What was told stays, and what was erased is gone.

use waygate_core::account::LinkedAccount;
use waygate_core::error::Error;
use waygate_core::event::{EventKind, Sequence, StateChanged};
use waygate_core::instance::change::Cause;
use waygate_core::instance::state::StateName;
use waygate_core::port::journal::Journal;
use waygate_core::port::records::{Record, RecordChange, RecordKey, RecordKind, Records};
use waygate_core::port::registry::Registry;
use waygate_core::secret::Sealed;
use waygate_core::token::{ApiToken, TokenKind};
use waygate_store::Store;
use waygate_store::contract::samples::{
    account, after_ms, enrolled, event, instance_id, opened, sealed, standing, token,
};

use crate::everything::Everything;
use crate::file::File;

/// Writes a row of every kind.
async fn write_everything(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    opened(store, 2).await?;
    let record = enrolled(store, 1, &owner).await?;
    let removed = enrolled(store, 2, &owner).await?;
    let forgotten = enrolled(store, 3, &owner).await?;
    store.remove(forgotten.id, after_ms(1)).await?;
    store.forget_removed(after_ms(2)).await?;
    store.remove(removed.id, after_ms(3)).await?;
    store.replace_token(token(4, &record)).await?;
    let partner = ApiToken { kind: TokenKind::Partner, instance: None, ..token(5, &record) };
    store.issue_token(partner).await?;
    store.save_settings(record.id, sealed(6)).await?;
    store.keep_key_check(sealed(7)).await?;
    for device in 1..=3 {
        store.append(record.id, after_ms(4), event(device), standing(StateName::Online)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn everything_is_there_after_a_stop() {
    let file = File::new();
    let before = file
        .with(async |store| {
            write_everything(store).await.unwrap();
            Everything::of(store).await.unwrap()
        })
        .await;
    assert_eq!(file.with(async |store| Everything::of(store).await.unwrap()).await, before);
    // Also what is only known by being refused.
    file.with(async |store| {
        enrolled(store, 3, &account(1)).await.unwrap_err();
        enrolled(store, 9, &account(1)).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn everything_is_there_after_the_writer_was_dropped() {
    let file = File::new();
    let before = file
        .with_and_drop(async |store| {
            write_everything(store).await.unwrap();
            Everything::of(store).await.unwrap()
        })
        .await;
    assert_eq!(file.with(async |store| Everything::of(store).await.unwrap()).await, before);
}

#[tokio::test]
async fn whatever_was_told_is_there_after_a_kill_at_any_moment() {
    let file = File::new();
    let mut kills = Vec::new();
    file.with(async |store| {
        let owner = opened(store, 1).await.unwrap();
        let instance = enrolled(store, 1, &owner).await.unwrap().id;
        for device in 1..=20 {
            let at = standing(StateName::Online);
            let told = store.append(instance, after_ms(0), event(device), at).await.unwrap();
            kills.push((told, file.copy()));
        }
    })
    .await;
    for (told, left) in kills {
        left.with(async |store| {
            let events = store.read_after(instance_id(1), Sequence(0), 100).await.unwrap();
            assert_eq!(events.last().map(|it| it.sequence), Some(told));
            assert_eq!(events.len() as u64, told.0);
        })
        .await;
    }
}

#[tokio::test]
async fn what_was_erased_is_in_no_file() {
    const NUMBER: &str = "15550009876";
    let file = File::new();
    file.with(async |store| {
        let owner = opened(store, 1).await.unwrap();
        let instance = enrolled(store, 1, &owner).await.unwrap().id;
        let linked = EventKind::StateChanged(StateChanged {
            from: StateName::Linking,
            to: StateName::Online,
            cause: Cause::LoggedIn,
            linked: true,
            account: Some(LinkedAccount { phone: NUMBER.into(), lid: None, device: 1 }),
        });
        let online = standing(StateName::Online);
        store.append(instance, after_ms(0), linked, online).await.unwrap();
        assert!(file.holds(NUMBER), "this test looks in the wrong place");
        assert!(store.remove(instance, after_ms(1)).await.unwrap());
        assert!(!file.holds(NUMBER));
    })
    .await;
}

#[tokio::test]
async fn a_record_that_was_erased_is_in_no_file() {
    const SEALED: &str = "a sealed key, as far as the store can tell";
    let file = File::new();
    file.with(async |store| {
        let record = Record {
            kind: RecordKind::DataKey,
            key: RecordKey::default(),
            value: Sealed::from_bytes(SEALED.as_bytes()),
            due: None,
        };
        store.change_records(instance_id(1), vec![RecordChange::Put(record)]).await.unwrap();
        assert!(file.holds(SEALED), "this test looks in the wrong place");
        store.erase_records(instance_id(1), Some(RecordKind::DataKey)).await.unwrap();
        assert!(!file.holds(SEALED));
    })
    .await;
}
