//! The simulator against a client written for these tests alone: it shares the stanza codec, the
//! schema and the curve with it and nothing else.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on ends here"
)]

mod code;
mod companion;
mod control;
mod deviations;
mod faults;
mod http;
mod linking;
mod noise;
mod pictures;
mod refs;
mod refused_requests;
mod requests;
mod signal;
mod stream;
mod websocket;
