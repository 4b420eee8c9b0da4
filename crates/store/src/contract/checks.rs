//! The sealed text by which a master key is recognised.

use waygate_core::error::Error;

use super::samples::sealed;
use crate::Store;

/// There is one at most: the last that was kept.
pub async fn a_key_check_replaces_the_one_before(store: &dyn Store) -> Result<(), Error> {
    assert_eq!(store.key_check().await?, None);
    for seed in [1, 2] {
        store.keep_key_check(sealed(seed)).await?;
        assert_eq!(store.key_check().await?, Some(sealed(seed)));
    }
    Ok(())
}
