//! The library's rotation of QR codes, which must end where a passkey is asked for.
//!
//! The library shows one code after the other, and when the last is spent it closes the connection
//! (whatsapp-rust 0.7.0, `pair.rs`, `handle_iq`). It knows one exception, a pairing code that is
//! out, and not the passkey: a person who needs two minutes for it would be cut off. So the task that
//! rotates is stopped. It is known by its doing: the library dispatches a code within it.

use std::sync::{Arc, Mutex, PoisonError};

use whatsapp_rust::types::events::Event;

use crate::runtime::{TaskStop, current_task};

/// The task of one connection that rotates its codes, once it has shown one.
#[derive(Debug, Clone, Default)]
pub(crate) struct CodeRotation(Arc<Mutex<Option<TaskStop>>>);

impl CodeRotation {
    /// Sees every event in the task that dispatches it. Stops the rotation when a passkey is asked
    /// for.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum with some sixty kinds")]
    pub(crate) fn see(&self, event: &Event) {
        let mut task = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::PairingQrCode(_) => *task = current_task(),
            Event::PairPasskeyRequest(_) => {
                if let Some(task) = task.take() {
                    task.stop();
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;
    use whatsapp_rust::types::events::{PairPasskeyRequest, PairingQrCode};

    use super::*;
    use crate::runtime::ConnectionTasks;

    fn code() -> Event {
        let builder = PairingQrCode::builder().code("2@code".to_owned());
        Event::PairingQrCode(builder.timeout(Duration::from_secs(20)).build())
    }

    #[tokio::test]
    async fn the_task_that_shows_codes_ends_when_a_passkey_is_asked_for_and_no_other_does() {
        let (tasks, rotation) = (ConnectionTasks::new(), CodeRotation::default());
        let (shown, mut codes) = mpsc::channel(1);
        let seen = rotation.clone();
        tasks.start(Box::pin(async move {
            seen.see(&code());
            while shown.send(()).await.is_ok() {}
        }));
        codes.recv().await.unwrap();
        let request = PairPasskeyRequest::builder().request_options_json("{}".to_owned()).build();
        let other = tasks.follow(Box::pin(async move {
            rotation.see(&Event::PairPasskeyRequest(request));
        }));
        assert_eq!(other.await, Ok(()), "whoever asks for it goes on");
        tokio::time::timeout(Duration::from_secs(5), async {
            while codes.recv().await.is_some() {}
        })
        .await
        .unwrap();
    }
}
