//! The contract, request by request, over a link played by the test. A socket is opened for sessions
//! alone.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod account;
mod bodies;
mod every_method;
mod failures;
mod forbidden_urls;
mod page;
mod partner;
mod rates;
mod receiving;
mod secrets;
mod sending;
mod server;
mod socket;
mod tenants;
