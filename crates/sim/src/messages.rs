//! Messages that devices hand in: checked, acknowledged, brought to their readers
//! (docs/internals/sim.md, "Messages").

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use wacore_binary::{Jid, Node, NodeValue, builder::NodeBuilder};

use crate::{
    RefusalKind,
    account::Device,
    device_identity,
    digest::sha256,
    letter::{Addressing, Letter, LetterCopy},
    message_form::{self, CopyForm, MessageForm},
    stanza::{self, attr, attr_jid, content},
    world::{ConnectionId, DeviceKey, World},
};

/// A stanza that is not valid, as the real server calls it.
const SMAX_INVALID: u16 = 479;

/// Why a message is not taken.
#[derive(Debug)]
enum NotTaken {
    /// What kind of chat is not simulated.
    Unknown(&'static str),
    /// Nobody has this address, which a client need not know.
    Nobody,
    /// A fault was ordered.
    Struck(u16),
    /// A rule was broken.
    Wrong { code: u16, detail: &'static str },
}

/// A message that is taken.
#[derive(Debug)]
struct Taken {
    letter: Letter,
    copies: Vec<LetterCopy>,
    /// Whether a device has asked for it once more.
    again: bool,
    /// The hash of the devices that it should have been for, when it was for others.
    phash: Option<String>,
}

/// Takes a message: tells its writer at once, and its readers then.
pub(crate) fn take(world: &mut World, connection: ConnectionId, key: &DeviceKey, message: &Node) {
    let (Some(id), Some(to)) = (attr(message, "id"), message.attrs.get("to")) else {
        world.refuse(Some(connection), RefusalKind::Message, "a message without id or to");
        world.end(connection, Some(stanza::stream_malformed()));
        return;
    };
    match judge(world, key, message) {
        Ok(taken) => {
            world.report.count_request("message");
            if taken.phash.is_some() {
                world.report.stale_device_lists += 1;
            }
            if !taken.again {
                world.note_written(connection, (key, &id, &taken.letter.chat));
            }
            acknowledge(world, connection, (&id, to), ("phash", taken.phash.map(NodeValue::from)));
            world.deliver_all(&taken.letter, &taken.copies);
        }
        Err(error) => {
            let code: u16 = match error {
                NotTaken::Unknown(server) => {
                    world.report.count_unknown(&format!("message/{server}"));
                    501
                }
                NotTaken::Nobody => 404,
                NotTaken::Struck(error) => error,
                NotTaken::Wrong { code, detail } => {
                    world.refuse(Some(connection), RefusalKind::Message, detail);
                    code
                }
            };
            acknowledge(world, connection, (&id, to), ("error", Some(NodeValue::from(code))));
        }
    }
}

/// The server's ack, with a further attribute if there is one to give.
fn acknowledge(
    world: &mut World,
    connection: ConnectionId,
    (id, to): (&str, &NodeValue),
    (name, value): (&'static str, Option<NodeValue>),
) {
    let mut ack = NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", id)
        .attr("from", to.clone())
        .attr("t", world.clock.unix_s());
    if let Some(value) = value {
        ack = ack.attr(name, value);
    }
    world.send(connection, ack.build());
}

fn invalid(detail: &'static str) -> NotTaken {
    NotTaken::Wrong { code: SMAX_INVALID, detail }
}

fn bad(detail: &'static str) -> NotTaken {
    NotTaken::Wrong { code: 400, detail }
}

fn judge(world: &mut World, key: &DeviceKey, message: &Node) -> Result<Taken, NotTaken> {
    let addressing = match attr_jid(message, "to") {
        Some(to) => Addressing::of(&to).ok_or(NotTaken::Unknown(to.server.as_str()))?,
        None => return Err(invalid("no address")),
    };
    let form = message_form::read(message).map_err(invalid)?;
    let to = world.device_key(&form.to).ok_or(NotTaken::Nobody)?;
    check_identity(world, key, &form)?;
    let mut letter = Letter {
        id: form.id.clone(),
        from: key.clone(),
        chat: to.number.clone(),
        addressing,
        peer: form.peer,
        attrs: form.attrs.clone(),
        meta: form.meta.clone(),
    };
    let readers = if form.peer {
        check_peer(world, key, &to)?
    } else if form.attempt.is_some() {
        letter.chat = chat_of_retry(world, key, &form, &to)?;
        vec![to]
    } else if to.device == 0 {
        world.readers(key, &letter.chat)
    } else {
        return Err(invalid("written to a device"));
    };
    let copies = copies(world, &letter, &form)?;
    let stale = readers.len() != form.copies.len()
        || readers.iter().any(|reader| copies.iter().all(|copy| copy.to != *reader));
    if let Some(error) = world.strike_message(key) {
        return Err(NotTaken::Struck(error));
    }
    let phash = stale.then(|| participant_hash(world, &readers, addressing));
    for copy in &form.copies {
        if let Some(to) = world.device_key(&copy.to) {
            let bytes = content(&copy.enc).unwrap_or_default();
            world.note_sealed((key, &to), (&form.id, &copy.envelope), bytes);
        }
    }
    Ok(Taken { letter, copies, again: form.attempt.is_some(), phash })
}

/// A companion vouches for itself by the identity that its phone has signed.
fn check_identity(world: &World, key: &DeviceKey, form: &MessageForm) -> Result<(), NotTaken> {
    let device = |key: &DeviceKey| world.accounts.get(&key.number)?.devices.get(&key.device);
    let Some(device): Option<&Device> = device(key) else {
        return Err(bad("a device that is none"));
    };
    let own = |shown: &Vec<u8>| device_identity::is_same(&device.signed_identity, shown);
    if !form.identity.as_ref().is_none_or(own) {
        return Err(invalid("another device-identity than the device's"));
    }
    let own = |copy: &CopyForm| {
        copy.envelope.identity.is_none_or(|shown| shown == device.registration.identity)
    };
    if form.copies.iter().all(own) { Ok(()) } else { Err(invalid("a pkmsg of another identity")) }
}

fn check_peer(world: &World, key: &DeviceKey, to: &DeviceKey) -> Result<Vec<DeviceKey>, NotTaken> {
    if to.number != key.number {
        Err(bad("a peer message to another account"))
    } else if to == key || !world.has_device(to) {
        Err(bad("a peer message to itself or to no device"))
    } else {
        Ok(vec![to.clone()])
    }
}

/// Of which chat a message is that one device asked for once more.
fn chat_of_retry(
    world: &mut World,
    key: &DeviceKey,
    form: &MessageForm,
    to: &DeviceKey,
) -> Result<String, NotTaken> {
    let written = world.device(key).and_then(|device| {
        let written = device.written.iter_mut().find(|written| written.id == form.id)?;
        written.asked.remove(to).then(|| written.chat.clone())
    });
    let chat = written.ok_or(bad("a message once more that nobody asked for"))?;
    let told = if to.number == key.number {
        form.recipient.as_ref().and_then(|jid| world.device_key(jid)).map(|it| it.number)
    } else {
        Some(to.number.clone())
    };
    if told.as_ref() == Some(&chat) { Ok(chat) } else { Err(bad("a message of another chat")) }
}

/// The copies for the devices that are there. One that was unlinked since is no mistake; one that
/// never was, or that is nobody's of this chat, is.
fn copies(world: &World, letter: &Letter, form: &MessageForm) -> Result<Vec<LetterCopy>, NotTaken> {
    let mut copies = Vec::with_capacity(form.copies.len());
    for CopyForm { to: jid, enc, envelope } in &form.copies {
        if Addressing::of(jid) != Some(letter.addressing) {
            return Err(bad("participants under other names than the chat"));
        }
        let to = world.device_key(jid).ok_or(bad("a participant that is nobody"))?;
        if to.number != letter.chat && to.number != letter.from.number {
            return Err(bad("a participant of another chat"));
        }
        if to == letter.from {
            return Err(bad("the writing device as a participant"));
        }
        if !world.has_device(&to) {
            let account = world.accounts.get(&to.number);
            if account.is_some_and(|account| account.was_unlinked(to.device)) {
                continue;
            }
            return Err(bad("a device that never was"));
        }
        let identity = form.identity.clone().filter(|_| envelope.first);
        copies.push(LetterCopy { to, enc: enc.clone(), identity });
    }
    // The writer's own devices know the message before they hear what others say of it.
    copies.sort_by_key(|copy| copy.to.number != letter.from.number);
    Ok(copies)
}

/// Tells clients which devices they should have written to, without naming them.
fn participant_hash(world: &World, readers: &[DeviceKey], addressing: Addressing) -> String {
    let jids = readers.iter().filter_map(|reader| world.jid(reader, addressing));
    let mut names: Vec<String> = jids.map(|jid: Jid| hashed_form(&jid)).collect();
    names.sort_unstable();
    let parts: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
    let hash = sha256(&parts);
    format!("2:{}", BASE64_STANDARD_NO_PAD.encode(hash.first_chunk::<6>().unwrap_or(&[0; 6])))
}

fn hashed_form(jid: &Jid) -> String {
    format!("{}.0:{}@{}", jid.user, jid.device, jid.server.as_str())
}
