//! Many callers at once.

use futures_util::FutureExt;
use futures_util::future::join_all;
use waygate_core::error::{Error, Kind};
use waygate_core::event::Sequence;
use waygate_core::id::InstanceId;
use waygate_core::instance::state::StateName;
use waygate_core::port::journal::Journal;
use waygate_core::port::registry::Registry;
use waygate_core::tenant::Account;
use waygate_store::contract::samples::{
    account, after_ms, enrolled, event, instance_id, opened, sealed, standing,
};
use waygate_store_sqlite::SqliteStore;

use crate::file::File;

/// Appends events one by one, all of them queued at once; the answers in the order of the calls.
async fn write_at_once(
    store: &SqliteStore,
    instance: InstanceId,
    count: u16,
) -> Vec<Result<Sequence, Error>> {
    let online = standing(StateName::Online);
    let append = |it| store.append(instance, after_ms(0), event(it), online.clone());
    join_all((0..count).map(append)).await
}

#[tokio::test]
async fn callers_who_come_at_once_share_commits() {
    File::new()
        .with(async |store| {
            let owner = opened(store, 1).await.unwrap();
            let instance = enrolled(store, 1, &owner).await.unwrap().id;
            let before = store.commits();
            for outcome in write_at_once(store, instance, 200).await {
                outcome.unwrap();
            }
            // As many as it takes at 64 each; they are queued before the writer's first turn.
            assert_eq!(store.commits() - before, 4);
        })
        .await;
}

#[tokio::test]
async fn more_callers_than_the_queue_holds_are_all_answered() {
    File::new()
        .with(async |store| {
            let owner = opened(store, 1).await.unwrap();
            let instance = enrolled(store, 1, &owner).await.unwrap().id;
            let told = write_at_once(store, instance, 1000).await;
            let numbers: Vec<u64> = told.into_iter().map(|told| told.unwrap().0).collect();
            assert_eq!(numbers, (1..=1000).collect::<Vec<_>>(), "in the order of the calls");
        })
        .await;
}

#[tokio::test]
async fn a_refused_write_does_not_disturb_those_it_shares_a_commit_with() {
    File::new()
        .with(async |store| {
            let named = |seed, name: &str| {
                store.open_account(Account { name: name.into(), ..account(seed) })
            };
            let before = store.commits();
            let outcomes =
                tokio::join!(named(1, "one"), named(2, "one"), named(1, "two"), named(4, "four"));
            assert_eq!(store.commits() - before, 1);

            let (first, same_name, same_id, last) = outcomes;
            first.unwrap();
            assert_eq!(same_name.unwrap_err().kind(), Kind::Conflict);
            assert_eq!(same_id.unwrap_err().kind(), Kind::Conflict);
            last.unwrap();
            let accounts = store.accounts().await.unwrap();
            let names: Vec<&str> = accounts.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(names, ["one", "four"]);
        })
        .await;
}

#[tokio::test]
async fn a_write_is_done_although_its_caller_went_away() {
    let file = File::new();
    file.with(async |store| {
        let gone = store.keep_key_check(sealed(1)).now_or_never();
        assert!(gone.is_none(), "it cannot be done yet");
    })
    .await;
    assert_eq!(file.with(async |store| store.key_check().await.unwrap()).await, Some(sealed(1)));
}

#[tokio::test]
async fn readers_who_go_away_leave_nothing_behind() {
    File::new()
        .with(async |store| {
            let owner = opened(store, 1).await.unwrap();
            let instance = enrolled(store, 1, &owner).await.unwrap().id;
            drop(write_at_once(store, instance, 200).await);
            for _ in 0..20 {
                assert!(store.read_after(instance, Sequence(0), 200).now_or_never().is_none());
            }
            // More than there are connections, and nobody waits for ever.
            let reads = (0..20).map(|_| store.read_after(instance, Sequence(0), 200));
            for events in join_all(reads).await {
                assert_eq!(events.unwrap().len(), 200);
            }
        })
        .await;
}

#[tokio::test]
async fn a_closed_store_refuses_everybody() {
    let file = File::new();
    file.with(async |store| {
        opened(store, 1).await.unwrap();
        let waiting = store.keep_key_check(sealed(1));
        let (written, ()) = tokio::join!(waiting, store.close());
        written.unwrap();
        let refused = store.keep_key_check(sealed(2)).await.unwrap_err();
        assert_eq!(refused.to_string(), "the database is closed");
        let refused = store.instance(instance_id(1)).await.unwrap_err();
        assert_eq!(refused.to_string(), "the database is closed");
    })
    .await;
    assert_eq!(file.with(async |store| store.key_check().await.unwrap()).await, Some(sealed(1)));
}
