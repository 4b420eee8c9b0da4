//! A client of the library on a pipe into the simulator.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use tokio::sync::{Mutex, mpsc};
use waygate_sim::{Phone, Sim};
use whatsapp_rust::bot::{Bot, BotHandle};
use whatsapp_rust::bytes::Bytes;
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};
use whatsapp_rust::transport::{Transport, TransportEvent, TransportFactory};
use whatsapp_rust::types::events::{Event, EventHandler, InboundMessage};
use whatsapp_rust::wacore::net::DisconnectReason;
use whatsapp_rust::wacore::store::InMemoryBackend;
use whatsapp_rust::{Client, TokioRuntime, anyhow, async_channel, async_trait};

/// How long anything may take, in the test's own time.
const SOON: Duration = Duration::from_secs(30);

/// Chunks under way to the library.
const CHUNKS: usize = 64;

/// A device that is linked, and whose keys outlive its connections.
pub(super) struct Library {
    backend: Arc<InMemoryBackend>,
    sim: Sim,
    handle: Option<BotHandle>,
    events: mpsc::UnboundedReceiver<Arc<Event>>,
    seen: Vec<Arc<Event>>,
}

impl Library {
    /// Links a fresh device to a phone and waits until it is online.
    pub(super) async fn linked(sim: &Sim, phone: &Phone) -> Self {
        let mut library = Self::unlinked(sim).await;
        let code = library.qr_code().await;
        phone.scan(&code).await.expect("the phone accepts");
        library.is_online().await;
        library
    }

    /// A fresh device that is connected.
    pub(super) async fn unlinked(sim: &Sim) -> Self {
        let (_, events) = mpsc::unbounded_channel();
        let backend = Arc::new(InMemoryBackend::new());
        let (sim, seen) = (sim.clone(), Vec::new());
        let mut library = Self { backend, sim, handle: None, events, seen };
        library.open().await;
        library
    }

    /// The first QR code that it has shown.
    pub(super) async fn qr_code(&mut self) -> String {
        let pick = |event: &Event| {
            if let Event::PairingQrCode(code) = event { Some(code.code.clone()) } else { None }
        };
        self.until("a code", pick).await
    }

    /// Connects, as after a restart of the process.
    pub(super) async fn open(&mut self) {
        let (sender, events) = mpsc::unbounded_channel();
        let bot = Bot::builder()
            .with_backend_arc(Arc::<InMemoryBackend>::clone(&self.backend))
            .with_transport_factory(Pipes(self.sim.clone()))
            .with_http_client(Files(self.sim.clone()))
            .with_runtime(TokioRuntime)
            .with_version(self.sim.version())
            .with_event_handler(Queue(sender))
            .skip_history_sync()
            .build()
            .await
            .expect("a client");
        (self.events, self.seen) = (events, Vec::new());
        self.handle = Some(bot.spawn());
    }

    pub(super) async fn is_online(&mut self) {
        self.until("that it is online", |event| matches!(event, Event::Connected(_)).then_some(()))
            .await;
    }

    /// Ends the connection and stays linked.
    pub(super) async fn close(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.shutdown().await;
        }
    }

    pub(super) fn client(&self) -> Arc<Client> {
        self.handle.as_ref().expect("it is open").client()
    }

    /// The message that says this.
    pub(super) async fn text(&mut self, words: &str) -> InboundMessage {
        self.until(words, |event| {
            let Event::Messages(batch) = event else { return None };
            batch.iter().find(|it| it.message.conversation.as_deref() == Some(words)).cloned()
        })
        .await
    }

    /// The message of this id.
    pub(super) async fn message(&mut self, id: &str) -> InboundMessage {
        self.until("a message", |event| {
            let Event::Messages(batch) = event else { return None };
            batch.iter().find(|it| it.info.id == id).cloned()
        })
        .await
    }

    /// The first thing that `pick` takes from an event, an earlier one or one to come.
    pub(super) async fn until<T>(&mut self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
        if let Some(found) = self.seen.iter().find_map(|event| pick(event)) {
            return found;
        }
        let come = async {
            loop {
                let event = self.events.recv().await.expect("the client is there");
                let found = pick(&event);
                self.seen.push(event);
                if let Some(found) = found {
                    return found;
                }
            }
        };
        let found = tokio::time::timeout(SOON, come).await;
        found.unwrap_or_else(|_elapsed| panic!("not within {SOON:?}: {what}"))
    }
}

struct Queue(mpsc::UnboundedSender<Arc<Event>>);

impl EventHandler for Queue {
    fn handle_event(&self, event: Arc<Event>) {
        // Nobody listens any more once the test has closed the client.
        drop(self.0.send(event));
    }
}

/// Asks the simulator itself, whatever host it is to ask.
struct Files(Sim);

#[async_trait]
impl HttpClient for Files {
    async fn execute(&self, asked: HttpRequest) -> anyhow::Result<HttpResponse> {
        let mut request = Request::builder().method(asked.method.as_str()).uri(&asked.url);
        for (name, value) in BTreeMap::from_iter(asked.headers) {
            request = request.header(name, value);
        }
        let answer = self.0.answer(request.body(asked.body.unwrap_or_default())?).await;
        let (status_code, body) = (answer.status().as_u16(), answer.into_body().to_vec());
        Ok(HttpResponse { status_code, body })
    }
}

struct Pipes(Sim);

#[async_trait]
impl TransportFactory for Pipes {
    async fn create_transport(
        &self,
    ) -> anyhow::Result<(Arc<dyn Transport>, async_channel::Receiver<TransportEvent>)> {
        let pipe = self.0.dial()?;
        let (events, receiver) = async_channel::bounded(CHUNKS);
        carry(pipe.from_server, events);
        Ok((Arc::new(Piped(Mutex::new(Some(pipe.to_server)))), receiver))
    }
}

/// Takes what the server says to the library, until either has gone.
#[expect(clippy::disallowed_methods, reason = "it ends with the connection that it is of")]
fn carry(mut from_server: mpsc::Receiver<Bytes>, events: async_channel::Sender<TransportEvent>) {
    tokio::spawn(async move {
        let mut next = Some(TransportEvent::Connected);
        while let Some(event) = next {
            if events.send(event).await.is_err() {
                return;
            }
            next = from_server.recv().await.map(TransportEvent::DataReceived);
        }
        // The library may have gone first.
        drop(events.send(TransportEvent::Disconnected(DisconnectReason::StreamEnded)).await);
    });
}

struct Piped(Mutex<Option<mpsc::Sender<Bytes>>>);

#[async_trait]
impl Transport for Piped {
    async fn send(&self, data: Bytes) -> anyhow::Result<()> {
        let Some(sender) = self.0.lock().await.clone() else {
            anyhow::bail!("the pipe is closed");
        };
        Ok(sender.send(data).await?)
    }

    async fn disconnect(&self) {
        drop(self.0.lock().await.take());
    }
}
