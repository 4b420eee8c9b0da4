//! The listener over real sockets, as strangers on a network meet it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on ends here"
)]

mod client;
mod connections;
mod frames;
mod framing;
mod log;
mod requests;
mod server;
mod sessions;
#[cfg(unix)]
mod unix;
mod websocket;
mod websocket_hostile;
