//! The devices that make the load, each on a websocket of its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, Uri};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_websockets::{ClientBuilder, Message, WebSocketStream};
use waygate_sim::Pipe;
use waygate_sim::load::{LoadClient, LoadCounts, LoadError};

use super::process::Process;

/// The number of the first account; the others follow.
const FIRST_NUMBER: u64 = 15_550_100_000;

/// How many are linked at a time.
const LINKED_AT_ONCE: usize = 16;

/// To how many others each device writes, one after the other.
const CORRESPONDENTS: usize = 40;

/// Chunks under way in each direction, and orders that a device has not carried out.
const WAITING: usize = 64;

/// How long nothing at all may arrive before all has.
const PATIENCE: Duration = Duration::from_secs(30);

/// All devices, and what they have done.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) counts: Arc<LoadCounts>,
    linked: Vec<LoadClient>,
    orders: Vec<mpsc::Sender<String>>,
    running: JoinSet<Result<(), LoadError>>,
    turn: usize,
}

fn number(index: usize) -> String {
    let index = u64::try_from(index).unwrap_or_default();
    (FIRST_NUMBER + index).to_string()
}

impl Clients {
    /// So many accounts with a device each.
    pub(crate) async fn link(simulator: &Process, count: usize) -> anyhow::Result<Self> {
        ensure!(count >= 2, "two devices at least, to write to each other");
        let (places, mut linking) = (Semaphore::new(LINKED_AT_ONCE), Vec::new());
        for index in 0..count {
            let places = &places;
            linking.push(async move {
                let _place = places.acquire().await?;
                link_one(simulator, index).await
            });
        }
        let linked = futures_util::future::try_join_all(linking).await?;
        let counts = Arc::<LoadCounts>::default();
        Ok(Self { counts, linked, orders: Vec::new(), running: JoinSet::new(), turn: 0 })
    }

    /// Lets all of them log in, and waits until each has its phone's greeting.
    pub(crate) async fn are_online(&mut self, simulator: &Process) -> anyhow::Result<()> {
        let devices = std::mem::take(&mut self.linked);
        let count = u64::try_from(devices.len())?;
        for client in devices {
            let (sender, orders) = mpsc::channel(WAITING);
            let pipe = dial(&simulator.chat).await?;
            self.orders.push(sender);
            let counts = Arc::clone(&self.counts);
            self.running.spawn(client.stay(pipe, orders, counts));
        }
        self.until_received(count).await
    }

    /// The next device in turn writes to the next of those that it writes to, who are far away in
    /// the list.
    pub(crate) async fn write_one(&mut self) -> anyhow::Result<()> {
        let count = self.orders.len();
        let (from, round) = (self.turn % count, self.turn / count);
        let away = 1 + (round % CORRESPONDENTS * 7 + count / 2) % (count - 1);
        let to = number((from + away) % count);
        self.turn += 1;
        let order = self.orders.get(from).context("a device")?.send(to).await;
        if order.is_err() {
            bail!("a device has gone: {:?}", self.running.join_next().await);
        }
        Ok(())
    }

    /// Waits until so many messages have come in all.
    pub(crate) async fn until_received(&mut self, count: u64) -> anyhow::Result<()> {
        let (mut last, mut arrived) = (Instant::now(), 0);
        while arrived < count {
            if let Some(ended) = self.running.try_join_next() {
                bail!("a device has gone: {ended:?}");
            }
            let now = self.counts.received.load(Ordering::Relaxed);
            if now > arrived {
                (last, arrived) = (Instant::now(), now);
            }
            ensure!(last.elapsed() < PATIENCE, "only {:?} and not {count}", self.counts);
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

async fn link_one(simulator: &Process, index: usize) -> anyhow::Result<LoadClient> {
    let number = number(index);
    let new = serde_json::json!({ "number": number }).to_string();
    simulator.call("POST /phones", &new).await?;
    let mut client = LoadClient::new(1, u64::try_from(index)?);
    let pipe = dial(&simulator.chat).await?;
    let scan = async |qr: String| {
        let qr = serde_json::json!({ "qr": qr }).to_string();
        simulator.call(&format!("POST /phones/{number}/scan"), &qr).await.is_ok()
    };
    client.link(pipe, scan).await?;
    Ok(client)
}

/// A websocket as a pipe.
#[expect(clippy::disallowed_methods, reason = "it ends with the connection that it carries")]
async fn dial(chat: &str) -> anyhow::Result<Pipe> {
    let stream = TcpStream::connect(chat).await?;
    stream.set_nodelay(true)?;
    let uri: Uri = format!("ws://{chat}/ws/chat").parse()?;
    let (name, value) = ("origin", "https://web.whatsapp.com");
    let builder = ClientBuilder::from_uri(uri)
        .add_header(HeaderName::from_static(name), HeaderValue::from_static(value))?;
    let (socket, _) = builder.connect_on(stream).await?;
    let (to_server, from_client) = mpsc::channel(WAITING);
    let (to_client, from_server) = mpsc::channel(WAITING);
    let mut carried = Carried { socket, from_client, to_client };
    tokio::task::spawn(async move { while carried.pass_on().await.is_some() {} });
    Ok(Pipe { to_server, from_server })
}

/// A websocket and the ends of its pipe.
struct Carried {
    socket: WebSocketStream<TcpStream>,
    from_client: mpsc::Receiver<Bytes>,
    to_client: mpsc::Sender<Bytes>,
}

impl Carried {
    /// Hands on whatever comes first; `None` when either side has gone.
    async fn pass_on(&mut self) -> Option<()> {
        tokio::select! {
            // Neither loses anything when the other comes first.
            sent = self.from_client.recv() => {
                self.socket.send(Message::binary(sent?)).await.ok()
            }
            come = self.socket.next() => {
                let message = come?.ok()?;
                if !message.is_binary() {
                    return Some(());
                }
                self.to_client.send(message.into_payload().into()).await.ok()
            }
        }
    }
}
