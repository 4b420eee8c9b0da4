//! The news that a token may have become worth nothing.

use std::future::pending;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;

/// Tells everybody whose answers go on for long to look at their tokens again.
#[derive(Debug, Default)]
pub(crate) struct Revocations(watch::Sender<()>);

impl Revocations {
    /// A token was revoked, or replaced.
    pub(crate) fn tell(&self) {
        self.0.send_replace(());
    }

    /// Hears of what is told from now on.
    pub(crate) fn watch(&self) -> Told {
        Told(self.0.subscribe())
    }
}

/// Somebody who listens.
#[derive(Debug)]
pub(crate) struct Told(watch::Receiver<()>);

impl Told {
    /// Waits for the next news, or until this time has passed.
    pub(crate) async fn next(&mut self, within: Option<SignedDuration>) {
        let expiry = async {
            match within {
                Some(within) => {
                    tokio::time::sleep(Duration::try_from(within).unwrap_or_default()).await;
                }
                None => pending().await,
            }
        };
        tokio::select! {
            told = self.0.changed() => if told.is_err() { pending().await },
            () = expiry => {}
        }
    }
}
