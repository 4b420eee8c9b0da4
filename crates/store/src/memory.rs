//! The store that keeps everything in memory and nothing after the process.

mod acts;
mod kept_answers;
mod link_tickets;
mod notifications;
mod outbox;
mod records;
mod shelves;
mod webhooks;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use waygate_core::error::Error;
use waygate_core::event::{Event, EventName, Extent, NewEvent, Sequence};
use waygate_core::id::{AccountId, InstanceId, LinkTicketId};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::instance::standing::Standing;
use waygate_core::link_ticket::{LinkTicket, TicketEnding, TicketOpening};
use waygate_core::message::MessageKey;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::journal::Journal;
use waygate_core::port::link::Deed;
use waygate_core::port::link_tickets::LinkTickets;
use waygate_core::port::registry::{Enrolment, InstanceFilter, InstanceKey, Registry};
use waygate_core::secret::Sealed;
use waygate_core::tenant::Account;
use waygate_core::token::{ApiToken, TokenHash, TokenId};

use self::acts::Acts;
use self::shelves::Shelves;

/// A store in memory, for tests.
///
/// Deeds are done when they are first polled and never wait, so a paused clock does not run ahead
/// of them. Searches are linear: it is meant for as many instances as a test has.
#[derive(Debug, Default)]
pub struct MemoryStore {
    shelves: Mutex<Shelves>,
    acts: Mutex<Acts>,
}

impl MemoryStore {
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        // Nothing panics between two changes that belong together, so poison means nothing.
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry for MemoryStore {
    fn open_account(&self, account: Account) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().open_account(account) })
    }

    fn accounts(&self) -> Deed<'_, Result<Vec<Account>, Error>> {
        Box::pin(async move { Ok(self.shelves().accounts()) })
    }

    fn rename_account(&self, account: AccountId, name: String) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().rename_account(account, name) })
    }

    fn close_account(&self, account: AccountId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move { self.shelves().close_account(account, at) })
    }

    fn enrol(&self, enrolment: Enrolment) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().enrol(enrolment) })
    }

    fn instance(&self, instance: InstanceId) -> Deed<'_, Result<Option<InstanceRecord>, Error>> {
        Box::pin(async move { Ok(self.shelves().instance(instance)) })
    }

    fn find_instance(
        &self,
        account: Option<AccountId>,
        key: InstanceKey,
    ) -> Deed<'_, Result<Option<InstanceRecord>, Error>> {
        Box::pin(async move { Ok(self.shelves().find_instance(account, key)) })
    }

    fn instances(&self, filter: InstanceFilter) -> Deed<'_, Result<Vec<InstanceRecord>, Error>> {
        Box::pin(async move { Ok(self.shelves().instances(filter)) })
    }

    fn describe(
        &self,
        instance: InstanceId,
        name: String,
        phone: Option<PhoneNumber>,
    ) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().describe(instance, name, phone) })
    }

    fn remove(&self, instance: InstanceId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move { Ok(self.shelves().remove(instance, at)) })
    }

    fn forget_removed(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move { Ok(self.shelves().forget_removed(cutoff)) })
    }

    fn issue_token(&self, token: ApiToken) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().issue_token(token) })
    }

    fn replace_token(&self, token: ApiToken) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().replace_token(token) })
    }

    fn find_token(&self, hash: TokenHash) -> Deed<'_, Result<Option<ApiToken>, Error>> {
        Box::pin(async move { Ok(self.shelves().find_token(hash)) })
    }

    fn tokens(&self, account: AccountId) -> Deed<'_, Result<Vec<ApiToken>, Error>> {
        Box::pin(async move { Ok(self.shelves().tokens(account)) })
    }

    fn revoke_token(&self, token: TokenId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move { Ok(self.shelves().revoke_token(token, at)) })
    }

    fn settings(&self, instance: InstanceId) -> Deed<'_, Result<Option<Sealed>, Error>> {
        Box::pin(async move { Ok(self.shelves().settings(instance)) })
    }

    fn save_settings(&self, instance: InstanceId, settings: Sealed) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().save_settings(instance, settings) })
    }

    fn key_check(&self) -> Deed<'_, Result<Option<Sealed>, Error>> {
        Box::pin(async move { Ok(self.shelves().key_check()) })
    }

    fn keep_key_check(&self, check: Sealed) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            self.shelves().keep_key_check(check);
            Ok(())
        })
    }
}

impl Journal for MemoryStore {
    fn commit(
        &self,
        instance: InstanceId,
        at: Timestamp,
        events: Vec<NewEvent>,
        standing: Option<Standing>,
    ) -> Deed<'_, Result<Sequence, Error>> {
        Box::pin(async move { self.shelves().commit(instance, at, events, standing) })
    }

    fn read_after(
        &self,
        instance: InstanceId,
        after: Sequence,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        Box::pin(async move { Ok(self.shelves().read_after(instance, after, limit)) })
    }

    fn newest(
        &self,
        instance: InstanceId,
        name: EventName,
        before: Option<Sequence>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        Box::pin(async move { Ok(self.shelves().newest(instance, name, before, limit)) })
    }

    fn event_of(
        &self,
        instance: InstanceId,
        key: MessageKey,
    ) -> Deed<'_, Result<Option<Event>, Error>> {
        Box::pin(async move { Ok(self.shelves().event_of(instance, &key)) })
    }

    fn extent(&self, instance: InstanceId) -> Deed<'_, Result<Extent, Error>> {
        Box::pin(async move { Ok(self.shelves().extent(instance)) })
    }

    fn forget_events(&self, cutoff: Timestamp, count_max: u64) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move { Ok(self.shelves().forget_events(cutoff, count_max)) })
    }

    fn forget_seen(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move { Ok(self.shelves().forget_seen(cutoff)) })
    }
}

impl LinkTickets for MemoryStore {
    fn issue_link_ticket(&self, ticket: LinkTicket) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().issue_link_ticket(ticket) })
    }

    fn find_link_ticket(&self, hash: TokenHash) -> Deed<'_, Result<Option<LinkTicket>, Error>> {
        Box::pin(async move { Ok(self.shelves().find_link_ticket(hash)) })
    }

    fn link_tickets(&self, instance: InstanceId) -> Deed<'_, Result<Vec<LinkTicket>, Error>> {
        Box::pin(async move { Ok(self.shelves().link_tickets(instance)) })
    }

    fn open_link_ticket(
        &self,
        ticket: LinkTicketId,
        opening: TicketOpening,
        expires_at: Timestamp,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move { Ok(self.shelves().open_link_ticket(ticket, opening, expires_at)) })
    }

    fn end_link_ticket(
        &self,
        ticket: LinkTicketId,
        ending: TicketEnding,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move { Ok(self.shelves().end_link_ticket(ticket, ending)) })
    }

    fn lapsed_link_tickets(&self, now: Timestamp) -> Deed<'_, Result<Vec<LinkTicket>, Error>> {
        Box::pin(async move { Ok(self.shelves().lapsed_link_tickets(now)) })
    }

    fn forget_link_tickets(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move { Ok(self.shelves().forget_link_tickets(cutoff)) })
    }
}
