//! What people say of an instance: its name, and the number that is meant to be linked.

use waygate_core::error::{Error, Kind};
use waygate_core::instance::record::InstanceRecord;

use super::samples::{after_ms, enrolled, event, instance_id, opened, refusal, standing};
use crate::Store;

/// Both are written as they are given, also when nothing is.
pub async fn a_description_replaces_the_one_before_and_nothing_else(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let (one, other) = (enrolled(store, 1, &owner).await?, enrolled(store, 2, &owner).await?);
    let standing = standing(waygate_core::instance::state::StateName::Online);
    store.append(one.id, after_ms(1), event(1), standing.clone()).await?;
    for (name, phone) in [("shop", Some("15550001111")), ("", Some("15550002222")), ("shop", None)]
    {
        let phone = phone.and_then(|digits| digits.parse().ok());
        store.describe(one.id, name.into(), phone.clone()).await?;
        let standing = Some(standing.clone());
        let expected = InstanceRecord { name: name.into(), phone, standing, ..one.clone() };
        assert_eq!(store.instance(one.id).await?, Some(expected));
    }
    assert_eq!(store.instance(other.id).await?, Some(other));
    Ok(())
}

/// There is nothing to describe.
pub async fn a_description_of_an_unknown_or_removed_instance_is_not_found(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let removed = enrolled(store, 1, &owner).await?;
    store.remove(removed.id, after_ms(1)).await?;
    for id in [removed.id, instance_id(9)] {
        let described = store.describe(id, "shop".into(), None).await;
        assert_eq!(refusal(described), Some(Kind::NotFound));
    }
    assert_eq!(store.instance(removed.id).await?.map(|it| it.name), Some(removed.name));
    Ok(())
}
