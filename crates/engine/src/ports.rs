//! What the application is given from outside.

use std::sync::Arc;

use waygate_core::clock::Clock;
use waygate_core::port::audit::Audit;
use waygate_core::port::journal::Journal;
use waygate_core::port::kept_answers::KeptAnswers;
use waygate_core::port::link::Linker;
use waygate_core::port::link_tickets::LinkTickets;
use waygate_core::port::notifications::Notifications;
use waygate_core::port::outbox::Outbox;
use waygate_core::port::registry::Registry;
use waygate_core::port::webhooks::Webhooks;

/// The implementations of the ports of core.
#[derive(Debug, Clone)]
pub struct Ports {
    /// Dials WhatsApp.
    pub linker: Arc<dyn Linker>,
    /// Accounts, instances, tokens, settings.
    pub registry: Arc<dyn Registry>,
    /// What happened.
    pub journal: Arc<dyn Journal>,
    /// What of it waits until it is fetched.
    pub notifications: Arc<dyn Notifications>,
    /// Who did what.
    pub audit: Arc<dyn Audit>,
    /// Addresses at which people link.
    pub link_tickets: Arc<dyn LinkTickets>,
    /// What was answered to requests that came with a key.
    pub kept_answers: Arc<dyn KeptAnswers>,
    /// Receivers of events, and what is on its way to them.
    pub webhooks: Arc<dyn Webhooks>,
    /// Messages that wait to be sent, and what became of those that were.
    pub outbox: Arc<dyn Outbox>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}
