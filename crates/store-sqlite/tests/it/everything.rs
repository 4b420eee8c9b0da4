//! All that a store holds, for comparing two of them.

use waygate_core::error::Error;
use waygate_core::event::{Event, Sequence};
use waygate_core::idempotency::{IdempotencyKey, KeptAnswer};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::link_ticket::LinkTicket;
use waygate_core::port::registry::InstanceFilter;
use waygate_core::secret::Sealed;
use waygate_core::tenant::Account;
use waygate_core::token::ApiToken;
use waygate_store::Store;
use waygate_store::contract::samples::hash;

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Everything {
    accounts: Vec<Account>,
    tokens: Vec<ApiToken>,
    found: Vec<Option<ApiToken>>,
    instances: Vec<(InstanceRecord, Option<Sealed>, Vec<Event>)>,
    link_tickets: Vec<LinkTicket>,
    kept_answers: Vec<Option<KeptAnswer>>,
    key_check: Option<Sealed>,
}

impl Everything {
    /// What is in the store. Tokens that belong to nobody, and kept answers, it looks for by small
    /// seeds.
    pub(crate) async fn of(store: &dyn Store) -> Result<Self, Error> {
        let mut all = Self { key_check: store.key_check().await?, ..Self::default() };
        for account in store.accounts().await? {
            all.tokens.extend(store.tokens(account.id).await?);
            all.accounts.push(account);
        }
        for seed in 1..9 {
            all.found.push(store.find_token(hash(seed)).await?);
            let key = IdempotencyKey::from_bytes([seed; 32]);
            all.kept_answers.push(store.kept_answer(key).await?);
        }
        let filter = InstanceFilter { account: None, with_removed: true };
        for record in store.instances(filter).await? {
            assert_eq!(store.instance(record.id).await?.as_ref(), Some(&record));
            let settings = store.settings(record.id).await?;
            let events = store.read_after(record.id, Sequence(0), u32::MAX).await?;
            all.link_tickets.extend(store.link_tickets(record.id).await?);
            all.instances.push((record, settings, events));
        }
        Ok(all)
    }
}
