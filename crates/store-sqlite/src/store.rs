//! The store: each deed of the ports, given to the writer or to a reader.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::task::unconstrained;
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

use crate::failure::closed;
use crate::migrate::MIGRATIONS;
use crate::open::{OpenError, open};
use crate::readers::Readers;
use crate::writer::{Order, Planned, Writer};
use crate::{accounts, events, instances, link_tickets, properties, seen_messages, tokens};

/// A store in one SQLite file.
///
/// Reads see what was committed. A write is done by the [`Writer`] that was opened with the store,
/// whether or not its caller still waits; the caller is told once it is on the disk.
pub struct SqliteStore {
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) readers: Readers,
    pub(crate) commits: Arc<AtomicU64>,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("commits", &self.commits).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the database, makes it when there is none, and brings it to the newest schema.
    ///
    /// One process may have it open; the caller sees to that. After a stop that was not clean the
    /// whole file is read once, and a damaged one is refused.
    pub async fn open(path: &Path) -> Result<(Self, Writer), OpenError> {
        open(path, MIGRATIONS).await
    }

    /// Takes no more calls, has everything written that was asked for before, and returns when the
    /// writer has stopped; how it stopped is the answer of [`Writer::run`]. A writer that nobody
    /// runs or drops keeps the caller waiting.
    pub async fn close(&self) {
        // First, since the log can be emptied only when nobody reads from it.
        self.readers.close().await;
        let (caller, stopped) = oneshot::channel();
        if self.orders.send(Order::Stop(caller)).await.is_ok() {
            // Never answered: it ends with the writer.
            drop(stopped.await);
        }
    }

    /// How many transactions were committed since the store was opened. Fewer than writes, when
    /// there is much to do.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(crate) fn read<'a, T: Send + 'a>(
        &'a self,
        deed: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Deed<'c, Result<T, Error>> + Send + 'a,
    ) -> Deed<'a, Result<T, Error>> {
        Box::pin(self.readers.read(deed))
    }

    pub(crate) fn write<'a, T: Send + 'static>(
        &'a self,
        deed: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Deed<'c, Result<T, Error>>
        + Send
        + 'static,
    ) -> Deed<'a, Result<T, Error>> {
        Box::pin(self.order(deed, false))
    }

    /// As [`SqliteStore::write`], of what must be found in no file afterwards.
    pub(crate) fn erase<'a, T: Send + 'static>(
        &'a self,
        deed: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Deed<'c, Result<T, Error>>
        + Send
        + 'static,
    ) -> Deed<'a, Result<T, Error>> {
        Box::pin(self.order(deed, true))
    }

    async fn order<T: Send + 'static>(
        &self,
        deed: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Deed<'c, Result<T, Error>>
        + Send
        + 'static,
        erases: bool,
    ) -> Result<T, Error> {
        let (caller, answer) = oneshot::channel();
        let write = Planned { deed: Some(deed), answer: None, caller, erases };
        let order = Order::Write(Box::new(write));
        // Whoever is first polled first is first in the queue. Without `unconstrained` a task that
        // calls often would be sent away before it has its place, and overtaken by its own calls.
        unconstrained(self.orders.send(order)).await.map_err(|_closed| closed())?;
        answer.await.map_err(|_writer_gone| closed())?
    }
}

impl Registry for SqliteStore {
    fn open_account(&self, account: Account) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(accounts::open(connection, account)))
    }

    fn accounts(&self) -> Deed<'_, Result<Vec<Account>, Error>> {
        self.read(|connection| Box::pin(accounts::list(connection)))
    }

    fn rename_account(&self, account: AccountId, name: String) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(accounts::rename(connection, account, name)))
    }

    fn close_account(&self, account: AccountId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| Box::pin(accounts::close(connection, account, at)))
    }

    fn enrol(&self, enrolment: Enrolment) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(instances::enrol(connection, enrolment)))
    }

    fn instance(&self, instance: InstanceId) -> Deed<'_, Result<Option<InstanceRecord>, Error>> {
        self.read(move |connection| Box::pin(instances::find(connection, instance)))
    }

    fn find_instance(
        &self,
        account: Option<AccountId>,
        key: InstanceKey,
    ) -> Deed<'_, Result<Option<InstanceRecord>, Error>> {
        self.read(move |connection| Box::pin(instances::find_own(connection, account, key)))
    }

    fn instances(&self, filter: InstanceFilter) -> Deed<'_, Result<Vec<InstanceRecord>, Error>> {
        self.read(move |connection| Box::pin(instances::list(connection, filter)))
    }

    fn describe(
        &self,
        instance: InstanceId,
        name: String,
        phone: Option<PhoneNumber>,
    ) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| {
            Box::pin(instances::describe(connection, instance, name, phone))
        })
    }

    fn remove(&self, instance: InstanceId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        self.erase(move |connection| Box::pin(instances::remove(connection, instance, at)))
    }

    fn forget_removed(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| Box::pin(instances::forget_removed(connection, cutoff)))
    }

    fn issue_token(&self, token: ApiToken) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(tokens::issue(connection, token)))
    }

    fn replace_token(&self, token: ApiToken) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(tokens::replace(connection, token)))
    }

    fn find_token(&self, hash: TokenHash) -> Deed<'_, Result<Option<ApiToken>, Error>> {
        self.read(move |connection| Box::pin(tokens::find(connection, hash)))
    }

    fn tokens(&self, account: AccountId) -> Deed<'_, Result<Vec<ApiToken>, Error>> {
        self.read(move |connection| Box::pin(tokens::list(connection, account)))
    }

    fn revoke_token(&self, token: TokenId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| Box::pin(tokens::revoke(connection, token, at)))
    }

    fn settings(&self, instance: InstanceId) -> Deed<'_, Result<Option<Sealed>, Error>> {
        self.read(move |connection| Box::pin(instances::settings(connection, instance)))
    }

    fn save_settings(&self, instance: InstanceId, settings: Sealed) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| {
            Box::pin(instances::save_settings(connection, instance, settings))
        })
    }

    fn key_check(&self) -> Deed<'_, Result<Option<Sealed>, Error>> {
        self.read(|connection| Box::pin(properties::key_check(connection)))
    }

    fn keep_key_check(&self, check: Sealed) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(properties::keep_key_check(connection, check)))
    }
}

impl Journal for SqliteStore {
    fn commit(
        &self,
        instance: InstanceId,
        at: Timestamp,
        events: Vec<NewEvent>,
        standing: Option<Standing>,
    ) -> Deed<'_, Result<Sequence, Error>> {
        self.write(move |connection| {
            Box::pin(events::commit(connection, instance, at, events, standing))
        })
    }

    fn read_after(
        &self,
        instance: InstanceId,
        after: Sequence,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        self.read(move |connection| {
            Box::pin(events::read_after(connection, instance, after, limit))
        })
    }

    fn newest(
        &self,
        instance: InstanceId,
        name: EventName,
        before: Option<Sequence>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        self.read(move |connection| {
            Box::pin(events::newest(connection, instance, name, before, limit))
        })
    }

    fn event_of(
        &self,
        instance: InstanceId,
        key: MessageKey,
    ) -> Deed<'_, Result<Option<Event>, Error>> {
        self.read(move |connection| Box::pin(events::event_of(connection, instance, key)))
    }

    fn extent(&self, instance: InstanceId) -> Deed<'_, Result<Extent, Error>> {
        self.read(move |connection| Box::pin(events::extent(connection, instance)))
    }

    fn forget_events(&self, cutoff: Timestamp, count_max: u64) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| Box::pin(events::forget(connection, cutoff, count_max)))
    }

    fn forget_seen(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| Box::pin(seen_messages::forget(connection, cutoff)))
    }
}

impl LinkTickets for SqliteStore {
    fn issue_link_ticket(&self, ticket: LinkTicket) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(link_tickets::issue(connection, ticket)))
    }

    fn find_link_ticket(&self, hash: TokenHash) -> Deed<'_, Result<Option<LinkTicket>, Error>> {
        self.read(move |connection| Box::pin(link_tickets::find(connection, hash)))
    }

    fn link_tickets(&self, instance: InstanceId) -> Deed<'_, Result<Vec<LinkTicket>, Error>> {
        self.read(move |connection| Box::pin(link_tickets::list(connection, instance)))
    }

    fn open_link_ticket(
        &self,
        ticket: LinkTicketId,
        opening: TicketOpening,
        expires_at: Timestamp,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| {
            Box::pin(link_tickets::open(connection, ticket, opening, expires_at))
        })
    }

    fn end_link_ticket(
        &self,
        ticket: LinkTicketId,
        ending: TicketEnding,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| Box::pin(link_tickets::end(connection, ticket, ending)))
    }

    fn lapsed_link_tickets(&self, now: Timestamp) -> Deed<'_, Result<Vec<LinkTicket>, Error>> {
        self.read(move |connection| Box::pin(link_tickets::lapsed(connection, now)))
    }

    fn forget_link_tickets(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| Box::pin(link_tickets::forget(connection, cutoff)))
    }
}
