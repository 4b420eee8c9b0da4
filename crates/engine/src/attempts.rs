//! Linking attempts: one effort each to link an instance, from the wish to its outcome.
//!
//! The instance's machine decides everything; an attempt is somebody's view of it, which ends when
//! the effort has ended, and keeps its outcome for a while. So a client that was away for a moment
//! does not take the next effort for its own.

mod course;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use waygate_core::account::LinkedAccount;
use waygate_core::error::{Error, Kind};
use waygate_core::id::{AttemptId, InstanceId, LinkTicketId};
use waygate_core::instance::input::{Input, Ration};
use waygate_core::instance::passkey::PasskeyFailure;
use waygate_core::phone::PhoneNumber;

use self::course::Course;
use crate::gateway::{Gateway, give};
use crate::sight::{LOOK_EVERY, Sight, until};
use crate::supervisor::Running;

/// How long an attempt can be asked about after its end.
pub const KEPT_FOR: Duration = Duration::from_secs(10 * 60);

/// Attempts of one instance that are kept; the oldest one above is forgotten.
pub const KEPT_MAX: usize = 16;

/// How to link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// By a code that the phone scans.
    QrCode,
    /// By a code that is typed on this phone.
    PairingCode(PhoneNumber),
}

/// One effort to link an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// What is to be linked.
    pub instance: InstanceId,
    /// How.
    pub method: Method,
    /// When it began.
    pub begun_at: Timestamp,
    /// How far it has come.
    pub step: Step,
    /// Counts the changes of `step`, from 1.
    pub version: u64,
}

/// What a phone is told that is not the one that is meant to be linked.
pub const WRONG_PHONE: &str =
    "another phone than the one that is meant to be linked accepted, and was logged out again";

/// How far an attempt has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It goes on; this is what there is to see.
    Open(Sight),
    /// It succeeded.
    Linked(LinkedAccount),
    /// It is over, for this reason.
    Failed(Failure),
}

/// Why an attempt failed. Closed on purpose: a new reason must stop the build in every API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nobody looked any more.
    NotWatched,
    /// Nobody typed the pairing code before it expired.
    CodeExpired,
    /// A wrong pairing code was typed.
    WrongCode,
    /// The phone that accepted was not the one that is meant to be linked; it was logged out.
    WrongPhone,
    /// The pairing code is worth nothing any more: its connection was lost, or another code was
    /// asked for.
    CodeLost,
    /// A person gave it up.
    GivenUp,
    /// WhatsApp gave no pairing code, for this reason in words.
    Refused(&'static str),
    /// WhatsApp wanted a passkey, and nothing came of it.
    Passkey(PasskeyFailure),
    /// The instance cannot be linked, for this reason in words.
    Impossible(&'static str),
}

impl Failure {
    /// The reason for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotWatched => "nobody looked any more",
            Self::CodeExpired => "the code was not typed in time",
            Self::WrongCode => "the phone and the gateway did not agree on the code",
            Self::WrongPhone => WRONG_PHONE,
            Self::CodeLost => "the code is no longer valid",
            Self::GivenUp => "it was given up",
            Self::Passkey(failure) => failure.words(),
            Self::Refused(words) | Self::Impossible(words) => words,
        }
    }
}

/// An attempt that is kept.
#[derive(Debug, Clone)]
struct Kept {
    shown: watch::Receiver<Attempt>,
    /// Fires when a person gives it up.
    given_up: CancellationToken,
    /// The link ticket by whose page it was begun, when it was by one.
    ticket: Option<LinkTicketId>,
    /// Its place among all attempts of this process.
    number: u64,
}

/// The attempts of this process.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    kept: Mutex<BTreeMap<AttemptId, Kept>>,
    begun: AtomicU64,
}

impl Attempts {
    fn find(&self, id: AttemptId) -> Option<Kept> {
        self.lock().get(&id).cloned()
    }

    fn keep(
        &self,
        shown: watch::Receiver<Attempt>,
        given_up: CancellationToken,
        ticket: Option<LinkTicketId>,
    ) {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let (id, instance) = {
            let attempt = shown.borrow();
            (attempt.id, attempt.instance)
        };
        let mut kept = self.lock();
        let mut others: Vec<(u64, AttemptId)> = kept
            .iter()
            .filter(|(_id, it)| it.shown.borrow().instance == instance)
            .map(|(id, it)| (it.number, *id))
            .collect();
        others.sort_unstable();
        let too_many = (others.len() + 1).saturating_sub(KEPT_MAX);
        for (_number, oldest) in others.into_iter().take(too_many) {
            kept.remove(&oldest);
        }
        kept.insert(id, Kept { shown, given_up, ticket, number });
    }

    /// Gives up what the page of this ticket has begun.
    pub(crate) fn give_up_of(&self, ticket: LinkTicketId) {
        let kept = self.lock();
        for attempt in kept.values().filter(|it| it.ticket == Some(ticket)) {
            attempt.given_up.cancel();
        }
    }

    fn of(&self, instance: InstanceId) -> Vec<Attempt> {
        let kept = self.lock();
        let mut own: Vec<(u64, Attempt)> =
            kept.values().map(|it| (it.number, it.shown.borrow().clone())).collect();
        own.retain(|(_number, attempt)| attempt.instance == instance);
        own.sort_unstable_by_key(|(number, _attempt)| std::cmp::Reverse(*number));
        own.into_iter().map(|(_number, attempt)| attempt).collect()
    }

    fn forget(&self, id: AttemptId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AttemptId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_kept(&self, id: AttemptId) -> bool {
        self.find(id).is_some()
    }
}

impl Gateway {
    /// Begins an effort to link an instance. By QR code it joins what is already under way, unless
    /// a `fresh` code is asked for, which was never shown before and does not wait for the next
    /// attempt to be due; a pairing code is always a fresh one.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run, `WrongState` when it is linked, `Limited` after
    /// too many explicit requests within the hour.
    pub async fn begin_attempt(
        &self,
        instance: InstanceId,
        method: Method,
        fresh: bool,
    ) -> Result<Attempt, Error> {
        self.begin(instance, method, fresh, None).await
    }

    /// Begins one, also for a browser that a link ticket let in.
    pub(crate) async fn begin(
        &self,
        instance: InstanceId,
        method: Method,
        fresh: bool,
        ticket: Option<LinkTicketId>,
    ) -> Result<Attempt, Error> {
        let running = self.find(instance)?;
        let now = self.now();
        if let Sight::Linked(_) | Sight::Finishing = Sight::of(&running.shown.borrow(), now) {
            return Err(Error::new(Kind::WrongState, "the instance is linked already"));
        }
        let input = match &method {
            Method::QrCode if fresh => Input::AskNewCode(Ration::Hourly),
            Method::QrCode => Input::Look,
            Method::PairingCode(phone) => Input::AskPairingCode(phone.clone()),
        };
        give(&running, input).await?;
        let id = AttemptId::from_random_bytes(self.parts().dice.bytes());
        let turned_away = running.shown.borrow().turned_away();
        let mut course = Course::begin(method.clone(), turned_away);
        let step = course.step(&running.shown.borrow(), now);
        let attempt = Attempt { id, instance, method, begun_at: now, step, version: 1 };
        let (publish, shown) = watch::channel(attempt.clone());
        let given_up = CancellationToken::new();
        let told = shown.clone();
        self.parts().attempts.keep(shown, given_up.clone(), ticket);
        let (gateway, stop) = (self.clone(), self.parts().tasks.stop_token());
        self.parts().tasks.start("linking attempt", async move {
            let followed = gateway.follow(running, course, publish, given_up);
            let told = gateway.tell_of(ticket, told);
            stop.run_until_cancelled(future::join(followed, told)).await;
        });
        Ok(attempt)
    }

    /// The attempts of an instance that can be asked about, the newest first. Nobody looks by that.
    pub fn attempts(&self, instance: InstanceId) -> Vec<Attempt> {
        self.parts().attempts.of(instance)
    }

    /// An attempt as it is now. Nobody looks by that.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is none, or it ended more than [`KEPT_FOR`] ago.
    pub fn attempt(&self, instance: InstanceId, id: AttemptId) -> Result<Attempt, Error> {
        let kept = self.find_attempt(instance, id)?;
        let attempt = kept.shown.borrow().clone();
        Ok(attempt)
    }

    /// Looks on until an attempt has changed since `version`, and keeps it alive as long as that
    /// takes; after `within`, the attempt as it is.
    ///
    /// # Errors
    ///
    /// As [`Gateway::attempt`].
    pub async fn next_of_attempt(
        &self,
        instance: InstanceId,
        id: AttemptId,
        version: u64,
        within: Duration,
    ) -> Result<Attempt, Error> {
        let Kept { mut shown, .. } = self.find_attempt(instance, id)?;
        let deadline = Instant::now() + within;
        loop {
            if !matches!(shown.borrow().step, Step::Open(_)) {
                break;
            }
            // Under the deadline too: the instance may be busy, or wait for the store.
            let running = self.find(instance)?;
            let looked = tokio::time::timeout_at(deadline, give(&running, Input::Look)).await;
            if let Ok(looked) = looked {
                looked?;
            }
            let nap = deadline.min(Instant::now() + LOOK_EVERY);
            let newer = shown.wait_for(|attempt| attempt.version > version);
            match tokio::time::timeout_at(nap, newer).await {
                Ok(Ok(_)) => break,
                // Its task has ended, and with it the changes.
                Ok(Err(_ended)) => break,
                Err(_elapsed) if Instant::now() >= deadline => break,
                Err(_elapsed) => {}
            }
        }
        let attempt = shown.borrow().clone();
        Ok(attempt)
    }

    /// Gives an attempt up: the connection is closed, and its codes are worth nothing. What a phone
    /// has accepted stays.
    ///
    /// # Errors
    ///
    /// As [`Gateway::attempt`].
    pub async fn give_up_attempt(
        &self,
        instance: InstanceId,
        id: AttemptId,
    ) -> Result<Attempt, Error> {
        let Kept { mut shown, given_up, .. } = self.find_attempt(instance, id)?;
        given_up.cancel();
        let settled = |attempt: &Attempt| !is_undecided(&attempt.step);
        if shown.wait_for(settled).await.is_err() {
            return Err(self.find(instance)?.gone());
        }
        let attempt = shown.borrow().clone();
        Ok(attempt)
    }

    fn find_attempt(&self, instance: InstanceId, id: AttemptId) -> Result<Kept, Error> {
        let found = self.parts().attempts.find(id);
        found
            .filter(|kept| kept.shown.borrow().instance == instance)
            .ok_or_else(|| Error::new(Kind::NotFound, "there is no such linking attempt"))
    }

    /// Keeps an attempt's step true until it ends, and its outcome for a while.
    async fn follow(
        &self,
        mut running: Running,
        mut course: Course,
        publish: watch::Sender<Attempt>,
        given_up: CancellationToken,
    ) {
        let id = publish.borrow().id;
        let clock = &self.parts().ports.clock;
        let mut gave_up = false;
        while self.parts().attempts.is_kept(id) {
            if given_up.is_cancelled() && !gave_up {
                gave_up = true;
                if let Err(error) = give(&running, Input::GiveUp).await {
                    tracing::debug!(cause = error.with_causes(), "an attempt ends with its end");
                }
            }
            let now = clock.now();
            let mut step = course.step(&running.shown.borrow_and_update(), now);
            if gave_up && (is_undecided(&step) || matches!(step, Step::Failed(_))) {
                step = Step::Failed(Failure::GivenUp);
            }
            let ends_at = if let Step::Open(sight) = &step { sight.ends_at() } else { None };
            let over = !matches!(step, Step::Open(_));
            publish.send_if_modified(|attempt| {
                let changed = attempt.step != step;
                if changed {
                    attempt.step = step;
                    attempt.version += 1;
                }
                changed
            });
            if over {
                tokio::time::sleep(KEPT_FOR).await;
                break;
            }
            let nap = ends_at.map_or(LOOK_EVERY, |at| until(now, at)).min(LOOK_EVERY);
            // Waits that are given up lose nothing: everything is read again.
            let waited = tokio::select! {
                changed = running.shown.changed() => changed,
                () = given_up.cancelled(), if !gave_up => Ok(()),
                () = tokio::time::sleep(nap) => Ok(()),
            };
            if waited.is_err() {
                // The instance was removed.
                break;
            }
        }
        self.parts().attempts.forget(id);
    }
}

/// Whether no phone has accepted, and one still may.
fn is_undecided(step: &Step) -> bool {
    match step {
        Step::Open(sight) => !matches!(sight, Sight::Finishing),
        Step::Linked(_) | Step::Failed(_) => false,
    }
}
