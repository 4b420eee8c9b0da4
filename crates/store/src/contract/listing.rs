//! Finding and listing instances.

use waygate_core::error::Error;
use waygate_core::id::InstanceId;
use waygate_core::instance::record::InstanceRecord;
use waygate_core::port::registry::{InstanceFilter, InstanceKey};

use super::samples::{account, after_ms, enrolled, enrolment, instance_id, opened, record};
use crate::Store;

async fn listed(store: &dyn Store, filter: InstanceFilter) -> Result<Vec<InstanceId>, Error> {
    Ok(store.instances(filter).await?.into_iter().map(|it| it.id).collect())
}

/// The order is that of the calls, whatever the clock said.
pub async fn instances_are_listed_in_the_order_in_which_they_were_created(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let mut expected: Vec<InstanceRecord> = Vec::new();
    for (seed, later_ms) in [(3, 0), (1, -5000), (2, -9000)] {
        let mut written = enrolment(seed, &owner);
        written.record.created_at = after_ms(later_ms);
        expected.push(written.record.clone());
        store.enrol(written).await?;
    }
    assert_eq!(store.instances(InstanceFilter::default()).await?, expected);

    // The order of the others does not change when the last one is forgotten and another comes.
    store.remove(instance_id(2), after_ms(1)).await?;
    store.forget_removed(after_ms(2)).await?;
    let last = enrolled(store, 4, &owner).await?;
    expected.pop();
    expected.push(last);
    assert_eq!(store.instances(InstanceFilter::default()).await?, expected);
    Ok(())
}

/// Nobody sees another account's instances.
pub async fn a_filter_by_account_lists_that_accounts_instances(
    store: &dyn Store,
) -> Result<(), Error> {
    let (one, two) = (opened(store, 1).await?, opened(store, 2).await?);
    for (seed, owner) in [(1, &one), (2, &two), (3, &one)] {
        enrolled(store, seed, owner).await?;
    }
    let of = |account| InstanceFilter { account, with_removed: false };
    assert_eq!(listed(store, of(Some(one.id))).await?, [1, 3].map(instance_id));
    assert_eq!(listed(store, of(Some(two.id))).await?, [2].map(instance_id));
    assert_eq!(listed(store, of(None)).await?, [1, 2, 3].map(instance_id));
    assert_eq!(listed(store, of(Some(account(9).id))).await?, []);
    Ok(())
}

/// Both halves of a filter hold at once.
pub async fn removed_instances_are_listed_on_request_only(store: &dyn Store) -> Result<(), Error> {
    let (one, two) = (opened(store, 1).await?, opened(store, 2).await?);
    for (seed, owner) in [(1, &one), (2, &one), (3, &two), (4, &two)] {
        enrolled(store, seed, owner).await?;
    }
    for seed in [1, 4] {
        store.remove(instance_id(seed), after_ms(5)).await?;
    }
    for (account, with_removed, expected) in [
        (None, false, vec![2, 3]),
        (None, true, vec![1, 2, 3, 4]),
        (Some(one.id), false, vec![2]),
        (Some(one.id), true, vec![1, 2]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(instance_id).collect();
        let filter = InstanceFilter { account, with_removed };
        assert_eq!(listed(store, filter).await?, expected, "{filter:?}");
    }
    Ok(())
}

/// Asking about an instance that never was is no error.
pub async fn an_unknown_instance_is_nobody(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    enrolled(store, 1, &owner).await?;
    assert_eq!(store.instance(instance_id(2)).await?, None);
    assert_eq!(store.settings(instance_id(2)).await?, None);
    Ok(())
}

/// By its id and by its number. What is another's, what was removed and what never was are alike.
pub async fn an_instance_is_found_by_whom_it_belongs_to(store: &dyn Store) -> Result<(), Error> {
    let (owner, other) = (opened(store, 1).await?, opened(store, 2).await?);
    let (own, gone) = (enrolled(store, 1, &owner).await?, enrolled(store, 2, &owner).await?);
    store.remove(gone.id, after_ms(1)).await?;
    let keys = |it: &InstanceRecord| [InstanceKey::Id(it.id), InstanceKey::Number(it.number)];
    let never = record(9, &owner);
    for (account, is_own) in [(Some(owner.id), true), (Some(other.id), false), (None, true)] {
        for key in keys(&own) {
            let found = store.find_instance(account, key).await?;
            assert_eq!(found, is_own.then(|| own.clone()), "{account:?} {key:?}");
        }
        for key in [keys(&gone), keys(&never)].concat() {
            assert_eq!(store.find_instance(account, key).await?, None, "{account:?} {key:?}");
        }
    }
    Ok(())
}
