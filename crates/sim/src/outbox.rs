//! The way out of one connection: everything it will be sent, in order, with the latency.
//!
//! One writer task per connection owns the sending cipher, so that the order of its counter is
//! the order of sending. Everybody else holds an [`Outbox`] and never waits.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep_until},
};
use wacore_binary::Node;

use crate::{
    frame::frame,
    late::{Late, Pace},
    noise::Cipher,
    stanza,
};

/// Stanzas waiting for one client; a client that lets them pile up is cut.
const WAITING_MAX: usize = 4_096;

/// How long a stream lives on after the stanza that ends it.
pub(crate) const FAREWELL: Duration = Duration::from_millis(300);

#[derive(Debug)]
enum Parcel {
    /// A handshake message, sent as it is.
    Plain(Vec<u8>),
    /// The end of the handshake: everything from here on is encrypted.
    Secure(Box<Cipher>),
    /// A stanza, and when it goes.
    Stanza(Box<Node>, Pace),
    /// The end.
    Close,
    /// The end, as by the network.
    Cut,
}

/// The sending side of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    parcels: mpsc::Sender<(Instant, Parcel)>,
    latency: Duration,
    cut: Arc<Cut>,
}

/// An order to drop the connection without a word.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    ordered: AtomicBool,
    after_all: AtomicBool,
    overflowed: AtomicBool,
    failed: AtomicBool,
    notify: Notify,
}

impl Cut {
    /// Whether the connection was dropped rather than closed.
    pub(crate) fn is_drop(&self) -> bool {
        self.is_ordered() || self.after_all.load(Ordering::SeqCst)
    }

    fn is_ordered(&self) -> bool {
        self.ordered.load(Ordering::SeqCst)
    }

    /// Resolves when the connection is to be dropped; for everybody who waits for it, and for
    /// whoever comes late.
    pub(crate) async fn ordered(&self) {
        let mut order = pin!(self.notify.notified());
        // Listening comes before looking, so that no order falls in between.
        order.as_mut().enable();
        if !self.is_ordered() {
            order.await;
        }
    }

    fn order(&self) {
        self.ordered.store(true, Ordering::SeqCst);
        self.notify.notify_waiters();
    }
}

/// The writer's half of a new outbox.
#[derive(Debug)]
pub(crate) struct Writer {
    parcels: mpsc::Receiver<(Instant, Parcel)>,
    cut: Arc<Cut>,
}

impl Outbox {
    pub(crate) fn new(latency: Duration) -> (Self, Writer) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let cut = Arc::new(Cut::default());
        let writer = Writer { parcels: receiver, cut: Arc::clone(&cut) };
        (Self { parcels: sender, latency, cut }, writer)
    }

    pub(crate) fn send_plain(&self, payload: Vec<u8>) {
        self.put(Duration::ZERO, Parcel::Plain(payload));
    }

    pub(crate) fn secure(&self, cipher: Cipher) {
        self.put(Duration::ZERO, Parcel::Secure(Box::new(cipher)));
    }

    pub(crate) fn send(&self, node: Node) {
        self.send_at(Pace::AtOnce, node);
    }

    /// Sends a stanza that a fault may hold back.
    pub(crate) fn send_at(&self, pace: Pace, node: Node) {
        self.put(Duration::ZERO, Parcel::Stanza(Box::new(node), pace));
    }

    /// Ends the connection `after` everything sent so far has gone out.
    pub(crate) fn close(&self, after: Duration) {
        self.put(after, Parcel::Close);
    }

    /// How late everything that is sent arrives.
    pub(crate) fn latency(&self) -> Duration {
        self.latency
    }

    /// Drops the connection now, with whatever is still waiting.
    pub(crate) fn cut(&self) {
        self.cut.order();
    }

    /// Drops the connection when everything sent so far has gone out.
    pub(crate) fn cut_after_all(&self) {
        self.put(Duration::ZERO, Parcel::Cut);
    }

    /// The order to drop this connection, for the transport that has to obey it.
    pub(crate) fn cut_order(&self) -> Arc<Cut> {
        Arc::clone(&self.cut)
    }

    /// Whether the connection was dropped because its client did not read.
    pub(crate) fn has_overflowed(&self) -> bool {
        self.cut.overflowed.load(Ordering::Relaxed)
    }

    /// Whether the connection was closed because something it was to be sent cannot be sent.
    pub(crate) fn has_failed(&self) -> bool {
        self.cut.failed.load(Ordering::Relaxed)
    }

    /// Resolves when the writer has ended.
    pub(crate) async fn closed(&self) {
        self.parcels.closed().await;
    }

    fn put(&self, after: Duration, parcel: Parcel) {
        let due = Instant::now() + self.latency + after;
        if let Err(mpsc::error::TrySendError::Full(_)) = self.parcels.try_send((due, parcel)) {
            self.cut.overflowed.store(true, Ordering::Relaxed);
            self.cut.order();
        }
    }
}

impl Writer {
    /// Sends until the connection is closed, cut, or given up by the client.
    pub(crate) async fn run(mut self, to_client: mpsc::Sender<Bytes>) {
        let cut = Arc::clone(&self.cut);
        tokio::select! {
            // In this order, so that two runs of one seed are the same run.
            biased;
            // Nothing here is resumed after the other branch won, so nothing can be lost.
            () = cut.ordered() => {}
            () = self.deliver(&to_client) => {}
            () = to_client.closed() => {}
        }
    }

    async fn deliver(&mut self, to_client: &mpsc::Sender<Bytes>) {
        let mut sending = Sending { cipher: None, to_client };
        let mut late = Late::default();
        loop {
            let due = late.due();
            let next = tokio::select! {
                biased;
                // A receive that loses the race has taken nothing from the channel.
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => None,
                next = self.parcels.recv() => match next {
                    Some(next) => Some(next),
                    None => return,
                },
            };
            let sent = match next {
                None => sending.stanzas(late.pop_due()).await,
                Some((due, parcel)) => {
                    if due > Instant::now() {
                        sleep_until(due).await;
                    }
                    match parcel {
                        Parcel::Plain(payload) => sending.payload(Some(payload)).await,
                        Parcel::Secure(fresh) => {
                            sending.cipher = Some(*fresh);
                            continue;
                        }
                        Parcel::Stanza(node, pace) => match late.hold(pace, *node) {
                            Some(node) => {
                                let behind = late.overtaken();
                                sending.stanzas([node].into_iter().chain(behind)).await
                            }
                            None => Ok(()),
                        },
                        Parcel::Close => return,
                        Parcel::Cut => {
                            self.cut.after_all.store(true, Ordering::SeqCst);
                            return;
                        }
                    }
                }
            };
            match sent {
                Ok(()) => {}
                Err(Unsent::Gone) => return,
                Err(Unsent::NoEncoding) => {
                    tracing::warn!("a stanza could not be encoded; the connection is closed");
                    self.cut.failed.store(true, Ordering::Relaxed);
                    return;
                }
            }
        }
    }
}

/// Why something was not sent.
#[derive(Debug)]
enum Unsent {
    /// The client is not there any more.
    Gone,
    NoEncoding,
}

/// The end of the way out.
struct Sending<'a> {
    cipher: Option<Cipher>,
    to_client: &'a mpsc::Sender<Bytes>,
}

impl Sending<'_> {
    async fn stanzas(&mut self, nodes: impl IntoIterator<Item = Node>) -> Result<(), Unsent> {
        for node in nodes {
            tracing::trace!(tag = %node.tag, "sent");
            let cipher = self.cipher.as_mut();
            let plaintext = stanza::encode(&node);
            let sealed = plaintext.zip(cipher).and_then(|(it, cipher)| cipher.seal(&it, &[]));
            self.payload(sealed).await?;
        }
        Ok(())
    }

    async fn payload(&mut self, payload: Option<Vec<u8>>) -> Result<(), Unsent> {
        let bytes = payload.and_then(|payload| frame(&payload)).ok_or(Unsent::NoEncoding)?;
        self.to_client.send(bytes).await.map_err(|_closed| Unsent::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn everything_arrives_in_order_and_late_by_the_latency() {
        let (outbox, writer) = Outbox::new(Duration::from_millis(40));
        let (to_client, mut client) = mpsc::channel(8);
        let started = Instant::now();
        outbox.send_plain(vec![1]);
        outbox.send_plain(vec![2]);
        outbox.close(FAREWELL);
        let (first, second, end, ()) = tokio::join!(
            async { client.recv().await.map(|bytes| (bytes, started.elapsed())) },
            async {},
            async {},
            writer.run(to_client),
        );
        let ((), ()) = (second, end);
        assert_eq!(first, Some((Bytes::from_static(&[0, 0, 1, 1]), Duration::from_millis(40))));
        assert_eq!(client.recv().await.unwrap(), Bytes::from_static(&[0, 0, 1, 2]));
        assert_eq!(client.recv().await, None);
        assert_eq!(started.elapsed(), Duration::from_millis(340));
    }

    #[tokio::test(start_paused = true)]
    async fn a_cut_reaches_everybody_who_waits_for_it_and_whoever_comes_late() {
        let (outbox, _writer) = Outbox::new(Duration::ZERO);
        let cut = outbox.cut_order();
        let waiting = async { tokio::join!(cut.ordered(), cut.ordered()) };
        let order = async {
            tokio::task::yield_now().await;
            outbox.cut();
        };
        let within = tokio::time::timeout(Duration::from_secs(1), async {
            tokio::join!(waiting, order);
            cut.ordered().await;
        });
        assert_eq!(within.await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_cut_after_all_comes_behind_what_is_queued() {
        let (outbox, writer) = Outbox::new(Duration::from_millis(40));
        let (to_client, mut client) = mpsc::channel(8);
        outbox.send_plain(vec![1]);
        outbox.cut_after_all();
        assert!(!outbox.cut_order().is_drop());
        writer.run(to_client).await;
        assert!(client.recv().await.is_some());
        assert_eq!(client.recv().await, None);
        assert!(outbox.cut_order().is_drop());
    }

    #[tokio::test(start_paused = true)]
    async fn a_cut_does_not_wait_for_what_is_queued() {
        let (outbox, writer) = Outbox::new(Duration::from_millis(40));
        let (to_client, mut client) = mpsc::channel(8);
        outbox.send_plain(vec![1]);
        outbox.cut();
        writer.run(to_client).await;
        assert_eq!(client.recv().await, None);
        assert!(outbox.cut_order().is_drop());
        assert!(outbox.parcels.is_closed());
    }
}
