//! A registry that fails to read instances, or makes who writes tokens wait, when a test says so.
#![expect(clippy::expect_used, reason = "test code")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use tokio::sync::Semaphore;
use waygate_core::error::{Error, Kind};
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::Deed;
use waygate_core::port::registry::{Enrolment, InstanceFilter, InstanceKey, Registry};
use waygate_core::secret::Sealed;
use waygate_core::tenant::Account;
use waygate_core::token::{ApiToken, TokenHash, TokenId};
use waygate_played::link::PlayedLink;

#[derive(Debug)]
pub(crate) struct GatedRegistry {
    store: Arc<dyn Registry>,
    /// Look-ups of one instance that fail from now on.
    pub(crate) reads_to_fail: AtomicUsize,
    /// Removals that fail from now on.
    pub(crate) removals_to_fail: AtomicUsize,
    /// Replaced tokens that may pass.
    pub(crate) leaves: Semaphore,
    /// Look-ups of tokens and of instances, so far.
    pub(crate) lookups: AtomicUsize,
}

impl GatedRegistry {
    pub(crate) fn new(link: &PlayedLink) -> Arc<Self> {
        let (reads_to_fail, removals_to_fail) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (store, leaves) = (link.store(), Semaphore::new(0));
        let lookups = AtomicUsize::new(0);
        Arc::new(Self { store, reads_to_fail, removals_to_fail, leaves, lookups })
    }
}

fn fails(left: &AtomicUsize) -> bool {
    let less = |count: usize| count.checked_sub(1);
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
}

fn full<T: Send + 'static>() -> Deed<'static, Result<T, Error>> {
    Box::pin(async { Err(Error::new(Kind::Internal, "the disk is full")) })
}

impl Registry for GatedRegistry {
    fn instance(&self, instance: InstanceId) -> Deed<'_, Result<Option<InstanceRecord>, Error>> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        if fails(&self.reads_to_fail) { full() } else { self.store.instance(instance) }
    }

    fn remove(&self, instance: InstanceId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        if fails(&self.removals_to_fail) { full() } else { self.store.remove(instance, at) }
    }

    fn replace_token(&self, token: ApiToken) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            self.leaves.acquire().await.expect("an open gate").forget();
            self.store.replace_token(token).await
        })
    }

    fn open_account(&self, account: Account) -> Deed<'_, Result<(), Error>> {
        self.store.open_account(account)
    }

    fn accounts(&self) -> Deed<'_, Result<Vec<Account>, Error>> {
        self.store.accounts()
    }

    fn rename_account(&self, account: AccountId, name: String) -> Deed<'_, Result<(), Error>> {
        self.store.rename_account(account, name)
    }

    fn close_account(&self, account: AccountId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        self.store.close_account(account, at)
    }

    fn describe(
        &self,
        instance: InstanceId,
        name: String,
        phone: Option<PhoneNumber>,
    ) -> Deed<'_, Result<(), Error>> {
        self.store.describe(instance, name, phone)
    }

    fn enrol(&self, enrolment: Enrolment) -> Deed<'_, Result<(), Error>> {
        self.store.enrol(enrolment)
    }

    fn find_instance(
        &self,
        account: Option<AccountId>,
        key: InstanceKey,
    ) -> Deed<'_, Result<Option<InstanceRecord>, Error>> {
        self.store.find_instance(account, key)
    }

    fn instances(&self, filter: InstanceFilter) -> Deed<'_, Result<Vec<InstanceRecord>, Error>> {
        self.store.instances(filter)
    }

    fn forget_removed(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.store.forget_removed(cutoff)
    }

    fn issue_token(&self, token: ApiToken) -> Deed<'_, Result<(), Error>> {
        self.store.issue_token(token)
    }

    fn find_token(&self, hash: TokenHash) -> Deed<'_, Result<Option<ApiToken>, Error>> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        self.store.find_token(hash)
    }

    fn tokens(&self, account: AccountId) -> Deed<'_, Result<Vec<ApiToken>, Error>> {
        self.store.tokens(account)
    }

    fn revoke_token(&self, token: TokenId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        self.store.revoke_token(token, at)
    }

    fn settings(&self, instance: InstanceId) -> Deed<'_, Result<Option<Sealed>, Error>> {
        self.store.settings(instance)
    }

    fn save_settings(&self, instance: InstanceId, settings: Sealed) -> Deed<'_, Result<(), Error>> {
        self.store.save_settings(instance, settings)
    }

    fn key_check(&self) -> Deed<'_, Result<Option<Sealed>, Error>> {
        self.store.key_check()
    }

    fn keep_key_check(&self, check: Sealed) -> Deed<'_, Result<(), Error>> {
        self.store.keep_key_check(check)
    }
}
