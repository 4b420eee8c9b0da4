//! What the memory store holds, behind its lock.

use std::collections::BTreeSet;

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Event, EventName, Sequence};
use waygate_core::id::{AccountId, InstanceId, InstanceNumber};
use waygate_core::idempotency::KeptAnswer;
use waygate_core::instance::record::InstanceRecord;
use waygate_core::link_ticket::LinkTicket;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::registry::{Enrolment, InstanceFilter, InstanceKey};
use waygate_core::secret::Sealed;
use waygate_core::tenant::Account;
use waygate_core::token::{ApiToken, TokenHash, TokenId};

use super::notifications::Journal;
use super::outbox::OutboxShelf;
use super::records::RecordShelf;
use super::webhooks::WebhookShelf;

/// Everything, in the order in which it came.
#[derive(Debug, Default)]
pub(super) struct Shelves {
    accounts: Vec<Account>,
    pub(super) instances: Vec<Shelf>,
    tokens: Vec<ApiToken>,
    taken: Taken,
    key_check: Option<Sealed>,
    pub(super) link_tickets: Vec<LinkTicket>,
    /// In the order in which they were kept.
    pub(super) kept_answers: Vec<KeptAnswer>,
    pub(super) webhooks: WebhookShelf,
    pub(super) outbox: OutboxShelf,
    pub(super) records: RecordShelf,
}

/// One instance with what belongs to it alone.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) record: InstanceRecord,
    settings: Option<Sealed>,
    pub(super) journal: Journal,
}

/// What nobody may be given a second time; it outlives whoever had it.
#[derive(Debug, Default)]
struct Taken {
    instances: BTreeSet<InstanceId>,
    numbers: BTreeSet<InstanceNumber>,
    tokens: BTreeSet<TokenId>,
}

impl Shelves {
    pub(super) fn open_account(&mut self, account: Account) -> Result<(), Error> {
        let taken = |other: &Account| other.id == account.id || other.name == account.name;
        if self.accounts.iter().any(taken) {
            return Err(Error::new(Kind::Conflict, "the account's id or name is taken"));
        }
        let (opened_at, closed_at) =
            (to_millisecond(account.opened_at), account.closed_at.map(to_millisecond));
        self.accounts.push(Account { opened_at, closed_at, ..account });
        Ok(())
    }

    pub(super) fn rename_account(&mut self, account: AccountId, name: String) -> Result<(), Error> {
        let taken = self.accounts.iter().any(|other| other.name == name && other.id != account);
        let found = self.open(account).ok_or_else(no_account)?;
        if taken {
            return Err(Error::new(Kind::Conflict, "the account's name is taken"));
        }
        found.name = name;
        Ok(())
    }

    pub(super) fn close_account(
        &mut self,
        account: AccountId,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let owns =
            |shelf: &Shelf| shelf.record.account == account && shelf.record.removed_at.is_none();
        let still_owns = self.instances.iter().any(owns);
        let Some(found) = self.open(account) else { return Ok(false) };
        if still_owns {
            return Err(Error::new(Kind::WrongState, "the account still has instances"));
        }
        found.closed_at = Some(to_millisecond(at));
        for token in self.tokens.iter_mut().filter(|token| token.account == account) {
            token.revoked_at.get_or_insert(to_millisecond(at));
        }
        Ok(true)
    }

    pub(super) fn accounts(&self) -> Vec<Account> {
        self.accounts.clone()
    }

    pub(super) fn enrol(&mut self, enrolment: Enrolment) -> Result<(), Error> {
        let Enrolment { record, tokens, settings } = enrolment;
        if self.open(record.account).is_none() {
            return Err(no_account());
        }
        let (id, number) = (record.id, record.number);
        if self.taken.instances.contains(&id) || self.taken.numbers.contains(&number) {
            return Err(Error::new(Kind::Conflict, "the instance's id or number is taken"));
        }
        let record = InstanceRecord {
            created_at: to_millisecond(record.created_at),
            removed_at: record.removed_at.map(to_millisecond),
            ..record
        };
        self.instances.push(Shelf {
            record,
            settings: Some(settings),
            journal: Journal::default(),
        });
        if let Err(refused) = self.issue_all(tokens) {
            self.instances.pop();
            return Err(refused);
        }
        self.taken.instances.insert(id);
        self.taken.numbers.insert(number);
        Ok(())
    }

    /// All of them or none.
    fn issue_all(&mut self, tokens: Vec<ApiToken>) -> Result<(), Error> {
        let (before, count) = (self.taken.tokens.clone(), self.tokens.len());
        for token in tokens {
            if let Err(refused) = self.issue_token(token) {
                self.taken.tokens = before;
                self.tokens.truncate(count);
                return Err(refused);
            }
        }
        Ok(())
    }

    pub(super) fn describe(
        &mut self,
        instance: InstanceId,
        name: String,
        phone: Option<PhoneNumber>,
    ) -> Result<(), Error> {
        let shelf = self.present(instance).ok_or_else(no_instance)?;
        (shelf.record.name, shelf.record.phone) = (name, phone);
        Ok(())
    }

    pub(super) fn instance(&self, instance: InstanceId) -> Option<InstanceRecord> {
        self.instances.iter().find(|it| it.record.id == instance).map(|it| it.record.clone())
    }

    pub(super) fn find_instance(
        &self,
        account: Option<AccountId>,
        key: InstanceKey,
    ) -> Option<InstanceRecord> {
        let own = self.instances(InstanceFilter { account, with_removed: false }).into_iter();
        let mut called = own.filter(|record| match key {
            InstanceKey::Id(id) => record.id == id,
            InstanceKey::Number(number) => record.number == number,
        });
        called.next()
    }

    pub(super) fn instances(&self, filter: InstanceFilter) -> Vec<InstanceRecord> {
        self.instances
            .iter()
            .map(|it| &it.record)
            .filter(|record| filter.account.is_none_or(|account| account == record.account))
            .filter(|record| filter.with_removed || record.removed_at.is_none())
            .cloned()
            .collect()
    }

    pub(super) fn remove(&mut self, instance: InstanceId, at: Timestamp) -> bool {
        let Some(shelf) = self.present(instance) else { return false };
        shelf.record.removed_at = Some(to_millisecond(at));
        shelf.record.standing = None;
        shelf.settings = None;
        shelf.journal = Journal::default();
        self.link_tickets.retain(|ticket| ticket.instance != instance);
        self.webhooks.forget_instance(instance);
        self.outbox.forget_instance(instance);
        self.records.erase(instance, None);
        true
    }

    pub(super) fn forget_removed(&mut self, cutoff: Timestamp) -> u64 {
        let cutoff = to_millisecond(cutoff);
        let forgotten: BTreeSet<InstanceId> = self
            .instances
            .iter()
            .filter(|it| it.record.removed_at.is_some_and(|at| at < cutoff))
            .map(|it| it.record.id)
            .collect();
        self.instances.retain(|it| !forgotten.contains(&it.record.id));
        self.tokens.retain(|token| token.instance.is_none_or(|id| !forgotten.contains(&id)));
        forgotten.len() as u64
    }

    pub(super) fn issue_token(&mut self, token: ApiToken) -> Result<(), Error> {
        self.check_owner(&token)?;
        self.take(token)
    }

    pub(super) fn replace_token(&mut self, token: ApiToken) -> Result<(), Error> {
        self.check_owner(&token)?;
        let (kind, account, instance) = (token.kind, token.account, token.instance);
        let (id, at) = (token.id(), to_millisecond(token.issued_at));
        self.take(token)?;
        for other in &mut self.tokens {
            let replaced = (other.kind, other.account, other.instance) == (kind, account, instance)
                && other.id() != id;
            if replaced && other.revoked_at.is_none() {
                other.revoked_at = Some(at);
            }
        }
        Ok(())
    }

    pub(super) fn find_token(&self, hash: TokenHash) -> Option<ApiToken> {
        self.tokens.iter().find(|token| token.hash == hash).cloned()
    }

    pub(super) fn tokens(&self, account: AccountId) -> Vec<ApiToken> {
        self.tokens.iter().filter(|token| token.account == account).cloned().collect()
    }

    pub(super) fn revoke_token(&mut self, token: TokenId, at: Timestamp) -> bool {
        let valid = |it: &&mut ApiToken| it.id() == token && it.revoked_at.is_none();
        let Some(found) = self.tokens.iter_mut().find(valid) else { return false };
        found.revoked_at = Some(to_millisecond(at));
        true
    }

    pub(super) fn settings(&self, instance: InstanceId) -> Option<Sealed> {
        self.instances
            .iter()
            .find(|it| it.record.id == instance && it.record.removed_at.is_none())
            .and_then(|it| it.settings.clone())
    }

    pub(super) fn save_settings(
        &mut self,
        instance: InstanceId,
        settings: Sealed,
    ) -> Result<(), Error> {
        let shelf = self.present(instance).ok_or_else(no_instance)?;
        shelf.settings = Some(settings);
        Ok(())
    }

    pub(super) fn key_check(&self) -> Option<Sealed> {
        self.key_check.clone()
    }

    pub(super) fn keep_key_check(&mut self, check: Sealed) {
        self.key_check = Some(check);
    }

    pub(super) fn read_after(
        &self,
        instance: InstanceId,
        after: Sequence,
        limit: u32,
    ) -> Vec<Event> {
        let following = self.journal(instance).iter().filter(|event| event.sequence > after);
        following.take(limit as usize).cloned().collect()
    }

    pub(super) fn newest(
        &self,
        instance: InstanceId,
        name: EventName,
        before: Option<Sequence>,
        limit: u32,
    ) -> Vec<Event> {
        let older = |event: &&Event| before.is_none_or(|before| event.sequence < before);
        let events = self.journal(instance).iter().rev().filter(older);
        events.filter(|it| it.kind.name() == name).take(limit as usize).cloned().collect()
    }

    pub(super) fn event(&self, instance: InstanceId, sequence: Sequence) -> Option<Event> {
        self.journal(instance).iter().find(|event| event.sequence == sequence).cloned()
    }

    pub(super) fn journal(&self, instance: InstanceId) -> &[Event] {
        let shelf = self.instances.iter().find(|it| it.record.id == instance);
        shelf.map_or(&[], |it| &it.journal.events)
    }

    /// The instance, unless it was removed.
    pub(super) fn present(&mut self, instance: InstanceId) -> Option<&mut Shelf> {
        self.instances
            .iter_mut()
            .find(|it| it.record.id == instance && it.record.removed_at.is_none())
    }

    pub(super) fn is_open(&self, account: AccountId) -> bool {
        self.accounts.iter().any(|it| it.id == account && it.closed_at.is_none())
    }

    fn open(&mut self, account: AccountId) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|it| it.id == account && it.closed_at.is_none())
    }

    fn check_owner(&mut self, token: &ApiToken) -> Result<(), Error> {
        if self.open(token.account).is_none() {
            return Err(no_account());
        }
        let Some(instance) = token.instance else { return Ok(()) };
        let owner = self.present(instance).map(|it| it.record.account);
        if owner == Some(token.account) { Ok(()) } else { Err(no_instance()) }
    }

    fn take(&mut self, token: ApiToken) -> Result<(), Error> {
        if !self.taken.tokens.insert(token.id()) {
            return Err(Error::new(Kind::Conflict, "the token is taken"));
        }
        self.tokens.push(ApiToken {
            issued_at: to_millisecond(token.issued_at),
            expires_at: token.expires_at.map(to_millisecond),
            revoked_at: token.revoked_at.map(to_millisecond),
            ..token
        });
        Ok(())
    }
}

/// What a store keeps of a time.
pub(super) fn to_millisecond(at: Timestamp) -> Timestamp {
    // A time without its last digits lies in the same range.
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

pub(super) fn no_account() -> Error {
    Error::new(Kind::NotFound, "there is no such account")
}

pub(super) fn no_instance() -> Error {
    Error::new(Kind::NotFound, "there is no such instance")
}
