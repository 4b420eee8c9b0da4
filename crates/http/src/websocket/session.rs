//! A session as its handler sees it.

use std::fmt;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

/// How many messages of the client may wait for the handler. Further ones wait in the socket.
const INCOMING_MAX: usize = 4;

/// The longest reason of a close, in bytes: what a control frame holds (RFC 6455, 5.5) without the
/// code.
const REASON_BYTES_MAX: usize = 123;

/// A conversation with one client. Dropping it closes it with 1000.
///
/// When the session ends by itself, its handler has [`Limits::grace`] to end too; then it is dropped
/// at its next `await`. What must be finished all the same belongs into a task.
///
/// [`Limits::grace`]: crate::listener::Limits::grace
#[derive(Debug)]
pub struct Session {
    orders: mpsc::Sender<Order>,
    incoming: mpsc::Receiver<Incoming>,
}

/// The session is over: the client has left or broke a rule or a limit, or the process is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the session is over")]
pub struct Gone;

/// A message of the client, whole.
#[derive(Clone, PartialEq, Eq)]
pub enum Incoming {
    /// Text; it is valid UTF-8.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

impl fmt::Debug for Incoming {
    /// Shows how long it is: what a client sends is not for the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Binary(bytes) => write!(f, "Binary({} bytes)", bytes.len()),
        }
    }
}

/// Why a session is closed, as the client is told (RFC 6455, 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseCode(u16);

impl CloseCode {
    /// All is done.
    pub const NORMAL: Self = Self(1000);
    /// The server is ending.
    pub const GOING_AWAY: Self = Self(1001);
    /// The client broke a rule of the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A text is not UTF-8.
    pub const NOT_UTF8: Self = Self(1007);
    /// The client broke a rule that has no code of its own; may be told of a token that has ceased
    /// to be valid.
    pub const POLICY: Self = Self(1008);
    /// A message is too large.
    pub const TOO_LARGE: Self = Self(1009);
    /// The server cannot go on.
    pub const INTERNAL: Self = Self(1011);
    /// The server cannot go on for now (IANA's registry of close codes).
    pub const TRY_AGAIN: Self = Self(1013);

    /// A code of an API's own, 4000 to 4999; `None` for any other number.
    pub fn private(code: u16) -> Option<Self> {
        (4000..=4999).contains(&code).then_some(Self(code))
    }

    /// The number.
    pub fn number(self) -> u16 {
        self.0
    }
}

/// A code and a reason that a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: CloseCode,
    pub(super) reason: String,
}

impl Close {
    /// Cuts the reason to what fits into a frame.
    pub(super) fn new(code: CloseCode, reason: &str) -> Self {
        let mut end = reason.len().min(REASON_BYTES_MAX);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        Self { code, reason: reason.get(..end).unwrap_or_default().to_owned() }
    }
}

/// What a handler wants done.
#[derive(Debug)]
pub(super) enum Order {
    /// Send this; tell when it has been written.
    Text(String, oneshot::Sender<()>),
    /// Close; tell when that is over by dropping the sender.
    Close(Close, oneshot::Sender<()>),
}

/// The other ends of a session's channels.
#[derive(Debug)]
pub(super) struct Strings {
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) incoming: mpsc::Sender<Incoming>,
}

impl Session {
    pub(super) fn new() -> (Self, Strings) {
        // One: the next order is looked at when the one before is done.
        let (orders_tx, orders_rx) = mpsc::channel(1);
        let (incoming_tx, incoming_rx) = mpsc::channel(INCOMING_MAX);
        let session = Self { orders: orders_tx, incoming: incoming_rx };
        (session, Strings { orders: orders_rx, incoming: incoming_tx })
    }

    /// Sends a text, in one frame, and waits until it has been written to the socket.
    ///
    /// A client that takes nothing for [`Limits::write_stall`](crate::listener::Limits::write_stall)
    /// ends the session, and so does a text above [`SessionLimits::text_bytes_max`]. Cancelled, the
    /// text may be sent or not.
    ///
    /// [`SessionLimits::text_bytes_max`]: super::SessionLimits::text_bytes_max
    pub async fn send_text(&mut self, text: impl Into<String>) -> Result<(), Gone> {
        let (written_tx, written_rx) = oneshot::channel();
        let order = Order::Text(text.into(), written_tx);
        self.orders.send(order).await.map_err(|_refused| Gone)?;
        written_rx.await.map_err(|_dropped| Gone)
    }

    /// The client's next message; `None` when the session is over. Cancel-safe.
    ///
    /// A handler has to take what comes: while four messages wait for it nothing more is read,
    /// pongs neither, and the session ends as if the client had been silent, with 1013.
    pub async fn receive(&mut self) -> Option<Incoming> {
        self.incoming.recv().await
    }

    /// Closes the session and waits until the client has agreed, 2 s at most
    /// ([`SessionLimits::closing`](super::SessionLimits::closing)), and until the connection is
    /// closed, 1 s at most. The client reads `reason`, cut to 123 bytes.
    pub async fn close(self, code: CloseCode, reason: &str) {
        let (closed_tx, closed_rx) = oneshot::channel();
        let order = Order::Close(Close::new(code, reason), closed_tx);
        if self.orders.send(order).await.is_ok() {
            // Nothing is ever sent: the sender is dropped when the connection is closed.
            drop(closed_rx.await);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_between_characters() {
        let reason = |text: &str| Close::new(CloseCode::NORMAL, text).reason;
        assert_eq!(reason("bye"), "bye");
        assert_eq!(reason(&"x".repeat(200)), "x".repeat(123));
        assert_eq!(reason(&"\u{e9}".repeat(100)), "\u{e9}".repeat(61));
    }

    #[test]
    fn a_code_of_an_api_has_its_own_range() {
        assert_eq!(CloseCode::private(3999), None);
        assert_eq!(CloseCode::private(4000).map(CloseCode::number), Some(4000));
        assert_eq!(CloseCode::private(4999).map(CloseCode::number), Some(4999));
        assert_eq!(CloseCode::private(5000), None);
    }

    #[test]
    fn a_message_does_not_print_itself() {
        let text = Incoming::Text("canary".into());
        assert_eq!(format!("{text:?}"), "Text(6 bytes)");
        let binary = Incoming::Binary(Bytes::from_static(b"canary"));
        assert_eq!(format!("{binary:?}"), "Binary(6 bytes)");
    }
}
