//! Waygate's own API.
//!
//! [`ROUTES`] is the one list of what is served: routing, verbs, rights, rates, the parameters and
//! fields that a route knows, the templates in the log and the tests come from it. The way of every
//! request is the same and stands in `surface.rs`: route, authentication, verb, rate, right, instance,
//! body, key, handler. A handler translates the request into one use case of the
//! [`Gateway`](waygate_engine::Gateway) and what comes back into JSON.
//!
//! There are two doors. The keyed one asks for a bearer token and shows what belongs to the token's
//! account, or everything when the token has the operator's right; the operator's one is a socket that
//! nobody else can open, and shows everything. A third
//! kind of caller, the page that a link ticket opens, comes in by the keyed door with a cookie, may
//! link one instance, and is shown no more than that takes.
//!
//! A handler that is about an instance takes an `OwnInstance`, which nothing but the check of who
//! asks can make. Who asks for another's instance is told what he is told of one that never was.
//!
//! Tickets stand in paths, so nothing here logs a path or repeats it in an error.

mod accounts;
mod answer;
mod audit;
mod call;
mod events;
mod fields;
mod files;
mod idempotency;
mod instances;
mod link_page;
mod link_pass;
mod link_tickets;
mod linking_attempts;
mod media;
mod messages;
mod openapi;
mod origin;
mod own_instance;
mod path;
mod problem;
mod query;
mod rate;
mod route;
mod routes;
mod session;
mod settings;
mod surface;
mod tokens;
mod webhook_endpoints;
mod wire;

pub use files::files;
pub use openapi::{document, reference};
pub use rate::RateLimits;
pub use route::{Doors, Guard, Route, Verb};
pub use routes::ROUTES;
pub use surface::{Door, Settings, surface};
pub use webhook_endpoints::envelope::envelope;
