//! The port to the list of accounts, instances, tokens and settings.

use std::fmt;

use jiff::Timestamp;

use super::link::Deed;
use crate::error::Error;
use crate::id::{AccountId, InstanceId, InstanceNumber};
use crate::instance::record::InstanceRecord;
use crate::phone::PhoneNumber;
use crate::secret::Sealed;
use crate::tenant::Account;
use crate::token::{ApiToken, TokenHash, TokenId};

/// Everything that is written down when an instance is created, in one transaction.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// The instance.
    pub record: InstanceRecord,
    /// Its own tokens, one of each kind that an API shows again.
    pub tokens: Vec<ApiToken>,
    /// Its settings.
    pub settings: Sealed,
}

/// Which instances to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct InstanceFilter {
    /// Those of this account; of all accounts when it is `None`.
    pub account: Option<AccountId>,
    /// Also those that were removed.
    pub with_removed: bool,
}

/// By what somebody calls an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceKey {
    /// Its id.
    Id(InstanceId),
    /// Its number.
    Number(InstanceNumber),
}

/// Keeps accounts, instances, tokens and settings.
///
/// What a call wrote is committed when it returns, and survives a loss of power. Times are kept to
/// the millisecond. Errors are `Internal` for every failure of the storage, and the others where
/// it says so.
pub trait Registry: fmt::Debug + Send + Sync + 'static {
    /// Opens an account. `Conflict` when its id or name is taken.
    fn open_account(&self, account: Account) -> Deed<'_, Result<(), Error>>;

    /// All accounts, in the order in which they were opened.
    fn accounts(&self) -> Deed<'_, Result<Vec<Account>, Error>>;

    /// Renames an account. `NotFound` when there is none, `Conflict` when the name is taken.
    fn rename_account(&self, account: AccountId, name: String) -> Deed<'_, Result<(), Error>>;

    /// Closes an account and revokes its tokens. `WrongState` while it has instances that were not
    /// removed; `false` when there is none, or it was closed before.
    fn close_account(&self, account: AccountId, at: Timestamp) -> Deed<'_, Result<bool, Error>>;

    /// Writes down a new instance with its tokens and settings, all or nothing. `Conflict` when its
    /// id, number or a token is taken, also by an instance that was removed or forgotten; `NotFound`
    /// when there is no such account, it was closed, or a token is another one's.
    fn enrol(&self, enrolment: Enrolment) -> Deed<'_, Result<(), Error>>;

    /// One instance, also when it was removed.
    fn instance(&self, instance: InstanceId) -> Deed<'_, Result<Option<InstanceRecord>, Error>>;

    /// The instance that is called so, unless it was removed. Where an account is named it must be that
    /// one's: of another's no more is read than of one that never was.
    fn find_instance(
        &self,
        account: Option<AccountId>,
        key: InstanceKey,
    ) -> Deed<'_, Result<Option<InstanceRecord>, Error>>;

    /// Instances in the order in which they were created.
    fn instances(&self, filter: InstanceFilter) -> Deed<'_, Result<Vec<InstanceRecord>, Error>>;

    /// Gives an instance a name, and the number that is meant to be linked. `NotFound` when there is
    /// none, or it was removed.
    fn describe(
        &self,
        instance: InstanceId,
        name: String,
        phone: Option<PhoneNumber>,
    ) -> Deed<'_, Result<(), Error>>;

    /// Marks an instance as removed and erases its settings, standing and journal. Its tokens stay
    /// known, so that a late caller can be told. `false` when there is none, or it was removed
    /// before.
    fn remove(&self, instance: InstanceId, at: Timestamp) -> Deed<'_, Result<bool, Error>>;

    /// Forgets instances that were removed before `cutoff`, with their tokens; tells how many.
    /// Their ids, numbers and tokens stay taken.
    fn forget_removed(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>>;

    /// Writes a token down. `Conflict` when it or its id is taken, `NotFound` when there is no
    /// such account, or it was closed, or the account has no such instance, or the instance was removed.
    fn issue_token(&self, token: ApiToken) -> Deed<'_, Result<(), Error>>;

    /// Writes down an instance's new token of a kind; every other one of that kind and instance is
    /// revoked from the same moment on. A token of no instance replaces its account's of that kind
    /// and no instance. Errors as [`Registry::issue_token`].
    fn replace_token(&self, token: ApiToken) -> Deed<'_, Result<(), Error>>;

    /// The token with this hash, also when it was revoked.
    fn find_token(&self, hash: TokenHash) -> Deed<'_, Result<Option<ApiToken>, Error>>;

    /// The tokens of an account in the order in which they were issued, revoked ones too.
    fn tokens(&self, account: AccountId) -> Deed<'_, Result<Vec<ApiToken>, Error>>;

    /// Makes a token worth nothing. `false` when there is none, or it was revoked before.
    fn revoke_token(&self, token: TokenId, at: Timestamp) -> Deed<'_, Result<bool, Error>>;

    /// The settings of an instance; `None` when there is none, or it was removed.
    fn settings(&self, instance: InstanceId) -> Deed<'_, Result<Option<Sealed>, Error>>;

    /// Replaces an instance's settings. `NotFound` when there is none, or it was removed.
    fn save_settings(&self, instance: InstanceId, settings: Sealed) -> Deed<'_, Result<(), Error>>;

    /// The sealed text by which a master key is recognised; `None` when none was kept yet.
    fn key_check(&self) -> Deed<'_, Result<Option<Sealed>, Error>>;

    /// Keeps that text. It replaces the one before.
    fn keep_key_check(&self, check: Sealed) -> Deed<'_, Result<(), Error>>;
}
