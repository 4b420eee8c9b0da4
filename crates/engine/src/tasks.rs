//! The task table: every task of the application has a name, an end and somebody who waits.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// The running tasks of the application and the token that ends them.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// Starts a task; it is expected to end soon after [`Tasks::stop_token`] fires.
    pub fn start(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let tracked = self.tracker.track_future(task);
        #[expect(clippy::disallowed_methods, reason = "this is the task table")]
        drop(tokio::task::spawn(tracked.instrument(tracing::debug_span!("task", name))));
    }

    /// Fires when the process is to end.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Tells every task to end and waits for them; `false` when some were still running after
    /// `limit`.
    pub async fn end_within(&self, limit: Duration) -> bool {
        self.stop.cancel();
        self.tracker.close();
        tokio::time::timeout(limit, self.tracker.wait()).await.is_ok()
    }
}
