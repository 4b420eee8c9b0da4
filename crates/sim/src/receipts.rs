//! What clients say of the stanzas they were sent: receipts of messages, acks of notifications
//! (docs/internals/sim.md, "After the login").

use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    RefusalKind,
    account::{Device, Queued},
    stanza::{self, attr},
    world::{ConnectionId, DeviceKey, World},
};

/// The ids remembered of messages that have arrived: a client may say more of one later.
const RECEIVED_KEPT_MAX: usize = 1_000;

/// The types of a receipt that are known; without one a message was delivered.
const KINDS: [&str; 6] = ["peer_msg", "hist_sync", "read", "read-self", "sender", "inactive"];

/// The type of the receipt of a message between an account's own devices.
const PEER: &str = "peer_msg";

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
    if kind.as_deref().is_none_or(|kind| KINDS.contains(&kind)) {
        let Some(device) = world.device(key) else {
            return;
        };
        match check(device, receipt) {
            Ok(ids) => arrived(device, ids),
            Err(detail) => {
                world.refuse(Some(connection), RefusalKind::Request, detail);
                return;
            }
        }
        world.report.count_request(&name);
    } else {
        // Sending again is not simulated yet, so that a client which must ask is noticed.
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

/// The ids of a receipt whose messages are all ones that it may be about.
fn check(device: &Device, receipt: &Node) -> Result<Vec<String>, &'static str> {
    let ids = ids(receipt).ok_or("a receipt with an item without id")?;
    for id in &ids {
        let queued = device.queue.iter().find(|queued| queued.id == *id);
        match queued {
            Some(queued) => is_about(queued, receipt)?,
            // It has arrived before: read now, or its first receipt's ack was lost.
            None if device.received.contains(id) => {}
            None => return Err("a receipt for a message that was never sent"),
        }
    }
    Ok(ids)
}

/// The id of a receipt and those in its list.
fn ids(receipt: &Node) -> Option<Vec<String>> {
    let first = attr(receipt, "id").map(String::from);
    let list = receipt.get_optional_child("list").and_then(Node::children).unwrap_or_default();
    let further = list.iter().map(|item| attr(item, "id").map(String::from));
    std::iter::once(first).chain(further).collect()
}

/// Whether a receipt tells of this stanza: a message that was sent, to the one who wrote it, by the
/// type that its category asks for.
fn is_about(queued: &Queued, receipt: &Node) -> Result<(), &'static str> {
    if queued.node.tag != "message" {
        return Err("a receipt for what is no message");
    }
    if queued.sent_on.is_none() {
        return Err("a receipt for a message that was not sent yet");
    }
    if attr(receipt, "to") != attr(&queued.node, "from") {
        return Err("a receipt to somebody who did not write the message");
    }
    let peer = attr(&queued.node, "category").as_deref() == Some("peer");
    if peer != (attr(receipt, "type").as_deref() == Some(PEER)) {
        return Err("a receipt of another type than its message's category asks for");
    }
    Ok(())
}

fn arrived(device: &mut Device, ids: Vec<String>) {
    device.queue.retain(|queued| !ids.contains(&queued.id));
    for id in ids {
        if !device.received.contains(&id) {
            device.received.push_back(id);
        }
    }
    while device.received.len() > RECEIVED_KEPT_MAX {
        device.received.pop_front();
    }
}

/// Takes an ack, by which a notification leaves the queue.
pub(crate) fn take_ack(world: &mut World, connection: ConnectionId, key: &DeviceKey, ack: &Node) {
    world.report.count_request("ack");
    let id = attr(ack, "id").unwrap_or_default();
    let Some(device) = world.device(key) else {
        return;
    };
    let queued = device
        .queue
        .iter()
        .find(|queued| queued.id == id)
        // A message is kept until its receipt.
        .filter(|queued| queued.node.tag == "notification");
    let Some(queued) = queued else {
        return;
    };
    let echoes = |own, theirs| attr(ack, own) == attr(&queued.node, theirs);
    let right = attr(ack, "class").as_deref() == Some("notification");
    if right && echoes("to", "from") && echoes("type", "type") {
        device.queue.retain(|queued| queued.id != id);
    } else {
        let detail = "an ack of a notification with another class, to or type";
        world.refuse(Some(connection), RefusalKind::Request, detail);
    }
}
