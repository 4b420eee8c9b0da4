//! Tokens: issuing, replacing, finding, revoking.

use futures_util::future::join_all;
use waygate_core::error::{Error, Kind};
use waygate_core::id::AccountId;
use waygate_core::instance::record::InstanceRecord;
use waygate_core::token::{ApiToken, TokenHash, TokenKind};

use super::samples::{account, after_ms, enrolled, hash, instance_id, opened, refusal, token};
use crate::Store;

/// An account's token, of no instance.
fn partner(seed: u8, of: &InstanceRecord) -> ApiToken {
    ApiToken { kind: TokenKind::Partner, instance: None, sealed: None, ..token(seed, of) }
}

/// When the token of this seed was revoked.
async fn revoked_ms(store: &dyn Store, seed: u8) -> Result<Option<i64>, Error> {
    let found = store.find_token(hash(seed)).await?;
    assert!(found.is_some(), "token {seed} is unknown");
    let at = found.and_then(|token| token.revoked_at);
    Ok(at.map(|at| at.as_millisecond() - after_ms(0).as_millisecond()))
}

/// What was issued comes back unchanged.
pub async fn a_token_is_found_as_it_was_issued(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let record = enrolled(store, 1, &owner).await?;
    for written in [
        token(2, &record),
        partner(3, &record),
        ApiToken { kind: TokenKind::Instance, ..partner(4, &record) },
        ApiToken { revoked_at: Some(after_ms(3)), ..token(5, &record) },
    ] {
        store.issue_token(written.clone()).await?;
        assert_eq!(store.find_token(written.hash).await?, Some(written));
    }
    Ok(())
}

/// The whole hash counts, not only the part that names it.
pub async fn an_unknown_hash_is_no_token(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    enrolled(store, 1, &owner).await?;
    assert_eq!(store.find_token(hash(2)).await?, None);
    let mut alike = *hash(1).as_bytes();
    if let Some(last) = alike.last_mut() {
        *last ^= 1;
    }
    assert_eq!(store.find_token(TokenHash::from_bytes(alike)).await?, None);
    Ok(())
}

/// A token is issued once, whoever had it and whatever became of it.
pub async fn a_taken_token_is_a_conflict_and_changes_nothing(
    store: &dyn Store,
) -> Result<(), Error> {
    let (owner, other) = (opened(store, 1).await?, opened(store, 2).await?);
    let one = enrolled(store, 1, &owner).await?;
    let two = enrolled(store, 2, &other).await?;
    let conflict = async |by: &InstanceRecord| {
        let refused = store.issue_token(token(1, by)).await;
        assert_eq!(refusal(refused), Some(Kind::Conflict));
    };
    conflict(&one).await;
    conflict(&two).await;
    assert_eq!(store.find_token(hash(1)).await?, Some(token(1, &one)));
    store.revoke_token(hash(1).id(), after_ms(5)).await?;
    conflict(&one).await;
    conflict(&two).await;
    assert_eq!(revoked_ms(store, 1).await?, Some(5));
    Ok(())
}

/// People revoke a token by its name, so a name means one token.
pub async fn a_token_with_the_name_of_another_is_a_conflict(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let record = enrolled(store, 1, &owner).await?;
    let mut alike = *hash(1).as_bytes();
    if let Some(last) = alike.last_mut() {
        *last ^= 1;
    }
    let alike = ApiToken { hash: TokenHash::from_bytes(alike), ..token(2, &record) };
    assert_eq!(alike.id(), hash(1).id());
    assert_eq!(refusal(store.issue_token(alike).await), Some(Kind::Conflict));
    Ok(())
}

/// A token opens an instance of its own account, while that is there.
pub async fn a_token_without_its_owner_is_not_found_and_changes_nothing(
    store: &dyn Store,
) -> Result<(), Error> {
    let (owner, other) = (opened(store, 1).await?, opened(store, 2).await?);
    let record = enrolled(store, 1, &owner).await?;
    let removed = enrolled(store, 2, &owner).await?;
    store.remove(removed.id, after_ms(1)).await?;
    for homeless in [
        ApiToken { account: account(9).id, ..token(3, &record) },
        ApiToken { account: account(9).id, ..partner(3, &record) },
        ApiToken { account: other.id, ..token(3, &record) },
        ApiToken { instance: Some(instance_id(9)), ..token(3, &record) },
        token(3, &removed),
    ] {
        let issued = store.issue_token(homeless.clone()).await;
        assert_eq!(refusal(issued), Some(Kind::NotFound), "{homeless:?}");
        let replaced = store.replace_token(homeless.clone()).await;
        assert_eq!(refusal(replaced), Some(Kind::NotFound), "{homeless:?}");
        assert_eq!(store.find_token(hash(3)).await?, None);
    }
    assert_eq!(revoked_ms(store, 1).await?, None);
    assert_eq!(revoked_ms(store, 2).await?, None);
    store.issue_token(token(3, &record)).await
}

/// There is no moment in which both are valid, nor one in which none is.
pub async fn a_new_token_revokes_the_others_of_its_kind_and_instance_at_once(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let one = enrolled(store, 1, &owner).await?;
    enrolled(store, 2, &owner).await?;
    for other in [
        token(3, &one),
        token(4, &one),
        ApiToken { kind: TokenKind::Partner, ..token(5, &one) },
        partner(6, &one),
    ] {
        store.issue_token(other).await?;
    }
    store.revoke_token(hash(4).id(), after_ms(50)).await?;

    let new = ApiToken { issued_at: after_ms(100), ..token(7, &one) };
    store.replace_token(new.clone()).await?;

    for (seed, expected) in [
        (1, Some(100)),
        (3, Some(100)),
        (4, Some(50)), // revoked before
        (2, None),     // of another instance
        (5, None),     // of another kind
        (6, None),     // of no instance
        (7, None),
    ] {
        assert_eq!(revoked_ms(store, seed).await?, expected, "token {seed}");
    }
    assert_eq!(store.find_token(new.hash).await?, Some(new));
    Ok(())
}

/// A token of no instance takes the place of those of no instance, in its own account.
pub async fn a_new_token_of_an_account_revokes_the_others_of_its_kind_and_account_at_once(
    store: &dyn Store,
) -> Result<(), Error> {
    let (owner, other) = (opened(store, 1).await?, opened(store, 2).await?);
    let one = enrolled(store, 1, &owner).await?;
    let two = enrolled(store, 2, &other).await?;
    for before in [
        partner(3, &one),
        partner(4, &two),
        ApiToken { kind: TokenKind::Instance, ..partner(5, &one) },
        ApiToken { kind: TokenKind::Partner, ..token(6, &one) },
    ] {
        store.issue_token(before).await?;
    }
    store.replace_token(ApiToken { issued_at: after_ms(100), ..partner(7, &one) }).await?;

    for (seed, expected) in [
        (3, Some(100)),
        (4, None), // of another account
        (5, None), // of another kind
        (6, None), // of an instance
        (7, None),
    ] {
        assert_eq!(revoked_ms(store, seed).await?, expected, "token {seed}");
    }
    Ok(())
}

/// A caller who is told no goes on with the token that it has.
pub async fn a_new_token_that_is_refused_leaves_the_old_one_valid(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let one = enrolled(store, 1, &owner).await?;
    enrolled(store, 2, &owner).await?;
    for taken in [1, 2] {
        let new = ApiToken { issued_at: after_ms(100), ..token(taken, &one) };
        assert_eq!(refusal(store.replace_token(new).await), Some(Kind::Conflict));
    }
    for seed in [1, 2] {
        assert_eq!(revoked_ms(store, seed).await?, None, "token {seed}");
    }
    Ok(())
}

/// Whoever comes last has the valid one.
pub async fn only_one_of_many_new_tokens_at_once_stays_valid(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let record = enrolled(store, 1, &owner).await?;
    let replaced = (2..=40).map(|seed| store.replace_token(token(seed, &record)));
    for outcome in join_all(replaced).await {
        outcome?;
    }
    let tokens = store.tokens(owner.id).await?;
    assert_eq!(tokens.len(), 40);
    let valid = |token: &&ApiToken| token.revoked_at.is_none();
    assert_eq!(tokens.iter().filter(valid).count(), 1);
    assert!(tokens.last().as_ref().is_some_and(valid), "an earlier one is valid");
    Ok(())
}

/// A revoked token stays known, so that its end can be told from a wrong token.
pub async fn a_revoked_token_is_found_with_the_time_of_its_end(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let record = enrolled(store, 1, &owner).await?;
    assert!(store.revoke_token(hash(1).id(), after_ms(5)).await?);
    assert!(!store.revoke_token(hash(1).id(), after_ms(9)).await?, "it was revoked before");
    assert!(!store.revoke_token(hash(2).id(), after_ms(9)).await?, "there is none");

    let expected = ApiToken { revoked_at: Some(after_ms(5)), ..token(1, &record) };
    assert_eq!(store.find_token(hash(1)).await?, Some(expected.clone()));
    assert_eq!(store.tokens(owner.id).await?, [expected]);
    Ok(())
}

/// The order is that of the calls, whatever the clock said; revoked ones are in it.
pub async fn tokens_are_listed_by_account_in_the_order_in_which_they_were_issued(
    store: &dyn Store,
) -> Result<(), Error> {
    let (owner, other) = (opened(store, 1).await?, opened(store, 2).await?);
    let one = enrolled(store, 9, &owner).await?;
    let two = enrolled(store, 8, &other).await?;
    for (seed, of, later_ms) in [(7, &one, 0), (6, &two, -10), (1, &one, -5000), (2, &two, 10)] {
        store.issue_token(ApiToken { issued_at: after_ms(later_ms), ..token(seed, of) }).await?;
    }
    store.issue_token(partner(3, &one)).await?;
    store.revoke_token(hash(7).id(), after_ms(1)).await?;

    let listed = async |account: AccountId| -> Result<Vec<TokenHash>, Error> {
        Ok(store.tokens(account).await?.into_iter().map(|it| it.hash).collect())
    };
    assert_eq!(listed(owner.id).await?, [9, 7, 1, 3].map(hash));
    assert_eq!(listed(other.id).await?, [8, 6, 2].map(hash));
    assert_eq!(listed(account(3).id).await?, []);
    Ok(())
}
