//! The page's address, request by request: who gets the page, who gets nothing, what is told besides.
//! What the page does in a browser is tested by `tests/clients/pages`.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::string_slice, reason = "test code")]

mod addresses;
mod answers;
mod console;
mod secrets;
mod server;
mod tickets;
