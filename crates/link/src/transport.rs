//! The library's transport, with a trace of how the dialling went.
//!
//! The library tells nobody why a connection could not be made; it only writes a log line. What
//! passes here is enough to tell the cases apart: not reached, reached but not trusted, lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{Mutex, mpsc};
use whatsapp_rust::anyhow;
use whatsapp_rust::transport::{
    TokioWebSocketTransportFactory, Transport, TransportEvent, TransportFactory,
};
use whatsapp_rust::wacore::net::DisconnectReason;

use crate::network::{Network, Pipe, PipeSource, Tls};
use crate::runtime::ConnectionTasks;
use crate::settings::LinkSettings;
use crate::turn::Turn;

/// Chunks under way in either direction of a pipe or to the library.
const CHUNKS: usize = 64;

/// How far a connection came.
#[derive(Debug, Default)]
pub(crate) struct DialTrace {
    reached: AtomicBool,
    answered: AtomicBool,
    closed_by_us: AtomicBool,
    closed_by_server: AtomicBool,
    sends: AtomicU32,
}

/// The trace in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// No connection was made.
    NotReached,
    /// The server answered the greeting, and the library hung up on it.
    NotTrusted,
    /// There was a conversation.
    Conversed,
}

impl DialTrace {
    pub(crate) fn reach(&self) -> Reach {
        let set = |flag: &AtomicBool| flag.load(Ordering::Acquire);
        if !set(&self.reached) || !set(&self.answered) {
            Reach::NotReached
        } else if self.sends.load(Ordering::Acquire) <= 1 && !set(&self.closed_by_server) {
            // The second thing a client sends is the proof that it accepted the server's.
            Reach::NotTrusted
        } else {
            Reach::Conversed
        }
    }
}

/// Makes the transports of one connection.
#[derive(Debug)]
pub(crate) struct TracedFactory {
    pub(crate) settings: Arc<LinkSettings>,
    pub(crate) network: Network,
    pub(crate) tls: Tls,
    pub(crate) tasks: ConnectionTasks,
    pub(crate) trace: Arc<DialTrace>,
    pub(crate) turn: Turn,
}

impl TracedFactory {
    async fn open(&self) -> Result<Opened, anyhow::Error> {
        match &self.network {
            Network::Websocket => {
                TokioWebSocketTransportFactory::new()
                    .with_url(self.settings.url.as_str())
                    .with_connector(self.tls.connector())
                    .create_transport()
                    .await
            }
            Network::InProcess(source) => Ok(piped(source, &self.tasks)?),
        }
    }
}

type Opened = (Arc<dyn Transport>, async_channel::Receiver<TransportEvent>);

#[async_trait]
impl TransportFactory for TracedFactory {
    async fn create_transport(&self) -> Result<Opened, anyhow::Error> {
        let (inner, events) = match self.open().await {
            Ok(opened) => opened,
            Err(error) => {
                let cause = format!("{error:#}");
                tracing::info!(cause, "WhatsApp could not be reached");
                return Err(error);
            }
        };
        self.trace.reached.store(true, Ordering::Release);
        let (seen, to_library) = async_channel::bounded(CHUNKS);
        let (trace, mut frames) = (Arc::clone(&self.trace), self.turn.frames());
        self.tasks.start(Box::pin(async move {
            while let Ok(event) = events.recv().await {
                match &event {
                    TransportEvent::DataReceived(_) => {
                        trace.answered.store(true, Ordering::Release);
                        frames.next().await;
                    }
                    // Our own closing is echoed as the end of the stream.
                    TransportEvent::Disconnected(_) => {
                        if !trace.closed_by_us.load(Ordering::Acquire) {
                            trace.closed_by_server.store(true, Ordering::Release);
                        }
                    }
                    TransportEvent::Connected => {}
                }
                if seen.send(event).await.is_err() {
                    return;
                }
            }
        }));
        let transport = Traced { inner, trace: Arc::clone(&self.trace) };
        Ok((Arc::new(transport), to_library))
    }
}

struct Traced {
    inner: Arc<dyn Transport>,
    trace: Arc<DialTrace>,
}

#[async_trait]
impl Transport for Traced {
    async fn send(&self, data: Bytes) -> Result<(), anyhow::Error> {
        self.trace.sends.fetch_add(1, Ordering::AcqRel);
        self.inner.send(data).await
    }

    async fn disconnect(&self) {
        self.trace.closed_by_us.store(true, Ordering::Release);
        self.inner.disconnect().await;
    }
}

/// A pipe as the library's transport.
struct Piped {
    source: Arc<dyn PipeSource>,
    to_server: Mutex<Option<mpsc::Sender<Bytes>>>,
}

fn piped(source: &Arc<dyn PipeSource>, tasks: &ConnectionTasks) -> std::io::Result<Opened> {
    let Pipe { to_server, mut from_server } = source.open()?;
    let (events, receiver) = async_channel::bounded(CHUNKS);
    tasks.start(Box::pin(async move {
        let mut next = Some(TransportEvent::Connected);
        while let Some(event) = next {
            if events.send(event).await.is_err() {
                return;
            }
            next = from_server.recv().await.map(TransportEvent::DataReceived);
        }
        let end = TransportEvent::Disconnected(DisconnectReason::StreamEnded);
        if events.send(end).await.is_err() {
            tracing::trace!("nobody listened to the end of a pipe");
        }
    }));
    let piped = Piped { source: Arc::clone(source), to_server: Mutex::new(Some(to_server)) };
    Ok((Arc::new(piped), receiver))
}

#[async_trait]
impl Transport for Piped {
    async fn send(&self, data: Bytes) -> Result<(), anyhow::Error> {
        self.source.before_send();
        let Some(sender) = self.to_server.lock().await.clone() else {
            anyhow::bail!("the pipe is closed");
        };
        sender.send(data).await?;
        Ok(())
    }

    async fn disconnect(&self) {
        drop(self.to_server.lock().await.take());
    }
}
