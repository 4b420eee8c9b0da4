//! The application over a link that is played by the test.

mod accounts;
mod attempts;
mod containment;
mod events;
mod failing_outbox;
mod gated_registry;
mod instances;
mod journal;
mod link_tickets;
mod linking;
mod logging_out;
mod notifications;
mod pairing;
mod passkey;
mod pushes;
mod reception;
mod sending;
mod sessions;
mod settings;
mod tokens;
mod unreadable;
mod webhooks;
