//! The contract, request by request, over a link played by the test.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

mod audit;
mod bodies;
mod create_instance;
mod every_route;
mod failures;
mod forbidden_urls;
mod health;
mod list_instances;
mod openapi;
mod picture;
mod rates;
mod request_new_qr_code;
mod restart;
mod schema;
mod secrets;
mod server;
mod statuses;
mod tenants;
mod tokens;
