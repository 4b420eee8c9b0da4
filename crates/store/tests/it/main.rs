//! The memory store passes the contract.

use waygate_core::error::Error;
use waygate_store::{MemoryStore, Store};

#[expect(clippy::expect_used, reason = "test code")]
async fn in_memory(case: impl AsyncFnOnce(&dyn Store) -> Result<(), Error>) {
    case(&MemoryStore::default()).await.expect("no storage that could fail");
}

waygate_store::contract!(in_memory);
