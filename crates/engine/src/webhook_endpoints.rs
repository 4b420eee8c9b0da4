//! Use cases of webhook endpoints: receivers of events that an account names, with a secret each by
//! which they know who sends.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use waygate_core::error::{Error, Kind};
use waygate_core::id::{AccountId, WebhookEndpointId};
use waygate_core::port::kept_answers::Creation;
use waygate_core::port::webhooks::DeadLetters;
use waygate_core::secret::Sealed;
use waygate_core::webhook::{
    DESCRIPTION_LENGTH_MAX, Delivery, DeliveryNumber, Disabled, Disabling, EventFilter,
    SigningSecret, WebhookEndpoint, WebhookTerms,
};
use zeroize::Zeroizing;

use crate::gateway::Gateway;
use crate::idempotency::Keeping;
use crate::keyring::Keyring;

/// The most endpoints of an account.
pub const ENDPOINTS_MAX: usize = 16;

/// How long a secret signs beside the one that took its place.
pub const ROTATION: Duration = Duration::from_secs(24 * 60 * 60);

/// How long what arrived or was given up stays known, and how long what waits for an endpoint to which
/// nothing is sent goes on waiting.
pub const DELIVERIES_KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What stands before the base64 of a secret (Standard Webhooks 1.0.0).
pub(crate) const SECRET_PREFIX: &str = "whsec_";

/// A secret of as many bytes as HMAC-SHA-256 puts out.
const SECRET_LENGTH: usize = 32;

/// The most secrets that sign at a time: whoever rotates in a hurry keeps the first of them valid.
const SECRETS_MAX: usize = 4;

/// An endpoint with what only its owner is told.
#[derive(Debug, Clone)]
pub struct OwnWebhookEndpoint {
    /// What is kept of it.
    pub record: WebhookEndpoint,
    /// Its address, its description and its secrets.
    pub terms: WebhookTerms,
}

/// An endpoint to be added. Its address was checked before.
#[derive(Debug, Clone)]
pub struct NewWebhookEndpoint {
    /// Whose it is.
    pub account: AccountId,
    /// Where it is.
    pub url: String,
    /// What its owner calls it; at most [`DESCRIPTION_LENGTH_MAX`] characters.
    pub description: String,
    /// What it hears of.
    pub filter: EventFilter,
}

/// What is to be changed of an endpoint; the rest stays.
#[derive(Debug, Clone, Default)]
pub struct WebhookEdits {
    /// Another address, which was checked before.
    pub url: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// Another filter.
    pub filter: Option<EventFilter>,
    /// Whether anything is to be sent to it.
    pub enabled: Option<bool>,
}

impl Gateway {
    /// Adds an endpoint, which hears of what happens from then on.
    ///
    /// # Errors
    ///
    /// `Invalid` for a description that is too long or an instance that is not the account's,
    /// `WrongState` when there are [`ENDPOINTS_MAX`], `NotFound` when there is no such account.
    pub async fn add_webhook_endpoint(
        &self,
        new: NewWebhookEndpoint,
    ) -> Result<OwnWebhookEndpoint, Error> {
        self.add_webhook_endpoint_keeping(new, None).await
    }

    /// The same for a request with a key: its answer is kept in the transaction that adds the endpoint.
    ///
    /// # Errors
    ///
    /// As [`Gateway::add_webhook_endpoint`].
    pub async fn add_webhook_endpoint_keeping(
        &self,
        new: NewWebhookEndpoint,
        keeping: Option<Keeping<OwnWebhookEndpoint>>,
    ) -> Result<OwnWebhookEndpoint, Error> {
        self.check_endpoint(new.account, &new.description, &new.filter).await?;
        let _turn = self.parts().webhooks_turn.lock().await;
        if self.parts().ports.webhooks.webhook_endpoints(new.account).await?.len() >= ENDPOINTS_MAX
        {
            return Err(Error::new(
                Kind::WrongState,
                "an account has at most 16 webhook endpoints",
            ));
        }
        let id = WebhookEndpointId::from_random_bytes(self.parts().dice.bytes());
        let secrets = vec![self.new_signing_secret()];
        let terms = WebhookTerms { url: new.url, description: new.description, secrets };
        let record = WebhookEndpoint {
            id,
            account: new.account,
            terms: self.seal_terms(id, &terms)?,
            filter: new.filter,
            created_at: self.now(),
            failing_since: None,
            disabled: None,
        };
        let creation = Creation::WebhookEndpoint(Box::new(record.clone()));
        let own = OwnWebhookEndpoint { record, terms };
        self.create(creation, &own, keeping.as_ref()).await?;
        tracing::info!(endpoint = %id, "a webhook endpoint was added");
        Ok(own)
    }

    /// The endpoints of an account in the order in which they were added.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn webhook_endpoints(
        &self,
        account: AccountId,
    ) -> Result<Vec<OwnWebhookEndpoint>, Error> {
        let records = self.parts().ports.webhooks.webhook_endpoints(account).await?;
        let opened = records.into_iter().map(|record| {
            let terms = open_terms(&self.parts().keyring, record.id, &record.terms)?;
            Ok(OwnWebhookEndpoint { record, terms })
        });
        opened.collect()
    }

    /// An endpoint of an account.
    ///
    /// # Errors
    ///
    /// `NotFound` when the account has no such endpoint.
    pub async fn webhook_endpoint(
        &self,
        account: AccountId,
        endpoint: WebhookEndpointId,
    ) -> Result<OwnWebhookEndpoint, Error> {
        let own = self.webhook_endpoints(account).await?;
        own.into_iter().find(|it| it.record.id == endpoint).ok_or_else(no_such_endpoint)
    }

    /// Changes an endpoint. One that is enabled again is sent what waited.
    ///
    /// # Errors
    ///
    /// As [`Gateway::add_webhook_endpoint`], and `NotFound` when the account has no such endpoint.
    pub async fn change_webhook_endpoint(
        &self,
        account: AccountId,
        endpoint: WebhookEndpointId,
        edits: WebhookEdits,
    ) -> Result<OwnWebhookEndpoint, Error> {
        let _turn = self.parts().webhooks_turn.lock().await;
        let OwnWebhookEndpoint { record, mut terms } =
            self.webhook_endpoint(account, endpoint).await?;
        let filter = edits.filter.unwrap_or(record.filter);
        terms.url = edits.url.unwrap_or(terms.url);
        terms.description = edits.description.unwrap_or(terms.description);
        self.check_endpoint(account, &terms.description, &filter).await?;
        self.save_terms(endpoint, &terms, filter).await?;
        let webhooks = &self.parts().ports.webhooks;
        match edits.enabled {
            Some(true) => drop(webhooks.enable_webhook_endpoint(endpoint).await?),
            Some(false) => {
                let disabling = Disabling { why: Disabled::ByOwner, at: self.now() };
                webhooks.disable_webhook_endpoint(endpoint, disabling).await?;
            }
            None => {}
        }
        self.parts().webhook_news.notify_one();
        self.webhook_endpoint(account, endpoint).await
    }

    /// Gives an endpoint another secret. The one before signs beside it for [`ROTATION`].
    ///
    /// # Errors
    ///
    /// `NotFound` when the account has no such endpoint.
    pub async fn rotate_webhook_secret(
        &self,
        account: AccountId,
        endpoint: WebhookEndpointId,
    ) -> Result<OwnWebhookEndpoint, Error> {
        let _turn = self.parts().webhooks_turn.lock().await;
        let mut own = self.webhook_endpoint(account, endpoint).await?;
        let now = self.now();
        let secrets = &mut own.terms.secrets;
        secrets.retain(|secret| secret.signs_at(now));
        for secret in &mut *secrets {
            secret.until_s.get_or_insert((now + ROTATION).as_second());
        }
        secrets.insert(0, self.new_signing_secret());
        secrets.truncate(SECRETS_MAX);
        self.save_terms(endpoint, &own.terms, own.record.filter.clone()).await?;
        tracing::info!(%endpoint, "a webhook endpoint has a new secret");
        Ok(own)
    }

    /// Removes an endpoint with all that was on its way to it.
    ///
    /// # Errors
    ///
    /// `NotFound` when the account has no such endpoint.
    pub async fn remove_webhook_endpoint(
        &self,
        account: AccountId,
        endpoint: WebhookEndpointId,
    ) -> Result<(), Error> {
        self.webhook_endpoint(account, endpoint).await?;
        if !self.parts().ports.webhooks.remove_webhook_endpoint(endpoint).await? {
            return Err(no_such_endpoint());
        }
        tracing::info!(%endpoint, "a webhook endpoint was removed");
        Ok(())
    }

    /// What was sent to an endpoint, or is to be, newest first, at most `limit`; see
    /// [`Webhooks::deliveries`](waygate_core::port::webhooks::Webhooks::deliveries).
    ///
    /// # Errors
    ///
    /// `NotFound` when the account has no such endpoint.
    pub async fn webhook_deliveries(
        &self,
        (account, endpoint): (AccountId, WebhookEndpointId),
        given_up: bool,
        before: Option<DeliveryNumber>,
        limit: u32,
    ) -> Result<Vec<Delivery>, Error> {
        self.webhook_endpoint(account, endpoint).await?;
        self.parts().ports.webhooks.deliveries(endpoint, given_up, before, limit).await
    }

    /// The beginning of what an endpoint answered to an attempt.
    ///
    /// # Errors
    ///
    /// `Internal` when it cannot be opened.
    pub fn webhook_answer(
        &self,
        endpoint: WebhookEndpointId,
        answer: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.parts().keyring.open(&answer_sealed_at(endpoint), answer)
    }

    /// Sends dead letters of an endpoint again, with the ids that they had; tells how many.
    ///
    /// # Errors
    ///
    /// `NotFound` when the account has no such endpoint.
    pub async fn replay_webhook_deliveries(
        &self,
        account: AccountId,
        endpoint: WebhookEndpointId,
        letters: DeadLetters,
    ) -> Result<u64, Error> {
        self.webhook_endpoint(account, endpoint).await?;
        let webhooks = &self.parts().ports.webhooks;
        let replayed = webhooks.replay_deliveries(endpoint, letters, self.now()).await?;
        self.parts().webhook_news.notify_one();
        Ok(replayed)
    }

    /// Forgets what arrived or was given up [`DELIVERIES_KEPT_FOR`] ago.
    pub(crate) async fn forget_webhook_deliveries(&self) {
        let webhooks = &self.parts().ports.webhooks;
        if let Err(error) = webhooks.forget_deliveries(self.now() - DELIVERIES_KEPT_FOR).await {
            let cause = error.with_causes();
            tracing::error!(cause, "webhook deliveries could not be forgotten");
        }
    }

    async fn check_endpoint(
        &self,
        account: AccountId,
        description: &str,
        filter: &EventFilter,
    ) -> Result<(), Error> {
        if description.chars().count() > DESCRIPTION_LENGTH_MAX {
            let sentence = "the description is longer than 100 characters";
            return Err(Error::new(Kind::Invalid, sentence));
        }
        for instance in filter.instances.iter().flatten() {
            let found = self.parts().ports.registry.instance(*instance).await?;
            let own = |it: &_| is_own(it, account);
            if !found.as_ref().is_some_and(own) {
                let sentence = "one of the instances is not there, or is not this account's";
                return Err(Error::new(Kind::Invalid, sentence));
            }
        }
        Ok(())
    }

    async fn save_terms(
        &self,
        endpoint: WebhookEndpointId,
        terms: &WebhookTerms,
        filter: EventFilter,
    ) -> Result<(), Error> {
        let sealed = self.seal_terms(endpoint, terms)?;
        let webhooks = &self.parts().ports.webhooks;
        let saved = webhooks.change_webhook_endpoint(endpoint, sealed, filter).await?;
        if saved { Ok(()) } else { Err(no_such_endpoint()) }
    }

    fn seal_terms(
        &self,
        endpoint: WebhookEndpointId,
        terms: &WebhookTerms,
    ) -> Result<Sealed, Error> {
        let text = Zeroizing::new(serde_json::to_vec(terms).map_err(unreadable)?);
        self.parts().keyring.seal(&sealed_at(endpoint), &text, &self.parts().dice)
    }

    fn new_signing_secret(&self) -> SigningSecret {
        let bytes: [u8; SECRET_LENGTH] = self.parts().dice.bytes();
        let text = format!("{SECRET_PREFIX}{}", STANDARD.encode(bytes));
        SigningSecret { text, until_s: None }
    }
}

fn is_own(record: &waygate_core::instance::record::InstanceRecord, account: AccountId) -> bool {
    record.account == account && record.removed_at.is_none()
}

/// The terms of an endpoint, from their sealed form.
pub(crate) fn open_terms(
    keyring: &Keyring,
    endpoint: WebhookEndpointId,
    sealed: &Sealed,
) -> Result<WebhookTerms, Error> {
    let text = keyring.open(&sealed_at(endpoint), sealed)?;
    serde_json::from_slice(&text).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::new(Kind::Internal, "a webhook endpoint cannot be read or written").because(error)
}

fn no_such_endpoint() -> Error {
    Error::new(Kind::NotFound, "there is no such webhook endpoint")
}

fn sealed_at(endpoint: WebhookEndpointId) -> String {
    format!("webhook-endpoint/{endpoint}")
}

/// Where answers of an endpoint are sealed to.
pub(crate) fn answer_sealed_at(endpoint: WebhookEndpointId) -> String {
    format!("webhook-answer/{endpoint}")
}
