//! The world: accounts, connections, refs and the record of what happened, behind one lock.
//!
//! Everything in here is plain code that never waits; connections and phones take the lock, change
//! the world, put stanzas into outboxes and let go.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use wacore_binary::{Jid, Node, Server};

use crate::{
    Refusal, RefusalKind, Report, SimConfig, TraceLine,
    account::{Account, Device},
    calls::Call,
    certificate::ServerCertificate,
    clock::Clock,
    dice::Dice,
    fault::Standing,
    keys::KeyPair,
    media_store::MediaStore,
    oracle::Oracle,
    outbox::{FAREWELL, Outbox},
    picture::ProfilePicture,
    presences::{self, Watch},
    refs::{RefEntry, Refs},
    registration::Candidate,
    script::Script,
    stanza,
};

/// Connections are counted from 1.
pub(crate) type ConnectionId = u64;

/// Where profile pictures are to be fetched when there is no socket to fetch them from.
const NOWHERE: &str = "https://pps.invalid";

/// What all parts of one simulator share.
pub(crate) struct Shared {
    pub(crate) config: SimConfig,
    pub(crate) root: KeyPair,
    pub(crate) clock: Clock,
    world: Mutex<World>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Shared {
    /// All of it; `own` leads back to it.
    pub(crate) fn new(config: SimConfig, own: Weak<Self>) -> Self {
        let clock = Clock::start(config.epoch);
        let mut dice = Dice::derive(config.seed, "server", 0);
        let drawn = dice.bytes();
        let root = KeyPair::from_secret(config.root_secret.unwrap_or(drawn));
        let certificate = ServerCertificate::issue(&root, &mut dice, 2);
        let world = World {
            clock,
            accounts: BTreeMap::new(),
            lids: BTreeMap::new(),
            connections: BTreeMap::new(),
            refs: Refs::default(),
            pictures_at: NOWHERE.to_owned(),
            faults: Standing::new(Dice::derive(config.seed, "faults", 0)),
            own,
            excusing: false,
            calls: VecDeque::new(),
            media: MediaStore::new(config.seed),
            report: Report::default(),
            oracle: Oracle::default(),
            scripts: BTreeMap::new(),
            scripted: 0,
            lines: RefCell::new(None),
            certificate: Arc::new(certificate),
            leaf_serial: 2,
            dice,
        };
        Self { config, root, clock, world: Mutex::new(world) }
    }

    /// Takes the lock. A panic elsewhere does not take the simulator down.
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See the module. Has no `Debug`: it holds refs, which are half of a QR code.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) accounts: BTreeMap<String, Account>,
    /// The number behind every hidden id.
    lids: BTreeMap<String, String>,
    pub(crate) connections: BTreeMap<ConnectionId, Peer>,
    refs: Refs,
    /// The address below which profile pictures are served.
    pub(crate) pictures_at: String,
    pub(crate) faults: Standing,
    /// The way back to the lock, for what is done later.
    pub(crate) own: Weak<Shared>,
    /// Whether what is taken now is the doing of a fault, and no client's.
    pub(crate) excusing: bool,
    /// The oldest first.
    pub(crate) calls: VecDeque<Call>,
    /// The files in messages.
    pub(crate) media: MediaStore,
    pub(crate) report: Report,
    pub(crate) oracle: Oracle,
    /// The phones that act by themselves.
    pub(crate) scripts: BTreeMap<String, Script>,
    /// How often one was told how to.
    pub(crate) scripted: u64,
    /// What was said, while somebody wants to know.
    pub(crate) lines: RefCell<Option<Vec<TraceLine>>>,
    pub(crate) certificate: Arc<ServerCertificate>,
    pub(crate) leaf_serial: u32,
    pub(crate) dice: Dice,
}

/// The server's end of a connection.
pub(crate) struct Peer {
    pub(crate) outbox: Outbox,
    pub(crate) stage: Stage,
    /// The accounts whose coming and going its client is told of.
    pub(crate) watched: Vec<Watch>,
    /// The ids of what a fault has sent twice, which may be acknowledged twice.
    pub(crate) doubled: BTreeSet<String>,
}

/// How far a connection has come.
pub(crate) enum Stage {
    Handshaking,
    Unregistered(Box<Candidate>),
    Registered(DeviceKey),
    /// The last stanza is on its way; nothing that still arrives counts.
    Leaving,
    /// Struck by a fault: open, and nothing is heard or said any more.
    Mute,
}

/// One device of one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DeviceKey {
    pub(crate) number: String,
    pub(crate) device: u16,
}

impl std::fmt::Display for DeviceKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.number, self.device)
    }
}

impl World {
    /// Puts a refusal on record. What the client hears of it is the caller's business.
    pub(crate) fn refuse(
        &mut self,
        connection: Option<ConnectionId>,
        kind: RefusalKind,
        detail: impl Into<String>,
    ) {
        let detail = detail.into();
        tracing::debug!(?kind, ?connection, detail, "refused");
        if self.excusing {
            return;
        }
        self.report.record(Refusal { kind, detail, connection, at_ms: self.clock.elapsed_ms() });
    }

    /// Sends a stanza, if the connection is still there and has not had its last one.
    pub(crate) fn send(&mut self, connection: ConnectionId, node: Node) {
        let Some(peer) = self.connections.get(&connection) else {
            return;
        };
        let outbox = match peer.stage {
            Stage::Leaving | Stage::Mute => return,
            Stage::Handshaking | Stage::Unregistered(_) | Stage::Registered(_) => {
                peer.outbox.clone()
            }
        };
        self.trace(connection, true, &node);
        if self.faults.is_empty() {
            outbox.send(node);
        } else {
            self.send_struck(connection, node, &outbox);
        }
    }

    /// Sends the stanza that ends a stream, and closes it.
    pub(crate) fn end(&mut self, connection: ConnectionId, farewell: Option<Node>) {
        self.go_offline(connection);
        if let Some(node) = &farewell {
            self.trace(connection, true, node);
        }
        let Some(peer) = self.connections.get_mut(&connection) else {
            return;
        };
        peer.stage = Stage::Leaving;
        let after = if farewell.is_some() { FAREWELL } else { Duration::ZERO };
        if let Some(node) = farewell {
            peer.outbox.send(node);
        }
        peer.outbox.close(after);
    }

    /// Forgets a connection whose transport is gone.
    pub(crate) fn forget(&mut self, connection: ConnectionId) {
        self.go_offline(connection);
        self.forget_replaced(connection);
        if self.connections.remove(&connection).is_some() {
            self.report.live_connections = self.report.live_connections.saturating_sub(1);
        }
    }

    pub(crate) fn go_offline(&mut self, connection: ConnectionId) {
        let key = match self.connections.get(&connection).map(|peer| &peer.stage) {
            Some(Stage::Registered(key)) => key.clone(),
            Some(Stage::Handshaking | Stage::Unregistered(_) | Stage::Leaving | Stage::Mute)
            | None => return,
        };
        presences::change(self, &key.number, |world| {
            if let Some(device) = world.device(&key).filter(|it| it.online == Some(connection)) {
                device.online = None;
                device.active = false;
                device.available = false;
            }
        });
        self.note_ended(connection, &key);
    }

    /// A linked device with its account.
    pub(crate) fn device(&mut self, key: &DeviceKey) -> Option<&mut Device> {
        self.accounts.get_mut(&key.number)?.devices.get_mut(&key.device)
    }

    /// The unregistered client of a connection.
    pub(crate) fn candidate(&mut self, connection: ConnectionId) -> Option<&mut Candidate> {
        match &mut self.connections.get_mut(&connection)?.stage {
            Stage::Unregistered(candidate) => Some(candidate),
            Stage::Handshaking | Stage::Registered(_) | Stage::Leaving | Stage::Mute => None,
        }
    }

    /// The account that an address belongs to, or one of its devices: a phone number under the
    /// server of those, or a hidden id under the server of these. Nothing else is an address.
    pub(crate) fn account_by_jid(&mut self, jid: &Jid) -> Option<&mut Account> {
        let number = self.number_of(jid)?.to_owned();
        self.accounts.get_mut(&number)
    }

    /// As [`World::account_by_jid`], to look at only.
    pub(crate) fn account_of(&self, jid: &Jid) -> Option<&Account> {
        self.accounts.get(self.number_of(jid)?)
    }

    /// The device that an address names, whether there is one or not; `None` when the address is
    /// no account's.
    pub(crate) fn device_key(&self, jid: &Jid) -> Option<DeviceKey> {
        let number = self.number_of(jid)?;
        let known = self.accounts.contains_key(number);
        known.then(|| DeviceKey { number: number.to_owned(), device: jid.device })
    }

    fn number_of<'a>(&'a self, jid: &'a Jid) -> Option<&'a str> {
        if jid.server == Server::Pn {
            Some(jid.user.as_str())
        } else if jid.server == Server::Lid {
            self.lids.get(jid.user.as_str()).map(String::as_str)
        } else {
            None
        }
    }

    /// Where a profile picture can be fetched.
    pub(crate) fn address_of(&self, picture: &ProfilePicture) -> String {
        format!("{}{}", self.pictures_at, picture.path)
    }

    /// The profile picture at this path, query included.
    pub(crate) fn picture_at(&self, path: &str) -> Option<&ProfilePicture> {
        let mut pictures = self.accounts.values().filter_map(|account| account.picture.as_ref());
        pictures.find(|picture| picture.path == path)
    }

    /// Whether the account of a hidden id has this companion.
    pub(crate) fn is_linked(&self, lid: &str, device: u16) -> bool {
        let account = self.lids.get(lid).and_then(|number| self.accounts.get(number));
        account.is_some_and(|account| account.devices.contains_key(&device))
    }

    /// Takes in a new account.
    pub(crate) fn add_account(&mut self, account: Account) {
        self.lids.insert(account.lid.clone(), account.number.clone());
        self.accounts.insert(account.number.clone(), account);
    }

    /// Remembers a ref that is about to be given out.
    pub(crate) fn remember_ref(&mut self, text: String, entry: RefEntry) {
        let connections = &self.connections;
        self.refs.remember(text, entry, |connection| connections.contains_key(&connection));
    }

    /// What became of a ref.
    pub(crate) fn reference(&mut self, text: &str) -> Option<&mut RefEntry> {
        self.refs.get_mut(text)
    }

    /// Whether a fault has sent a stanza of this id twice.
    pub(crate) fn was_doubled(&self, connection: ConnectionId, id: &str) -> bool {
        self.connections.get(&connection).is_some_and(|peer| peer.doubled.contains(id))
    }

    /// Ends a link for good: on the phone's wish or on the device's own.
    pub(crate) fn unlink(&mut self, key: &DeviceKey) -> bool {
        let Some(account) = self.accounts.get_mut(&key.number) else {
            return false;
        };
        let Some(device) = account.unlink(key.device) else {
            return false;
        };
        if let Some(connection) = device.online {
            self.end(connection, Some(stanza::stream_conflict(401, "device_removed")));
        }
        true
    }
}
