//! The one client for addresses that users name: receivers of events, and whatever else an API lets
//! somebody name an address for.
//!
//! Whoever can name an address can have this machine knock at it, and the machine stands where they do
//! not: beside a database, a metadata service, a router. So a [`Policy`] says which addresses may be
//! connected to, and it is asked twice. [`Policy::check`] tells a caller at once what can never be
//! permitted; [`Client`] asks again at each connection, about the very addresses it then connects to,
//! since a name may lead elsewhere by then. Redirects are answers, not orders, proxies of the
//! environment are not heeded, and an attempt is bounded as a whole: in time, in what is read, and in
//! the size of a head. (W5 and W13 of the promises in the design's `reliability.md`, and its 4.6.)

mod address;
mod client;
mod connector;
mod names;
mod policy;
#[cfg(test)]
mod tests;

pub use client::Client;
pub use names::{Names, SystemNames};
pub use policy::{Destination, Policy, Refusal};
