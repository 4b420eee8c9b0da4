//! The runtime that the library's tasks run on.
//!
//! The library starts tasks of its own. On a bare runtime a panic in one of them would leave a
//! client that looks alive and does nothing. Here every task belongs to one connection: a panic is
//! caught, counted and told to the connection, which ends; and nothing outlives its connection.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use waygate_core::panic::message_length;
use whatsapp_rust::Runtime;
use whatsapp_rust::wacore::runtime::AbortHandle;

type Task = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

tokio::task_local! {
    /// What stops the task in which it is read.
    static OWN_STOP: CancellationToken;
}

/// What stops one task of a connection, and none beside it.
#[derive(Debug, Clone)]
pub(crate) struct TaskStop(CancellationToken);

impl TaskStop {
    pub(crate) fn stop(&self) {
        self.0.cancel();
    }
}

/// The task in which this is called, when a connection runs it.
pub(crate) fn current_task() -> Option<TaskStop> {
    OWN_STOP.try_with(|stop| TaskStop(stop.clone())).ok()
}

/// Panics caught in this process, in all connections.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// How many panics of library tasks were caught in this process.
pub(crate) fn panics_caught() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

/// The tasks of one connection.
#[derive(Clone)]
pub(crate) struct ConnectionTasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    panicked: Arc<watch::Sender<bool>>,
}

impl fmt::Debug for ConnectionTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionTasks")
            .field("running", &self.tracker.len())
            .finish_non_exhaustive()
    }
}

impl ConnectionTasks {
    pub(crate) fn new() -> Self {
        Self {
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
            panicked: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Runs a task until its end, its panic or the end of the connection.
    pub(crate) fn start(&self, task: Task) -> tokio::task::AbortHandle {
        let stop = self.stop.child_token();
        let contained = OWN_STOP.scope(stop.clone(), self.contain(task));
        self.track(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = contained => {}
            }
        })
    }

    /// Runs a task as [`Self::start`] does. The answer fails unless it came to its own end.
    pub(crate) fn follow(&self, task: Task) -> oneshot::Receiver<()> {
        let (over, ended) = oneshot::channel();
        self.start(Box::pin(async move {
            task.await;
            if over.send(()).is_err() {
                tracing::debug!("nobody waited for the end of a task");
            }
        }));
        ended
    }

    /// Runs a task to its end or its panic: the end of the connection waits for it, and does not
    /// stop it. For a step that must not be left half-done.
    pub(crate) fn see_through(&self, task: Task) {
        self.track(self.contain(task));
    }

    /// The task, without its panic.
    fn contain(&self, task: Task) -> impl Future<Output = ()> + Send + 'static {
        let panicked = Arc::clone(&self.panicked);
        async move {
            if let Err(payload) = AssertUnwindSafe(task).catch_unwind().await {
                note_panic(&*payload);
                panicked.send_replace(true);
            }
        }
    }

    fn track(
        &self,
        contained: impl Future<Output = ()> + Send + 'static,
    ) -> tokio::task::AbortHandle {
        #[expect(
            clippy::disallowed_methods,
            reason = "this tracker is the connection's task table"
        )]
        let handle = tokio::task::spawn(self.tracker.track_future(contained));
        handle.abort_handle()
    }

    /// Returns once a task has panicked.
    pub(crate) async fn panicked(&self) {
        let mut panicked = self.panicked.subscribe();
        if panicked.wait_for(|it| *it).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Something of this connection went wrong that it cannot recover from.
    pub(crate) fn declare_fault(&self) {
        self.panicked.send_replace(true);
    }

    /// Ends every task but those that are to be seen through, without waiting.
    pub(crate) fn end(&self) {
        self.stop.cancel();
    }

    /// Ends every task so, and waits for all of them for as long as stated.
    pub(crate) async fn end_within(&self, limit: Duration) {
        self.end();
        self.tracker.close();
        if tokio::time::timeout(limit, self.tracker.wait()).await.is_err() {
            tracing::warn!(left = self.tracker.len(), "tasks of a connection would not end");
        }
    }
}

/// Counts and logs a panic that was caught.
pub(crate) fn note_panic(payload: &(dyn Any + Send)) {
    // Not in the macro: it looks at its fields only when somebody listens.
    let message_length = count_panic(payload);
    tracing::error!(
        message_length,
        "a task of a connection panicked; the instance's connection ends"
    );
}

/// Counts a panic that was caught, and returns all that may be logged of it.
pub(crate) fn count_panic(payload: &(dyn Any + Send)) -> Option<usize> {
    PANICS.fetch_add(1, Ordering::Relaxed);
    message_length(payload)
}

#[async_trait]
impl Runtime for ConnectionTasks {
    fn spawn(&self, future: Task) -> AbortHandle {
        let handle = self.start(future);
        AbortHandle::new(move || handle.abort())
    }

    fn sleep(&self, duration: Duration) -> Task {
        Box::pin(tokio::time::sleep(duration))
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send + 'static>) -> Task {
        let panicked = Arc::clone(&self.panicked);
        Box::pin(async move {
            if let Err(error) = tokio::task::spawn_blocking(work).await
                && let Ok(payload) = error.try_into_panic()
            {
                note_panic(&*payload);
                panicked.send_replace(true);
            }
        })
    }

    fn yield_now(&self) -> Option<Task> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_caught_counted_and_told() {
        let tasks = ConnectionTasks::new();
        let before = panics_caught();
        tasks.spawn_detached(Box::pin(async { panic!("planted") }));
        tokio::time::timeout(Duration::from_secs(5), tasks.panicked()).await.unwrap();
        assert_eq!(panics_caught(), before + 1);
    }

    #[tokio::test]
    async fn a_panic_in_blocking_work_is_told_too() {
        let tasks = ConnectionTasks::new();
        tasks.spawn_blocking(Box::new(|| panic!("planted"))).await;
        tokio::time::timeout(Duration::from_secs(5), tasks.panicked()).await.unwrap();
    }

    #[tokio::test]
    async fn no_task_outlives_its_connection() {
        let tasks = ConnectionTasks::new();
        let (alive, mut ended) = tokio::sync::mpsc::channel::<()>(1);
        tasks.spawn_detached(Box::pin(async move {
            let _alive = alive;
            std::future::pending::<()>().await;
        }));
        tasks.end_within(Duration::from_secs(5)).await;
        assert_eq!(ended.recv().await, None);
    }

    #[tokio::test]
    async fn a_task_that_panics_has_not_come_to_its_end() {
        let tasks = ConnectionTasks::new();
        let ended = tasks.follow(Box::pin(async { panic!("planted") }));
        assert!(ended.await.is_err());
        assert_eq!(tasks.follow(Box::pin(async {})).await, Ok(()));
    }

    #[tokio::test]
    async fn a_step_that_must_not_be_left_half_done_outlives_its_connection() {
        let tasks = ConnectionTasks::new();
        let (go_on, told) = oneshot::channel::<()>();
        let (done, seen) = oneshot::channel();
        tasks.see_through(Box::pin(async move {
            told.await.unwrap();
            done.send(()).unwrap();
        }));
        tasks.end();
        go_on.send(()).unwrap();
        tasks.end_within(Duration::from_secs(5)).await;
        assert_eq!(seen.await, Ok(()));
    }
}
