//! Use cases of the list of instances: create, list, remove, and bring all of them up.

use std::collections::BTreeMap;
use std::time::Duration;

use waygate_core::error::{Error, Kind};
use waygate_core::id::{AccountId, InstanceId, InstanceNumber};
use waygate_core::instance::machine::Machine;
use waygate_core::instance::record::{InstanceRecord, NAME_LENGTH_MAX};
use waygate_core::instance::settings::Settings;
use waygate_core::instance::state::StateName;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::kept_answers::Creation;
use waygate_core::port::registry::{Enrolment, InstanceFilter, InstanceKey};
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;

use crate::accounts::no_such_instance;
use crate::gateway::Gateway;
use crate::idempotency::Keeping;
use crate::supervisor::Running;

/// How long a removed instance stays listed.
pub const REMOVED_LISTED_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// How often old removed instances are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the creation of an instance waits until it has started.
const STANDS_WITHIN: Duration = Duration::from_secs(5);

/// Numbers drawn before we give up finding a free one.
const DRAWS_MAX: u32 = 16;

/// An instance to be created.
#[derive(Debug, Clone)]
pub struct NewInstance {
    /// Who owns it.
    pub account: AccountId,
    /// Its name; at most [`NAME_LENGTH_MAX`] characters, may be empty.
    pub name: String,
    /// The number that is meant to be linked, where somebody named one.
    pub phone: Option<PhoneNumber>,
    /// Its settings.
    pub settings: Settings,
    /// The number it had elsewhere; a free one is drawn when there is none.
    pub number: Option<InstanceNumber>,
    /// The token it had elsewhere; a new one is made when there is none.
    pub token: Option<TokenText>,
}

impl NewInstance {
    /// One of an account, of which nothing is said.
    pub fn unnamed(account: AccountId) -> Self {
        let (name, settings) = (String::new(), Settings::default());
        Self { account, name, phone: None, settings, number: None, token: None }
    }
}

/// What people say of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name; at most [`NAME_LENGTH_MAX`] characters, may be empty.
    pub name: String,
    /// The number that is meant to be linked, where somebody named one.
    pub phone: Option<PhoneNumber>,
}

/// An instance with its token.
#[derive(Debug, Clone)]
pub struct InstanceWithToken {
    /// The instance.
    pub record: InstanceRecord,
    /// Its token; `None` when it has none that is valid.
    pub token: Option<TokenText>,
}

/// An instance that was just written down, with the tokens that came with it.
#[derive(Debug, Clone)]
pub struct NewbornInstance {
    /// The instance.
    pub record: InstanceRecord,
    /// Its token for GREEN-API's paths.
    pub token: TokenText,
    /// Its token of Hypersender's form.
    pub hypersender_token: TokenText,
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.chars().count() > NAME_LENGTH_MAX {
        return Err(Error::new(Kind::Invalid, "the name is longer than 200 characters"));
    }
    Ok(())
}

/// Waits until the instance is in a state of its own, so that nobody reads that it is about to
/// start; not for ever, since the store may fail just then.
async fn stands(mut running: Running) {
    let begun = |machine: &Machine| machine.state().name() != StateName::Pending;
    drop(tokio::time::timeout(STANDS_WITHIN, running.shown.wait_for(begun)).await);
}

impl Gateway {
    /// Creates an instance and runs it: it waits for somebody who looks at its code.
    ///
    /// # Errors
    ///
    /// `Invalid` for a name that is too long, `Conflict` when the number or the token is taken,
    /// `NotFound` when there is no such account.
    pub async fn create_instance(&self, new: NewInstance) -> Result<InstanceWithToken, Error> {
        self.create_instance_keeping(new, None).await
    }

    /// The same, with an answer kept in the same transaction: of the instance as it is before it runs.
    ///
    /// # Errors
    ///
    /// As [`Gateway::create_instance`].
    pub async fn create_instance_keeping(
        &self,
        new: NewInstance,
        keeping: Option<Keeping<NewbornInstance>>,
    ) -> Result<InstanceWithToken, Error> {
        let id = InstanceId::from_random_bytes(self.parts().dice.bytes());
        let gateway = self.clone();
        // An instance that is written down must also run.
        self.see_through("creation", async move { gateway.enrol(id, new, keeping).await }).await
    }

    /// The same for an account in which no two instances may have one name: whoever heard no answer
    /// and tries again does not get a second one.
    ///
    /// # Errors
    ///
    /// As [`Gateway::create_instance`]; `Conflict` also when an instance of the account has the name.
    pub async fn create_instance_of_a_free_name(
        &self,
        new: NewInstance,
    ) -> Result<InstanceWithToken, Error> {
        let id = InstanceId::from_random_bytes(self.parts().dice.bytes());
        let gateway = self.clone();
        let creation = async move {
            let _turn = gateway.parts().names_turn.lock().await;
            let filter = InstanceFilter { account: Some(new.account), with_removed: false };
            let listed = gateway.parts().ports.registry.instances(filter).await?;
            if listed.iter().any(|other| other.name == new.name) {
                return Err(Error::new(Kind::Conflict, "an instance has this name"));
            }
            gateway.enrol(id, new, None).await
        };
        self.see_through("creation", creation).await
    }

    /// Writes down an instance whose keys were found without it, and runs it.
    ///
    /// # Errors
    ///
    /// As [`Gateway::create_instance`]; `Conflict` also when it is no orphan.
    pub async fn adopt_instance(
        &self,
        id: InstanceId,
        account: AccountId,
    ) -> Result<InstanceWithToken, Error> {
        self.enrol(id, NewInstance::unnamed(account), None).await
    }

    async fn enrol(
        &self,
        id: InstanceId,
        new: NewInstance,
        keeping: Option<Keeping<NewbornInstance>>,
    ) -> Result<InstanceWithToken, Error> {
        check_name(&new.name)?;
        let parts = self.parts();
        let settings = self.seal_settings(id, &new.settings)?;
        let mut draws = 0;
        loop {
            let text = new.token.clone().unwrap_or_else(|| self.new_token(TokenKind::Instance));
            let drawn = || InstanceNumber::from_random(parts.dice.number());
            let record = InstanceRecord {
                id,
                number: new.number.unwrap_or_else(drawn),
                account: new.account,
                name: new.name.clone(),
                phone: new.phone.clone(),
                created_at: self.now(),
                removed_at: None,
                standing: None,
            };
            let sanctum = self.new_token(TokenKind::Hypersender);
            let tokens = vec![
                self.instance_token(&record, TokenKind::Instance, &text)?,
                self.instance_token(&record, TokenKind::Hypersender, &sanctum)?,
            ];
            let settings = settings.clone();
            let enrolment = Enrolment { record: record.clone(), tokens, settings };
            let newborn = NewbornInstance { record, token: text, hypersender_token: sanctum };
            draws += 1;
            let creation = Creation::Instance(Box::new(enrolment));
            match self.create(creation, &newborn, keeping.as_ref()).await {
                Err(error)
                    if error.kind() == Kind::Conflict
                        && new.number.is_none()
                        && draws < DRAWS_MAX => {}
                Err(error) if error.kind() == Kind::Conflict => {
                    let sentence = "an instance with this number or this token exists, or existed";
                    return Err(Error::new(Kind::Conflict, sentence).because(error));
                }
                Err(error) => return Err(error),
                Ok(()) => {
                    tracing::info!(instance = %id, "an instance was created");
                    stands(parts.supervisor.run(id)).await;
                    parts.push_changes.note(id);
                    let NewbornInstance { record, token, .. } = newborn;
                    return Ok(InstanceWithToken { record, token: Some(token) });
                }
            }
        }
    }

    /// One instance, also when it was removed; `None` when there is none.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn instance(&self, instance: InstanceId) -> Result<Option<InstanceRecord>, Error> {
        self.parts().ports.registry.instance(instance).await
    }

    /// The instance that is called so, unless it was removed; `None` when there is none. Where an account
    /// is named, also when it is another's: no more is read of that one than of none.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn find_instance(
        &self,
        account: Option<AccountId>,
        key: InstanceKey,
    ) -> Result<Option<InstanceRecord>, Error> {
        self.parts().ports.registry.find_instance(account, key).await
    }

    /// Instances, in the order in which they were created.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn instances(&self, filter: InstanceFilter) -> Result<Vec<InstanceRecord>, Error> {
        self.parts().ports.registry.instances(filter).await
    }

    /// The instances of an account with their own tokens of a kind, in the order in which they were
    /// created.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn list_instances(
        &self,
        filter: InstanceFilter,
        kind: TokenKind,
    ) -> Result<Vec<InstanceWithToken>, Error> {
        let registry = &self.parts().ports.registry;
        let records = registry.instances(filter).await?;
        let mut accounts: Vec<AccountId> = records.iter().map(|it| it.account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let mut texts = BTreeMap::new();
        for account in accounts {
            for token in registry.tokens(account).await? {
                let valid = token.kind == kind && token.is_valid(self.now());
                if let (true, Some(instance)) = (valid, token.instance)
                    && let Some(text) = self.open_token(&token)?
                {
                    texts.insert(instance, text);
                }
            }
        }
        let with_token = |record: InstanceRecord| {
            let token = texts.remove(&record.id);
            InstanceWithToken { record, token }
        };
        Ok(records.into_iter().map(with_token).collect())
    }

    /// Changes what is said of an instance: its name, and the number that is meant to be linked. Two
    /// changes at once are made one after the other, each on what the other left.
    ///
    /// # Errors
    ///
    /// `Invalid` for a name that is too long, `NotFound` when there is no such instance.
    pub async fn describe_instance(
        &self,
        instance: InstanceId,
        change: impl FnOnce(&mut Description) + Send,
    ) -> Result<InstanceRecord, Error> {
        let registry = &self.parts().ports.registry;
        let _turn = self.parts().settings_turn.lock().await;
        let record = registry.instance(instance).await?.filter(|it| it.removed_at.is_none());
        let mut record = record.ok_or_else(no_such_instance)?;
        let mut description = Description { name: record.name, phone: record.phone };
        change(&mut description);
        check_name(&description.name)?;
        (record.name, record.phone) = (description.name, description.phone);
        registry.describe(instance, record.name.clone(), record.phone.clone()).await?;
        Ok(record)
    }

    /// Unlinks an instance, destroys its keys and settings and takes it off the list. It is
    /// listed as removed for [`REMOVED_LISTED_FOR`].
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no such instance, or it was removed before.
    pub async fn remove_instance(&self, instance: InstanceId) -> Result<(), Error> {
        let gateway = self.clone();
        // An instance without keys must not stay on the list as if it had been logged out.
        self.see_through("removal", async move { gateway.remove(instance).await }).await
    }

    async fn remove(&self, instance: InstanceId) -> Result<(), Error> {
        let parts = self.parts();
        let record = parts.ports.registry.instance(instance).await?;
        if record.is_none_or(|it| it.removed_at.is_some()) {
            return Err(no_such_instance());
        }
        let runs = parts.supervisor.find(instance).is_some();
        if runs {
            // The phone must not go on listing a device that nobody has.
            self.log_out(instance).await?;
            parts.supervisor.end(instance).await;
        }
        match self.take_off_the_list(instance).await {
            Ok(true) => {
                // Its link tickets went with it; whoever waits by one is to hear of it.
                parts.revocations.tell();
                // So has its journal, and its queue.
                parts.arrivals.tell(instance);
                parts.push_changes.note(instance);
                tracing::info!(%instance, "an instance was removed");
                Ok(())
            }
            Ok(false) => Err(no_such_instance()),
            Err(error) => {
                // It stays on the list, so it goes on running.
                if runs {
                    stands(parts.supervisor.run(instance)).await;
                }
                Err(error)
            }
        }
    }

    /// Nothing of an instance runs any more. `false` when it was off the list already.
    async fn take_off_the_list(&self, instance: InstanceId) -> Result<bool, Error> {
        let ports = &self.parts().ports;
        ports.linker.forget(instance).await?;
        ports.registry.remove(instance, self.now()).await
    }

    /// Runs one instance of the store, unless it runs already, and waits until it stands.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none, or it was removed.
    pub async fn run_instance(&self, instance: InstanceId) -> Result<(), Error> {
        let record = self.parts().ports.registry.instance(instance).await?;
        if record.is_none_or(|it| it.removed_at.is_some()) {
            return Err(no_such_instance());
        }
        stands(self.parts().supervisor.run(instance)).await;
        Ok(())
    }

    /// Runs every instance of the store, and keeps the list short from then on. Tells how many.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn start_instances(&self) -> Result<usize, Error> {
        let records = self.parts().ports.registry.instances(InstanceFilter::default()).await?;
        for record in &records {
            // An actor each, which costs little; the fleet limiter paces what they dial.
            self.parts().supervisor.run(record.id);
        }
        self.watch_link_tickets();
        self.watch_events();
        self.send_queued_messages();
        let (gateway, stop) = (self.clone(), self.parts().tasks.stop_token());
        self.parts().tasks.start("forgetting", async move {
            loop {
                gateway.forget_removed().await;
                gateway.forget_link_tickets().await;
                gateway.forget_webhook_deliveries().await;
                gateway.forget_acts().await;
                gateway.forget_answers().await;
                gateway.forget_messages().await;
                if stop.run_until_cancelled(tokio::time::sleep(FORGET_EVERY)).await.is_none() {
                    return;
                }
            }
        });
        Ok(records.len())
    }

    async fn forget_removed(&self) {
        let registry = &self.parts().ports.registry;
        match registry.forget_removed(self.now() - REMOVED_LISTED_FOR).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "removed instances were forgotten"),
            Err(error) => {
                let cause = error.with_causes();
                tracing::error!(cause, "removed instances could not be forgotten");
            }
        }
    }
}
