//! The words and rules of Waygate, without I/O.
//!
//! Every other crate speaks these words. Rules are pure functions: they are told the time and the
//! dice, and they answer with what should happen. What must never be here: an async runtime, a
//! socket, SQL, the WhatsApp library, or a word of a vendor whose API Waygate also speaks.

pub mod account;
pub mod audit;
pub mod backoff;
pub mod clock;
pub mod colour;
pub mod error;
pub mod event;
pub mod id;
pub mod idempotency;
pub mod instance;
pub mod link_ticket;
pub mod message;
pub mod panic;
pub mod phone;
pub mod port;
pub mod push;
pub mod reason;
pub mod scope;
pub mod secret;
pub mod tenant;
pub mod token;
pub mod webhook;
