//! The GREEN-API contract: whoever uses that service changes the base URL and keeps the code.
//!
//! A request is a path with an instance's number, a method and a token. [`METHODS`] is the one list
//! of what is served: routing, verbs, rate limits and tests come from it. The way of every request
//! is the same and stands in `surface.rs`: path, authentication, rate limit, verb, body, handler. A
//! handler translates the request into one use case of the [`Gateway`](waygate_engine::Gateway) and
//! what comes back into the vendor's words. The one that is a websocket does so until its session
//! ends. The vendor's names never leave this crate.
//!
//! What the vendor does oddly or leaves open, and what we do instead, is in `quirks.md`.
//!
//! The token stands in the path, so nothing here logs a path or repeats it in an answer.

mod account;
mod answer;
mod call;
mod method;
mod not_served;
mod page;
mod partner;
mod path;
mod pictures;
mod queues;
mod rate;
mod receiving;
mod refusal;
mod seats;
mod sending;
mod surface;
mod wire;

pub use method::{Group, METHODS, Method, Verb};
pub use receiving::push::push;
pub use surface::{RateLimits, Settings, surface};
