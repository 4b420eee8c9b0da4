//! One client connection: bytes in, stanzas handed on (docs/internals/sim.md, "Connections").
//!
//! [`Connection`] holds what belongs to the stream alone: frames, handshake, receiving cipher.
//! Everything it learns goes into the world. It does no I/O; [`run`] drives it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use wacore_binary::Node;

use crate::{
    RefusalKind,
    dice::Dice,
    frame::{FrameBuffer, FrameError},
    handshake::{HandshakeError, Outcome, Progress, Responder},
    late::Late,
    noise::Cipher,
    outbox::Outbox,
    payload, registration, session,
    stanza::{self, attr},
    world::{ConnectionId, Shared, Stage},
};

/// How long a client may take until it has said what it came for.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);

/// How long a client that has logged in may be silent. Both clients ping after 15 to 30 s without
/// traffic, so this is several pings that did not come.
const SILENCE_MAX: Duration = Duration::from_mins(3);

/// The longest id of a stanza; clients' own have about 20 bytes.
const ID_BYTES_MAX: usize = 256;

/// The receiving side of a connection.
#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    shared: Arc<Shared>,
    outbox: Outbox,
    frames: FrameBuffer,
    phase: Phase,
    dice: Dice,
    deadline: Instant,
    /// When the last stanza arrived.
    heard: Instant,
    /// The stanzas that a fault holds back.
    late: Late<Node>,
}

#[derive(Debug)]
enum Phase {
    Handshake(Box<Responder>),
    Transport(Box<Cipher>),
}

/// Drives a connection until either side ends it, then forgets it.
pub(crate) async fn run(
    shared: Arc<Shared>,
    id: ConnectionId,
    outbox: Outbox,
    mut from_client: mpsc::Receiver<Bytes>,
) {
    let mut connection = Connection {
        id,
        outbox: outbox.clone(),
        frames: FrameBuffer::new(),
        phase: Phase::Handshake(Box::new(Responder::AwaitHello)),
        dice: Dice::derive(shared.config.seed, "connection", id),
        deadline: Instant::now() + HANDSHAKE_LIMIT,
        heard: Instant::now(),
        late: Late::default(),
        shared: Arc::clone(&shared),
    };
    loop {
        let deadline = connection.next_deadline();
        tokio::select! {
            biased;
            // A receive that loses the race has taken nothing from the channel.
            () = outbox.closed() => {
                // What had been sent before the end counts, as on any socket.
                while let Ok(bytes) = from_client.try_recv() {
                    connection.take_bytes(&bytes);
                }
                break;
            }
            () = sleep_until(deadline) => connection.wake(),
            received = from_client.recv() => match received {
                Some(bytes) => connection.take_bytes(&bytes),
                None => break,
            },
        }
    }
    let mut world = shared.lock();
    if outbox.has_overflowed() {
        world.refuse(Some(id), RefusalKind::SlowReader, "too many stanzas are waiting");
    }
    if outbox.has_failed() {
        let detail = "a stanza of the server's that has no encoding, or is too long for a frame";
        world.refuse(Some(id), RefusalKind::Frame, detail);
    }
    world.forget(id);
}

impl Connection {
    fn take_bytes(&mut self, bytes: &[u8]) {
        if self.is_leaving() {
            // Nobody will read it, so nobody keeps it.
            return;
        }
        self.frames.push(bytes);
        while !self.is_leaving() {
            match self.frames.next_frame() {
                Ok(Some(frame)) => self.take_frame(&frame),
                Ok(None) => return,
                Err(error) => self.give_up(error),
            }
        }
    }

    fn is_leaving(&self) -> bool {
        let world = self.shared.lock();
        world.connections.get(&self.id).is_none_or(|peer| match &peer.stage {
            // What comes after another has taken its place is not taken, but it counts.
            Stage::Leaving => !world.is_replaced(self.id),
            Stage::Mute => true,
            Stage::Handshaking | Stage::Unregistered(_) | Stage::Registered(_) => false,
        })
    }

    fn is_registered(&self) -> bool {
        let world = self.shared.lock();
        let stage = world.connections.get(&self.id).map(|peer| &peer.stage);
        matches!(stage, Some(Stage::Registered(_)))
    }

    fn give_up(&self, error: FrameError) {
        let (kind, detail) = match error {
            FrameError::Intro => (RefusalKind::Intro, "the first bytes are no intro".to_owned()),
            FrameError::Dictionary(version) => {
                (RefusalKind::Dictionary, format!("token dictionary version {version}"))
            }
            FrameError::Empty => (RefusalKind::Frame, "an empty frame".to_owned()),
            FrameError::Oversize(length) => {
                (RefusalKind::Frame, format!("a frame of {length} bytes"))
            }
        };
        self.close(kind, detail);
    }

    /// Refuses without a word.
    fn close(&self, kind: RefusalKind, detail: impl Into<String>) {
        let mut world = self.shared.lock();
        world.refuse(Some(self.id), kind, detail);
        world.end(self.id, None);
    }

    fn take_frame(&mut self, frame: &[u8]) {
        match &mut self.phase {
            Phase::Handshake(responder) => {
                let certificate = Arc::clone(&self.shared.lock().certificate);
                let taken = responder.take(frame, &certificate, &mut self.dice);
                match taken {
                    Ok(Progress::Reply(reply)) => self.outbox.send_plain(reply),
                    Ok(Progress::Done(outcome)) => self.enter(*outcome),
                    Err(HandshakeError::Malformed(what)) => {
                        self.close(RefusalKind::Handshake, format!("malformed: {what}"));
                    }
                    Err(HandshakeError::Unopened(what)) => {
                        self.close(RefusalKind::Handshake, format!("does not open: {what}"));
                    }
                }
            }
            Phase::Transport(cipher) => match cipher.open(frame, &[]) {
                Some(plaintext) => {
                    self.heard = Instant::now();
                    self.take_plaintext(&plaintext);
                }
                None => self.close(RefusalKind::Cipher, "a frame does not decrypt"),
            },
        }
    }

    /// The handshake is over: the client says what it came for.
    fn enter(&mut self, outcome: Outcome) {
        if let Some(reply) = outcome.reply {
            self.outbox.send_plain(reply);
        }
        self.outbox.secure(outcome.send);
        self.phase = Phase::Transport(Box::new(outcome.receive));
        self.heard = Instant::now();
        let mut world = self.shared.lock();
        *world.report.handshakes.entry(outcome.kind).or_default() += 1;
        match payload::read(&outcome.payload, self.shared.config.min_version) {
            Ok(payload::Intent::Register(details)) => {
                registration::open(&mut world, self.id, outcome.client_static, *details);
            }
            Ok(payload::Intent::LogIn { number, device }) => {
                let login = session::Login { number, device, noise: outcome.client_static };
                session::log_in(&mut world, self.id, login);
            }
            Err(error) => {
                world.refuse(Some(self.id), error.kind, error.detail);
                let farewell = stanza::failure(error.reason, "payload").build();
                world.end(self.id, Some(farewell));
            }
        }
    }

    fn take_plaintext(&mut self, plaintext: &[u8]) {
        let node = match stanza::decode(plaintext) {
            // What has an id is answered with it.
            Ok(node) if attr(&node, "id").is_none_or(|id| id.len() <= ID_BYTES_MAX) => Ok(node),
            Ok(_) => Err(format!("an id of more than {ID_BYTES_MAX} bytes")),
            Err(detail) => Err(detail),
        };
        let node = match node {
            Ok(node) => node,
            Err(detail) => {
                let mut world = self.shared.lock();
                world.refuse(Some(self.id), RefusalKind::Stanza, detail);
                world.end(self.id, Some(stanza::stream_malformed()));
                return;
            }
        };
        tracing::trace!(tag = %node.tag, connection = self.id, "received");
        let taken = self.shared.lock().intake(self.id, node);
        let mut own_doing = true;
        for (node, pace) in taken {
            if let Some(node) = self.late.hold(pace, node) {
                self.take_stanza(&node, own_doing);
                for overtaken in self.late.overtaken() {
                    self.take_stanza(&overtaken, false);
                }
            }
            // Of several only the first is what the client sent.
            own_doing = false;
        }
    }

    /// Takes a stanza; one that a fault has moved or doubled is no reason to complain of its client.
    fn take_stanza(&self, node: &Node, own_doing: bool) {
        let mut world = self.shared.lock();
        world.trace(self.id, false, node);
        let registered = match world.connections.get(&self.id).map(|peer| &peer.stage) {
            Some(Stage::Registered(key)) => Some(key.clone()),
            Some(Stage::Unregistered(_)) => None,
            Some(Stage::Leaving) => return world.note_after_replaced(self.id, node),
            Some(Stage::Handshaking | Stage::Mute) | None => return,
        };
        world.excusing = !own_doing;
        match registered {
            Some(key) => session::take(&mut world, self.id, &key, node),
            None => registration::take(&mut world, self.id, node),
        }
        world.excusing = false;
    }

    /// When something is to be done, if nothing else happens.
    fn next_deadline(&self) -> Instant {
        let expires = self.expires();
        self.late.due().map_or(expires, |due| due.min(expires))
    }

    /// When this connection must have got further.
    fn expires(&self) -> Instant {
        /// Far enough to be never.
        const NEVER: Duration = Duration::from_hours(24 * 365);
        let world = self.shared.lock();
        match world.connections.get(&self.id).map(|peer| &peer.stage) {
            Some(Stage::Handshaking) => self.deadline,
            Some(Stage::Unregistered(candidate)) => candidate.expires,
            Some(Stage::Registered(_)) => self.heard + SILENCE_MAX,
            Some(Stage::Leaving | Stage::Mute) | None => Instant::now() + NEVER,
        }
    }

    fn wake(&mut self) {
        match self.late.pop_due() {
            Some(node) => self.take_stanza(&node, false),
            None if self.expires() <= Instant::now() => self.expire(),
            // A fault has struck since, and there is nothing to wait for any more.
            None => {}
        }
    }

    fn expire(&self) {
        if matches!(self.phase, Phase::Handshake(_)) {
            self.close(RefusalKind::Silence, "no handshake within 30 s");
        } else if self.is_registered() {
            self.close(RefusalKind::Silence, "nothing for 180 s after the login, no ping either");
        } else {
            registration::expire(&mut self.shared.lock(), self.id);
        }
    }
}
