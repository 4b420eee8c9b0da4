//! The record of who did what.

use waygate_core::audit::{Act, Actor, Entry};
use waygate_core::error::Error;
use waygate_core::id::AccountId;

use super::samples::{self, after_ms, instance_id};
use crate::Store;

fn account_id(seed: u8) -> AccountId {
    samples::account(seed).id
}

fn act(account: Option<u8>, at_ms: i64) -> Act {
    Act {
        at: after_ms(at_ms),
        account: account.map(account_id),
        actor: Actor::Operator,
        name: "instance_create".into(),
        instance: None,
        client: None,
        status: None,
        request: None,
    }
}

async fn told(
    store: &dyn Store,
    account: Option<AccountId>,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<Entry>, Error> {
    store.acts(account, before, limit).await
}

/// Everything that is known of an act, also when little is.
pub async fn an_act_is_read_as_it_was_recorded(store: &dyn Store) -> Result<(), Error> {
    let token = [7; 32];
    let token = waygate_core::token::TokenHash::from_bytes(token).id();
    let whole = Act {
        actor: Actor::Token(token),
        instance: Some(instance_id(1)),
        client: Some([192, 0, 2, 1].into()),
        status: Some(201),
        request: Some("0123456789abcdef".into()),
        ..act(Some(1), 1)
    };
    let other = Act {
        actor: Actor::LinkTicket,
        client: Some([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()),
        ..act(None, 2)
    };
    for act in [&whole, &other] {
        store.record(act.clone()).await?;
    }
    let acts: Vec<Act> = told(store, None, None, 9).await?.into_iter().map(|it| it.act).collect();
    assert_eq!(acts, [other, whole], "the newest first");
    Ok(())
}

/// An account sees what was done with its own things.
pub async fn acts_are_told_to_their_account_only(store: &dyn Store) -> Result<(), Error> {
    for (account, at_ms) in [(Some(1), 1), (Some(2), 2), (None, 3), (Some(1), 4)] {
        store.record(act(account, at_ms)).await?;
    }
    for (account, count) in [(Some(1), 2), (Some(2), 1), (Some(3), 0), (None, 4)] {
        let entries = told(store, account.map(account_id), None, 9).await?;
        assert_eq!(entries.len(), count, "of {account:?}");
    }
    Ok(())
}

/// A page begins before an entry of the page before it.
pub async fn acts_come_in_pages_that_begin_before_an_entry(store: &dyn Store) -> Result<(), Error> {
    for at_ms in 1..=5 {
        store.record(act(Some(1), at_ms)).await?;
    }
    let first = told(store, None, None, 2).await?;
    assert_eq!(first.len(), 2);
    store.record(act(Some(1), 6)).await?;
    let last = first.last().map(|entry| entry.number);
    let rest = told(store, Some(account_id(1)), last, 9).await?;
    let times: Vec<_> = rest.iter().map(|entry| entry.act.at).collect();
    assert_eq!(times, [after_ms(3), after_ms(2), after_ms(1)]);
    assert_eq!(told(store, None, None, 0).await?, []);
    Ok(())
}

/// What is old goes, and its number is not given again.
pub async fn old_acts_are_forgotten_and_their_numbers_stay_used(
    store: &dyn Store,
) -> Result<(), Error> {
    for at_ms in [1, 2, 3] {
        store.record(act(Some(1), at_ms)).await?;
    }
    let newest = told(store, None, None, 1).await?;
    assert_eq!(store.forget_acts(after_ms(3)).await?, 2);
    assert_eq!(told(store, None, None, 9).await?, newest);
    assert_eq!(store.forget_acts(after_ms(4)).await?, 1);
    store.record(act(Some(1), 5)).await?;
    let next = told(store, None, None, 9).await?;
    assert!(
        next.len() == 1 && next.first().map(|it| it.number) > newest.first().map(|it| it.number)
    );
    Ok(())
}
