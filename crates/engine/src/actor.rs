//! The actor of one instance: it feeds the machine and performs what the machine asks.
//!
//! Only the loop here waits. Its orders come one after the other, so nothing about an instance
//! ever happens twice at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use waygate_core::account::LinkedAccount;
use waygate_core::error::Kind;
use waygate_core::event::{EventKind, NewEvent, StateChanged, progress};
use waygate_core::id::InstanceId;
use waygate_core::instance::change::{Cause, Change};
use waygate_core::instance::effect::Effect;
use waygate_core::instance::input::{Input, Moment};
use waygate_core::instance::machine::{Machine, step};
use waygate_core::instance::standing::Standing;
use waygate_core::instance::state::{State, Stopper};
use waygate_core::port::link::{Line, LinkEvent};
use waygate_core::reason::EndReason;

use crate::dice::Dice;
use crate::limiter::pace::Sign;
use crate::limiter::{FleetLimiter, Permit};
use crate::line::LineInHand;
use crate::mailroom::Mailroom;
use crate::ports::Ports;
use crate::reception::Reception;
use crate::scribe::Scribe;

/// The longest sleep before the clock is read again: a wall clock that is set must not delay an
/// alarm for ever.
const NAP_MAX: Duration = Duration::from_secs(60);

/// The pauses between two tries to keep an event.
const JOURNAL_PAUSE_MIN: Duration = Duration::from_millis(100);
const JOURNAL_PAUSE_MAX: Duration = Duration::from_secs(5);

/// How the machine took an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Done,
    /// The account was unlinked, and WhatsApp does not know.
    Untold,
    /// Too soon.
    Refused {
        retry_after: Duration,
    },
    /// It has no place now.
    NotNow,
    /// It could not be done, for this reason in words.
    Failed(&'static str),
}

/// A question to the running connection; `None` when there is none that is logged in.
pub(crate) type Question = Box<dyn FnOnce(Option<&dyn Line>) + Send>;

/// Something the instance is told.
pub(crate) enum Order {
    /// With somebody who waits until it is done.
    Take { input: Input, done: oneshot::Sender<Taken> },
    /// A request that the asker waits for, not the instance.
    Ask(Question),
}

impl Order {
    /// Answers that nothing came of it.
    pub(crate) fn fail(self, words: &'static str) {
        match self {
            Self::Take { done, .. } => answer(done, Taken::Failed(words)),
            Self::Ask(question) => question(None),
        }
    }
}

/// What all actors of a process share.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) ports: Ports,
    pub(crate) scribe: Arc<Scribe>,
    pub(crate) limiter: FleetLimiter,
    pub(crate) dice: Arc<Dice>,
    /// Passed by every instance that begins; see [`crate::supervisor::BEGINNING_MAX`].
    pub(crate) beginning: Arc<Semaphore>,
    /// Told when an instance comes online.
    pub(crate) mailroom: Arc<Mailroom>,
}

impl Surroundings {
    pub(crate) fn moment(&self) -> Moment {
        Moment { now: self.ports.clock.now(), luck: self.dice.luck() }
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
    ending: CancellationToken,
    /// The wait for leave to dial, while there is one.
    asking: Option<Waiting>,
    /// Keys that were to be destroyed are still there.
    owes_forgetting: bool,
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
        ending: CancellationToken,
    ) -> Self {
        let reception = Reception::new(instance, &around.ports, &around.scribe);
        let line = LineInHand::new(Arc::clone(&around.ports.linker), reception, instance);
        Self {
            instance,
            machine,
            shown,
            around,
            line,
            ending,
            asking: None,
            owes_forgetting: false,
        }
    }

    /// Takes the first input and obeys the first order, then runs until the process ends or nobody
    /// can give orders any more.
    pub(crate) async fn run(
        mut self,
        first: Option<Input>,
        order: Option<Order>,
        orders: &mut mpsc::Receiver<Order>,
    ) {
        if let Some(input) = first {
            self.take(input).await;
        }
        if let Some(order) = order {
            self.obey(order).await;
        }
        loop {
            let nap = self.nap();
            // Channels keep what was not taken; the wait for a permit is kept in `self`.
            let woken = tokio::select! {
                biased;
                () = self.ending.cancelled() => Woken::Ending,
                order = orders.recv() => order.map_or(Woken::Ending, Woken::Order),
                event = self.line.next() => Woken::Link(event),
                permit = granted(&mut self.asking) => Woken::Permit(permit),
                () = tokio::time::sleep(nap) => Woken::Alarm,
            };
            match woken {
                Woken::Order(order) => self.obey(order).await,
                Woken::Link(event) => {
                    if let Some(sign) = Sign::of(&event) {
                        self.around.limiter.hear(self.instance, sign).await;
                    }
                    let input = self.judged(event).await;
                    self.take(input).await;
                }
                Woken::Permit(permit) => {
                    self.asking = None;
                    if let Some(permit) = permit {
                        self.dial(permit).await;
                    }
                }
                Woken::Alarm => {
                    let now = self.around.ports.clock.now();
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

    /// What a connection tells, but for the first login of an account that is not the one that is meant to
    /// be linked.
    async fn judged(&mut self, event: LinkEvent) -> Input {
        if let LinkEvent::Connected { account, .. } = &event
            && self.machine.is_unproven()
            && !self.is_meant(account).await
        {
            tracing::warn!(instance = %self.instance, "another phone was linked than is meant to be");
            return Input::WrongPhone(account.clone());
        }
        Input::Link(event)
    }

    /// Whether this account may be linked. Waits as long as the store fails: nobody is let in unseen.
    async fn is_meant(&mut self, account: &LinkedAccount) -> bool {
        let mut pause = JOURNAL_PAUSE_MIN;
        loop {
            match self.around.ports.registry.instance(self.instance).await {
                Ok(record) => {
                    let meant = record.and_then(|record| record.phone);
                    return meant.is_none_or(|phone| phone.is_of_account(&account.phone));
                }
                Err(error) => {
                    let cause = error.with_causes();
                    tracing::error!(instance = %self.instance, cause, "a number could not be read");
                }
            }
            if self.ending.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                // The next process sees to it.
                return true;
            }
            pause = pause.saturating_mul(2).min(JOURNAL_PAUSE_MAX);
        }
    }

    fn nap(&self) -> Duration {
        let now = self.around.ports.clock.now();
        self.machine.alarm().map_or(NAP_MAX, |alarm| {
            Duration::try_from(alarm.duration_since(now)).unwrap_or(Duration::ZERO).min(NAP_MAX)
        })
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Take { input, done } => {
                let taken = self.take(input).await;
                answer(done, taken);
            }
            Order::Ask(question) => {
                let online = self.is_online();
                question(self.line.open().filter(|_line| online));
            }
        }
    }

    /// Connects, but never on keys that were to be destroyed.
    async fn dial(&mut self, permit: Permit) {
        if self.owes_forgetting {
            self.forget().await;
        }
        if self.owes_forgetting {
            let ended = LinkEvent::Ended(EndReason::KeysUnavailable);
            self.take(Input::Link(ended)).await;
        } else {
            self.line.dial(permit);
        }
    }

    async fn take(&mut self, input: Input) -> Taken {
        let was_online = self.is_online();
        let (taken, accepted) = self.perform(input).await;
        if let Some(account) = accepted {
            // Nothing that follows from this hangs up again.
            self.perform(Input::Link(LinkEvent::Paired(account))).await;
        }
        // After the effects: whoever sees "unlinked" may rely on the connection being closed.
        self.shown.send_replace(self.machine.clone());
        if self.is_online() && !was_online {
            self.around.mailroom.tell(self.instance);
        }
        taken
    }

    fn is_online(&self) -> bool {
        matches!(self.machine.state(), State::Online { .. })
    }

    /// Moves the machine and performs its effects. Also tells of a phone that accepted while the
    /// connection was being closed, unless its keys were destroyed behind it.
    async fn perform(&mut self, input: Input) -> (Taken, Option<LinkedAccount>) {
        let before = self.machine.clone();
        let is_logout = input == Input::LogOut;
        let moment = self.around.moment();
        let (next, effects) = step(&self.machine, input, moment);
        self.machine = next;
        let mut news = progress::of_step(before.state(), self.machine.state(), &effects);
        let (mut taken, mut accepted) = (Taken::Done, None);
        let mut is_told = !may_be_linked(before.state());
        for effect in effects {
            match effect {
                Effect::Dial { urgent } => {
                    let (limiter, instance) = (self.around.limiter.clone(), self.instance);
                    let waiting = async move { limiter.permit(instance, urgent).await };
                    self.asking = Some(Box::pin(waiting));
                }
                Effect::HangUp => {
                    self.asking = None;
                    accepted = self.line.hang_up().await;
                }
                Effect::LogOut => {
                    self.asking = None;
                    is_told = self.line.log_out().await;
                }
                Effect::RequestPairingCode(_)
                | Effect::AnswerPasskey(_)
                | Effect::ConfirmPasskey => self.start_on_line(effect),
                Effect::ForgetCredentials => {
                    if accepted.take().is_some() {
                        is_told = false;
                    }
                    self.forget().await;
                    if self.owes_forgetting {
                        taken = Taken::Failed("the keys of the instance could not be destroyed");
                    }
                }
                Effect::Announce(change) => self.announce(change, &before, news.take()).await,
                Effect::Alert(reason) => {
                    let words = reason.ruling().words;
                    tracing::warn!(instance = %self.instance, ?reason, "{words}");
                }
                Effect::NotNow => taken = Taken::NotNow,
                Effect::Refuse { retry_after } => taken = Taken::Refused { retry_after },
            }
        }
        if let Some(news) = news {
            self.write_down(moment.now, vec![news.into()], None).await;
        }
        if is_logout && !is_told && taken == Taken::Done {
            taken = Taken::Untold;
        }
        (taken, accepted)
    }

    /// Starts on the connection what is only started, and whose outcome the connection tells.
    fn start_on_line(&self, effect: Effect) {
        let Some(line) = self.line.open() else { return };
        if let Effect::RequestPairingCode(phone) = &effect {
            line.request_pairing_code(phone);
        } else if let Effect::AnswerPasskey(assertion) = effect {
            line.answer_passkey(assertion);
        } else if effect == Effect::ConfirmPasskey {
            line.confirm_passkey();
        }
    }

    async fn forget(&mut self) {
        let forgotten = self.around.ports.linker.forget(self.instance).await;
        self.owes_forgetting = forgotten.is_err();
        if let Err(error) = forgotten {
            let cause = error.with_causes();
            tracing::error!(instance = %self.instance, cause, "keys were not destroyed");
        }
    }

    /// Waits as long as the store fails: an instance whose events cannot be kept must not go on.
    async fn write_down(
        &mut self,
        at: Timestamp,
        events: Vec<NewEvent>,
        standing: Option<Standing>,
    ) {
        let mut pause = JOURNAL_PAUSE_MIN;
        loop {
            let journal = &self.around.ports.journal;
            match journal.commit(self.instance, at, events.clone(), standing.clone()).await {
                Ok(_sequence) => return,
                Err(error) => {
                    let cause = error.with_causes();
                    tracing::error!(instance = %self.instance, cause, "an event was not kept");
                    if error.kind() == Kind::NotFound {
                        return;
                    }
                }
            }
            if self.ending.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            pause = pause.saturating_mul(2).min(JOURNAL_PAUSE_MAX);
        }
    }

    /// Writes a change down, and with it the step of an effort to link that it is; nobody hears of it
    /// before that.
    async fn announce(&mut self, change: Change, before: &Machine, news: Option<EventKind>) {
        let now_linked = self.machine.state().linked().cloned();
        let kind = EventKind::StateChanged(StateChanged {
            from: change.from,
            to: change.to,
            cause: change.cause,
            linked: now_linked.is_some(),
            account: now_linked.or_else(|| before.state().linked().cloned()),
        });
        // The end of the process is no news about the instance: a ban goes on.
        let process_ends = change.cause == Cause::Stopped(Stopper::Shutdown);
        let lasting = if process_ends { before } else { &self.machine };
        let standing = Some(lasting.standing());
        let events = std::iter::once(kind).chain(news).map(NewEvent::from).collect();
        self.write_down(change.at, events, standing).await;
        tracing::info!(
            instance = %self.instance,
            from = change.from.as_str(),
            to = change.to.as_str(),
            cause = ?change.cause,
            "state changed"
        );
    }
}

/// Tells whoever gave an order what came of it.
pub(crate) fn answer(done: oneshot::Sender<Taken>, taken: Taken) {
    if done.send(taken).is_err() {
        tracing::trace!("whoever gave an order did not wait for it");
    }
}

/// Whether WhatsApp may know a device of this instance.
fn may_be_linked(state: &State) -> bool {
    let unread = matches!(
        state,
        State::Failed { reason: EndReason::KeysUnavailable | EndReason::StoreUnavailable, .. }
    );
    unread || state.linked().is_some()
}

async fn granted(asking: &mut Option<Waiting>) -> Option<Permit> {
    match asking {
        Some(waiting) => waiting.await,
        None => std::future::pending().await,
    }
}
