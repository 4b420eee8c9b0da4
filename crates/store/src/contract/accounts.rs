//! Accounts: opening, renaming, closing and listing.

use waygate_core::error::{Error, Kind};
use waygate_core::port::registry::InstanceFilter;
use waygate_core::tenant::Account;
use waygate_core::token::ApiToken;

use super::samples::{
    account, after_ms, enrolled, enrolment, hash, opened, record, refusal, token,
};
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

/// The name changes, and nothing else of it or of others.
pub async fn an_account_has_the_name_that_it_was_given_last(
    store: &dyn Store,
) -> Result<(), Error> {
    let (first, second) = (opened(store, 1).await?, opened(store, 2).await?);
    store.rename_account(first.id, "new".into()).await?;
    store.rename_account(first.id, "new".into()).await?;
    store.rename_account(second.id, first.name.clone()).await?;
    let expected =
        [Account { name: "new".into(), ..first.clone() }, Account { name: first.name, ..second }];
    assert_eq!(store.accounts().await?, expected);
    Ok(())
}

/// Nobody is given a name that another has, or had.
pub async fn a_taken_name_is_not_given_to_another_account(store: &dyn Store) -> Result<(), Error> {
    let (first, second) = (opened(store, 1).await?, opened(store, 2).await?);
    let closed = opened(store, 3).await?;
    store.close_account(closed.id, after_ms(1)).await?;
    for name in [second.name, closed.name.clone()] {
        let renamed = store.rename_account(first.id, name).await;
        assert_eq!(refusal(renamed), Some(Kind::Conflict));
    }
    let again = Account { name: closed.name, ..account(4) };
    assert_eq!(refusal(store.open_account(again).await), Some(Kind::Conflict));
    for unknown in [account(9).id, closed.id] {
        let renamed = store.rename_account(unknown, "new".into()).await;
        assert_eq!(refusal(renamed), Some(Kind::NotFound));
    }
    assert_eq!(store.accounts().await?.first(), Some(&first));
    Ok(())
}

/// What is closed stays listed, owns nothing, opens nothing and takes nothing on.
pub async fn a_closed_account_has_no_valid_tokens_and_gets_no_new_ones(
    store: &dyn Store,
) -> Result<(), Error> {
    let (owner, other) = (opened(store, 1).await?, opened(store, 2).await?);
    let removed = enrolled(store, 1, &owner).await?;
    store.remove(removed.id, after_ms(1)).await?;
    let of_account =
        |seed, of: &Account| ApiToken { instance: None, ..token(seed, &record(1, of)) };
    for issued in [of_account(2, &owner), of_account(3, &owner), of_account(4, &other)] {
        store.issue_token(issued).await?;
    }
    store.revoke_token(hash(3).id(), after_ms(2)).await?;

    assert!(store.close_account(owner.id, after_ms(5)).await?);
    assert!(!store.close_account(owner.id, after_ms(6)).await?, "it was closed before");
    assert!(!store.close_account(account(9).id, after_ms(6)).await?, "there is none");

    for (seed, revoked) in [(1, Some(5)), (2, Some(5)), (3, Some(2)), (4, None)] {
        let found = store.find_token(hash(seed)).await?;
        let at = found.and_then(|token| token.revoked_at);
        assert_eq!(at, revoked.map(after_ms), "token {seed}");
    }
    let expected = [Account { closed_at: Some(after_ms(5)), ..owner.clone() }, other];
    assert_eq!(store.accounts().await?, expected);
    let issued = store.issue_token(of_account(5, &owner)).await;
    assert_eq!(refusal(issued), Some(Kind::NotFound));
    assert_eq!(refusal(store.enrol(enrolment(5, &owner)).await), Some(Kind::NotFound));
    Ok(())
}

/// Instances are logged out first, or their devices would stay on the phones.
pub async fn an_account_with_instances_is_not_closed(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    enrolled(store, 1, &owner).await?;
    let closed = store.close_account(owner.id, after_ms(5)).await;
    assert_eq!(refusal(closed), Some(Kind::WrongState));
    assert_eq!(store.accounts().await?, [owner]);
    assert_eq!(store.find_token(hash(1)).await?.and_then(|token| token.revoked_at), None);
    Ok(())
}
