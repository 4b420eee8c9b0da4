//! Moments that a command waits for.

use tokio::time::{Instant, sleep_until};

/// Waits for a moment, if there is one.
pub(super) async fn reached(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
