//! The store passes the contract, over a file.
#![expect(clippy::expect_used, reason = "test code")]

use waygate_core::error::Error;
use waygate_store::Store;

use crate::file::File;

async fn in_a_file(case: impl AsyncFnOnce(&dyn Store) -> Result<(), Error>) {
    File::new().with(async |store| case(store).await).await.expect("storage that works");
}

waygate_store::contract!(in_a_file);
