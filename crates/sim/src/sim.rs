//! The simulator itself: made, dialled, given phones and faults, and asked what it saw.

use std::{
    collections::BTreeSet,
    future::Future,
    io,
    net::SocketAddr,
    sync::{Arc, MutexGuard, Weak},
};

use bytes::Bytes;
use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    DeviceRecord, DialRefused, Order, Phone, PhoneError, RefusalKind, Report, SimConfig,
    StandingFault, TraceLine,
    account::Account,
    connection,
    fault::DialFault,
    outbox::{Cut, Outbox},
    socket,
    tasks::spawn,
    world::{ConnectionId, DeviceKey, Peer, Shared, Stage, World},
};

/// Chunks of bytes in flight in each direction of a pipe.
const PIPE_CHUNKS: usize = 64;

/// Phones in one simulator.
const PHONES_MAX: usize = 100_000;

/// A WhatsApp server with its phones. Cheap to clone; all clones are the same simulator.
#[derive(Debug, Clone)]
pub struct Sim {
    shared: Arc<Shared>,
}

/// A client's end of an in-process connection: a byte stream in chunks of any size, without
/// websocket. Dropping `to_server` hangs up; the end of `from_server` means that the server has
/// closed or cut the connection.
#[derive(Debug)]
pub struct Pipe {
    /// Bytes to the server.
    pub to_server: mpsc::Sender<Bytes>,
    /// Bytes from the server.
    pub from_server: mpsc::Receiver<Bytes>,
}

/// A connection as a transport carries it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) id: ConnectionId,
    pub(crate) pipe: Pipe,
    pub(crate) cut: Arc<Cut>,
}

/// What becomes of a dial.
#[derive(Debug)]
pub(crate) enum Admission {
    Open(ConnectionId),
    Hang,
    Refuse(DialRefused),
}

impl Sim {
    /// A simulator without phones. Time starts now, on the clock of the tokio runtime that this
    /// must be called in.
    pub fn new(config: SimConfig) -> Self {
        Self { shared: Arc::new_cyclic(|own| Shared::new(config, Weak::clone(own))) }
    }

    /// Opens an in-process connection. Must be called inside the runtime. Fails only when a fault
    /// was ordered; a connection that was ordered to hang is open and silent.
    pub fn dial(&self) -> Result<Pipe, DialRefused> {
        match self.admit() {
            Admission::Open(id) => Ok(self.open(id).pipe),
            Admission::Hang => {
                let (to_server, from_client) = mpsc::channel(PIPE_CHUNKS);
                let (to_client, from_server) = mpsc::channel(PIPE_CHUNKS);
                spawn(hang(from_client, to_client));
                Ok(Pipe { to_server, from_server })
            }
            Admission::Refuse(refused) => Err(refused),
        }
    }

    /// Decides on a dial, before there is a connection.
    pub(crate) fn admit(&self) -> Admission {
        let mut world = self.shared.lock();
        world.report.dials += 1;
        let id = world.report.dials;
        let Some(fault) = world.strike_dial() else {
            return Admission::Open(id);
        };
        world.report.dials_faulted += 1;
        match fault {
            DialFault::Refuse { status } => Admission::Refuse(DialRefused { status }),
            DialFault::Hang => Admission::Hang,
        }
    }

    /// Opens a connection that was admitted.
    pub(crate) fn open(&self, id: ConnectionId) -> Line {
        let (to_server, from_client) = mpsc::channel(PIPE_CHUNKS);
        let (to_client, from_server) = mpsc::channel(PIPE_CHUNKS);
        let (outbox, writer) = Outbox::new(self.shared.config.latency.delay());
        let peer = Peer {
            outbox: outbox.clone(),
            stage: Stage::Handshaking,
            watched: Vec::new(),
            doubled: BTreeSet::new(),
        };
        let mut world = self.shared.lock();
        world.connections.insert(id, peer);
        world.report.live_connections += 1;
        drop(world);
        let cut = outbox.cut_order();
        spawn(writer.run(to_client));
        spawn(connection::run(Arc::clone(&self.shared), id, outbox, from_client));
        Line { id, pipe: Pipe { to_server, from_server }, cut }
    }

    /// Ends a connection whose transport brought text, which is nothing of this protocol.
    pub(crate) fn refuse_text(&self, connection: ConnectionId) {
        let mut world = self.shared.lock();
        world.refuse(Some(connection), RefusalKind::Frame, "a text message");
        world.end(connection, None);
    }

    /// Serves clients by websocket on `chat` and the control API on `control` until `stop`
    /// resolves; then closes every connection made here and returns. Fails when a listener does.
    /// From here on profile pictures have addresses on `chat`.
    pub async fn serve(
        &self,
        chat: TcpListener,
        control: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        socket::serve(self.clone(), chat, control, stop).await
    }

    /// Gives profile pictures addresses below this one, and names it as the media host.
    pub(crate) fn serve_files_at(&self, address: SocketAddr) {
        let mut world = self.shared.lock();
        world.pictures_at = format!("http://{address}");
        world.media.host = address.to_string();
    }

    /// The world, for the fronts.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.lock()
    }

    /// The profile picture at this path, query included.
    pub(crate) fn picture_at(&self, path: &str) -> Option<Bytes> {
        self.shared.lock().picture_at(path).map(|picture| picture.jpeg.clone())
    }

    /// The public key that clients must trust as the root of the server's certificates.
    pub fn root_key(&self) -> [u8; 32] {
        self.shared.root.public()
    }

    /// The web client version this simulator announces.
    pub fn version(&self) -> (u32, u32, u32) {
        self.shared.config.version
    }

    /// Gives a number (7 to 15 digits, no leading zero) a phone with a fresh account.
    pub fn add_phone(&self, number: &str) -> Result<Phone, PhoneError> {
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !(7..=15).contains(&number.len()) || number.starts_with('0') {
            return Err(PhoneError::InvalidNumber);
        }
        let mut world = self.shared.lock();
        if world.accounts.contains_key(number) {
            return Err(PhoneError::Exists);
        }
        if world.accounts.len() >= PHONES_MAX {
            return Err(PhoneError::TooMany);
        }
        let account = Account::create(number, self.shared.config.seed, self.shared.clock);
        world.add_account(account);
        Ok(Phone::new(Arc::clone(&self.shared), number.to_owned()))
    }

    /// The phone with this number.
    pub fn phone(&self, number: &str) -> Option<Phone> {
        let world = self.shared.lock();
        world
            .accounts
            .contains_key(number)
            .then(|| Phone::new(Arc::clone(&self.shared), number.to_owned()))
    }

    /// All phones, by number.
    pub fn phones(&self) -> Vec<Phone> {
        let world = self.shared.lock();
        let phone = |number: &String| Phone::new(Arc::clone(&self.shared), number.clone());
        world.accounts.keys().map(phone).collect()
    }

    /// Orders a fault: a [`crate::Fault`] for all, or an [`Order`]. One that strikes what is there and
    /// finds nothing does nothing, and so does one that is none (see [`Order::check`]).
    pub fn inject(&self, order: impl Into<Order>) {
        self.shared.lock().inject(&self.shared.root, order.into());
    }

    /// The faults that wait for what they strike, the oldest first.
    pub fn faults(&self) -> Vec<StandingFault> {
        self.shared.lock().faults.shown()
    }

    /// Lifts the fault of this number, if it stands; whether it did.
    pub fn lift_fault(&self, id: u64) -> bool {
        self.shared.lock().faults.lift(Some(id))
    }

    /// Lifts all faults. What they have held back still comes when it is due.
    pub fn lift_faults(&self) {
        self.shared.lock().faults.lift(None);
    }

    /// What has happened so far, and what the oracle thinks of it.
    pub fn report(&self) -> Report {
        let world = self.shared.lock();
        let mut report = world.report.clone();
        report.breaches.extend(world.suspicions());
        report
    }

    /// From now on, writes down every stanza; what was written down before is forgotten.
    pub fn keep_trace(&self) {
        self.shared.lock().lines.replace(Some(Vec::new()));
    }

    /// What was written down since, which a run with the same seed and the same clients repeats.
    pub fn trace(&self) -> Vec<TraceLine> {
        self.shared.lock().lines.borrow().clone().unwrap_or_default()
    }

    /// What the oracle has noted of a device; `None` of one that has never been online.
    pub fn record(&self, number: &str, device: u16) -> Option<DeviceRecord> {
        self.shared.lock().record(&DeviceKey { number: number.to_owned(), device })
    }
}

/// A connection that is open and never says anything.
async fn hang(mut from_client: mpsc::Receiver<Bytes>, to_client: mpsc::Sender<Bytes>) {
    while from_client.recv().await.is_some() {}
    drop(to_client);
}
