//! Removal and forgetting.

use waygate_core::error::Error;
use waygate_core::event::{EventName, Sequence};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::instance::state::StateName;
use waygate_core::port::registry::InstanceFilter;
use waygate_core::token::{ApiToken, TokenKind};

use super::samples::{
    after_ms, enrolled, event, hash, instance_id, opened, sealed, standing, token,
};
use crate::Store;

/// An instance with an event, so that there is a standing and a journal to lose.
async fn lived(store: &dyn Store, seed: u8) -> Result<InstanceRecord, Error> {
    let owner = match store.accounts().await?.into_iter().next() {
        Some(account) => account,
        None => opened(store, 1).await?,
    };
    let record = enrolled(store, seed, &owner).await?;
    store.append(record.id, after_ms(1), event(1), standing(StateName::Online)).await?;
    Ok(record)
}

/// It stays listed for a while.
pub async fn a_removed_instance_is_found_with_the_time_of_its_removal(
    store: &dyn Store,
) -> Result<(), Error> {
    let record = lived(store, 1).await?;
    assert!(store.remove(record.id, after_ms(7)).await?);
    let expected = InstanceRecord { removed_at: Some(after_ms(7)), standing: None, ..record };
    assert_eq!(store.instance(expected.id).await?, Some(expected));
    Ok(())
}

/// What is personal goes at once, and of this instance only.
pub async fn removing_erases_settings_standing_and_journal(store: &dyn Store) -> Result<(), Error> {
    let (gone, stays) = (lived(store, 1).await?, lived(store, 2).await?);
    store.remove(gone.id, after_ms(7)).await?;

    assert_eq!(store.settings(gone.id).await?, None);
    assert_eq!(store.instance(gone.id).await?.and_then(|it| it.standing), None);
    assert_eq!(store.read_after(gone.id, Sequence(0), 10).await?, []);
    assert_eq!(store.newest(gone.id, EventName::StateChanged, None, 10).await?, []);

    assert_eq!(store.settings(stays.id).await?, Some(sealed(2)));
    let standing = Some(standing(StateName::Online));
    assert_eq!(store.instance(stays.id).await?.and_then(|it| it.standing), standing);
    assert_eq!(store.read_after(stays.id, Sequence(0), 10).await?.len(), 1);
    Ok(())
}

/// A late caller can be told that the instance was removed, instead of that its token is wrong.
pub async fn tokens_of_a_removed_instance_stay_known(store: &dyn Store) -> Result<(), Error> {
    let record = lived(store, 1).await?;
    store.issue_token(token(2, &record)).await?;
    store.remove(record.id, after_ms(7)).await?;

    let expected = [token(1, &record), token(2, &record)];
    assert_eq!(store.tokens(record.account).await?, expected);
    assert_eq!(store.find_token(hash(2)).await?, Some(token(2, &record)));
    assert!(store.revoke_token(hash(2).id(), after_ms(8)).await?, "and it can be revoked");
    Ok(())
}

/// One removal counts, the first.
pub async fn a_second_removal_is_refused_and_changes_nothing(
    store: &dyn Store,
) -> Result<(), Error> {
    let record = lived(store, 1).await?;
    assert!(store.remove(record.id, after_ms(7)).await?);
    assert!(!store.remove(record.id, after_ms(9)).await?, "it was removed before");
    let removed_at = store.instance(record.id).await?.and_then(|it| it.removed_at);
    assert_eq!(removed_at, Some(after_ms(7)));

    assert!(!store.remove(instance_id(9), after_ms(9)).await?, "there is none");
    store.forget_removed(after_ms(8)).await?;
    assert!(!store.remove(record.id, after_ms(9)).await?, "it was forgotten");
    Ok(())
}

/// The cutoff itself is not before the cutoff.
pub async fn forgetting_takes_what_was_removed_before_the_cutoff(
    store: &dyn Store,
) -> Result<(), Error> {
    for (seed, removed_ms) in [(1, 10), (2, 20), (3, 30)] {
        let record = lived(store, seed).await?;
        store.remove(record.id, after_ms(removed_ms)).await?;
    }
    let stays = lived(store, 4).await?;

    assert_eq!(store.forget_removed(after_ms(10)).await?, 0);
    assert_eq!(store.forget_removed(after_ms(21)).await?, 2);
    assert_eq!(store.forget_removed(after_ms(21)).await?, 0, "they are gone");
    for (seed, found) in [(1, false), (2, false), (3, true), (4, true)] {
        let known = store.find_token(hash(seed)).await?.is_some();
        assert_eq!(known, found, "token of instance {seed}");
        let there = store.instance(instance_id(seed)).await?.is_some();
        assert_eq!(there, found, "instance {seed}");
    }
    let all = InstanceFilter { account: None, with_removed: true };
    let listed: Vec<_> = store.instances(all).await?.into_iter().map(|it| it.id).collect();
    assert_eq!(listed, [3, 4].map(instance_id));
    let tokens: Vec<_> = store.tokens(stays.account).await?.into_iter().map(|it| it.hash).collect();
    assert_eq!(tokens, [3, 4].map(hash));
    Ok(())
}

/// The account, its own tokens and the other instances are none of it.
pub async fn forgetting_spares_everything_else(store: &dyn Store) -> Result<(), Error> {
    let (gone, stays) = (lived(store, 1).await?, lived(store, 2).await?);
    let partner = ApiToken { kind: TokenKind::Partner, instance: None, ..token(3, &gone) };
    store.issue_token(partner.clone()).await?;
    store.remove(gone.id, after_ms(7)).await?;
    assert_eq!(store.forget_removed(after_ms(8)).await?, 1);

    assert_eq!(store.accounts().await?.len(), 1);
    assert_eq!(store.tokens(stays.account).await?, [token(2, &stays), partner]);
    assert_eq!(store.settings(stays.id).await?, Some(sealed(2)));
    assert_eq!(store.read_after(stays.id, Sequence(0), 10).await?.len(), 1);
    let next = store.append(stays.id, after_ms(9), event(2), standing(StateName::Offline)).await?;
    assert_eq!(next, Sequence(2));
    Ok(())
}
