//! The one crate that names whatsapp-rust.
//!
//! It implements the port [`waygate_core::port::link`]: one call of its `dial` is one
//! connection, run to its end by a fresh client of the library on the instance's keys. The library
//! never dials again by itself here; who dials when is decided by `core` and done by `engine`.
//!
//! What must not happen here: a decision about an instance's state, a second connection, a log
//! line or error with a code, a key, a number or a message in it.

pub mod http_client;
pub mod keys;
pub mod library_clock;
pub mod library_log;
pub mod network;
pub mod settings;
pub mod version;
pub mod whatsapp;

mod ballots;
mod calls;
mod code_rotation;
mod composing;
mod connection;
mod farewell;
mod intake;
mod leave;
mod login_limit;
mod mail;
mod media;
mod message;
mod pairing_code;
mod passkey;
mod people;
mod picture;
mod profile;
mod receipts;
mod registered;
mod runtime;
mod sending;
mod translate;
mod transport;
mod turn;
mod under_way;

pub use whatsapp::WhatsApp;
