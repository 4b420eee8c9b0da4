//! What clients say of the stanzas they were sent: receipts of messages, acks of notifications and
//! of receipts (docs/internals/sim.md, "After the login" and "Receipts").

use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    RefusalKind,
    account::{Device, Queued},
    calls,
    letter::Letter,
    prekeys::KeyBundle,
    receipt_routes::{Tidings, spread},
    stanza::{self, attr, attr_jid, child_array},
    world::{ConnectionId, DeviceKey, World},
};

/// The messages remembered that have arrived: a client may say more of one later.
const RECEIVED_KEPT_MAX: usize = 1_000;

/// The types of a receipt that are known; without one a message was delivered.
const KINDS: [&str; 9] =
    [PEER, HISTORY, "read", "read-self", "played", "played-self", SENDER, "inactive", RETRY];

/// The type of the receipt of a message between an account's own devices.
const PEER: &str = "peer_msg";

/// The type of the receipt of a piece of history, which follows that of its message.
const HISTORY: &str = "hist_sync";

/// The type of the receipt of what another device of the same account has written.
const SENDER: &str = "sender";

/// The type of a receipt that asks for the message once more.
pub(crate) const RETRY: &str = "retry";

/// A message that a receipt is about.
struct About {
    letter: Letter,
    /// Whether this is the first word of it.
    first: bool,
}

/// Takes a receipt, by which messages leave the queue.
pub(crate) fn take_receipt(
    world: &mut World,
    connection: ConnectionId,
    key: &DeviceKey,
    receipt: &Node,
) {
    let kind = attr(receipt, "type");
    let name = format!("receipt/{}", kind.as_deref().unwrap_or_default());
    let (Some(id), Some(to)) = (attr(receipt, "id"), receipt.attrs.get("to")) else {
        world.refuse(Some(connection), RefusalKind::Request, "a receipt without id or to");
        world.end(connection, Some(stanza::stream_malformed()));
        return;
    };
    if kind.is_none() && calls::take_receipt(world, connection, receipt) {
        // Of a call, not of a message.
    } else if kind.as_deref().is_none_or(|kind| KINDS.contains(&kind)) {
        match check(world, key, receipt) {
            Ok(about) => take_about(world, key, (receipt, about)),
            Err(detail) => {
                world.refuse(Some(connection), RefusalKind::Request, detail);
                return;
            }
        }
        world.report.count_request(&name);
    } else {
        world.report.count_unknown(&name);
    }
    let mut ack = NodeBuilder::new("ack")
        .attr("class", "receipt")
        .attr("id", id.as_ref())
        .attr("from", to.clone());
    if let Some(kind) = &kind {
        ack = ack.attr("type", kind.as_ref());
    }
    world.send(connection, ack.build());
}

/// The messages of a receipt that may be about all of them.
fn check(world: &mut World, key: &DeviceKey, receipt: &Node) -> Result<Vec<About>, &'static str> {
    let ids = ids(receipt).ok_or("a receipt with an item without id")?;
    if attr(receipt, "type").as_deref() == Some(RETRY) {
        check_retry(receipt)?;
    }
    let written_by = attr_jid(receipt, "to").and_then(|to| world.device_key(&to));
    let Some(device) = world.device(key) else {
        return Err("a receipt of no device");
    };
    let said = Said { receipt, to: written_by.as_ref(), by: key };
    ids.iter().map(|id| find(device, id, &said)).collect()
}

/// A receipt, and whose it is.
struct Said<'a> {
    receipt: &'a Node,
    to: Option<&'a DeviceKey>,
    by: &'a DeviceKey,
}

fn find(device: &Device, id: &str, said: &Said<'_>) -> Result<About, &'static str> {
    let mut problem = "a receipt for a message that was never sent";
    for queued in device.queue.iter().filter(|queued| queued.id == id) {
        let Some(letter) = &queued.letter else {
            problem = "a receipt for what is no message";
            continue;
        };
        match is_about(queued, said.receipt).and_then(|()| check_kind(letter, said)) {
            Ok(()) => return Ok(About { letter: letter.clone(), first: true }),
            Err(detail) => problem = detail,
        }
    }
    // It has arrived before: read now, or its first receipt's ack was lost.
    for letter in device.received.iter().filter(|letter| letter.id == id) {
        if said.to.is_none_or(|device| device.number != letter.from.number) {
            problem = "a receipt to somebody who did not write the message";
            continue;
        }
        match check_kind(letter, said) {
            Ok(()) => return Ok(About { letter: letter.clone(), first: false }),
            Err(detail) => problem = detail,
        }
    }
    Err(problem)
}

/// The id of a receipt and those in its list.
pub(crate) fn ids(receipt: &Node) -> Option<Vec<String>> {
    let first = attr(receipt, "id").map(String::from);
    let list = receipt.get_optional_child("list").and_then(Node::children).unwrap_or_default();
    let further = list.iter().map(|item| attr(item, "id").map(String::from));
    std::iter::once(first).chain(further).collect()
}

/// Whether a receipt tells of this stanza: a message that was sent, to the one who wrote it.
fn is_about(queued: &Queued, receipt: &Node) -> Result<(), &'static str> {
    if queued.sent_on.is_none() {
        return Err("a receipt for a message that was not sent yet");
    }
    if attr(receipt, "to") != attr(&queued.node, "from") {
        return Err("a receipt to somebody who did not write the message");
    }
    if attr(receipt, "type").as_deref() == Some(HISTORY) {
        return Err("a receipt of what is in a message before that of the message");
    }
    Ok(())
}

/// Whether a receipt of this type may be about this letter.
fn check_kind(letter: &Letter, said: &Said<'_>) -> Result<(), &'static str> {
    let own = letter.from.number == said.by.number && !letter.peer;
    let right = match attr(said.receipt, "type").as_deref() {
        Some(RETRY) => true,
        Some(PEER | HISTORY) => letter.peer,
        Some(SENDER) => own,
        _ => !letter.peer && !own,
    };
    if right { Ok(()) } else { Err("a receipt of another type than its message asks for") }
}

/// What a wish for a message again must bring.
fn check_retry(receipt: &Node) -> Result<(), &'static str> {
    let retry = receipt.get_optional_child("retry").ok_or("a wish without retry")?;
    let count = attr(retry, "count").and_then(|count| count.parse::<u32>().ok());
    if count.is_none_or(|count| count == 0) || attr(retry, "id") != attr(receipt, "id") {
        return Err("a wish without count, or with another id");
    }
    let registration = receipt.get_optional_child("registration").ok_or("a wish of nobody")?;
    if child_array::<4>(receipt, "registration").is_none() {
        return Err("a registration id that is not of four bytes");
    }
    match receipt.get_optional_child("keys") {
        Some(keys) if KeyBundle::read(keys, registration).is_none() => {
            Err("a wish with keys that are not whole, or do not hold")
        }
        Some(_) | None => Ok(()),
    }
}

fn take_about(world: &mut World, key: &DeviceKey, (receipt, about): (&Node, Vec<About>)) {
    let kind = attr(receipt, "type");
    let content: Vec<Node> = if kind.as_deref() == Some(RETRY) {
        let parts = ["retry", "registration", "keys"];
        parts.iter().filter_map(|tag| receipt.get_optional_child(tag).cloned()).collect()
    } else {
        Vec::new()
    };
    for About { letter, first } in about {
        world.note_receipt(key, &letter.id, kind.as_deref());
        if let Some(device) = world.device(key) {
            arrived(device, &letter);
        }
        // That it was delivered is said once.
        if first || !matches!(kind.as_deref(), None | Some("inactive" | SENDER | PEER)) {
            let kind = kind.as_deref();
            spread(world, &Tidings { from: key, letter: &letter, kind, content: content.clone() });
        }
    }
}

fn arrived(device: &mut Device, letter: &Letter) {
    let is_it = |it: &Letter| it.id == letter.id && it.from.number == letter.from.number;
    device.queue.retain(|queued| !queued.letter.as_ref().is_some_and(is_it));
    if !device.received.iter().any(is_it) {
        device.received.push_back(letter.clone());
    }
    if device.received.len() > RECEIVED_KEPT_MAX {
        device.received.pop_front();
    }
}

/// Takes an ack, by which a notification or a receipt leaves the queue. One of a message says
/// nothing, unless it says that the client can do nothing with it.
pub(crate) fn take_ack(world: &mut World, connection: ConnectionId, key: &DeviceKey, ack: &Node) {
    let id = attr(ack, "id").unwrap_or_default();
    let class = attr(ack, "class").unwrap_or_default();
    let refused = attr(ack, "error");
    match &refused {
        Some(code) => world.report.count_request(&format!("ack/{code}")),
        None => world.report.count_request("ack"),
    }
    let Some(device) = world.device(key) else {
        return;
    };
    let echoes = |queued: &Queued, own, theirs| attr(ack, own) == attr(&queued.node, theirs);
    let right = |queued: &Queued| {
        queued.id == id
            && queued.node.tag == class
            && echoes(queued, "to", "from")
            && echoes(queued, "type", "type")
    };
    if class == "message" {
        let waiting = device.queue.iter().any(|it| it.id == id && it.letter.is_some());
        if waiting && refused.is_some() {
            device.queue.retain(|queued| queued.letter.is_none() || !right(queued));
            return;
        }
        world.note_acked(key, &id, waiting);
        if waiting {
            return;
        }
    }
    let Some(device) = world.device(key) else {
        return;
    };
    // A message is kept until its receipt.
    let mut with_id = device.queue.iter().filter(|it| it.id == id && it.letter.is_none());
    if let Some(position) = device.queue.iter().position(|it| it.letter.is_none() && right(it)) {
        device.queue.remove(position);
    } else if with_id.next().is_some() && !world.was_doubled(connection, &id) {
        let detail = "an ack of a notification or a receipt with another class, to or type";
        world.refuse(Some(connection), RefusalKind::Request, detail);
    }
}
