//! The simulator itself: made, dialled, given phones and faults, and asked what it saw.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    sync::{Arc, MutexGuard},
};

use bytes::Bytes;
use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    DialRefused, Fault, Phone, PhoneError, RefusalKind, Report, SimConfig,
    account::Account,
    connection,
    fault::DialFault,
    outbox::{Cut, Outbox},
    socket,
    tasks::spawn,
    world::{ConnectionId, Peer, Shared, Stage, World},
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

impl Sim {
    /// A simulator without phones. Time starts now, on the clock of the tokio runtime that this
    /// must be called in.
    pub fn new(config: SimConfig) -> Self {
        Self { shared: Arc::new(Shared::new(config)) }
    }

    /// Opens an in-process connection. Must be called inside the runtime. Fails only when a fault
    /// was ordered; a connection that was ordered to hang is open and silent.
    pub fn dial(&self) -> Result<Pipe, DialRefused> {
        self.connect().map(|line| line.pipe)
    }

    /// As [`Sim::dial`], for a transport that can tell a drop from a close.
    pub(crate) fn connect(&self) -> Result<Line, DialRefused> {
        let (to_server, from_client) = mpsc::channel(PIPE_CHUNKS);
        let (to_client, from_server) = mpsc::channel(PIPE_CHUNKS);
        let pipe = Pipe { to_server, from_server };
        let mut world = self.shared.lock();
        world.report.dials += 1;
        let id = world.report.dials;
        match world.faults.strike_dial() {
            Some(DialFault::Refuse) => {
                world.report.dials_faulted += 1;
                return Err(DialRefused);
            }
            Some(DialFault::Hang) => {
                world.report.dials_faulted += 1;
                drop(world);
                spawn(hang(from_client, to_client));
                return Ok(Line { id, pipe, cut: Arc::default() });
            }
            None => {}
        }
        let (outbox, writer) = Outbox::new(self.shared.config.latency.delay());
        let peer = Peer { outbox: outbox.clone(), stage: Stage::Handshaking, watched: Vec::new() };
        world.connections.insert(id, peer);
        world.report.live_connections += 1;
        drop(world);
        let cut = outbox.cut_order();
        spawn(writer.run(to_client));
        spawn(connection::run(Arc::clone(&self.shared), id, outbox, from_client));
        Ok(Line { id, pipe, cut })
    }

    /// Ends a connection whose transport brought text, which is nothing of this protocol.
    pub(crate) fn refuse_text(&self, connection: ConnectionId) {
        let mut world = self.shared.lock();
        world.refuse(Some(connection), RefusalKind::Frame, "a text message");
        world.end(connection, None);
    }

    /// Takes one dial's share of an order to hang, for a transport that can hang before it is open.
    pub(crate) fn strike_hang(&self) -> bool {
        let mut world = self.shared.lock();
        if world.faults.dials_refused > 0 || world.faults.dials_hung == 0 {
            return false;
        }
        world.faults.dials_hung -= 1;
        world.report.dials += 1;
        world.report.dials_faulted += 1;
        true
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

    /// Orders a fault. One that strikes present connections and finds none does nothing.
    pub fn inject(&self, fault: Fault) {
        self.shared.lock().inject(&self.shared.root, fault);
    }

    /// What has happened so far.
    pub fn report(&self) -> Report {
        self.shared.lock().report.clone()
    }
}

/// A connection that is open and never says anything.
async fn hang(mut from_client: mpsc::Receiver<Bytes>, to_client: mpsc::Sender<Bytes>) {
    while from_client.recv().await.is_some() {}
    drop(to_client);
}
