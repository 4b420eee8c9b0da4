//! The server's part of the passkey gate: it asks the companion for a passkey of the account, checks
//! the answer, and carries the rest between the companion and the phone, whose part is in
//! `phone_gate.rs` (docs/internals/sim.md, "The passkey gate").

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use serde_json::json;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use wacore_binary::{Node, SERVER_JID, builder::NodeBuilder};

use crate::{
    LinkError, RefusalKind,
    link::Outcome,
    passkey::{KnownPasskey, text},
    passkey_assertion::{self, AssertionError, CREDENTIAL_TYPE, RP_ID},
    passkey_exchange::{Prologue, SealedRequest},
    registration::GRACE,
    stanza::{content, first_child, iq_error, iq_result},
    world::{ConnectionId, World},
};

/// How long the companion has for all of it: the timeout that the challenge names.
const GATE_LIFE: Duration = Duration::from_mins(10);

const OPTIONS: &str = "md/get/passkey_request_options";
const REF: &str = "md/get/ref";
const PROLOGUE: &str = "md/set/passkey_prologue";
const NONCE: &str = "md/set/companion_nonce";
const REQUEST: &str = "md/set/encrypted_pairing_request";

/// The requests by which a companion passes the gate.
pub(crate) const STEPS: [&str; 5] = [OPTIONS, REF, PROLOGUE, NONCE, REQUEST];

/// A gate that a companion stands at. Has no `Debug`: a ref is half of a key.
pub(crate) struct Gate {
    /// The passkeys that the account had when the gate was closed.
    passkeys: Vec<KnownPasskey>,
    challenge: [u8; 32],
    turn: Turn,
    /// The phone, which has left when it is closed.
    phone: mpsc::UnboundedSender<Heard>,
}

/// Whose move it is.
enum Turn {
    /// The companion's, with the newest ref that it was given.
    Prologue {
        reference: Option<String>,
    },
    /// The phone's.
    Phone,
    /// The companion's, twice.
    Nonce,
    Request,
    /// The companion has said all.
    Over,
}

/// What the phone hears of the companion.
pub(crate) enum Heard {
    Prologue { prologue: Prologue, proof: Option<[u8; 32]> },
    Nonce([u8; 32]),
    Request(SealedRequest),
}

/// The step that links a device has begun.
pub(crate) enum Begun {
    /// The phone has offered its identity and waits for the answer.
    Offered(oneshot::Receiver<Outcome>),
    /// The companion has been asked for a passkey first.
    Gated(Gated),
}

/// The phone's end of a gate.
pub(crate) struct Gated {
    pub(crate) heard: mpsc::UnboundedReceiver<Heard>,
    /// The secret of the code that was scanned or typed.
    pub(crate) adv_secret: [u8; 32],
    pub(crate) asked: Instant,
    pub(crate) expires: Instant,
}

/// Why a step is not answered with a result.
enum Refused {
    /// Malformed, or out of turn.
    Bad(&'static str),
    /// A passkey's answer that proves nothing.
    Unproven(&'static str),
    /// The phone waits no longer, which a companion cannot know.
    Gone,
}

impl From<&'static str> for Refused {
    fn from(detail: &'static str) -> Self {
        Self::Bad(detail)
    }
}

impl From<AssertionError> for Refused {
    fn from(error: AssertionError) -> Self {
        match error {
            AssertionError::Malformed(detail) => Self::Bad(detail),
            AssertionError::Unproven(detail) => Self::Unproven(detail),
        }
    }
}

impl Gate {
    /// Whether a phone still waits for what the companion will say.
    pub(crate) fn is_open(&self) -> bool {
        !self.phone.is_closed()
    }

    /// The phone's answer to the prologue is on its way.
    pub(crate) fn phone_has_answered(&mut self) {
        self.turn = Turn::Nonce;
    }

    /// The challenge, as the page of a browser hands it on.
    fn options(&self) -> String {
        let passkeys = self.passkeys.iter().map(|passkey| {
            let transports = ["hybrid", "internal"];
            json!({ "id": text(&passkey.id), "type": CREDENTIAL_TYPE, "transports": transports })
        });
        json!({
            "challenge": text(&self.challenge),
            "timeout": u64::try_from(GATE_LIFE.as_millis()).unwrap_or(u64::MAX),
            "rpId": RP_ID,
            "allowCredentials": passkeys.collect::<Vec<_>>(),
            "userVerification": "required",
        })
        .to_string()
    }

    fn options_node(&self) -> Node {
        NodeBuilder::new("passkey_request_options").bytes(self.options().into_bytes()).build()
    }

    /// What the phone has hung up on, it does not hear.
    fn tell(&self, heard: Heard) -> Result<(), Refused> {
        self.phone.send(heard).map_err(|_left| Refused::Gone)
    }
}

impl World {
    /// A phone with this account's secret begins to link the client of a connection: with its
    /// offer, or, when the account has a gate, with the question for a passkey.
    pub(crate) fn begin(
        &mut self,
        connection: ConnectionId,
        number: &str,
        adv_secret: &[u8; 32],
    ) -> Result<Begun, LinkError> {
        let account = self.accounts.get(number).ok_or(LinkError::ConnectionGone)?;
        if !account.multi_device {
            return Err(LinkError::NoMultiDevice);
        }
        let (gated, full) = (account.passkeys.required, account.is_full());
        let candidate = self.candidate(connection).ok_or(LinkError::ConnectionGone)?;
        if candidate.gate.as_ref().is_some_and(Gate::is_open) {
            return Err(LinkError::InProgress);
        }
        if !gated {
            return self.offer(connection, number, adv_secret).map(Begun::Offered);
        }
        candidate.is_free()?;
        if full {
            return Err(self.refuse_full(connection, number));
        }
        self.close_gate(connection, number, adv_secret).map(Begun::Gated)
    }

    fn close_gate(
        &mut self,
        connection: ConnectionId,
        number: &str,
        adv_secret: &[u8; 32],
    ) -> Result<Gated, LinkError> {
        let account = self.accounts.get(number).ok_or(LinkError::ConnectionGone)?;
        let passkeys = account.passkeys.known();
        let challenge = self.dice.bytes();
        let (phone, heard) = mpsc::unbounded_channel();
        let gate = Gate { passkeys, challenge, turn: Turn::Prologue { reference: None }, phone };
        let question = gate.options_node();
        let asked = Instant::now();
        let expires = asked + GATE_LIFE;
        let candidate = self.candidate(connection).ok_or(LinkError::ConnectionGone)?;
        candidate.expires = candidate.expires.max(expires + GRACE);
        candidate.gate = Some(gate);
        self.notify(connection, "passkey_prologue_request", question);
        Ok(Gated { heard, adv_secret: *adv_secret, asked, expires })
    }

    /// Sends a notification that belongs to linking.
    pub(crate) fn notify(&mut self, connection: ConnectionId, kind: &'static str, child: Node) {
        let id = self.dice.number().to_string();
        if let Some(candidate) = self.candidate(connection) {
            candidate.notified.insert(id.clone(), kind);
        }
        let notification = NodeBuilder::new("notification")
            .attr("from", SERVER_JID)
            .attr("type", kind)
            .attr("id", id)
            .attr("t", self.clock.unix_s())
            .children([child])
            .build();
        self.send(connection, notification);
    }
}

/// Takes one of [`STEPS`].
pub(crate) fn take(
    world: &mut World,
    connection: ConnectionId,
    (name, id): (&str, &str),
    iq: &Node,
) {
    let reply = match step(world, connection, name, iq) {
        Ok(child) => iq_result(id).children(child).build(),
        Err(Refused::Bad(detail)) => {
            world.refuse(Some(connection), RefusalKind::Passkey, detail);
            iq_error(id, 400, "bad-request")
        }
        Err(Refused::Unproven(detail)) => {
            world.refuse(Some(connection), RefusalKind::Passkey, detail);
            iq_error(id, 401, "not-authorized")
        }
        Err(Refused::Gone) => iq_error(id, 410, "gone"),
    };
    world.send(connection, reply);
}

fn step(
    world: &mut World,
    connection: ConnectionId,
    name: &str,
    iq: &Node,
) -> Result<Option<Node>, Refused> {
    let child = first_child(iq).ok_or("the child is absent")?;
    let fresh = (name == REF)
        .then(|| format!("4@{}", BASE64_STANDARD_NO_PAD.encode(world.dice.bytes::<24>())));
    let candidate = world.candidate(connection).ok_or("the connection is leaving")?;
    let gate = candidate.gate.as_mut().ok_or("no passkey was asked for")?;
    if !gate.is_open() {
        return Err(Refused::Gone);
    }
    match (name, &mut gate.turn) {
        (OPTIONS, Turn::Prologue { .. }) => Ok(Some(gate.options_node())),
        (REF, Turn::Prologue { reference }) => {
            let node = fresh.clone().unwrap_or_default().into_bytes();
            *reference = fresh;
            Ok(Some(NodeBuilder::new("ref").bytes(node).build()))
        }
        (PROLOGUE, Turn::Prologue { reference }) => {
            let given = reference.take();
            let platform = &candidate.registration.platform;
            let heard = read_prologue(gate, child, (given.as_deref(), platform))?;
            gate.tell(heard)?;
            gate.turn = Turn::Phone;
            Ok(None)
        }
        (NONCE, Turn::Nonce) => {
            let nonce = array(child).ok_or("companion_nonce is not 32 bytes")?;
            gate.tell(Heard::Nonce(nonce))?;
            gate.turn = Turn::Request;
            Ok(None)
        }
        (REQUEST, Turn::Request) => {
            let request = SealedRequest::read(content(child).unwrap_or_default())?;
            gate.tell(Heard::Request(request))?;
            gate.turn = Turn::Over;
            Ok(None)
        }
        _ => Err("out of turn".into()),
    }
}

fn array(node: &Node) -> Option<[u8; 32]> {
    content(node)?.try_into().ok()
}

/// Checks a prologue as far as the server can: its parts, the passkey's answer, the ref and what
/// kind of device it speaks of.
fn read_prologue(
    gate: &Gate,
    prologue: &Node,
    (reference, platform): (Option<&str>, &str),
) -> Result<Heard, Refused> {
    let parts = prologue.children().unwrap_or_default();
    let part = |tag: &str| parts.iter().find(|part| part.tag == tag).and_then(content);
    let known = |tag: &str| {
        matches!(
            tag,
            "credential_id" | "webauthn_assertion" | "prologue_payload" | "pairing_handoff_proof"
        )
    };
    let once = |tag: &str| parts.iter().filter(|part| part.tag == tag).count() == 1;
    if !parts.iter().all(|part| known(&part.tag) && once(&part.tag)) {
        return Err("an unknown part, or one twice".into());
    }
    let credential = part("credential_id").ok_or("no credential_id")?;
    let assertion = part("webauthn_assertion").ok_or("no webauthn_assertion")?;
    let payload = part("prologue_payload").ok_or("no prologue_payload")?;
    let proof = match parts.iter().find(|part| part.tag == "pairing_handoff_proof") {
        Some(proof) => Some(array(proof).ok_or("pairing_handoff_proof is not 32 bytes")?),
        None => None,
    };
    let read = Prologue::read(payload)?;
    if reference != Some(read.reference.as_str()) {
        return Err("the ref is not the newest that was given, or was used".into());
    }
    if format!("{:?}", read.device_type) != platform {
        return Err("the device type is not the registered one".into());
    }
    passkey_assertion::check(&gate.passkeys, &gate.challenge, (credential, assertion))?;
    Ok(Heard::Prologue { prologue: read, proof })
}
