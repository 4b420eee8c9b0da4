//! Websockets: a request that becomes a session of messages both ways (RFC 6455).
//!
//! A surface's handler reads the [`Handshake`] of its request and accepts it with what is to be done
//! in the [`Session`]; the answer it gets is the 101 it returns. When that answer has been sent, the
//! connection stops being HTTP, and its task goes on as the session's: in the listener's task table,
//! in the span of the request, holding the connection's place among all others until it ends.
//!
//! ```
//! use axum::http::request::Parts;
//! use axum::response::{IntoResponse as _, Response};
//! use waygate_http::websocket::{Handshake, Incoming, Origins};
//!
//! async fn echo(head: Parts) -> Response {
//!     let handshake = match Handshake::read(&head, &Origins::Any) {
//!         Ok(handshake) => handshake,
//!         Err(error) => return (error.status(), error.headers()).into_response(),
//!     };
//!     handshake.accept(|mut session| async move {
//!         while let Some(Incoming::Text(text)) = session.receive().await {
//!             if session.send_text(text).await.is_err() {
//!                 return;
//!             }
//!         }
//!     })
//! }
//! # drop(echo);
//! ```
//!
//! Pings, their answers, the closing handshake and every limit are looked after beside the handler,
//! whatever it is waiting for. No extension and no subprotocol is agreed upon.

use std::time::Duration;

pub use self::handshake::{Handshake, HandshakeError};
pub use self::session::{CloseCode, Gone, Incoming, Session};
pub use crate::origin::{InvalidOrigin, Origin, Origins};

mod driver;
mod ending;
mod handshake;
mod metered;
mod session;
pub(crate) mod talk;

/// How much a session's client may send and hold, and how long it may be silent.
///
/// How long a client may take nothing of what is sent to it says
/// [`Limits::write_stall`](crate::listener::Limits::write_stall).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLimits {
    /// The longest message in bytes that a client may send, in one frame or in several. Above it the
    /// session ends with 1009. 64 KiB by default.
    pub message_bytes_max: usize,
    /// The most bytes that a client may spend on one message, the heads of its fragments included:
    /// fragments may be empty, and there may be any number of them. Above it the session ends with
    /// 1008. Must leave room for messages that come together with it. 512 KiB by default.
    pub message_cost_bytes_max: usize,
    /// The longest text in bytes that may be sent to a client, and so the most that waits for one
    /// that is slow. Above it the session ends with 1011. 4 MiB by default.
    pub text_bytes_max: usize,
    /// From one ping to the next. 20 s by default.
    pub ping: Duration,
    /// How many pings may go unanswered; with the next one due, the session ends. At least 1; 2 by
    /// default.
    pub pongs_missed_max: u32,
    /// How long a client may take for its part of the closing handshake. 2 s by default.
    pub closing: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            message_bytes_max: 64 * 1024,
            message_cost_bytes_max: 512 * 1024,
            text_bytes_max: 4 * 1024 * 1024,
            ping: Duration::from_secs(20),
            pongs_missed_max: 2,
            closing: Duration::from_secs(2),
        }
    }
}
