//! Waiting for what must happen, and no longer than that.
#![expect(clippy::expect_used, reason = "test code")]

use std::time::Duration;

/// How long anything may take unless a test says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for what must happen soon, and gives its outcome.
///
/// # Panics
///
/// When it took longer than [`PATIENCE`].
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it took too long")
}
