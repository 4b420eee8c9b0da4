//! The library itself, without the gateway, against the simulator: it writes messages and passes the
//! passkey gate by hand. What it and Baileys both take for right is not a mistake of one.
//!
//! The only tests that may name the library; the gateway's own go through the gateway.

mod client;
mod faults;
mod gate;
mod media;
mod messages;
pub(crate) mod poll;
