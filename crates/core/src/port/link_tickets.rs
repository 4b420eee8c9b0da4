//! The port to the link tickets.

use std::fmt;

use jiff::Timestamp;

use super::link::Deed;
use crate::error::Error;
use crate::id::{InstanceId, LinkTicketId};
use crate::link_ticket::{LinkTicket, TicketEnding, TicketOpening};
use crate::token::TokenHash;

/// Keeps link tickets, so that an address that somebody was sent outlives a restart.
///
/// What a call wrote is committed when it returns, and survives a loss of power. Times are kept to
/// the millisecond. A removed instance has no tickets any more.
pub trait LinkTickets: fmt::Debug + Send + Sync + 'static {
    /// Writes a ticket down. `Conflict` when its id or its text is taken, `NotFound` when there is no
    /// such instance, or it was removed.
    fn issue_link_ticket(&self, ticket: LinkTicket) -> Deed<'_, Result<(), Error>>;

    /// The ticket whose text has this hash, whatever became of it.
    fn find_link_ticket(&self, hash: TokenHash) -> Deed<'_, Result<Option<LinkTicket>, Error>>;

    /// The tickets of an instance in the order in which they were issued, ended ones too.
    fn link_tickets(&self, instance: InstanceId) -> Deed<'_, Result<Vec<LinkTicket>, Error>>;

    /// Opens a ticket, which then expires at `expires_at`. `false` when there is none, it was opened
    /// before, has ended, or had expired by the time of the opening: of many who ask at once one is
    /// told `true`.
    fn open_link_ticket(
        &self,
        ticket: LinkTicketId,
        opening: TicketOpening,
        expires_at: Timestamp,
    ) -> Deed<'_, Result<bool, Error>>;

    /// Ends a ticket. `false` when there is none, or it has ended before.
    fn end_link_ticket(
        &self,
        ticket: LinkTicketId,
        ending: TicketEnding,
    ) -> Deed<'_, Result<bool, Error>>;

    /// The tickets that have not ended, though their time was over at `now`.
    fn lapsed_link_tickets(&self, now: Timestamp) -> Deed<'_, Result<Vec<LinkTicket>, Error>>;

    /// Forgets tickets that ended before `cutoff`; tells how many.
    fn forget_link_tickets(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>>;
}
