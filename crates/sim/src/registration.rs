//! A connection whose client wants to be linked: refs, the answer to an offer, pairing codes
//! (see `code_stages.rs`), the passkey gate (see `passkey_gate.rs`), and nothing else (docs/internals/sim.md, "Linking by QR").

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use tokio::time::Instant;
use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    LinkError, RefusalKind,
    code_stages::{CodeRequest, take_code_stage},
    link::Offer,
    passkey_gate::{self, Gate},
    payload::Registration,
    refs::RefEntry,
    requests::{check_form, is_known},
    stanza::{self, attr, first_child, iq_error, iq_result, request_name},
    world::{ConnectionId, Stage, World},
};

/// Refs in one `pair-device`.
const REFS: u32 = 6;

/// The first ref lives this long; every further one is shown for [`REF_FURTHER`] more.
const REF_FIRST: Duration = Duration::from_mins(1);
const REF_FURTHER: Duration = Duration::from_secs(20);

/// Where refused registrations say they were refused.
const LOCATION: &str = "sim";

/// How long the server waits beyond the last ref or code before it closes.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// The client of an unregistered connection.
pub(crate) struct Candidate {
    pub(crate) noise: [u8; 32],
    pub(crate) registration: Registration,
    pub(crate) offer: Option<Offer>,
    pub(crate) code: Option<CodeRequest>,
    pub(crate) gate: Option<Gate>,
    pub(crate) codes_asked: u32,
    pub(crate) expires: Instant,
    last_iq: u32,
    /// The ids of the server's requests that have no answer yet.
    unanswered: BTreeSet<String>,
    /// The server's notifications that have no ack yet: their types by their ids.
    pub(crate) notified: BTreeMap<String, &'static str>,
}

impl Candidate {
    /// The id of the server's next request on this connection.
    pub(crate) fn next_iq_id(&mut self) -> String {
        self.last_iq += 1;
        let id = self.last_iq.to_string();
        self.unanswered.insert(id.clone());
        id
    }

    /// Whether no phone waits for the answer to its offer.
    pub(crate) fn is_free(&self) -> Result<(), LinkError> {
        match &self.offer {
            Some(offer) if offer.is_awaited() => Err(LinkError::InProgress),
            Some(_) | None => Ok(()),
        }
    }
}

/// Takes in an unregistered client: sends it refs for as many QR codes.
pub(crate) fn open(
    world: &mut World,
    connection: ConnectionId,
    noise: [u8; 32],
    registration: Registration,
) {
    if let Some(failure) = world.strike_registration() {
        world.end(connection, Some(failure.node(LOCATION)));
        return;
    }
    world.note_registration(&noise, &registration.identity);
    let now = Instant::now();
    let expires = (0..REFS).map(|index| now + REF_FIRST + REF_FURTHER * index);
    let mut nodes = Vec::new();
    let mut last = now;
    for expires in expires {
        let text = format!("2@{}", BASE64_STANDARD_NO_PAD.encode(world.dice.bytes::<48>()));
        nodes.push(NodeBuilder::new("ref").bytes(text.as_bytes()).build());
        world.remember_ref(text, RefEntry { connection, expires, used: false });
        last = expires;
    }
    let Some(peer) = world.connections.get_mut(&connection) else {
        return;
    };
    let mut candidate = Candidate {
        noise,
        registration,
        offer: None,
        code: None,
        gate: None,
        codes_asked: 0,
        expires: last + GRACE,
        last_iq: 0,
        unanswered: BTreeSet::new(),
        notified: BTreeMap::new(),
    };
    let id = candidate.next_iq_id();
    peer.stage = Stage::Unregistered(Box::new(candidate));
    let pair_device = NodeBuilder::new("pair-device").children(nodes).build();
    world.send(connection, stanza::iq_set(&id, "md").children([pair_device]).build());
}

/// Takes a stanza of an unregistered client.
pub(crate) fn take(world: &mut World, connection: ConnectionId, node: &Node) {
    if node.tag == "ack" {
        take_ack(world, connection, node);
        return;
    }
    if node.tag != "iq" {
        refuse_tag(world, connection, node);
        return;
    }
    let Some(id) = attr(node, "id").map(String::from) else {
        world.refuse(Some(connection), RefusalKind::Stanza, "an iq without id");
        world.end(connection, Some(stanza::stream_malformed()));
        return;
    };
    match attr(node, "type").as_deref() {
        Some("result" | "error") => take_answer(world, connection, node, &id),
        Some("get" | "set") => take_request(world, connection, node, &id),
        _ => {
            world.refuse(Some(connection), RefusalKind::Request, "an iq of no known type");
            world.send(connection, iq_error(&id, 400, "bad-request"));
        }
    }
}

/// The answer to an offer, or a mere acknowledgement of `pair-device`.
fn take_answer(world: &mut World, connection: ConnectionId, iq: &Node, id: &str) {
    let asked = world.candidate(connection).is_some_and(|it| it.unanswered.remove(id));
    if !asked {
        world.refuse(Some(connection), RefusalKind::Request, stanza::UNASKED);
    } else if !world.take_answer(connection, iq) && attr(iq, "type").as_deref() == Some("error") {
        // It wants none of the refs, so none of them links it.
        world.refuse(Some(connection), RefusalKind::PairingRefused, "pair-device");
        world.end(connection, None);
    }
}

/// Takes an ack. One of a notification repeats what was sent; what else clients acknowledge is their
/// business.
fn take_ack(world: &mut World, connection: ConnectionId, ack: &Node) {
    world.report.count_request("ack");
    let id = attr(ack, "id").unwrap_or_default();
    let Some(candidate) = world.candidate(connection) else {
        return;
    };
    let Some(kind) = candidate.notified.get(&*id) else {
        return;
    };
    let class = attr(ack, "class");
    if class.as_deref() == Some("notification")
        && stanza::is_to_server(ack)
        && attr(ack, "type").as_deref() == Some(kind)
    {
        candidate.notified.remove(&*id);
    } else {
        let detail = "an ack of a notification with another class, to or type";
        world.refuse(Some(connection), RefusalKind::Request, detail);
    }
}

/// Stanzas without an answer: the few a client sends on every stream are let pass.
fn refuse_tag(world: &mut World, connection: ConnectionId, node: &Node) {
    let child = first_child(node).map_or("", |child| child.tag.as_ref());
    match (node.tag.as_ref(), child) {
        ("presence", _) | ("ib", "unified_session") => {
            world.report.count_request(&node.tag);
        }
        (tag, _) => world.refuse(Some(connection), RefusalKind::NotAllowed, tag.to_owned()),
    }
}

fn take_request(world: &mut World, connection: ConnectionId, iq: &Node, id: &str) {
    let name = request_name(iq);
    let is_step = passkey_gate::STEPS.contains(&name.as_str());
    let form = match name.as_str() {
        "w:p/get/ping" | "w:p/get/" | "md/set/link_code_companion_reg" => check_form(&name, iq),
        _ if is_step => check_form(&name, iq),
        _ => Ok(()),
    };
    if let Err(error) = form {
        world.report.count_request(&name);
        let detail = format!("{name}: {}", error.detail);
        world.refuse(Some(connection), RefusalKind::Request, detail);
        world.send(connection, iq_error(id, error.code, error.text));
        return;
    }
    match name.as_str() {
        "w:p/get/ping" | "w:p/get/" => {
            world.report.count_request(&name);
            let pong = iq_result(id).attr("t", world.clock.unix_s()).build();
            world.send(connection, pong);
        }
        "md/set/link_code_companion_reg" => {
            world.report.count_request(&name);
            take_code_stage(world, connection, iq, id);
        }
        _ if is_step => {
            world.report.count_request(&name);
            passkey_gate::take(world, connection, (&name, id), iq);
        }
        _ if is_known(&name) => {
            world.refuse(Some(connection), RefusalKind::NotAllowed, name);
            world.send(connection, iq_error(id, 401, "not-authorized"));
        }
        _ => {
            world.report.count_unknown(&name);
            world.send(connection, iq_error(id, 501, "feature-not-implemented"));
        }
    }
}

/// Ends a connection whose refs and codes have all run out.
pub(crate) fn expire(world: &mut World, connection: ConnectionId) {
    tracing::debug!(connection, "the refs have run out");
    world.end(connection, None);
}
