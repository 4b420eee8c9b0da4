//! How long a login may take.

use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Sleep, sleep};
use whatsapp_rust::Client;

/// As long as dialling may take (30 s for each of name look-up, TCP and TLS, and for the handshake) and a
/// minute more. The library waits for the answer to a login for ever, as long as the other end answers
/// its pings.
const LOGGED_IN_WITHIN: Duration = Duration::from_secs(180);

/// The limit of one connection.
pub(crate) struct LoginLimit(Option<Pin<Box<Sleep>>>);

impl LoginLimit {
    /// An account is known by its keys; a client without any offers to link and has no limit.
    pub(crate) fn of(client: &Client) -> Self {
        Self(client.pn().is_some().then(|| Box::pin(sleep(LOGGED_IN_WITHIN))))
    }

    /// Returns once the time is over, if the client is not logged in then. May be dropped half-way.
    pub(crate) async fn passed(&mut self, client: &Client) {
        if let Some(limit) = &mut self.0 {
            limit.await;
            self.0 = None;
            if !client.is_logged_in() {
                return;
            }
        }
        std::future::pending::<()>().await;
    }
}
