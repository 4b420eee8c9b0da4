//! Accounts: opening and listing.

use waygate_core::error::{Error, Kind};
use waygate_core::port::registry::InstanceFilter;
use waygate_core::tenant::Account;

use super::samples::{account, after_ms, opened, refusal};
use crate::Store;

/// Nothing is there before somebody wrote it.
pub async fn a_fresh_store_is_empty(store: &dyn Store) -> Result<(), Error> {
    assert_eq!(store.accounts().await?, []);
    let all = InstanceFilter { account: None, with_removed: true };
    assert_eq!(store.instances(all).await?, []);
    assert_eq!(store.key_check().await?, None);
    assert_eq!(store.forget_removed(after_ms(0)).await?, 0);
    Ok(())
}

/// What was opened comes back unchanged.
pub async fn an_account_is_listed_as_it_was_opened(store: &dyn Store) -> Result<(), Error> {
    let account = opened(store, 1).await?;
    assert_eq!(store.accounts().await?, [account]);
    Ok(())
}

/// The order is that of the calls, whatever the clock said.
pub async fn accounts_are_listed_in_the_order_in_which_they_were_opened(
    store: &dyn Store,
) -> Result<(), Error> {
    let mut expected = Vec::new();
    for (seed, later_ms) in [(3, 0), (1, -5000), (2, -9000)] {
        let account = Account { opened_at: after_ms(later_ms), ..account(seed) };
        store.open_account(account.clone()).await?;
        expected.push(account);
    }
    assert_eq!(store.accounts().await?, expected);
    Ok(())
}

/// An id is given once.
pub async fn an_account_with_a_taken_id_is_a_conflict_and_changes_nothing(
    store: &dyn Store,
) -> Result<(), Error> {
    let first = opened(store, 1).await?;
    let second = Account { id: first.id, ..account(2) };
    assert_eq!(refusal(store.open_account(second).await), Some(Kind::Conflict));
    assert_eq!(store.accounts().await?, [first]);
    Ok(())
}

/// A name is given once.
pub async fn an_account_with_a_taken_name_is_a_conflict_and_changes_nothing(
    store: &dyn Store,
) -> Result<(), Error> {
    let first = opened(store, 1).await?;
    let second = Account { name: first.name.clone(), ..account(2) };
    assert_eq!(refusal(store.open_account(second).await), Some(Kind::Conflict));
    assert_eq!(store.accounts().await?, [first]);
    Ok(())
}

/// Names are compared as they are: no case, accent or blank is the same as another.
pub async fn names_that_only_look_alike_are_two_names(store: &dyn Store) -> Result<(), Error> {
    let names = ["cafe", "Cafe", "caf\u{e9}", "cafe\u{301}", "cafe ", "\u{441}afe", "cafe\0"];
    for (seed, name) in (1..).zip(names) {
        store.open_account(Account { name: name.into(), ..account(seed) }).await?;
    }
    let listed: Vec<String> = store.accounts().await?.into_iter().map(|it| it.name).collect();
    assert_eq!(listed, names);
    Ok(())
}
