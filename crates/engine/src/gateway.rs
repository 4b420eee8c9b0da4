//! The application and the use cases of one running instance, one method each.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Mutex, Notify, Semaphore, oneshot, watch};
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::input::{Input, Ration};
use waygate_core::instance::linking::RationLeft;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::state::{LinkingStep, State, Stopper};
use waygate_core::port::link::{Deed, Line};

use crate::accounts::no_such_instance;
use crate::actor::{Order, Surroundings, Taken};
use crate::arrivals::Arrivals;
use crate::attempts::Attempts;
use crate::dice::Dice;
use crate::events::EventLimits;
use crate::files::Files;
use crate::idempotency::UnderWay;
use crate::keyring::Keyring;
use crate::limiter::FleetLimiter;
use crate::mailroom::Mailroom;
use crate::ports::Ports;
use crate::profile_picture::not_online;
use crate::pusher::PushChanges;
use crate::revocations::Revocations;
use crate::scribe::Scribe;
use crate::sessions::Sessions;
use crate::supervisor::{BEGINNING_MAX, Running, Supervisor};
use crate::tasks::Tasks;

/// How long a logout waits for the login over which WhatsApp hears of it.
pub const LOGIN_AWAITED: Duration = Duration::from_secs(10);

/// Who knows of a logout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedOut {
    /// WhatsApp does, or there was no device that it could have known.
    Told,
    /// WhatsApp was not reached, or did not answer: the phone goes on listing the device until
    /// somebody removes it there.
    Untold,
}

/// The application. Clones share everything.
#[derive(Debug, Clone)]
pub struct Gateway(Arc<Parts>);

#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) supervisor: Supervisor,
    pub(crate) ports: Ports,
    pub(crate) keyring: Keyring,
    pub(crate) dice: Arc<Dice>,
    pub(crate) tasks: Tasks,
    pub(crate) attempts: Attempts,
    pub(crate) revocations: Revocations,
    pub(crate) sessions: Sessions,
    pub(crate) under_way: UnderWay,
    pub(crate) arrivals: Arc<Arrivals>,
    pub(crate) event_limits: EventLimits,
    pub(crate) files: Files,
    /// Held by whoever changes settings or descriptions.
    pub(crate) settings_turn: Mutex<()>,
    /// Held by whoever creates an instance whose name must be free.
    pub(crate) names_turn: Mutex<()>,
    /// Held by whoever gives an instance a token that it may have been given meanwhile.
    pub(crate) instance_tokens_turn: Mutex<()>,
    /// Held by whoever adds a webhook endpoint or changes one.
    pub(crate) webhooks_turn: Mutex<()>,
    /// Wakes the deliverer of webhooks.
    pub(crate) webhook_news: Arc<Notify>,
    /// Has the pusher look again at what is set for an instance.
    pub(crate) push_changes: PushChanges,
    /// Stands before the store's journal.
    pub(crate) scribe: Arc<Scribe>,
    /// Wakes the sender of messages.
    pub(crate) mailroom: Arc<Mailroom>,
}

impl Gateway {
    /// Puts the application together. Must be called inside a tokio runtime; its tasks run in
    /// `tasks` and end with them.
    pub fn new(ports: Ports, keyring: Keyring, dice: Dice, tasks: Tasks) -> Self {
        Self::keeping(EventLimits::default(), ports, keyring, dice, tasks)
    }

    /// The same with limits of its own for what is kept of events.
    pub fn keeping(
        event_limits: EventLimits,
        ports: Ports,
        keyring: Keyring,
        dice: Dice,
        tasks: Tasks,
    ) -> Self {
        let dice = Arc::new(dice);
        let arrivals = Arc::new(Arrivals::default());
        let webhook_news = Arc::new(Notify::new());
        let scribe = Arc::new(Scribe {
            journal: ports.journal,
            registry: Arc::clone(&ports.registry),
            keyring: keyring.clone(),
            arrivals: Arc::clone(&arrivals),
            webhook_news: Arc::clone(&webhook_news),
        });
        let mailroom = Arc::new(Mailroom::default());
        let ports = Ports { journal: Arc::<Scribe>::clone(&scribe), ..ports };
        let around = Surroundings {
            ports: ports.clone(),
            scribe: Arc::clone(&scribe),
            limiter: FleetLimiter::start(&tasks),
            dice: Arc::clone(&dice),
            beginning: Arc::new(Semaphore::new(BEGINNING_MAX)),
            mailroom: Arc::clone(&mailroom),
        };
        let supervisor = Supervisor::new(around, tasks.clone());
        Self(Arc::new(Parts {
            supervisor,
            ports,
            keyring,
            dice,
            tasks,
            attempts: Attempts::default(),
            revocations: Revocations::default(),
            sessions: Sessions::default(),
            under_way: UnderWay::default(),
            arrivals,
            event_limits,
            files: Files::default(),
            settings_turn: Mutex::new(()),
            names_turn: Mutex::new(()),
            instance_tokens_turn: Mutex::new(()),
            webhooks_turn: Mutex::new(()),
            webhook_news,
            push_changes: PushChanges::default(),
            scribe,
            mailroom,
        }))
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    /// A number that nobody can guess, for a seed.
    pub fn random_number(&self) -> u64 {
        self.0.dice.number()
    }

    /// The time now, as stores keep it: to the millisecond.
    pub fn now(&self) -> Timestamp {
        let now = self.0.ports.clock.now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
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

    /// Starts a fresh attempt with a code that was never shown before; a working link is not
    /// touched.
    ///
    /// # Errors
    ///
    /// `NotFound`, or `Limited` after too many requests within the hour.
    pub async fn request_new_code(&self, instance: InstanceId) -> Result<(), Error> {
        let running = self.find(instance)?;
        give(&running, Input::AskNewCode(Ration::Hourly)).await
    }

    /// The same without a limit, for where whoever runs the gateway has lifted it.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub async fn request_new_code_unlimited(&self, instance: InstanceId) -> Result<(), Error> {
        let running = self.find(instance)?;
        give(&running, Input::AskNewCode(Ration::Unlimited)).await
    }

    /// What is left of an instance's new codes of this hour.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub fn new_codes_left(&self, instance: InstanceId) -> Result<RationLeft, Error> {
        let left = self.find(instance)?.shown.borrow().linking().ration_left(self.now());
        Ok(left)
    }

    /// Unlinks the account and destroys the keys. Done when this returns. WhatsApp hears of it, and
    /// the phone forgets the device, only over a connection that stands: one that does not is made
    /// once more, and waited for up to [`LOGIN_AWAITED`].
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run, `Internal` when its keys could not be destroyed:
    /// nothing connects with them any more, but they are still there.
    pub async fn log_out(&self, instance: InstanceId) -> Result<LoggedOut, Error> {
        let running = self.find(instance)?;
        self.see_through("logout", tell_and_log_out(instance, running)).await
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

    /// Starts an instance that rests; others go on as they are.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub async fn start_instance(&self, instance: InstanceId) -> Result<(), Error> {
        let running = self.find(instance)?;
        give(&running, Input::Start(None)).await
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

    /// Sees a deed of several steps to its end, even when whoever asked for it goes away meanwhile.
    pub(crate) async fn see_through<T: Send + 'static>(
        &self,
        name: &'static str,
        deed: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (done, seen) = oneshot::channel();
        self.0.tasks.start(name, async move {
            if done.send(deed.await).is_err() {
                tracing::debug!(name, "whoever asked for it did not wait for its end");
            }
        });
        seen.await.map_err(|_gone| Error::new(Kind::Internal, "it failed half-way"))?
    }

    pub(crate) fn find(&self, instance: InstanceId) -> Result<Running, Error> {
        self.0.supervisor.find(instance).ok_or_else(no_such_instance)
    }

    /// Starts a request on the instance's connection; the caller waits for it, the instance does
    /// not.
    pub(crate) async fn ask_line<T: Send + 'static>(
        &self,
        instance: InstanceId,
        ask: impl FnOnce(&dyn Line) -> Deed<'static, T> + Send + 'static,
    ) -> Result<Deed<'static, T>, Error> {
        let running = self.find(instance)?;
        let (answer, asked) = oneshot::channel();
        let question = move |line: Option<&dyn Line>| {
            if answer.send(line.map(ask)).is_err() {
                tracing::trace!("whoever asked did not wait for the answer");
            }
        };
        let order = Order::Ask(Box::new(question));
        running.orders.send(order).await.map_err(|_gone| running.gone())?;
        asked.await.map_err(|_gone| running.gone())?.ok_or_else(not_online)
    }
}

async fn tell_and_log_out(instance: InstanceId, running: Running) -> Result<LoggedOut, Error> {
    give(&running, Input::PrepareLogOut).await?;
    let mut shown = running.shown.clone();
    let settled = shown.wait_for(|machine| !is_logging_in(machine.state()));
    drop(tokio::time::timeout(LOGIN_AWAITED, settled).await);
    let told = tell(&running, Input::LogOut).await?;
    if told == LoggedOut::Untold {
        tracing::warn!(%instance, "WhatsApp did not hear of a logout: it was not reached");
    }
    Ok(told)
}

/// Whether a login is under way.
fn is_logging_in(state: &State) -> bool {
    matches!(
        state,
        State::Connecting { linked: Some(_), not_before: None }
            | State::Linking(LinkingStep::Finishing { .. })
    )
}

/// Tells the instance and waits until it is done.
pub(crate) async fn give(running: &Running, input: Input) -> Result<(), Error> {
    tell(running, input).await.map(|_told| ())
}

/// The same, and whether WhatsApp knows when it was a logout.
async fn tell(running: &Running, input: Input) -> Result<LoggedOut, Error> {
    let (done, taken) = oneshot::channel();
    let order = Order::Take { input, done };
    running.orders.send(order).await.map_err(|_gone| running.gone())?;
    match taken.await {
        Ok(Taken::Done) => Ok(LoggedOut::Told),
        Ok(Taken::Untold) => Ok(LoggedOut::Untold),
        Ok(Taken::Refused { retry_after }) => {
            Err(Error::new(Kind::Limited { retry_after }, "too many new codes were asked for"))
        }
        Ok(Taken::NotNow) => {
            Err(Error::new(Kind::WrongState, "it is not what the linking attempt waits for"))
        }
        Ok(Taken::Failed(words)) => Err(Error::new(Kind::Internal, words)),
        Err(_gone) => Err(running.failed()),
    }
}
