//! A registry that tells what it was asked.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use waygate_core::error::Error;
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::Deed;
use waygate_core::port::registry::{Enrolment, InstanceFilter, InstanceKey, Registry};
use waygate_core::secret::Sealed;
use waygate_core::tenant::Account;
use waygate_core::token::{ApiToken, TokenHash, TokenId};

#[derive(Debug)]
pub(crate) struct CountedRegistry {
    store: Arc<dyn Registry>,
    calls: Mutex<Vec<&'static str>>,
}

impl CountedRegistry {
    pub(crate) fn new(store: Arc<dyn Registry>) -> Arc<Self> {
        Arc::new(Self { store, calls: Mutex::default() })
    }

    /// What was asked since the last time.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn count(&self, call: &'static str) {
        self.calls.lock().unwrap().push(call);
    }
}

impl Registry for CountedRegistry {
    fn open_account(&self, account: Account) -> Deed<'_, Result<(), Error>> {
        self.count("open_account");
        self.store.open_account(account)
    }

    fn accounts(&self) -> Deed<'_, Result<Vec<Account>, Error>> {
        self.count("accounts");
        self.store.accounts()
    }

    fn rename_account(&self, account: AccountId, name: String) -> Deed<'_, Result<(), Error>> {
        self.count("rename_account");
        self.store.rename_account(account, name)
    }

    fn close_account(&self, account: AccountId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        self.count("close_account");
        self.store.close_account(account, at)
    }

    fn enrol(&self, enrolment: Enrolment) -> Deed<'_, Result<(), Error>> {
        self.count("enrol");
        self.store.enrol(enrolment)
    }

    fn instance(&self, instance: InstanceId) -> Deed<'_, Result<Option<InstanceRecord>, Error>> {
        self.count("instance");
        self.store.instance(instance)
    }

    fn find_instance(
        &self,
        account: Option<AccountId>,
        key: InstanceKey,
    ) -> Deed<'_, Result<Option<InstanceRecord>, Error>> {
        self.count("find_instance");
        self.store.find_instance(account, key)
    }

    fn instances(&self, filter: InstanceFilter) -> Deed<'_, Result<Vec<InstanceRecord>, Error>> {
        self.count("instances");
        self.store.instances(filter)
    }

    fn describe(
        &self,
        instance: InstanceId,
        name: String,
        phone: Option<PhoneNumber>,
    ) -> Deed<'_, Result<(), Error>> {
        self.count("describe");
        self.store.describe(instance, name, phone)
    }

    fn remove(&self, instance: InstanceId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        self.count("remove");
        self.store.remove(instance, at)
    }

    fn forget_removed(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.count("forget_removed");
        self.store.forget_removed(cutoff)
    }

    fn issue_token(&self, token: ApiToken) -> Deed<'_, Result<(), Error>> {
        self.count("issue_token");
        self.store.issue_token(token)
    }

    fn replace_token(&self, token: ApiToken) -> Deed<'_, Result<(), Error>> {
        self.count("replace_token");
        self.store.replace_token(token)
    }

    fn find_token(&self, hash: TokenHash) -> Deed<'_, Result<Option<ApiToken>, Error>> {
        self.count("find_token");
        self.store.find_token(hash)
    }

    fn tokens(&self, account: AccountId) -> Deed<'_, Result<Vec<ApiToken>, Error>> {
        self.count("tokens");
        self.store.tokens(account)
    }

    fn revoke_token(&self, token: TokenId, at: Timestamp) -> Deed<'_, Result<bool, Error>> {
        self.count("revoke_token");
        self.store.revoke_token(token, at)
    }

    fn settings(&self, instance: InstanceId) -> Deed<'_, Result<Option<Sealed>, Error>> {
        self.count("settings");
        self.store.settings(instance)
    }

    fn save_settings(&self, instance: InstanceId, settings: Sealed) -> Deed<'_, Result<(), Error>> {
        self.count("save_settings");
        self.store.save_settings(instance, settings)
    }

    fn key_check(&self) -> Deed<'_, Result<Option<Sealed>, Error>> {
        self.count("key_check");
        self.store.key_check()
    }

    fn keep_key_check(&self, check: Sealed) -> Deed<'_, Result<(), Error>> {
        self.count("keep_key_check");
        self.store.keep_key_check(check)
    }
}
