//! A newer version may have written what this one cannot read; it is passed over.

use waygate_core::event::{EventName, Sequence};
use waygate_core::instance::state::StateName;
use waygate_core::port::journal::Journal;
use waygate_core::port::registry::Registry;
use waygate_store::contract::samples::{after_ms, enrolled, event, hash, opened, standing};

use crate::file::File;

#[tokio::test]
async fn events_that_cannot_be_read_are_left_out_and_do_not_count() {
    let file = File::new();
    file.with(async |store| {
        let owner = opened(store, 1).await.unwrap();
        let instance = enrolled(store, 1, &owner).await.unwrap().id;
        for device in 1..=6 {
            let online = standing(StateName::Online);
            store.append(instance, after_ms(0), event(device), online).await.unwrap();
        }
        sqlx::raw_sql(
            r#"UPDATE events SET kind = 'message', body = '{"message":{}}' WHERE sequence = 1;
               UPDATE events SET body = replace(body, 'logged_in', 'teleported') WHERE sequence = 3;
               UPDATE events SET body = '' WHERE sequence = 5;"#,
        )
        .execute(&mut file.connect().await)
        .await
        .unwrap();

        for (limit, expected) in [(2, vec![2, 4]), (10, vec![2, 4, 6])] {
            let read = store.read_after(instance, Sequence(0), limit).await.unwrap();
            let numbers: Vec<u64> = read.iter().map(|it| it.sequence.0).collect();
            assert_eq!(numbers, expected, "a limit of {limit}");
        }
        let read = store.newest(instance, EventName::StateChanged, None, 2).await.unwrap();
        let numbers: Vec<u64> = read.iter().map(|it| it.sequence.0).collect();
        assert_eq!(numbers, [6, 4]);
        let online = standing(StateName::Online);
        let next = store.append(instance, after_ms(0), event(7), online).await.unwrap();
        assert_eq!(next, Sequence(7), "their numbers are taken");
    })
    .await;
}

#[tokio::test]
async fn a_standing_that_cannot_be_read_is_none() {
    let file = File::new();
    file.with(async |store| {
        let owner = opened(store, 1).await.unwrap();
        let instance = enrolled(store, 1, &owner).await.unwrap().id;
        let online = standing(StateName::Online);
        store.append(instance, after_ms(0), event(1), online).await.unwrap();
        sqlx::raw_sql(r#"UPDATE instances SET standing = '{"state":"teleported"}'"#)
            .execute(&mut file.connect().await)
            .await
            .unwrap();
        let found = store.instance(instance).await.unwrap().unwrap();
        assert_eq!(found.standing, None);
    })
    .await;
}

#[tokio::test]
async fn a_token_of_an_unknown_kind_opens_nothing() {
    let file = File::new();
    file.with(async |store| {
        let owner = opened(store, 1).await.unwrap();
        for seed in [1, 2] {
            enrolled(store, seed, &owner).await.unwrap();
        }
        sqlx::raw_sql("UPDATE tokens SET kind = 'master' WHERE key = 1")
            .execute(&mut file.connect().await)
            .await
            .unwrap();
        assert_eq!(store.find_token(hash(1)).await.unwrap(), None);
        let listed = store.tokens(owner.id).await.unwrap();
        assert_eq!(listed.iter().map(|it| it.hash).collect::<Vec<_>>(), [hash(2)]);
    })
    .await;
}
