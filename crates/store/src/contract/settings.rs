//! Settings of an instance.

use waygate_core::error::{Error, Kind};
use waygate_core::secret::Sealed;

use super::samples::{after_ms, enrolled, instance_id, opened, refusal, sealed};
use crate::Store;

/// There is one version of them: the last that was saved, of each instance.
pub async fn settings_replace_those_before(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let one = enrolled(store, 1, &owner).await?;
    let two = enrolled(store, 2, &owner).await?;
    for seed in [7, 8] {
        store.save_settings(one.id, sealed(seed)).await?;
        assert_eq!(store.settings(one.id).await?, Some(sealed(seed)));
    }
    assert_eq!(store.settings(two.id).await?, Some(sealed(2)));
    Ok(())
}

/// A removed instance does not get settings back.
pub async fn settings_of_unknown_and_removed_instances_are_not_found(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let removed = enrolled(store, 1, &owner).await?;
    store.remove(removed.id, after_ms(1)).await?;
    for instance in [removed.id, instance_id(9)] {
        let refused = store.save_settings(instance, sealed(7)).await;
        assert_eq!(refusal(refused), Some(Kind::NotFound));
        assert_eq!(store.settings(instance).await?, None);
    }
    Ok(())
}

/// A store copies bytes, however many.
pub async fn large_and_empty_settings_come_back_as_they_were_saved(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let record = enrolled(store, 1, &owner).await?;
    let large: Vec<u8> = (0_u8..=255).cycle().take(1024 * 1024).collect();
    for bytes in [large, Vec::new(), vec![0]] {
        let saved = Sealed::from_bytes(bytes);
        store.save_settings(record.id, saved.clone()).await?;
        // Not `assert_eq`: a failure would print both.
        assert!(store.settings(record.id).await? == Some(saved));
    }
    Ok(())
}
