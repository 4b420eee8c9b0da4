//! The control API: the hands on the phones, over HTTP (docs/internals/sim.md, "Control API").
//!
//! For people and for tests in other processes; whoever is in this process uses [`crate::Sim`] and
//! [`crate::Phone`]. It asks for no credentials, so it belongs on a loopback address.

mod asked;
mod behaviour;
mod calls;
mod faults;
mod mail;
mod oracle;
mod passkeys;
mod problem;
mod routes;

pub(crate) use routes::router;
