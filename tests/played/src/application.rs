//! Applications on a played link, and the instances that tests create in them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::sync::Arc;

use waygate_core::clock::Clock as _;
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::instance::state::StateName;
use waygate_core::port::journal::Journal;
use waygate_core::port::kept_answers::KeptAnswers;
use waygate_core::port::outbox::Outbox;
use waygate_core::port::registry::Registry;
use waygate_core::tenant::Account;
use waygate_engine::Gateway;
use waygate_engine::dice::Dice;
use waygate_engine::instances::{InstanceWithToken, NewInstance};
use waygate_engine::keyring::Keyring;
use waygate_engine::ports::Ports;
use waygate_engine::tasks::Tasks;
use waygate_store::MemoryStore;

use crate::deadline::PATIENCE;
use crate::link::PlayedLink;

impl PlayedLink {
    /// An application on this link and on its store, which outlives applications. Every further one
    /// is another process on the same store, or the next one.
    pub fn gateway(&self) -> Gateway {
        self.gateway_on(self.store())
    }

    /// An application on this link, and an instance that it runs. Panics as [`create`] does.
    pub async fn running(&self) -> (Gateway, InstanceId) {
        let gateway = self.gateway();
        let instance = create(&gateway).await.record.id;
        (gateway, instance)
    }

    /// An application on this link and its store, but with a journal of the test's own.
    pub fn gateway_on(&self, journal: Arc<dyn Journal>) -> Gateway {
        self.gateway_over(self.store(), journal)
    }

    /// An application on this link, but with a store of the test's own.
    pub fn gateway_over(&self, registry: Arc<dyn Registry>, journal: Arc<dyn Journal>) -> Gateway {
        self.gateway_of(Ports { registry, journal, ..self.ports() })
    }

    /// An application on this link and its store, but with answers that the test keeps.
    pub fn gateway_keeping(&self, kept_answers: Arc<dyn KeptAnswers>) -> Gateway {
        self.gateway_of(Ports { kept_answers, ..self.ports() })
    }

    /// An application on this link and its store, but with queues that the test keeps.
    pub fn gateway_sending_from(&self, outbox: Arc<dyn Outbox>) -> Gateway {
        self.gateway_of(Ports { outbox, ..self.ports() })
    }

    fn ports(&self) -> Ports {
        Ports {
            linker: Arc::new(self.clone()),
            registry: self.store(),
            journal: self.store(),
            notifications: self.store(),
            audit: self.store(),
            link_tickets: self.store(),
            kept_answers: self.store(),
            webhooks: self.store(),
            outbox: self.store(),
            clock: Arc::new(self.clock),
        }
    }

    fn gateway_of(&self, ports: Ports) -> Gateway {
        let keyring = Keyring::from_master(&[7; 32]);
        Gateway::new(ports, keyring, Dice::from_seed(self.next_seed()), Tasks::default())
    }

    /// What the applications on this link remember.
    pub fn store(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.store)
    }

    /// Opens another account than the first one.
    ///
    /// # Panics
    ///
    /// When there is one already.
    pub async fn other_account(&self) -> AccountId {
        let id = AccountId::from_random_bytes([9; 16]);
        let (name, opened_at) = ("other".into(), self.clock.now());
        let account = Account { id, name, opened_at, closed_at: None };
        self.store.open_account(account).await.unwrap();
        id
    }
}

/// An instance to create in this account.
pub fn new_instance(account: AccountId) -> NewInstance {
    NewInstance { name: "Shop".to_owned(), ..NewInstance::unnamed(account) }
}

/// Creates an instance in the first account.
///
/// # Panics
///
/// When the application refuses.
pub async fn create(gateway: &Gateway) -> InstanceWithToken {
    let account = gateway.first_account().await.unwrap().id;
    gateway.create_instance(new_instance(account)).await.unwrap()
}

/// Waits until the instance is in this state.
///
/// # Panics
///
/// When it is not within [`PATIENCE`], or is not run by this application.
pub async fn reaches(gateway: &Gateway, instance: InstanceId, name: StateName) {
    let mut shown = gateway.watch_instance(instance).unwrap();
    let there = shown.wait_for(|machine| machine.state().name() == name);
    let there = tokio::time::timeout(PATIENCE, there).await;
    there.unwrap_or_else(|_elapsed| panic!("it did not become {}", name.as_str())).unwrap();
}
