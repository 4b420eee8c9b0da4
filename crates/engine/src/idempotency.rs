//! Requests that are carried out once, however often they are sent.
//!
//! A client gives its request a key. The first request with it has its [turn](Turn), and what it was
//! answered is kept for [`ANSWERS_KEPT_FOR`]; who sends the same again is told the same. Where
//! something is created in one transaction, its answer is kept in that transaction too
//! ([`Keeping`]), so that no loss of power comes between the two. What is under way is known to this
//! process only: whatever it was when the process ended, nobody is at it any more.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use waygate_core::audit::Actor;
use waygate_core::error::Error;
use waygate_core::idempotency::{IdempotencyKey, KeptAnswer, RequestHash};
use waygate_core::port::kept_answers::Creation;
use zeroize::Zeroizing;

use crate::gateway::Gateway;

/// How long an answer is told again.
pub const ANSWERS_KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Answers that are kept for one caller: those that were given last.
pub const ANSWERS_MAX: u32 = 10_000;

/// A request that came with a key.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Who asks. Keys of two callers have nothing in common.
    pub caller: Actor,
    /// The key, as the client chose it.
    pub key: &'a str,
    /// Everything that makes it this request and no other one.
    pub request: [&'a [u8]; 3],
}

impl fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither a key nor a body is for a log.
        f.debug_struct("Asked").field("caller", &self.caller).finish_non_exhaustive()
    }
}

/// What becomes of a request that came with a key.
#[derive(Debug)]
pub enum Turn {
    /// It is the first: carry it out, and keep the answer.
    First(Once),
    /// It was carried out, and this was answered.
    Again(Zeroizing<Vec<u8>>),
    /// The first one is still being carried out.
    UnderWay,
    /// The key was used for another request.
    Another,
}

/// Keys whose requests are being carried out, and what these are.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<BTreeMap<IdempotencyKey, RequestHash>>);

impl UnderWay {
    /// `None` when the key is free, and taken from now on.
    fn claim(&self, key: IdempotencyKey, request: RequestHash) -> Option<RequestHash> {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let other = claims.get(&key).copied();
        if other.is_none() {
            claims.insert(key, request);
        }
        other
    }

    fn release(&self, key: IdempotencyKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }
}

/// The one request with its key that is carried out. Others may have the key when it is dropped.
#[derive(Debug)]
pub struct Once {
    gateway: Gateway,
    key: IdempotencyKey,
    owner: Actor,
    request: RequestHash,
    asked_at: Timestamp,
}

impl Drop for Once {
    fn drop(&mut self) {
        self.gateway.parts().under_way.release(self.key);
    }
}

/// How something that is created is told of, so that it is created and its answer kept in one
/// transaction.
pub struct Keeping<T> {
    once: Arc<Once>,
    tell: Tell<T>,
}

type Tell<T> = Box<dyn Fn(&T) -> Result<Vec<u8>, Error> + Send + Sync>;

impl<T> fmt::Debug for Keeping<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeping").field("once", &self.once).finish_non_exhaustive()
    }
}

impl<T> Keeping<T> {
    /// With the request that this is, and what it is answered.
    pub fn new(
        once: Arc<Once>,
        tell: impl Fn(&T) -> Result<Vec<u8>, Error> + Send + Sync + 'static,
    ) -> Self {
        Self { once, tell: Box::new(tell) }
    }

    fn answer(&self, created: &T) -> Result<KeptAnswer, Error> {
        self.once.sealed(&Zeroizing::new((self.tell)(created)?))
    }
}

impl Once {
    /// Sees a request through to its end, even when whoever sent it goes away meanwhile: he will ask
    /// again what became of it.
    ///
    /// # Errors
    ///
    /// `Internal` when it failed half-way.
    pub async fn see_through<T: Send + 'static>(
        &self,
        deed: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Error> {
        self.gateway.see_through("keyed request", async move { Ok(deed.await) }).await
    }

    /// Keeps what was answered, in the place of what may have been kept for it while it was carried
    /// out. What cannot be kept is logged: it was done all the same.
    pub async fn keep(&self, answer: &[u8]) {
        let answers = &self.gateway.parts().ports.kept_answers;
        let kept = match self.sealed(answer) {
            Ok(answer) => answers.keep_answer(answer, ANSWERS_MAX).await,
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::error!(cause = error.with_causes(), "an answer could not be kept");
        }
    }

    fn sealed(&self, answer: &[u8]) -> Result<KeptAnswer, Error> {
        let parts = self.gateway.parts();
        let (key, owner, request) = (self.key, self.owner, self.request);
        let answer = parts.keyring.seal(&sealed_at(key, request), answer, &parts.dice)?;
        Ok(KeptAnswer { key, owner, request, answer, asked_at: self.asked_at })
    }
}

impl Gateway {
    /// A request came with a key: whether it is to be carried out.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn take_turn(&self, asked: Asked<'_>) -> Result<Turn, Error> {
        let parts = self.parts();
        let (key, request) = (parts.keyring.idempotency_key(asked), parts.keyring.request(asked));
        if let Some(told) = self.told_before(key, request).await? {
            return Ok(told);
        }
        match parts.under_way.claim(key, request) {
            Some(other) if other == request => return Ok(Turn::UnderWay),
            Some(_other) => return Ok(Turn::Another),
            None => {}
        }
        let asked_at = self.now();
        let once = Once { gateway: self.clone(), key, owner: asked.caller, request, asked_at };
        // It may have been answered between the look at what is kept and the claim.
        match self.told_before(key, request).await? {
            Some(told) => Ok(told),
            None => Ok(Turn::First(once)),
        }
    }

    async fn told_before(
        &self,
        key: IdempotencyKey,
        request: RequestHash,
    ) -> Result<Option<Turn>, Error> {
        let kept = self.parts().ports.kept_answers.kept_answer(key).await?;
        let oldest = self.now() - ANSWERS_KEPT_FOR;
        let Some(kept) = kept.filter(|kept| kept.asked_at > oldest) else { return Ok(None) };
        if kept.request != request {
            return Ok(Some(Turn::Another));
        }
        let answer = self.parts().keyring.open(&sealed_at(key, request), &kept.answer)?;
        Ok(Some(Turn::Again(answer)))
    }

    /// Writes down what is created; with its answer, where that is to be kept.
    pub(crate) async fn create<T>(
        &self,
        creation: Creation,
        created: &T,
        keeping: Option<&Keeping<T>>,
    ) -> Result<(), Error> {
        let ports = &self.parts().ports;
        if let Some(keeping) = keeping {
            let answer = keeping.answer(created)?;
            return ports.kept_answers.create_and_keep(creation, answer, ANSWERS_MAX).await;
        }
        match creation {
            Creation::Account(account) => ports.registry.open_account(account).await,
            Creation::Instance(enrolment) => ports.registry.enrol(*enrolment).await,
            Creation::Token(token) => ports.registry.issue_token(*token).await,
            Creation::LinkTicket(ticket) => ports.link_tickets.issue_link_ticket(*ticket).await,
            Creation::WebhookEndpoint(endpoint) => {
                ports.webhooks.add_webhook_endpoint(*endpoint).await
            }
            Creation::Message(acceptance) => ports.outbox.accept_message(*acceptance).await,
        }
    }

    pub(crate) async fn forget_answers(&self) {
        let oldest = self.now() - ANSWERS_KEPT_FOR;
        match self.parts().ports.kept_answers.forget_answers(oldest).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "old answers were forgotten"),
            Err(error) => {
                tracing::error!(cause = error.with_causes(), "old answers could not be forgotten");
            }
        }
    }
}

fn sealed_at(key: IdempotencyKey, request: RequestHash) -> String {
    let digits = |bytes: &[u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
    format!("answer/{}/{}", digits(key.as_bytes()), digits(request.as_bytes()))
}
