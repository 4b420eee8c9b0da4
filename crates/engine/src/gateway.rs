//! The use cases, one method each.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};
use waygate_core::account::LinkedAccount;
use waygate_core::clock::Clock;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::input::Input;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::state::{LinkingStep, QrCode, State, Stopper};
use waygate_core::port::link::Linker;

use crate::actor::{Order, Surroundings, Taken};
use crate::dice::Dice;
use crate::limiter::FleetLimiter;
use crate::supervisor::{Running, Supervisor};
use crate::tasks::Tasks;

/// How long a caller waits for a code when it does not say.
pub const CODE_WITHIN: Duration = Duration::from_secs(20);

/// What somebody who looks at an instance's code gets to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// A code that can be scanned now.
    Code(QrCode),
    /// There is nothing to scan: the instance is linked.
    AlreadyLinked(LinkedAccount),
    /// WhatsApp wants a passkey before it links this account.
    PasskeyRequired,
    /// The next attempt starts then, or on explicit request: too many went by unscanned, or
    /// WhatsApp cannot be reached.
    NotBefore(Timestamp),
    /// No code can be offered, for this reason in words.
    Impossible(&'static str),
}

/// The application. Clones share everything.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    supervisor: Supervisor,
    clock: Arc<dyn Clock>,
    dice: Arc<Dice>,
    tasks: Tasks,
}

impl Gateway {
    /// Puts the application together. Must be called inside a tokio runtime; its tasks run in
    /// `tasks` and end with them.
    pub fn new(linker: Arc<dyn Linker>, clock: Arc<dyn Clock>, dice: Dice, tasks: Tasks) -> Self {
        let dice = Arc::new(dice);
        let around = Surroundings {
            linker,
            limiter: FleetLimiter::start(&tasks),
            clock: Arc::clone(&clock),
            dice: Arc::clone(&dice),
        };
        let supervisor = Supervisor::new(around, tasks.clone());
        Self(Arc::new(Parts { supervisor, clock, dice, tasks }))
    }

    /// A fresh instance id.
    pub fn new_instance_id(&self) -> InstanceId {
        self.0.dice.instance_id()
    }

    /// Runs an instance: a linked one connects, another one waits until somebody looks. Running it
    /// again changes nothing.
    pub fn run_instance(&self, instance: InstanceId) {
        self.0.supervisor.run(instance);
    }

    /// The instance as it is now and as it changes.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub fn watch_instance(&self, instance: InstanceId) -> Result<watch::Receiver<Machine>, Error> {
        Ok(self.find(instance)?.shown)
    }

    /// Says that somebody looks at the instance's code, which [`Gateway::watch_instance`] shows;
    /// to be repeated while that is so. Does not wait for a code.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub async fn keep_looking(&self, instance: InstanceId) -> Result<(), Error> {
        give(&self.find(instance)?, Input::Look).await
    }

    /// Shows what there is to scan, and keeps the linking attempt alive: the instance holds a
    /// connection as long as somebody looks. Waits up to `within` for the first code.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run, `Unreachable` when WhatsApp gave no code in
    /// time.
    pub async fn look_at_code(
        &self,
        instance: InstanceId,
        within: Duration,
    ) -> Result<Look, Error> {
        let mut running = self.find(instance)?;
        give(&running, Input::Look).await?;
        let clock = &self.0.clock;
        let patience = clock.now().checked_add(within).unwrap_or(Timestamp::MAX);
        let seen = |machine: &Machine| look(machine, clock.now(), patience);
        let decided = |machine: &Machine| seen(machine).is_some();
        match tokio::time::timeout(within, running.shown.wait_for(decided)).await {
            Ok(Ok(machine)) => return seen(&machine).ok_or_else(|| no_code(&machine)),
            Ok(Err(_gone)) => return Err(stopping()),
            Err(_elapsed) => {}
        }
        Err(no_code(&running.shown.borrow()))
    }

    /// Starts a fresh attempt with a code that was never shown before; a working link is not
    /// touched.
    ///
    /// # Errors
    ///
    /// `NotFound`, or `Limited` after too many requests within the hour.
    pub async fn request_new_code(&self, instance: InstanceId) -> Result<(), Error> {
        let running = self.find(instance)?;
        give(&running, Input::AskNewCode).await
    }

    /// Unlinks the account and destroys the keys. Done when this returns.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub async fn log_out(&self, instance: InstanceId) -> Result<(), Error> {
        let running = self.find(instance)?;
        give(&running, Input::LogOut).await
    }

    /// Closes the connection and makes a new one.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub async fn restart_instance(&self, instance: InstanceId) -> Result<(), Error> {
        let running = self.find(instance)?;
        give(&running, Input::Restart).await
    }

    /// Lets an instance rest until it is started again.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub async fn stop_instance(&self, instance: InstanceId) -> Result<(), Error> {
        let running = self.find(instance)?;
        give(&running, Input::Stop(Stopper::Person)).await
    }

    /// How many actors ended in a panic so far.
    pub fn crashes(&self) -> u64 {
        self.0.supervisor.crashes()
    }

    /// Closes every connection and ends every task; `false` when some would not end in time.
    pub async fn shut_down(&self, within: Duration) -> bool {
        self.0.tasks.end_within(within).await
    }

    fn find(&self, instance: InstanceId) -> Result<Running, Error> {
        self.0
            .supervisor
            .find(instance)
            .ok_or_else(|| Error::new(Kind::NotFound, "there is no such instance"))
    }
}

/// Tells the instance and waits until it is done.
async fn give(running: &Running, input: Input) -> Result<(), Error> {
    let (done, taken) = oneshot::channel();
    let order = Order { input, done: Some(done) };
    running.orders.send(order).await.map_err(|_gone| stopping())?;
    match taken.await {
        Ok(Taken::Done) => Ok(()),
        Ok(Taken::Refused { retry_after }) => {
            Err(Error::new(Kind::Limited { retry_after }, "too many new codes were asked for"))
        }
        Err(_gone) => Err(Error::new(Kind::Internal, "the instance failed while it did this")),
    }
}

fn stopping() -> Error {
    Error::new(Kind::Internal, "the server is stopping")
}

/// Why there was no code in time, as far as it is known.
fn no_code(machine: &Machine) -> Error {
    let why =
        machine.last_end().map_or("WhatsApp issued no code in time", |end| end.ruling().words);
    Error::new(Kind::Unreachable, why)
}

/// What can be shown now; `None` when it is worth waiting until `patience`.
fn look(machine: &Machine, now: Timestamp, patience: Timestamp) -> Option<Look> {
    let state = machine.state();
    if let Some(account) = state.linked() {
        return Some(Look::AlreadyLinked(account.clone()));
    }
    match state {
        State::Linking(LinkingStep::CodeShown(_)) => state.qr_code(now).cloned().map(Look::Code),
        State::Linking(LinkingStep::PasskeyRequired) => Some(Look::PasskeyRequired),
        State::Unlinked { .. } => machine.linking().spaced_until(now).map(Look::NotBefore),
        State::Connecting { not_before: Some(at), .. } if *at > patience => {
            Some(Look::NotBefore(*at))
        }
        State::Banned => Some(Look::Impossible("WhatsApp banned the account")),
        State::Failed { reason, .. } => Some(Look::Impossible(reason.ruling().words)),
        State::Stopped { .. } => Some(Look::Impossible("the instance is stopped")),
        State::Pending
        | State::Connecting { .. }
        | State::Linking(LinkingStep::Finishing { .. })
        | State::Online { .. }
        | State::Offline { .. }
        | State::Suspended { .. } => None,
    }
}
