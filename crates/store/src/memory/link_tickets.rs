//! The link tickets of the memory store.

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::id::{InstanceId, LinkTicketId};
use waygate_core::link_ticket::{LinkTicket, TicketEnding, TicketOpening};
use waygate_core::token::TokenHash;

use super::shelves::{Shelves, no_instance, to_millisecond};

impl Shelves {
    pub(super) fn issue_link_ticket(&mut self, ticket: LinkTicket) -> Result<(), Error> {
        self.present(ticket.instance).ok_or_else(no_instance)?;
        let taken = |other: &LinkTicket| other.id == ticket.id || other.hash == ticket.hash;
        if self.link_tickets.iter().any(taken) {
            return Err(Error::new(Kind::Conflict, "the link ticket is taken"));
        }
        self.link_tickets.push(LinkTicket {
            issued_at: to_millisecond(ticket.issued_at),
            expires_at: to_millisecond(ticket.expires_at),
            opened: ticket.opened.map(opening_kept),
            ended: ticket.ended.map(ending_kept),
            ..ticket
        });
        Ok(())
    }

    pub(super) fn find_link_ticket(&self, hash: TokenHash) -> Option<LinkTicket> {
        self.link_tickets.iter().find(|ticket| ticket.hash == hash).cloned()
    }

    pub(super) fn link_tickets(&self, instance: InstanceId) -> Vec<LinkTicket> {
        let own = self.link_tickets.iter().filter(|ticket| ticket.instance == instance);
        own.cloned().collect()
    }

    pub(super) fn open_link_ticket(
        &mut self,
        ticket: LinkTicketId,
        opening: TicketOpening,
        expires_at: Timestamp,
    ) -> bool {
        let opening = opening_kept(opening);
        let can_be_opened = |it: &LinkTicket| {
            it.opened.is_none() && it.ended.is_none() && it.expires_at > opening.at
        };
        let Some(found) = self.unended(ticket).filter(|it| can_be_opened(it)) else { return false };
        found.opened = Some(opening);
        found.expires_at = to_millisecond(expires_at);
        true
    }

    pub(super) fn end_link_ticket(&mut self, ticket: LinkTicketId, ending: TicketEnding) -> bool {
        let Some(found) = self.unended(ticket) else { return false };
        found.ended = Some(ending_kept(ending));
        true
    }

    pub(super) fn lapsed_link_tickets(&self, now: Timestamp) -> Vec<LinkTicket> {
        let now = to_millisecond(now);
        let lapsed = |it: &&LinkTicket| it.ended.is_none() && it.expires_at <= now;
        self.link_tickets.iter().filter(lapsed).cloned().collect()
    }

    pub(super) fn forget_link_tickets(&mut self, cutoff: Timestamp) -> u64 {
        let (before, cutoff) = (self.link_tickets.len(), to_millisecond(cutoff));
        self.link_tickets.retain(|it| it.ended.is_none_or(|ending| ending.at >= cutoff));
        (before - self.link_tickets.len()) as u64
    }

    fn unended(&mut self, ticket: LinkTicketId) -> Option<&mut LinkTicket> {
        self.link_tickets.iter_mut().find(|it| it.id == ticket && it.ended.is_none())
    }
}

fn opening_kept(opening: TicketOpening) -> TicketOpening {
    TicketOpening { at: to_millisecond(opening.at), ..opening }
}

fn ending_kept(ending: TicketEnding) -> TicketEnding {
    TicketEnding { at: to_millisecond(ending.at), ..ending }
}
