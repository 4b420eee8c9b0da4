//! What keeps a session going beside its handler: reading, writing, pings, and the end.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink as _, SinkExt as _, Stream as _, StreamExt as _};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;

use super::SessionLimits;
use super::ending::{Ending, Farewell};
use super::metered::{Metered, Stream};
use super::session::{Close, CloseCode, Incoming, Order, Strings};
use crate::listener::linger;

/// What the framing reads at a time; it holds so much for each session.
const READ_BYTES: usize = 8 * 1024;

/// Room for control frames and for heads, beside the one text that is being written.
const CONTROL_BYTES_MAX: usize = 1024;

/// Owns the connection of a session.
pub(super) struct Driver {
    socket: WebSocketStream<Metered>,
    limits: SessionLimits,
    strings: Strings,
    stop: CancellationToken,
    pings: Interval,
    pings_unanswered: u32,
    /// A message for which the handler has no room yet. Nothing is read meanwhile.
    untaken: Option<Incoming>,
    /// Whether something is written that may not have reached the socket.
    unflushed: bool,
    /// Who waits for that.
    writing: Option<oneshot::Sender<()>>,
    panicked: Arc<AtomicBool>,
}

/// What happens to a session.
enum Event {
    Stopped,
    Ordered(Option<Order>),
    PingDue,
    Taken,
    Came(Option<Result<Message, Error>>),
    Flushed(Result<(), Error>),
    Flooded,
}

impl Driver {
    /// Begins after the 101; `early` is what came right behind the client's request.
    pub(super) async fn new(
        stream: Box<dyn Stream>,
        early: Bytes,
        limits: SessionLimits,
        strings: Strings,
        stop: CancellationToken,
    ) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            // Written at once: a session's messages are few, and each is awaited.
            .write_buffer_size(0)
            .max_write_buffer_size(limits.text_bytes_max.saturating_add(CONTROL_BYTES_MAX))
            .max_message_size(Some(limits.message_bytes_max))
            .max_frame_size(Some(limits.message_bytes_max));
        let stream = Metered::new(stream, limits.message_cost_bytes_max);
        let socket =
            WebSocketStream::from_partially_read(stream, early.into(), Role::Server, Some(config));
        // An interval of nothing is a panic.
        let ping = limits.ping.max(Duration::from_millis(1));
        let mut pings = interval_at(Instant::now() + ping, ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            socket: socket.await,
            limits,
            strings,
            stop,
            pings,
            pings_unanswered: 0,
            untaken: None,
            unflushed: false,
            writing: None,
            panicked: Arc::default(),
        }
    }

    /// Set before the session is dropped by a panic, it makes the client hear of that.
    pub(super) fn panicked(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.panicked)
    }

    /// Keeps the session until it ends, and then closes its connection.
    pub(super) async fn run(mut self) {
        let ending = loop {
            let event = self.next().await;
            if let Some(ending) = self.handle(event) {
                break ending;
            }
        };
        let why = ending.why();
        tracing::debug!(why, route = crate::trace::route(), "a session ends");
        self.end(ending).await;
    }

    /// Cancel-safe: what is read and written half stays with the socket.
    async fn next(&mut self) -> Event {
        let Self { socket, strings, stop, pings, untaken, unflushed, .. } = self;
        let wishes = Wishes { flush: *unflushed, read: untaken.is_none() };
        // Cancel-safe: the token has no state, the channels and the interval promise it, and the
        // socket keeps its own.
        tokio::select! {
            biased;
            () = stop.cancelled() => Event::Stopped,
            _instant = pings.tick() => Event::PingDue,
            order = strings.orders.recv(), if !wishes.flush => Event::Ordered(order),
            room = strings.incoming.reserve(), if !wishes.read => {
                if let (Ok(room), Some(message)) = (room, untaken.take()) {
                    room.send(message);
                }
                Event::Taken
            }
            event = poll_fn(|cx| poll_socket(socket, wishes, cx)) => event,
        }
    }

    fn handle(&mut self, event: Event) -> Option<Ending> {
        match event {
            Event::Stopped => Some(Ending::Stopped),
            Event::Ordered(None) if self.panicked.load(Ordering::Relaxed) => Some(Ending::Panicked),
            Event::Ordered(None) => Some(Ending::Done),
            Event::Ordered(Some(Order::Close(close, waiting))) => {
                Some(Ending::Asked(close, waiting))
            }
            Event::Ordered(Some(Order::Text(text, written))) => self.send_text(text, written),
            Event::PingDue => self.ping(),
            Event::Taken => None,
            Event::Came(Some(Ok(message))) => self.take(message),
            Event::Came(None) => Some(Ending::Lost),
            Event::Flushed(Ok(())) => {
                self.unflushed = false;
                if let Some(written) = self.writing.take() {
                    // Who does not wait any more need not know.
                    let (Ok(()) | Err(())) = written.send(());
                }
                None
            }
            Event::Came(Some(Err(error))) | Event::Flushed(Err(error)) => Some(ending_of(&error)),
            Event::Flooded => Some(Ending::Broken(CloseCode::POLICY)),
        }
    }

    fn send_text(&mut self, text: String, written: oneshot::Sender<()>) -> Option<Ending> {
        if text.len() > self.limits.text_bytes_max {
            let length = text.len();
            tracing::error!(length, route = crate::trace::route(), "a session's text is too large");
            return Some(Ending::TextTooLarge);
        }
        self.writing = Some(written);
        self.write(Message::text(text))
    }

    fn ping(&mut self) -> Option<Ending> {
        if self.unflushed {
            // It could not be answered before the client has read what is in front of it. How long
            // the client may take for that is another limit.
            return None;
        }
        if self.pings_unanswered >= self.limits.pongs_missed_max {
            return Some(if self.untaken.is_some() { Ending::Untaken } else { Ending::Silent });
        }
        self.pings_unanswered += 1;
        self.write(Message::Ping(Bytes::new()))
    }

    fn write(&mut self, message: Message) -> Option<Ending> {
        self.unflushed = true;
        self.socket.start_send_unpin(message).err().as_ref().map(ending_of)
    }

    fn take(&mut self, message: Message) -> Option<Ending> {
        self.socket.get_mut().start_over();
        let incoming = match message {
            Message::Text(text) => Incoming::Text(text.as_str().to_owned()),
            Message::Binary(bytes) => Incoming::Binary(bytes),
            Message::Ping(_payload) => {
                // The framing has its answer ready.
                self.unflushed = true;
                return None;
            }
            Message::Pong(_payload) => {
                self.pings_unanswered = 0;
                return None;
            }
            Message::Close(_close) => return Some(Ending::Left),
            // Never read, only written.
            Message::Frame(_frame) => return None,
        };
        match self.strings.incoming.try_send(incoming) {
            Ok(()) => {}
            Err(TrySendError::Full(incoming)) => self.untaken = Some(incoming),
            // The handler has dropped its session; the next event says so.
            Err(TrySendError::Closed(_incoming)) => {}
        }
        None
    }

    /// Says farewell and closes the connection.
    async fn end(self, ending: Ending) {
        let Self { mut socket, strings, writing, limits, .. } = self;
        // Whoever waits in the handler learns now that it is over.
        drop((strings, writing));
        let (farewell, waiting) = ending.farewell();
        let said = match farewell {
            Farewell::Silence => false,
            Farewell::Reply => within(&limits, socket.flush()).await,
            Farewell::Failing(close) => within(&limits, socket.send(frame(close))).await,
            Farewell::Handshake(close) => {
                let agreed = async {
                    socket.send(frame(close)).await?;
                    // What a client has sent before it knew is thrown away.
                    while let Some(Ok(_message)) = socket.next().await {
                        socket.get_mut().start_over();
                    }
                    Ok(())
                };
                within(&limits, agreed).await
            }
        };
        if said {
            linger(socket.into_inner().into_inner()).await;
        }
        drop(waiting);
    }
}

/// Whether the client may still be there when this has ended, which takes no longer than the closing
/// handshake may.
async fn within(limits: &SessionLimits, farewell: impl Future<Output = Result<(), Error>>) -> bool {
    match tokio::time::timeout(limits.closing, farewell).await {
        Ok(Ok(())) | Err(_) => true,
        Ok(Err(error)) => !matches!(error, Error::Io(_)),
    }
}

fn frame(close: Close) -> Message {
    Message::Close(Some(CloseFrame {
        code: close.code.number().into(),
        reason: close.reason.into(),
    }))
}

/// What is wanted of the socket.
#[derive(Debug, Clone, Copy)]
struct Wishes {
    flush: bool,
    read: bool,
}

fn poll_socket(
    socket: &mut WebSocketStream<Metered>,
    wishes: Wishes,
    cx: &mut Context<'_>,
) -> Poll<Event> {
    if wishes.flush
        && let Poll::Ready(flushed) = Pin::new(&mut *socket).poll_flush(cx)
    {
        return Poll::Ready(Event::Flushed(flushed));
    }
    if wishes.read
        && let Poll::Ready(came) = Pin::new(&mut *socket).poll_next(cx)
    {
        return Poll::Ready(Event::Came(came));
    }
    if socket.get_ref().is_flooded() { Poll::Ready(Event::Flooded) } else { Poll::Pending }
}

/// What an error of the framing means. Its text may quote the client, so nobody shows it.
///
/// Its kinds depend on the features with which somebody else has the framing built, so those that
/// cannot come of a stream without a handshake and TLS of its own are not named.
fn ending_of(error: &Error) -> Ending {
    if let Error::Io(error) = error
        && error.kind() == io::ErrorKind::TimedOut
    {
        Ending::Stalled
    } else if matches!(error, Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) {
        Ending::Lost
    } else if matches!(error, Error::Protocol(_)) {
        Ending::Broken(CloseCode::PROTOCOL_ERROR)
    } else if matches!(error, Error::Capacity(_)) {
        Ending::Broken(CloseCode::TOO_LARGE)
    } else if matches!(error, Error::Utf8(_)) {
        Ending::Broken(CloseCode::NOT_UTF8)
    } else {
        Ending::Lost
    }
}
