//! Who is told of a receipt, and how (docs/internals/sim.md, "Receipts").

use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    account::Queued,
    letter::Letter,
    phone_mail,
    receipts::RETRY,
    session,
    world::{DeviceKey, World},
};

/// What a device has said of a message.
#[derive(Debug)]
pub(crate) struct Tidings<'a> {
    pub(crate) from: &'a DeviceKey,
    pub(crate) letter: &'a Letter,
    /// The type of the receipt; without one the message was delivered.
    pub(crate) kind: Option<&'a str>,
    /// What came with it, when the message is asked for again.
    pub(crate) content: Vec<Node>,
}

/// Tells everybody who is to hear of it.
pub(crate) fn spread(world: &mut World, tidings: &Tidings<'_>) {
    if tidings.kind == Some(RETRY) {
        note_asked(world, tidings);
    }
    for device in audience(world, tidings) {
        if device.device == 0 {
            phone_mail::hear(world, &device, tidings);
        } else if let Some(node) = stanza_for(world, tidings, &device) {
            let queued = Queued::new(tidings.letter.id.clone(), node);
            session::queue(world, &device, queued);
        }
    }
}

/// Lets the writer send a message once more to the device that asks for it.
fn note_asked(world: &mut World, tidings: &Tidings<'_>) {
    if let Some(writer) = world.device(&tidings.letter.from)
        && let Some(written) = writer.written.iter_mut().find(|it| it.id == tidings.letter.id)
    {
        written.asked.insert(tidings.from.clone());
    }
}

/// Whether a receipt says that somebody has seen the message, and not only a device.
fn is_read(kind: Option<&str>) -> bool {
    matches!(kind, Some("read" | "read-self" | "played" | "played-self"))
}

fn audience(world: &World, tidings: &Tidings<'_>) -> Vec<DeviceKey> {
    let writer = &tidings.letter.from;
    let devices = |number: &str| {
        let account = world.accounts.get(number);
        let companions = account.into_iter().flat_map(|account| account.devices.keys().copied());
        let devices: Vec<u16> = std::iter::once(0).chain(companions).collect();
        let key = |device| DeviceKey { number: number.to_owned(), device };
        devices.into_iter().map(key).collect::<Vec<_>>()
    };
    let mut audience = match tidings.kind {
        // Between an account's own devices nothing more is said.
        Some("peer_msg" | "hist_sync") => Vec::new(),
        Some(RETRY | "sender") => vec![writer.clone()],
        Some("read-self" | "played-self") => Vec::new(),
        _ => devices(&writer.number),
    };
    if is_read(tidings.kind) && tidings.from.number != writer.number {
        audience.extend(devices(&tidings.from.number));
    }
    audience.retain(|device| device != tidings.from && world.has_device(device));
    audience
}

fn stanza_for(world: &World, tidings: &Tidings<'_>, to: &DeviceKey) -> Option<Node> {
    let Tidings { from, letter, kind, content } = tidings;
    let from_jid = if is_read(*kind) {
        world.account_jid(&from.number, letter.addressing)?
    } else {
        world.jid(from, letter.addressing)?
    };
    let mut receipt = NodeBuilder::new("receipt")
        .attr("from", from_jid)
        .attr("id", letter.id.as_str())
        .attr("t", world.clock.unix_s());
    if let Some(kind) = kind {
        receipt = receipt.attr("type", *kind);
    }
    if from.number == to.number && !letter.peer {
        // Of one's own doing in a chat: whose chat it is, its sender's or its reader's.
        let chat = if letter.from.number == to.number { &letter.chat } else { &letter.from.number };
        receipt = receipt.attr("recipient", world.account_jid(chat, letter.addressing)?);
    }
    if !content.is_empty() {
        receipt = receipt.children(content.clone());
    }
    Some(receipt.build())
}
