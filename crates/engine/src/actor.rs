//! The actor of one instance: it feeds the machine and performs what the machine asks.
//!
//! Only the loop here waits. Its orders come one after the other, so nothing about an instance
//! ever happens twice at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use waygate_core::account::LinkedAccount;
use waygate_core::clock::Clock;
use waygate_core::id::InstanceId;
use waygate_core::instance::change::Change;
use waygate_core::instance::effect::Effect;
use waygate_core::instance::input::{Input, Moment};
use waygate_core::instance::machine::{Machine, step};
use waygate_core::instance::state::Stopper;
use waygate_core::port::link::{LinkEvent, Linker};

use crate::dice::Dice;
use crate::limiter::{FleetLimiter, Permit};
use crate::line::LineInHand;

/// The longest sleep before the clock is read again: a wall clock that is set must not delay an
/// alarm for ever.
const NAP_MAX: Duration = Duration::from_secs(60);

/// How the machine took an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Done,
    /// Too soon.
    Refused {
        retry_after: Duration,
    },
}

/// Something the instance is told, with somebody who waits until it is done.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) input: Input,
    pub(crate) done: Option<oneshot::Sender<Taken>>,
}

/// What all actors of a process share.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) linker: Arc<dyn Linker>,
    pub(crate) limiter: FleetLimiter,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) dice: Arc<Dice>,
}

impl Surroundings {
    pub(crate) fn moment(&self) -> Moment {
        Moment { now: self.clock.now(), luck: self.dice.luck() }
    }
}

type Waiting = Pin<Box<dyn Future<Output = Option<Permit>> + Send>>;

/// One running instance.
pub(crate) struct Actor {
    instance: InstanceId,
    machine: Machine,
    shown: watch::Sender<Machine>,
    around: Surroundings,
    line: LineInHand,
    /// The wait for leave to dial, while there is one.
    asking: Option<Waiting>,
}

/// What the loop woke for.
enum Woken {
    Order(Order),
    Link(LinkEvent),
    Permit(Option<Permit>),
    Alarm,
    Ending,
}

impl Actor {
    pub(crate) fn new(
        instance: InstanceId,
        machine: Machine,
        shown: watch::Sender<Machine>,
        around: Surroundings,
    ) -> Self {
        let line = LineInHand::new(Arc::clone(&around.linker), instance);
        Self { instance, machine, shown, around, line, asking: None }
    }

    /// Takes the first input, then runs until the process ends or nobody can give orders any
    /// more.
    pub(crate) async fn run(
        mut self,
        first: Option<Input>,
        orders: &mut mpsc::Receiver<Order>,
        ending: &CancellationToken,
    ) {
        if let Some(input) = first {
            self.take(input).await;
        }
        loop {
            let nap = self.nap();
            // Channels keep what was not taken; the wait for a permit is kept in `self`.
            let woken = tokio::select! {
                biased;
                () = ending.cancelled() => Woken::Ending,
                order = orders.recv() => order.map_or(Woken::Ending, Woken::Order),
                event = self.line.next() => Woken::Link(event),
                permit = granted(&mut self.asking) => Woken::Permit(permit),
                () = tokio::time::sleep(nap) => Woken::Alarm,
            };
            match woken {
                Woken::Order(Order { input, done }) => {
                    let taken = self.take(input).await;
                    if let Some(done) = done
                        && done.send(taken).is_err()
                    {
                        tracing::trace!("whoever gave an order did not wait for it");
                    }
                }
                Woken::Link(event) => drop(self.take(Input::Link(event)).await),
                Woken::Permit(permit) => {
                    self.asking = None;
                    if let Some(permit) = permit {
                        self.line.dial(permit);
                    }
                }
                Woken::Alarm => {
                    let now = self.around.clock.now();
                    if self.machine.alarm().is_some_and(|alarm| alarm <= now) {
                        self.take(Input::Wake).await;
                    }
                }
                Woken::Ending => {
                    self.take(Input::Stop(Stopper::Shutdown)).await;
                    return;
                }
            }
        }
    }

    fn nap(&self) -> Duration {
        let now = self.around.clock.now();
        self.machine.alarm().map_or(NAP_MAX, |alarm| {
            Duration::try_from(alarm.duration_since(now)).unwrap_or(Duration::ZERO).min(NAP_MAX)
        })
    }

    async fn take(&mut self, input: Input) -> Taken {
        let (taken, accepted) = self.perform(input).await;
        if let Some(account) = accepted {
            // Nothing that follows from this hangs up again.
            self.perform(Input::Link(LinkEvent::Paired(account))).await;
        }
        // After the effects: whoever sees "unlinked" may rely on the connection being closed.
        self.shown.send_replace(self.machine.clone());
        taken
    }

    /// Moves the machine and performs its effects. Also tells of a phone that accepted while the
    /// connection was being closed, unless its keys were destroyed behind it.
    async fn perform(&mut self, input: Input) -> (Taken, Option<LinkedAccount>) {
        let (next, effects) = step(&self.machine, input, self.around.moment());
        self.machine = next;
        let (mut taken, mut accepted) = (Taken::Done, None);
        for effect in effects {
            match effect {
                Effect::Dial { urgent } => {
                    let limiter = self.around.limiter.clone();
                    self.asking = Some(Box::pin(async move { limiter.permit(urgent).await }));
                }
                Effect::HangUp => {
                    self.asking = None;
                    accepted = self.line.hang_up().await;
                }
                Effect::LogOut => {
                    self.asking = None;
                    self.line.log_out().await;
                }
                Effect::ForgetCredentials => {
                    self.forget().await;
                    accepted = None;
                }
                Effect::Announce(change) => self.announce(&change),
                Effect::Alert(reason) => {
                    let words = reason.ruling().words;
                    tracing::warn!(instance = %self.instance, ?reason, "{words}");
                }
                Effect::Refuse { retry_after } => taken = Taken::Refused { retry_after },
            }
        }
        (taken, accepted)
    }

    async fn forget(&mut self) {
        if let Err(error) = self.around.linker.forget(self.instance).await {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(instance = %self.instance, %error, source, "keys were not destroyed");
        }
    }

    fn announce(&self, change: &Change) {
        tracing::info!(
            instance = %self.instance,
            from = change.from.as_str(),
            to = change.to.as_str(),
            cause = ?change.cause,
            "state changed"
        );
    }
}

async fn granted(asking: &mut Option<Waiting>) -> Option<Permit> {
    match asking {
        Some(waiting) => waiting.await,
        None => std::future::pending().await,
    }
}
