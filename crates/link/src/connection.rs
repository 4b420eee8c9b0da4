//! One connection, from dialling to its end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc;
use waygate_core::id::InstanceId;
use waygate_core::instance::passkey::PasskeyAssertion;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::{LinkEvent, LinkSink};
use waygate_core::reason::EndReason;
use whatsapp_rust::bot::Bot;
use whatsapp_rust::client::NodeFilter;
use whatsapp_rust::types::events::{Event, EventHandler, EventInterest};
use whatsapp_rust::wacore::store::DevicePropsOverride;
use whatsapp_rust::waproto::whatsapp::device_props::PlatformType;
use whatsapp_rust::{Client, OwnedNodeRef, anyhow, futures};

use crate::code_rotation::CodeRotation;
use crate::farewell::Farewell;
use crate::intake::Intake;
use crate::keys::{KeysError, KeysInUse};
use crate::leave::{self, Leave};
use crate::login_limit::LoginLimit;
use crate::mail::{Full, Mail};
use crate::pairing_code::{self, CodeTyped};
use crate::passkey::PasskeyCalls;
use crate::profile::ClientSlot;
use crate::runtime::ConnectionTasks;
use crate::sending::Acks;
use crate::settings::Version;
use crate::translate::{self, Meaning};
use crate::transport::{DialTrace, TracedFactory};
use crate::turn::Turn;
use crate::whatsapp::Shared;

/// Events of the library that wait to be told. Connection events are few; a queue that is full
/// means that something is wrong, and the connection ends.
const EVENTS_MAX: usize = 256;

/// How long tasks of an ended connection may take to notice.
const TASKS_END_WITHIN: Duration = Duration::from_secs(5);

/// How long what has come may take to be written down once the connection is over.
const MAIL_EMPTY_WITHIN: Duration = Duration::from_secs(5);

/// The stream errors that the library keeps to itself; of every other it makes an event. They are
/// waited for one by one: WhatsApp also sends some that end nothing, and those have no code.
const UNTOLD_STREAM_ERRORS: [&str; 3] = ["429", "503", "515"];

/// What a connection can be told.
#[derive(Debug)]
pub(crate) enum Command {
    HangUp,
    LogOut,
    RequestPairingCode(PhoneNumber),
    AnswerPasskey(PasskeyAssertion),
    ConfirmPasskey,
}

/// One connection of one instance.
pub(crate) struct Connection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) instance: InstanceId,
    pub(crate) sink: Arc<dyn LinkSink>,
    pub(crate) intake: Intake,
    pub(crate) orders: mpsc::Receiver<Command>,
    pub(crate) tasks: ConnectionTasks,
    pub(crate) slot: ClientSlot,
    pub(crate) turn: Turn,
    pub(crate) acks: Acks,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("instance", &self.instance).finish_non_exhaustive()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.tasks.end();
    }
}

/// Something the loop wakes for.
enum News {
    Event(Arc<Event>),
    Command(Command),
    CodeTyped,
    PasskeyFailed(LinkEvent),
    NotWrittenDown,
    NotLoggedIn,
    KeysDamaged(KeysError),
    Fault,
    TooLate,
    Over,
}

type Stanza = futures::channel::oneshot::Receiver<Arc<OwnedNodeRef>>;

impl Connection {
    /// Runs to the end and tells it.
    pub(crate) async fn run(mut self) {
        let reason = self.converse().await;
        self.tasks.end_within(TASKS_END_WITHIN).await;
        self.sink.deliver(LinkEvent::Ended(reason)).await;
    }

    async fn converse(&mut self) -> EndReason {
        let versions = &self.shared.versions;
        let version = tokio::select! {
            // Being told to end, or having lost the caller, both end it here.
            _ = self.orders.recv() => return EndReason::HungUp,
            version = versions.current() => version,
        };
        let version = match version {
            Ok(version) => version,
            Err(error) => return no_version(&error),
        };
        let trace = Arc::new(DialTrace::default());
        let (queue, events) = mpsc::channel(EVENTS_MAX);
        let rotation = CodeRotation::default();
        let (mail, acks) = (Mail::default(), self.acks.clone());
        let tasks = self.tasks.clone();
        let handler = EventQueue { queue, mail: mail.clone(), tasks, rotation, acks };
        let (bot, keys) = match self.client(version, &trace, handler).await {
            Ok(both) => both,
            Err(error) => return no_client(&error),
        };
        let client = bot.client();
        // One call, one connection: whether there is another is not the library's to decide.
        client.enable_auto_reconnect.store(false, Ordering::Relaxed);
        self.slot.fill(&client);
        let _every_stanza_is_shown = client.acquire_raw_node_forwarding();
        let mut untold = UNTOLD_STREAM_ERRORS
            .map(|code| client.wait_for_node(NodeFilter::tag("stream:error").attr("code", code)));
        let mut failure = client.wait_for_node(NodeFilter::tag("failure"));
        let carried = mail.clone().carry(Arc::clone(&client), self.intake.clone());
        self.tasks.start(Box::pin(carried));
        let mut farewell = self.follow(bot, &client, &keys, events).await;
        if tokio::time::timeout(MAIL_EMPTY_WITHIN, mail.empty(&client, &self.intake)).await.is_err()
        {
            tracing::warn!("the last receipts of a connection took too long to write down");
        }
        farewell.stanza = untold
            .iter_mut()
            .find_map(|waiter| said(waiter, translate::stream_error))
            .or_else(|| said(&mut failure, translate::failure));
        if !farewell.keys_failed {
            farewell.keys_failed = !are_stored(&keys).await;
        }
        let reason = farewell.reason(trace.reach());
        if matches!(reason, EndReason::Refused { code: 405 | 409 | 418 }) {
            self.shared.versions.refused(version).await;
        }
        reason
    }

    async fn client(
        &self,
        version: Version,
        trace: &Arc<DialTrace>,
        handler: EventQueue,
    ) -> anyhow::Result<(Bot, Arc<KeysInUse>)> {
        let shared = &self.shared;
        let keys = shared.keys.open(self.instance, &self.tasks).await?;
        let transport = TracedFactory {
            settings: Arc::clone(&shared.settings),
            network: shared.network.clone(),
            tls: shared.tls.clone(),
            tasks: self.tasks.clone(),
            trace: Arc::clone(trace),
            turn: self.turn.clone(),
        };
        let shown_as = DevicePropsOverride::new()
            .with_os(&shared.settings.device_name)
            .with_platform_type(PlatformType::CHROME);
        let bot = Bot::builder()
            .with_backend_arc(Arc::<KeysInUse>::clone(&keys))
            .with_transport_factory(transport)
            .with_http_client(shared.http.clone())
            .with_runtime(self.tasks.clone())
            .with_version(version)
            .with_device_props(shown_as)
            .with_event_handler(handler)
            .with_inbound_durability_hook(self.intake.clone())
            .skip_history_sync()
            .build()
            .await?;
        keys.follow(&bot.client().persistence_manager());
        Ok((bot, keys))
    }

    /// Runs the client and tells its events, in order, until it is over.
    async fn follow(
        &mut self,
        bot: Bot,
        client: &Arc<Client>,
        keys: &KeysInUse,
        events: mpsc::Receiver<Arc<Event>>,
    ) -> Farewell {
        let (mut farewell, leave) = self.listen(bot, client, keys, events).await;
        if let Some(leave) = leave {
            farewell.asked = Some(leave.outcome().await);
        }
        farewell
    }

    async fn listen(
        &mut self,
        bot: Bot,
        client: &Arc<Client>,
        keys: &KeysInUse,
        mut events: mpsc::Receiver<Arc<Event>>,
    ) -> (Farewell, Option<Leave>) {
        let mut ended = self.tasks.follow(Box::pin(bot.run()));
        let (mut typed, mut passkey) = (CodeTyped::of(client), PasskeyCalls::new(&self.turn));
        let (mut farewell, mut leave) = (Farewell::default(), None);
        let mut login_limit = LoginLimit::of(client);
        loop {
            // Every branch may be dropped half-way: a channel keeps what was not taken from it.
            let news = tokio::select! {
                biased;
                Some(event) = events.recv() => News::Event(event),
                () = typed.next(client) => News::CodeTyped,
                failed = passkey.failed() => News::PasskeyFailed(failed),
                () = self.intake.refused() => News::NotWrittenDown,
                damage = self.shared.keys.damaged(self.instance) => News::KeysDamaged(damage),
                () = self.tasks.panicked() => News::Fault,
                Some(command) = self.orders.recv(), if leave.is_none() => News::Command(command),
                () = leave::lateness(leave.as_ref()) => News::TooLate,
                () = login_limit.passed(client) => News::NotLoggedIn,
                // A client that was torn down by its own panic is not over.
                end = &mut ended => if end.is_ok() { News::Over } else { News::Fault },
            };
            match news {
                News::Event(event) => self.tell(&event, client, keys, &mut farewell).await,
                News::CodeTyped => self.sink.deliver(LinkEvent::PairingCodeTyped).await,
                News::PasskeyFailed(event) => self.sink.deliver(event).await,
                News::Command(command) => {
                    leave = self.obey(command, client, &passkey);
                    if leave.is_some() && !client.is_connected() {
                        // Nothing to take leave of: the dialling is simply given up.
                        return (farewell, leave);
                    }
                }
                News::NotWrittenDown => {
                    farewell.explained.get_or_insert(EndReason::StoreUnavailable);
                    return (farewell, leave);
                }
                News::NotLoggedIn => {
                    note_no_login();
                    farewell.explained.get_or_insert(EndReason::Closed);
                    return (farewell, leave);
                }
                News::KeysDamaged(error) => {
                    note_damage(error);
                    farewell.keys_failed = true;
                }
                News::Fault => farewell.fault = true,
                News::TooLate => note_lateness(),
                News::Over => {
                    while let Ok(event) = events.try_recv() {
                        self.tell(&event, client, keys, &mut farewell).await;
                    }
                    return (farewell, leave);
                }
            }
            if farewell.fault || farewell.keys_failed || leave.as_ref().is_some_and(Leave::is_late)
            {
                return (farewell, leave);
            }
        }
    }

    /// Starts what a command asks for; answers with the end that it leads to, if it does.
    fn obey(
        &self,
        command: Command,
        client: &Arc<Client>,
        passkey: &PasskeyCalls,
    ) -> Option<Leave> {
        let client = Arc::clone(client);
        let within = self.shared.settings.close_within;
        match command {
            Command::HangUp => Some(Leave::hang_up(client, &self.tasks, within)),
            Command::LogOut => Some(Leave::log_out(client, &self.tasks, within)),
            Command::RequestPairingCode(phone) => {
                self.tasks.start(Box::pin(pairing_code::request(client, phone)));
                None
            }
            Command::AnswerPasskey(assertion) => {
                passkey.answer(client, &self.tasks, assertion);
                None
            }
            Command::ConfirmPasskey => {
                passkey.confirm(client, &self.tasks);
                None
            }
        }
    }

    async fn tell(
        &self,
        event: &Event,
        client: &Client,
        keys: &KeysInUse,
        farewell: &mut Farewell,
    ) {
        match translate::meaning(event, client, self.shared.settings.camera_link) {
            Meaning::Tell(event) => self.sink.deliver(event).await,
            // The library saves in its own time; whoever hears "linked" must be able to rely on it
            // after a crash.
            Meaning::TellOnceStored(event) if are_stored(keys).await => {
                self.sink.deliver(event).await;
            }
            Meaning::TellOnceStored(_) => farewell.keys_failed = true,
            Meaning::Explains(reason) => {
                farewell.explained.get_or_insert(reason);
            }
            Meaning::Nothing => {}
        }
    }
}

/// Whether all that the client knows is on the disk.
async fn are_stored(keys: &KeysInUse) -> bool {
    let stored = keys.settle().await;
    if let Err(error) = &stored {
        tracing::error!(%error, "the keys of an instance could not be stored");
    }
    stored.is_ok()
}

fn note_no_login() {
    tracing::warn!("a login was not answered; the connection ends");
}

fn note_lateness() {
    tracing::warn!("a graceful close took too long and was cut short");
}

fn note_damage(error: KeysError) {
    let error = anyhow::Error::from(error);
    tracing::error!(error = %error.root_cause(), "stored keys are of no use");
}

fn no_version(error: &crate::version::VersionUnknown) -> EndReason {
    tracing::warn!(%error, "the version of WhatsApp Web could not be learned");
    EndReason::VersionUnknown
}

fn no_client(error: &anyhow::Error) -> EndReason {
    tracing::error!(error = %error.root_cause(), "a client could not be set up");
    EndReason::KeysUnavailable
}

fn said<T>(
    waiter: &mut Stanza,
    read: impl Fn(&whatsapp_rust::wacore_binary::Node) -> Option<T>,
) -> Option<T> {
    let stanza = waiter.try_recv().ok().flatten()?;
    read(&stanza.to_owned_node())
}

/// Takes the library's events on its own dispatch path, in order, and never blocks it.
struct EventQueue {
    queue: mpsc::Sender<Arc<Event>>,
    mail: Mail,
    tasks: ConnectionTasks,
    rotation: CodeRotation,
    acks: Acks,
}

impl EventHandler for EventQueue {
    fn handle_event(&self, event: Arc<Event>) {
        self.rotation.see(&event);
        // One comes for each stanza that is sent, so they have a way of their own.
        if let Event::ServerAck(ack) = &*event {
            self.acks.take(ack);
            return;
        }
        if Mail::is_for(&event) {
            if let Err(Full) = self.mail.put(event) {
                tracing::error!("more came for an account than can be written down; it ends");
                self.tasks.declare_fault();
            }
            return;
        }
        if let Err(mpsc::error::TrySendError::Full(_)) = self.queue.try_send(event) {
            tracing::error!(limit = EVENTS_MAX, "events of a connection were lost; it ends");
            self.tasks.declare_fault();
        }
    }

    fn interest(&self) -> EventInterest {
        translate::interest()
    }
}
