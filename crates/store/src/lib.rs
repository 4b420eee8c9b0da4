//! Waygate's store contract and the memory store.
//!
//! What a store promises stands at the ports, `waygate_core::port`: `registry`, `journal`,
//! `notifications`, `audit`, `link_tickets`, `kept_answers`, `outbox`, `records` and `webhooks`. [`mod@contract`] says it a second time, as named cases that every
//! store has to pass: the port is read by people, the contract by machines. [`MemoryStore`] is the
//! smallest thing that passes, for tests that own the time; a gateway that ships does not use it.
//!
//! What must never be here: SQL, files, a runtime.

pub mod contract;
mod memory;

use waygate_core::port::audit::Audit;
use waygate_core::port::journal::Journal;
use waygate_core::port::kept_answers::KeptAnswers;
use waygate_core::port::link_tickets::LinkTickets;
use waygate_core::port::notifications::Notifications;
use waygate_core::port::outbox::Outbox;
use waygate_core::port::records::Records;
use waygate_core::port::registry::Registry;
use waygate_core::port::webhooks::Webhooks;

pub use crate::memory::MemoryStore;

/// A whole store: everything that is implemented as all of the ports.
pub trait Store:
    Registry + Journal + Notifications + Audit + LinkTickets + KeptAnswers + Webhooks + Outbox + Records
{
}

impl<T> Store for T where
    T: Registry
        + Journal
        + Notifications
        + Audit
        + LinkTickets
        + KeptAnswers
        + Webhooks
        + Outbox
        + Records
{
}
