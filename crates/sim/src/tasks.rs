//! The one place that starts tasks.

use std::future::Future;

/// Starts a task. Every task of the simulator ends by itself when the connection it serves does,
/// so nobody holds its handle.
#[expect(clippy::disallowed_methods, reason = "the crate's only task starter")]
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(task));
}
