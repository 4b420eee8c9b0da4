//! Waiting for a value, never for a time.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

use std::fmt::Debug;
use std::time::Duration;

use tokio::sync::watch;

/// Waits until the watched value is as wanted, and gives it.
///
/// # Panics
///
/// When it took longer than `limit`: the message shows the last value.
pub async fn shown<T: Clone + Debug>(
    watched: &mut watch::Receiver<T>,
    limit: Duration,
    what: &str,
    wanted: impl FnMut(&T) -> bool,
) -> T {
    let found = match tokio::time::timeout(limit, watched.wait_for(wanted)).await {
        Ok(found) => Some(found.expect("what is watched has gone").clone()),
        Err(_elapsed) => None,
    };
    if let Some(found) = found {
        return found;
    }
    panic!("not within {limit:?}: {what}; last seen: {:?}", *watched.borrow());
}
