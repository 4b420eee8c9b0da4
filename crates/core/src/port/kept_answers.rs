//! The port to the answers that are kept for requests that are sent twice.

use std::fmt;

use jiff::Timestamp;

use super::link::Deed;
use super::outbox::Acceptance;
use super::registry::Enrolment;
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, KeptAnswer};
use crate::link_ticket::LinkTicket;
use crate::tenant::Account;
use crate::token::ApiToken;
use crate::webhook::WebhookEndpoint;

/// Something that is written down whole, by one deed of another port.
#[derive(Debug, Clone)]
pub enum Creation {
    /// [`open_account`](super::registry::Registry::open_account).
    Account(Account),
    /// [`enrol`](super::registry::Registry::enrol).
    Instance(Box<Enrolment>),
    /// [`issue_token`](super::registry::Registry::issue_token).
    Token(Box<ApiToken>),
    /// [`issue_link_ticket`](super::link_tickets::LinkTickets::issue_link_ticket).
    LinkTicket(Box<LinkTicket>),
    /// [`add_webhook_endpoint`](super::webhooks::Webhooks::add_webhook_endpoint).
    WebhookEndpoint(Box<WebhookEndpoint>),
    /// [`accept_message`](super::outbox::Outbox::accept_message).
    Message(Box<Acceptance>),
}

/// Keeps what was answered to requests that came with a key.
///
/// What a call wrote is committed when it returns, and survives a loss of power. Times are kept to
/// the millisecond. Errors are `Internal` for every failure of the storage, and others where it says
/// so.
pub trait KeptAnswers: fmt::Debug + Send + Sync + 'static {
    /// The answer that is kept under this key, however old it is.
    fn kept_answer(&self, key: IdempotencyKey) -> Deed<'_, Result<Option<KeptAnswer>, Error>>;

    /// Keeps an answer in the place of the one that its key had. Of its owner the `most` that were
    /// kept last stay; older ones go.
    fn keep_answer(&self, answer: KeptAnswer, most: u32) -> Deed<'_, Result<(), Error>>;

    /// Creates something and keeps the answer that tells of it, as [`KeptAnswers::keep_answer`], in one
    /// transaction: both or neither. Refused as the deed that creates it by itself.
    fn create_and_keep(
        &self,
        creation: Creation,
        answer: KeptAnswer,
        most: u32,
    ) -> Deed<'_, Result<(), Error>>;

    /// Forgets answers to what was asked before `cutoff`; tells how many.
    fn forget_answers(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>>;
}
