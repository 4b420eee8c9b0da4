//! The API, request by request, over a link played by the test. No socket is opened.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod accounts;
mod audit;
mod authentication;
mod counted_registry;
mod described;
mod descriptions;
mod drops;
mod event_socket;
mod event_stream;
mod events;
mod every_route;
mod failures;
mod forbidden_urls;
mod idempotency;
mod instances;
mod kept_answers;
mod link_page;
mod link_tickets;
mod linking_attempts;
mod openapi;
mod operator;
mod passkey;
mod qr;
mod rates;
mod scopes;
mod secrets;
mod server;
mod sessions;
mod settings;
mod sockets;
mod state_history;
mod tenants;
mod tokens;
mod webhook_endpoints;
