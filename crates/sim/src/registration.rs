//! A connection whose client wants to be linked: refs, the answer to an offer, pairing codes, and
//! nothing else (docs/internals/sim.md, "Linking by QR" and "Linking by code").

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use tokio::{sync::oneshot, time::Instant};
use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    RefusalKind,
    link::Offer,
    pairing_code::{BUNDLE_BYTES, PrimaryHello, WRAPPED_BYTES},
    payload::Registration,
    stanza::{
        self, attr, attr_jid, child_array, child_content, first_child, iq_error, iq_result,
        request_name,
    },
    world::{ConnectionId, RefEntry, Stage, World},
};

/// Refs in one `pair-device`.
const REFS: u32 = 6;

/// The first ref lives this long; every further one is shown for [`REF_FURTHER`] more.
const REF_FIRST: Duration = Duration::from_mins(1);
const REF_FURTHER: Duration = Duration::from_secs(20);

/// How long a pairing code may be typed.
const CODE_LIFE: Duration = Duration::from_mins(3);

/// How often a phone may try codes against one request.
pub(crate) const CODE_TRIES_MAX: u32 = 3;

/// How long the server waits beyond the last ref or code before it closes.
const GRACE: Duration = Duration::from_secs(5);

/// The client of an unregistered connection.
pub(crate) struct Candidate {
    pub(crate) noise: [u8; 32],
    pub(crate) registration: Registration,
    pub(crate) offer: Option<Offer>,
    pub(crate) code: Option<CodeRequest>,
    pub(crate) expires: Instant,
    last_iq: u32,
}

/// A request for a pairing code. The code itself is known to the client only.
pub(crate) struct CodeRequest {
    pub(crate) reference: String,
    pub(crate) number: String,
    pub(crate) wrapped: [u8; WRAPPED_BYTES],
    pub(crate) expires: Instant,
    pub(crate) tries: u32,
    pub(crate) typed: Option<TypedCode>,
}

/// A phone waiting to learn whether the code it was given is the right one.
pub(crate) struct TypedCode {
    pub(crate) hello: PrimaryHello,
    /// Hears the ADV secret, or `None` for a wrong code.
    pub(crate) waiter: oneshot::Sender<Option<[u8; 32]>>,
}

impl Candidate {
    /// The id of the server's next request on this connection.
    pub(crate) fn next_iq_id(&mut self) -> String {
        self.last_iq += 1;
        self.last_iq.to_string()
    }
}

/// Takes in an unregistered client: sends it refs for as many QR codes.
pub(crate) fn open(
    world: &mut World,
    connection: ConnectionId,
    noise: [u8; 32],
    registration: Registration,
) {
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
        expires: last + GRACE,
        last_iq: 0,
    };
    let id = candidate.next_iq_id();
    peer.stage = Stage::Unregistered(Box::new(candidate));
    let pair_device = NodeBuilder::new("pair-device").children(nodes).build();
    world.send(connection, stanza::iq_set(&id, "md").children([pair_device]).build());
}

/// Takes a stanza of an unregistered client.
pub(crate) fn take(world: &mut World, connection: ConnectionId, node: &Node) {
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
        // The answer to an offer, or a mere acknowledgement of `pair-device`.
        Some("result" | "error") => drop(world.take_answer(connection, node)),
        _ => take_request(world, connection, node, &id),
    }
}

/// Stanzas without an answer: the few a client sends on every stream are let pass.
fn refuse_tag(world: &mut World, connection: ConnectionId, node: &Node) {
    let child = first_child(node).map_or("", |child| child.tag.as_ref());
    match (node.tag.as_ref(), child) {
        ("ack" | "presence", _) | ("ib", "unified_session") => {
            world.report.count_request(&node.tag);
        }
        (tag, _) => world.refuse(Some(connection), RefusalKind::NotAllowed, tag.to_owned()),
    }
}

fn take_request(world: &mut World, connection: ConnectionId, iq: &Node, id: &str) {
    let name = request_name(iq);
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
        _ if crate::requests::is_known(&name) => {
            world.refuse(Some(connection), RefusalKind::NotAllowed, name);
            world.send(connection, iq_error(id, 401, "not-authorized"));
        }
        _ => {
            world.report.count_unknown(&name);
            world.send(connection, iq_error(id, 501, "feature-not-implemented"));
        }
    }
}

fn take_code_stage(world: &mut World, connection: ConnectionId, iq: &Node, id: &str) {
    let taken = iq
        .get_optional_child("link_code_companion_reg")
        .ok_or("the child is absent")
        .and_then(|stage| match attr(stage, "stage").as_deref() {
            Some("companion_hello") => companion_hello(world, connection, stage, id),
            Some("companion_finish") => companion_finish(world, connection, stage, id),
            _ => Err("no such stage"),
        });
    match taken {
        Ok(reply) => world.send(connection, reply),
        Err(detail) => {
            world.refuse(Some(connection), RefusalKind::PairingCode, detail);
            world.send(connection, iq_error(id, 400, "bad-request"));
        }
    }
}

fn companion_hello(
    world: &mut World,
    connection: ConnectionId,
    stage: &Node,
    id: &str,
) -> Result<Node, &'static str> {
    let jid = attr_jid(stage, "jid").ok_or("jid is absent or malformed")?;
    let wrapped = child_array(stage, "link_code_pairing_wrapped_companion_ephemeral_pub")
        .ok_or("the wrapped ephemeral key is not 80 bytes")?;
    let noise: [u8; 32] = child_array(stage, "companion_server_auth_key_pub")
        .ok_or("companion_server_auth_key_pub is not 32 bytes")?;
    if child_content(stage, "companion_platform_id").is_none_or(<[u8]>::is_empty) {
        return Err("companion_platform_id is empty");
    }
    let display = child_content(stage, "companion_platform_display").unwrap_or_default();
    if !is_browser_and_system(display) {
        return Err("companion_platform_display is not `Browser (System)`");
    }
    if child_content(stage, "link_code_pairing_nonce").is_none() {
        return Err("link_code_pairing_nonce is absent");
    }
    if !jid.is_pn() || jid.device != 0 || !world.accounts.contains_key(jid.user.as_str()) {
        return Err("no such account");
    }
    let reference = format!("3@{}", BASE64_STANDARD_NO_PAD.encode(world.dice.bytes::<24>()));
    let candidate = world.candidate(connection).ok_or("the connection is leaving")?;
    if noise != candidate.noise {
        return Err("companion_server_auth_key_pub is not the connection's key");
    }
    let expires = Instant::now() + CODE_LIFE;
    candidate.expires = candidate.expires.max(expires + GRACE);
    candidate.code = Some(CodeRequest {
        reference: reference.clone(),
        number: jid.user.to_string(),
        wrapped,
        expires,
        tries: 0,
        typed: None,
    });
    let reference = NodeBuilder::new("link_code_pairing_ref").bytes(reference.into_bytes()).build();
    let stage = NodeBuilder::new("link_code_companion_reg")
        .attr("stage", "companion_hello")
        .children([reference])
        .build();
    Ok(iq_result(id).children([stage]).build())
}

/// `Chrome (Linux)` and the like.
fn is_browser_and_system(display: &[u8]) -> bool {
    std::str::from_utf8(display).is_ok_and(|display| {
        display
            .strip_suffix(')')
            .and_then(|display| display.split_once(" ("))
            .is_some_and(|(browser, system)| !browser.is_empty() && !system.is_empty())
    })
}

fn companion_finish(
    world: &mut World,
    connection: ConnectionId,
    stage: &Node,
    id: &str,
) -> Result<Node, &'static str> {
    let bundle: [u8; BUNDLE_BYTES] = child_array(stage, "link_code_pairing_wrapped_key_bundle")
        .ok_or("the key bundle is not 156 bytes")?;
    let identity: [u8; 32] = child_array(stage, "companion_identity_public")
        .ok_or("companion_identity_public is not 32 bytes")?;
    let reference = child_content(stage, "link_code_pairing_ref").ok_or("the ref is absent")?;
    let candidate = world.candidate(connection).ok_or("the connection is leaving")?;
    if identity != candidate.registration.identity {
        return Err("companion_identity_public is not the registered identity");
    }
    let request = candidate.code.as_mut().ok_or("no code was asked for")?;
    if reference != request.reference.as_bytes() {
        return Err("the ref is not the one that was given");
    }
    let typed = request.typed.take().ok_or("no phone has answered")?;
    let number = request.number.clone();
    let account = world.accounts.get(&number).ok_or("no such account")?;
    let secret = typed.hello.adv_secret(&account.phone.pair, &identity, &bundle);
    // The companion is not told of a wrong code; only the phone is, if it still waits.
    if typed.waiter.send(secret).is_err() {
        tracing::debug!(connection, "the phone no longer waits for its code");
    }
    Ok(iq_result(id).build())
}

/// Ends a connection whose refs and codes have all run out.
pub(crate) fn expire(world: &mut World, connection: ConnectionId) {
    tracing::debug!(connection, "the refs have run out");
    world.end(connection, None);
}
