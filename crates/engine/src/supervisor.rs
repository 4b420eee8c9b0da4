//! The supervisor: it runs an actor for every instance and contains what goes wrong in one.
//!
//! A panic ends one actor only. It is counted and logged, and the instance starts anew on its
//! keys; after a few panics within minutes it rests in `Failed`, where a person sees it.

use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use waygate_core::account::LinkedAccount;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::input::Input;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::standing::Standing;
use waygate_core::panic::message_length;
use waygate_core::reason::EndReason;

use crate::accounts::no_such_instance;
use crate::actor::{Actor, Order, Surroundings, Taken, answer};
use crate::tasks::Tasks;

/// Orders that wait for an instance; further callers wait to give theirs.
const ORDERS_MAX: usize = 64;

/// Panics after which an instance is left alone, within [`CRASH_WINDOW`].
const CRASHES_MAX: usize = 3;

/// Instances that look up what is known of them at the same time: a start of a thousand must not
/// open a thousand key stores at once.
pub(crate) const BEGINNING_MAX: usize = 8;

/// The window of [`CRASHES_MAX`].
const CRASH_WINDOW: Duration = Duration::from_secs(600);

/// The pauses between two tries to read what is known of an instance.
const RECALL_PAUSE_MIN: Duration = Duration::from_millis(100);
const RECALL_PAUSE_MAX: Duration = Duration::from_secs(60);

/// One running instance, seen from outside.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) shown: watch::Receiver<Machine>,
    end: CancellationToken,
    process_end: CancellationToken,
}

impl Running {
    /// Why it did not see something through.
    pub(crate) fn failed(&self) -> Error {
        if self.end.is_cancelled() {
            return self.gone();
        }
        Error::new(Kind::Internal, "the instance failed while it did this")
    }

    /// Why it does not answer any more: the process ends, or the instance was removed.
    pub(crate) fn gone(&self) -> Error {
        if self.process_end.is_cancelled() {
            Error::new(Kind::Internal, "the server is stopping")
        } else {
            no_such_instance()
        }
    }
}

/// The running instances of this process.
#[derive(Debug)]
pub(crate) struct Supervisor {
    around: Surroundings,
    tasks: Tasks,
    running: Mutex<BTreeMap<InstanceId, Running>>,
    crashes: Arc<AtomicU64>,
}

impl Supervisor {
    pub(crate) fn new(around: Surroundings, tasks: Tasks) -> Self {
        let running = Mutex::new(BTreeMap::new());
        Self { around, tasks, running, crashes: Arc::new(AtomicU64::new(0)) }
    }

    /// The instance, when it runs.
    pub(crate) fn find(&self, instance: InstanceId) -> Option<Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).get(&instance).cloned()
    }

    /// Actors that ended in a panic so far.
    pub(crate) fn crashes(&self) -> u64 {
        self.crashes.load(Ordering::Relaxed)
    }

    /// Runs the instance, unless it runs already.
    pub(crate) fn run(&self, instance: InstanceId) -> Running {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = running.entry(instance).or_insert_with(|| {
            let (orders, receiver) = mpsc::channel(ORDERS_MAX);
            let (publish, shown) = watch::channel(Machine::new(self.around.ports.clock.now()));
            let end = self.tasks.stop_token().child_token();
            let cell = Cell {
                instance,
                around: self.around.clone(),
                orders: receiver,
                publish,
                ending: end.clone(),
                crashes: Arc::clone(&self.crashes),
            };
            self.tasks.start("instance", cell.run());
            Running { orders, shown, end, process_end: self.tasks.stop_token() }
        });
        entry.clone()
    }

    /// Ends an instance and waits until nothing of it runs.
    pub(crate) async fn end(&self, instance: InstanceId) {
        let removed = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.remove(&instance)
        };
        if let Some(running) = removed {
            running.end.cancel();
            running.orders.closed().await;
        }
    }
}

/// Where an actor begins.
struct Beginning {
    machine: Machine,
    /// What the machine is told first.
    first: Option<Input>,
    /// What somebody ordered meanwhile.
    order: Option<Order>,
}

/// What is known of an instance could not be read.
struct Unread {
    /// The account, as far as that was read.
    linked: Option<LinkedAccount>,
    reason: EndReason,
    error: Error,
}

/// What an instance keeps when its actor dies.
struct Cell {
    instance: InstanceId,
    around: Surroundings,
    orders: mpsc::Receiver<Order>,
    publish: watch::Sender<Machine>,
    ending: CancellationToken,
    crashes: Arc<AtomicU64>,
}

impl Cell {
    async fn run(mut self) {
        let mut crashed_at = VecDeque::new();
        let mut given_up = false;
        loop {
            let Some(Beginning { machine, first, order }) = self.begin(given_up).await else {
                return;
            };
            self.publish.send_replace(machine.clone());
            let (publish, around) = (self.publish.clone(), self.around.clone());
            let ending = self.ending.clone();
            let actor = Actor::new(self.instance, machine, publish, around, ending);
            let whole = actor.run(first, order, &mut self.orders);
            let whole = AssertUnwindSafe(whole).catch_unwind();
            let Err(payload) = whole.await else { return };
            self.note_crash(&*payload);
            let now = Instant::now();
            crashed_at.push_back(now);
            crashed_at.retain(|at| now.duration_since(*at) < CRASH_WINDOW);
            given_up = crashed_at.len() >= CRASHES_MAX;
        }
    }

    /// Waits as long as what is known of the instance cannot be read, and shows that meanwhile;
    /// `None` when the instance is to end.
    async fn begin(&mut self, given_up: bool) -> Option<Beginning> {
        let mut pause = RECALL_PAUSE_MIN;
        let mut order: Option<Order> = None;
        loop {
            let unread = match self.recall().await {
                Ok((linked, standing)) => {
                    let (machine, first) = self.recalled(given_up, linked, standing);
                    return Some(Beginning { machine, first, order });
                }
                Err(unread) => unread,
            };
            let machine = self.show_unread(unread);
            if let Some(order) = order.take().and_then(without_knowledge) {
                // Keys that nobody can read can still be destroyed.
                return Some(Beginning { machine, first: None, order: Some(order) });
            }
            // An order that came meanwhile is kept by the channel; time passes by itself.
            tokio::select! {
                biased;
                () = self.ending.cancelled() => return None,
                given = self.orders.recv() => order = Some(given?),
                () = tokio::time::sleep(pause) => {
                    pause = pause.saturating_mul(2).min(RECALL_PAUSE_MAX);
                }
            }
        }
    }

    /// The machine to begin with, and what it is told first.
    fn recalled(
        &self,
        given_up: bool,
        linked: Option<LinkedAccount>,
        standing: Option<Standing>,
    ) -> (Machine, Option<Input>) {
        let now = self.around.ports.clock.now();
        if given_up {
            return (Machine::failed(now, linked, EndReason::Fault), None);
        }
        let is_unproven = linked.is_some() && standing.as_ref().is_some_and(Standing::is_unproven);
        let (machine, first) = match standing.and_then(|it| it.at_rest(now, linked.as_ref())) {
            Some(machine) => (machine, None),
            None => (Machine::new(now), Some(Input::Start(linked))),
        };
        (machine.with_unproven_keys(is_unproven), first)
    }

    /// What is known of the instance from before.
    async fn recall(&self) -> Result<(Option<LinkedAccount>, Option<Standing>), Unread> {
        let ports = &self.around.ports;
        // Never closed, so a turn always comes.
        let _turn = self.around.beginning.acquire().await;
        let linked = ports.linker.linked_account(self.instance).await;
        let linked = linked.map_err(|error| Unread {
            linked: None,
            reason: EndReason::KeysUnavailable,
            error,
        })?;
        match ports.registry.instance(self.instance).await {
            Ok(record) => Ok((linked, record.and_then(|it| it.standing))),
            Err(error) => Err(Unread { linked, reason: EndReason::StoreUnavailable, error }),
        }
    }

    /// Shows that the instance cannot start, and why.
    fn show_unread(&self, unread: Unread) -> Machine {
        let cause = unread.error.with_causes();
        tracing::error!(instance = %self.instance, cause, "an instance cannot start");
        let now = self.around.ports.clock.now();
        let failed = Machine::failed(now, unread.linked, unread.reason);
        self.publish.send_if_modified(|shown| {
            let is_news = shown.state() != failed.state();
            if is_news {
                *shown = failed.clone();
            }
            is_news
        });
        failed
    }

    fn note_crash(&self, payload: &(dyn Any + Send)) {
        self.crashes.fetch_add(1, Ordering::Relaxed);
        let length = message_length(payload);
        tracing::error!(instance = %self.instance, message_length = length, "an instance panicked");
    }
}

/// What can be done with an instance of which nothing is known: it can be logged out. Every other
/// order is answered here.
fn without_knowledge(order: Order) -> Option<Order> {
    match order {
        Order::Take { input: Input::LogOut, .. } => Some(order),
        Order::Take { input: Input::PrepareLogOut, done } => {
            answer(done, Taken::Done);
            None
        }
        Order::Take { .. } | Order::Ask(_) => {
            order.fail("what is kept of the instance could not be read");
            None
        }
    }
}
