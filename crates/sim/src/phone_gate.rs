//! The phone's part of the passkey gate: it checks what the server has carried over from the
//! companion, shows the code, and lets its user compare (docs/internals/sim.md, "The passkey gate").

use std::{future::pending, time::Duration};

use tokio::{
    select,
    sync::{oneshot, watch},
    time::{Instant, sleep, timeout_at},
};
use wacore_binary::builder::NodeBuilder;

use crate::{
    LinkError, PasskeyError, Phone, RefusalKind,
    dice::Dice,
    link::Outcome,
    passkey::{KnownPasskey, Passkey, answer},
    passkey_exchange::{Exchange, Prologue, SealedRequest},
    passkey_gate::{Begun, Gated, Heard},
    phone::{AFTER_CODE, wait},
    world::ConnectionId,
};

/// How long the proof counts that the companion knows the secret of the code.
const PROOF_LIFE: Duration = Duration::from_mins(5);

/// What an account has to do with passkeys.
#[derive(Debug, Default)]
pub(crate) struct Passkeys {
    /// Whether a companion is asked for one.
    pub(crate) required: bool,
    held: Vec<Passkey>,
    /// The code that the phone shows, for as long as its user's answer is waited for.
    shown: watch::Sender<Option<String>>,
    answer: Option<oneshot::Sender<bool>>,
}

impl Passkeys {
    /// What the server keeps of them.
    pub(crate) fn known(&self) -> Vec<KnownPasskey> {
        self.held.iter().map(|passkey| passkey.known().clone()).collect()
    }

    /// Shows a code; the receiver hears what the user says of it.
    fn show(&mut self, code: String) -> oneshot::Receiver<bool> {
        let (sender, answer) = oneshot::channel();
        self.answer = Some(sender);
        self.shown.send_replace(Some(code));
        answer
    }

    /// Whoever waited for the answer may have left.
    fn code(&self) -> Option<String> {
        let waits = self.answer.as_ref().is_some_and(|answer| !answer.is_closed());
        if waits { self.shown.borrow().clone() } else { None }
    }
}

impl Phone {
    /// Whether a companion that is to be linked is asked for a passkey of the account.
    pub fn requires_passkey(&self) -> bool {
        let world = self.shared.lock();
        world.accounts.get(&self.number).is_some_and(|account| account.passkeys.required)
    }

    /// Lets companions be asked for a passkey from now on, or no longer. An account without a
    /// passkey gets one.
    pub fn set_requires_passkey(&self, required: bool) {
        let mut world = self.shared.lock();
        if let Some(account) = world.accounts.get_mut(&self.number) {
            account.passkeys.required = required;
            if required && account.passkeys.held.is_empty() {
                account.passkeys.held.push(self.fresh_passkey(0));
            }
        }
    }

    /// Gives the account another passkey.
    pub fn add_passkey(&self) {
        let mut world = self.shared.lock();
        if let Some(account) = world.accounts.get_mut(&self.number) {
            let held = &mut account.passkeys.held;
            held.push(self.fresh_passkey(held.len()));
        }
    }

    /// All of an account's passkeys have one user handle.
    fn fresh_passkey(&self, index: usize) -> Passkey {
        let seed = self.shared.config.seed;
        let label = format!("passkey {}", self.number);
        let handle = Dice::derive(seed, &label, 0).bytes();
        let index = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1);
        Passkey::generate(handle, &mut Dice::derive(seed, &label, index))
    }

    /// What a browser at WhatsApp's page makes of a challenge (`PublicKeyCredentialRequestOptions`
    /// in JSON) with the help of the account's passkeys and its user: a `PublicKeyCredential` in
    /// JSON.
    pub fn passkey_assertion(&self, options: &str) -> Result<String, PasskeyError> {
        let world = self.shared.lock();
        let account = world.accounts.get(&self.number).ok_or(PasskeyError::NoPasskey)?;
        answer(&account.passkeys.held, options)
    }

    /// The code that the phone shows and its user is to compare with the companion's.
    pub fn passkey_code(&self) -> Option<String> {
        let world = self.shared.lock();
        world.accounts.get(&self.number)?.passkeys.code()
    }

    /// Waits until the phone shows a code, and gives it. Callers set the deadline.
    pub async fn passkey_code_shown(&self) -> String {
        let changes = {
            let world = self.shared.lock();
            world.accounts.get(&self.number).map(|account| account.passkeys.shown.subscribe())
        };
        // Accounts are never removed, so there is one, and it outlives whoever waits.
        let Some(mut changes) = changes else { return pending().await };
        loop {
            if let Some(code) = self.passkey_code() {
                return code;
            }
            if changes.changed().await.is_err() {
                return pending().await;
            }
        }
    }

    /// The user has compared the codes, and says whether they are the same.
    pub fn answer_passkey_code(&self, same: bool) -> Result<(), PasskeyError> {
        let mut world = self.shared.lock();
        let account = world.accounts.get_mut(&self.number);
        let answer = account.and_then(|account| account.passkeys.answer.take());
        answer.ok_or(PasskeyError::NoCode)?.send(same).map_err(|_left| PasskeyError::NoCode)
    }

    /// Sees a link through that has begun.
    pub(crate) async fn see_through(&self, connection: ConnectionId, begun: Begun) -> Outcome {
        let mut gated = match begun {
            Begun::Offered(answer) => return wait(answer).await,
            Begun::Gated(gated) => gated,
        };
        let passed = timeout_at(gated.expires, self.pass_gate(connection, &mut gated)).await;
        let secret = passed.map_err(|_elapsed| LinkError::TimedOut)??;
        sleep(AFTER_CODE).await;
        let answer = self.shared.lock().offer(connection, &self.number, &secret)?;
        // Until now nobody else could begin to link it.
        drop(gated);
        wait(answer).await
    }

    /// Ends with the secret under which the companion wants to be answered.
    async fn pass_gate(
        &self,
        connection: ConnectionId,
        gated: &mut Gated,
    ) -> Result<[u8; 32], LinkError> {
        // The server sees to the order, so nothing else than what is awaited comes but the end.
        let Some(Heard::Prologue { prologue, proof }) = gated.heard.recv().await else {
            return Err(LinkError::ConnectionGone);
        };
        let trusted = self.is_trusted(connection, gated, (&prologue, proof))?;
        sleep(AFTER_CODE).await;
        let exchange = self.introduce(connection, prologue)?;
        let Some(Heard::Nonce(nonce)) = gated.heard.recv().await else {
            return Err(LinkError::ConnectionGone);
        };
        if !exchange.was_committed_to(&nonce) {
            return Err(self.doubt(connection, "the nonce is not the one of the commitment"));
        }
        let mut user = if trusted { None } else { Some(self.show(exchange.code(&nonce))?) };
        let mut sealed = None;
        loop {
            select! {
                biased;
                said = said(&mut user) => {
                    user = None;
                    heed(said)?;
                }
                heard = gated.heard.recv() => {
                    let Some(Heard::Request(request)) = heard else {
                        return Err(LinkError::ConnectionGone);
                    };
                    sealed = Some(self.open(connection, (&exchange, &request))?);
                }
            }
            if let (None, Some(secret)) = (&user, sealed) {
                return Ok(secret);
            }
        }
    }

    /// Whether the companion has proved that it is the one whose code was scanned or typed, so that
    /// there is nothing for the user to compare.
    fn is_trusted(
        &self,
        connection: ConnectionId,
        gated: &Gated,
        (prologue, proof): (&Prologue, Option<[u8; 32]>),
    ) -> Result<bool, LinkError> {
        let Some(proof) = proof else { return Ok(false) };
        if !prologue.is_proved_by(&proof, &gated.adv_secret) {
            return Err(self.doubt(connection, "the handoff proof does not verify"));
        }
        Ok(Instant::now() < gated.asked + PROOF_LIFE)
    }

    /// Tells the companion who the phone is.
    fn introduce(
        &self,
        connection: ConnectionId,
        prologue: Prologue,
    ) -> Result<Exchange, LinkError> {
        let seed = self.shared.config.seed;
        let mut dice = Dice::derive(seed, &prologue.reference, connection);
        let exchange = Exchange::new(prologue, &mut dice);
        let identity = NodeBuilder::new("primary_ephemeral_identity")
            .bytes(exchange.primary_identity())
            .build();
        let mut world = self.shared.lock();
        let candidate = world.candidate(connection).ok_or(LinkError::ConnectionGone)?;
        candidate.gate.as_mut().ok_or(LinkError::ConnectionGone)?.phone_has_answered();
        world.notify(connection, "crsc_continuation", identity);
        Ok(exchange)
    }

    fn show(&self, code: String) -> Result<oneshot::Receiver<bool>, LinkError> {
        let mut world = self.shared.lock();
        let account = world.accounts.get_mut(&self.number).ok_or(LinkError::ConnectionGone)?;
        Ok(account.passkeys.show(code))
    }

    /// The new secret, if the companion that seals it is the one of the connection.
    fn open(
        &self,
        connection: ConnectionId,
        (exchange, sealed): (&Exchange, &SealedRequest),
    ) -> Result<[u8; 32], LinkError> {
        let Some(opened) = exchange.open(sealed) else {
            return Err(self.doubt(connection, "the pairing request does not open"));
        };
        let (noise, identity) = {
            let mut world = self.shared.lock();
            let candidate = world.candidate(connection).ok_or(LinkError::ConnectionGone)?;
            (candidate.noise, candidate.registration.identity)
        };
        if opened.noise != noise || opened.identity != identity {
            let detail = "the pairing request is of other keys than the connection's";
            return Err(self.doubt(connection, detail));
        }
        Ok(opened.adv_secret)
    }

    /// The phone gives up; the companion hears nothing of it.
    fn doubt(&self, connection: ConnectionId, detail: &'static str) -> LinkError {
        self.shared.lock().refuse(Some(connection), RefusalKind::Passkey, detail);
        LinkError::PasskeyRefused(detail)
    }
}

/// The user's answer; `None` when the phone shows the code of another companion instead.
fn heed(said: Option<bool>) -> Result<(), LinkError> {
    match said {
        Some(true) => Ok(()),
        Some(false) => Err(LinkError::CodeRejected),
        None => Err(LinkError::InProgress),
    }
}

/// What the user says, if somebody is asked.
async fn said(user: &mut Option<oneshot::Receiver<bool>>) -> Option<bool> {
    match user {
        Some(answer) => answer.await.ok(),
        None => pending().await,
    }
}
