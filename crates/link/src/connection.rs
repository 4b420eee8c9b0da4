//! One connection, from dialling to its end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use waygate_core::id::InstanceId;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::{LinkEvent, LinkSink};
use waygate_core::reason::EndReason;
use whatsapp_rust::bot::Bot;
use whatsapp_rust::client::NodeFilter;
use whatsapp_rust::types::events::{Event, EventHandler, EventInterest};
use whatsapp_rust::wacore::store::DevicePropsOverride;
use whatsapp_rust::waproto::whatsapp::device_props::PlatformType;
use whatsapp_rust::{Client, OwnedNodeRef, anyhow, futures};

use crate::farewell::Farewell;
use crate::pairing_code::{self, CodeTyped};
use crate::profile::ClientSlot;
use crate::runtime::ConnectionTasks;
use crate::settings::Version;
use crate::translate::{self, Meaning};
use crate::transport::{DialTrace, TracedFactory};
use crate::whatsapp::Shared;

/// Events of the library that wait to be told. Connection events are few; a queue that is full
/// means that something is wrong, and the connection ends.
const EVENTS_MAX: usize = 256;

/// How long tasks of an ended connection may take to notice.
const TASKS_END_WITHIN: Duration = Duration::from_secs(5);

/// How long writing the keys may take at the end.
const FLUSH_WITHIN: Duration = Duration::from_secs(10);

/// What a connection can be told.
#[derive(Debug)]
pub(crate) enum Command {
    HangUp,
    LogOut,
    RequestPairingCode(PhoneNumber),
}

/// One connection of one instance.
pub(crate) struct Connection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) instance: InstanceId,
    pub(crate) sink: Arc<dyn LinkSink>,
    pub(crate) orders: mpsc::Receiver<Command>,
    pub(crate) tasks: ConnectionTasks,
    pub(crate) slot: ClientSlot,
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
        let handler = EventQueue { queue, tasks: self.tasks.clone() };
        let bot = match self.client(version, &trace, handler).await {
            Ok(bot) => bot,
            Err(error) => return no_client(&error),
        };
        let client = bot.client();
        // One call, one connection: whether there is another is not the library's to decide.
        client.enable_auto_reconnect.store(false, Ordering::Relaxed);
        self.slot.fill(&client);
        // The library keeps these to itself in some cases (429, 503, 515).
        let mut stream_error = client.wait_for_node(NodeFilter::tag("stream:error"));
        let mut failure = client.wait_for_node(NodeFilter::tag("failure"));
        let mut farewell = self.follow(bot, &client, events).await;
        farewell.stanza = said(&mut stream_error, translate::stream_error)
            .or_else(|| said(&mut failure, translate::failure));
        if !matches!(timeout(FLUSH_WITHIN, client.persistence_manager().flush()).await, Ok(Ok(())))
        {
            farewell.keys_failed = true;
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
    ) -> anyhow::Result<Bot> {
        let shared = &self.shared;
        let transport = TracedFactory {
            settings: Arc::clone(&shared.settings),
            network: shared.network.clone(),
            tls: shared.tls.clone(),
            tasks: self.tasks.clone(),
            trace: Arc::clone(trace),
        };
        let shown_as = DevicePropsOverride::new()
            .with_os(&shared.settings.device_name)
            .with_platform_type(PlatformType::CHROME);
        let bot = Bot::builder()
            .with_backend_arc(shared.keys.open(self.instance).await?)
            .with_transport_factory(transport)
            .with_http_client(shared.http.clone())
            .with_runtime(self.tasks.clone())
            .with_version(version)
            .with_device_props(shown_as)
            .with_event_handler(handler)
            .skip_history_sync()
            .build()
            .await?;
        Ok(bot)
    }

    /// Runs the client and tells its events, in order, until it is over.
    async fn follow(
        &mut self,
        bot: Bot,
        client: &Arc<Client>,
        mut events: mpsc::Receiver<Arc<Event>>,
    ) -> Farewell {
        let (over, mut ended) = oneshot::channel();
        self.tasks.start(Box::pin(async move {
            bot.run().await;
            if over.send(()).is_err() {
                tracing::debug!("nobody waited for the end of a connection");
            }
        }));
        let mut typed = CodeTyped::of(client);
        let mut farewell = Farewell::default();
        let mut deadline: Option<Instant> = None;
        loop {
            let asked_to_end = deadline.is_some();
            // Every branch may be dropped half-way: a channel keeps what was not taken from it.
            let news = tokio::select! {
                biased;
                Some(event) = events.recv() => News::Event(event),
                () = typed.next(client) => News::CodeTyped,
                () = self.tasks.panicked() => News::Fault,
                Some(command) = self.orders.recv(), if !asked_to_end => News::Command(command),
                () = reached(deadline) => News::TooLate,
                _ = &mut ended => News::Over,
            };
            match news {
                News::Event(event) => self.tell(&event, client, &mut farewell).await,
                News::CodeTyped => self.sink.deliver(LinkEvent::PairingCodeTyped).await,
                News::Command(command) => {
                    let ours = self.obey(command, client);
                    if ours.is_some() {
                        deadline = Some(Instant::now() + self.shared.settings.close_within);
                        farewell.ours = ours;
                    }
                    if ours.is_some() && !client.is_connected() {
                        // Nothing to take leave of: the dialling is simply given up.
                        return farewell;
                    }
                }
                News::Fault => farewell.fault = true,
                News::TooLate => tracing::warn!("a graceful close took too long and was cut short"),
                News::Over => {
                    while let Ok(event) = events.try_recv() {
                        self.tell(&event, client, &mut farewell).await;
                    }
                    return farewell;
                }
            }
            if farewell.fault || farewell.keys_failed || deadline.is_some_and(has_passed) {
                return farewell;
            }
        }
    }

    /// Starts what a command asks for; answers with the end that it leads to, if it does.
    fn obey(&self, command: Command, client: &Arc<Client>) -> Option<EndReason> {
        let client = Arc::clone(client);
        match command {
            Command::HangUp => {
                self.tasks.start(Box::pin(async move { client.disconnect().await }));
                Some(EndReason::HungUp)
            }
            Command::LogOut => {
                self.tasks.start(Box::pin(async move { client.logout().await }));
                Some(EndReason::LoggedOutByUs)
            }
            Command::RequestPairingCode(phone) => {
                self.tasks.start(Box::pin(pairing_code::request(client, phone)));
                None
            }
        }
    }

    async fn tell(&self, event: &Event, client: &Client, farewell: &mut Farewell) {
        match translate::meaning(event, client, self.shared.settings.camera_link) {
            Meaning::Tell(event) => self.sink.deliver(event).await,
            Meaning::TellOnceStored(event) => {
                // The library saves in its own time; whoever hears "linked" must be able to rely
                // on it after a crash.
                if let Err(error) = client.persistence_manager().flush().await {
                    tracing::error!(%error, "the keys of a new link could not be stored");
                    farewell.keys_failed = true;
                } else {
                    self.sink.deliver(event).await;
                }
            }
            Meaning::Explains(reason) => {
                farewell.explained.get_or_insert(reason);
            }
            Meaning::Nothing => {}
        }
    }
}

fn no_version(error: &crate::version::VersionUnknown) -> EndReason {
    tracing::warn!(%error, "the version of WhatsApp Web could not be learned");
    EndReason::VersionUnknown
}

fn no_client(error: &anyhow::Error) -> EndReason {
    tracing::error!(error = %error.root_cause(), "a client could not be set up");
    EndReason::KeysUnavailable
}

fn has_passed(deadline: Instant) -> bool {
    deadline <= Instant::now()
}

async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
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
    tasks: ConnectionTasks,
}

impl EventHandler for EventQueue {
    fn handle_event(&self, event: Arc<Event>) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.queue.try_send(event) {
            tracing::error!(limit = EVENTS_MAX, "events of a connection were lost; it ends");
            self.tasks.declare_fault();
        }
    }

    fn interest(&self) -> EventInterest {
        translate::interest()
    }
}
