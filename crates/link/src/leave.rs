//! Our own end of a connection: hanging up, or having this device removed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout_at};
use whatsapp_rust::Client;
use whatsapp_rust::wacore::iq::devices::RemoveCompanionDeviceSpec;

use crate::farewell::Asked;
use crate::runtime::ConnectionTasks;

/// An end that we asked for, under way.
pub(crate) struct Leave {
    deadline: Instant,
    /// Of a logout: told when WhatsApp has removed the device, dropped when it has not.
    removed: Option<oneshot::Receiver<()>>,
}

impl Leave {
    /// Starts to close the connection.
    pub(crate) fn hang_up(client: Arc<Client>, tasks: &ConnectionTasks, within: Duration) -> Self {
        tasks.start(Box::pin(async move { client.disconnect().await }));
        Self { deadline: Instant::now() + within, removed: None }
    }

    /// Starts to have the device removed, and to close the connection.
    pub(crate) fn log_out(client: Arc<Client>, tasks: &ConnectionTasks, within: Duration) -> Self {
        let (confirm, removed) = oneshot::channel();
        tasks.start(Box::pin(async move {
            remove_device(&client, confirm).await;
            client.disconnect().await;
        }));
        Self { deadline: Instant::now() + within, removed: Some(removed) }
    }

    /// Whether it has taken longer than it may.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline <= Instant::now()
    }

    /// What came of it. Waits for WhatsApp's answer to a logout, until the deadline.
    pub(crate) async fn outcome(self) -> Asked {
        match self.removed {
            None => Asked::HangUp,
            Some(removed) => {
                let answer = timeout_at(self.deadline, removed).await;
                Asked::LogOut { confirmed: matches!(answer, Ok(Ok(()))) }
            }
        }
    }
}

/// Waits until an end that is under way takes too long; for ever when none is.
pub(crate) async fn lateness(leave: Option<&Leave>) {
    match leave {
        Some(leave) => sleep_until(leave.deadline).await,
        None => std::future::pending().await,
    }
}

/// Asks WhatsApp to remove this device. The library's own `logout` does the same, but tells nobody
/// whether WhatsApp agreed (whatsapp-rust 0.7.0, `client/lifecycle.rs`).
async fn remove_device(client: &Arc<Client>, confirm: oneshot::Sender<()>) {
    let Some(own) = client.pn().filter(|_| client.is_connected()) else { return };
    // The words of an error may quote what was sent.
    if client.execute(RemoveCompanionDeviceSpec::new(&own)).await.is_err() {
        tracing::debug!("WhatsApp did not confirm a logout");
    } else if confirm.send(()).is_err() {
        tracing::debug!("nobody waited for the answer to a logout");
    }
}
