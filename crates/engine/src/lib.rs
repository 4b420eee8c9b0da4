//! The application: one method per use case, one actor per running instance, a supervisor that
//! contains them, and the limiter that all their connections pass.
//!
//! It knows the words of `core` and the ports it declares; it must not know SQL, HTTP, the WhatsApp
//! library or any vendor.

pub mod accounts;
pub mod attempts;
pub mod audit;
pub mod clock;
pub mod deliverer;
pub mod dice;
pub mod events;
pub mod files;
pub mod gateway;
pub mod history;
pub mod idempotency;
pub mod instance_settings;
pub mod instances;
pub mod keyring;
pub mod limiter;
pub mod link_tickets;
pub mod look;
pub mod notifications;
pub mod outbox;
pub mod pairing;
pub mod ports;
pub mod profile_picture;
pub mod pusher;
pub mod sender;
pub mod sessions;
pub mod sight;
pub mod tasks;
pub mod telling;
mod visit;
pub mod webhook_endpoints;

mod actor;
mod arrivals;
mod assertion;
mod line;
mod mailroom;
mod passkey;
mod polls;
mod reception;
mod revocations;
mod scribe;
mod statuses;
mod supervisor;

pub use gateway::Gateway;
