//! The application over a link that is played by the test.

mod attempts;
mod containment;
mod instances;
mod journal;
mod link_tickets;
mod linking;
mod pairing;
mod settings;
mod tokens;
