//! Hypersender's contract: whoever uses that service changes the base URL and keeps the code.
//!
//! A request has a bearer token, of an account or of one instance, and a path below a version: one of
//! the account, or one with an instance's UUID. [`ROUTES`] is the one list of what is served: routing,
//! verbs, rate limits and tests come from it. The way of every request is the same and stands in
//! `surface.rs`: path, verb, authentication, instance, rate limit, body, handler. A handler translates
//! the request into use cases of the [`Gateway`](waygate_engine::Gateway) and what comes back into the
//! vendor's words, which never leave this crate.
//!
//! Where the vendor's pages are silent, its framework (Laravel, with Sanctum for tokens) is followed.
//! What it leaves open, and what we do then, is in `quirks.md`.

mod account;
mod answer;
mod call;
mod fields;
mod instance;
mod message_event;
mod not_served;
mod openapi;
mod path;
mod rate;
mod refusal;
mod route;
mod surface;
mod validation;
mod wire;

pub use message_event::{MessageEvent, message_event};
pub use route::{Group, ROUTES, Route, Verb};
pub use surface::{RateLimits, Settings, surface};
