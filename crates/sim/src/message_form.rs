//! What a `<message>` of a client has to be like, before anything is known of its addressees
//! (docs/internals/sim.md, "Messages").

use std::collections::BTreeSet;

use wacore_binary::{Jid, Node};
use wacore_libsignal::protocol::{PreKeySignalMessage, SignalMessage};

use crate::stanza::{attr, attr_jid, child_content, content};

/// What a message says it is.
const KINDS: [&str; 6] = ["text", "media", "reaction", "poll", "event", "pay"];

/// The children a message may have. What is not handed on is only taken note of.
const CHILDREN: [&str; 8] =
    ["participants", "enc", "device-identity", "meta", "reporting", "tctoken", "cstoken", "biz"];

/// The attributes of a message that its readers are shown as they are.
const SHOWN: [&str; 2] = ["type", "edit"];

/// The most copies of one message.
const COPIES_MAX: usize = 200;

/// A message of a client.
#[derive(Debug)]
pub(crate) struct MessageForm {
    pub(crate) id: String,
    pub(crate) to: Jid,
    pub(crate) attrs: Vec<(&'static str, String)>,
    /// Whose chat it belongs to, when it is sent again to one device of its own account.
    pub(crate) recipient: Option<Jid>,
    pub(crate) peer: bool,
    /// The number of the attempt, when it is sent to one device again.
    pub(crate) attempt: Option<u32>,
    pub(crate) copies: Vec<CopyForm>,
    pub(crate) identity: Option<Vec<u8>>,
    pub(crate) meta: Option<Node>,
}

/// One device's copy of it.
#[derive(Debug)]
pub(crate) struct CopyForm {
    pub(crate) to: Jid,
    pub(crate) enc: Node,
    pub(crate) envelope: Envelope,
}

/// What can be read from outside of an encrypted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// Whether it opens a session.
    pub(crate) first: bool,
    pub(crate) ratchet_key: [u8; 32],
    pub(crate) counter: u32,
    /// The sender's identity, which the first messages of a session name.
    pub(crate) identity: Option<[u8; 32]>,
}

/// Reads a message. The error says what is wrong with it.
pub(crate) fn read(message: &Node) -> Result<MessageForm, &'static str> {
    let id = attr(message, "id").filter(|id| !id.is_empty()).ok_or("no id")?.into_owned();
    let to = attr_jid(message, "to").ok_or("no address")?;
    let kind = attr(message, "type").ok_or("no type")?;
    let peer = match attr(message, "category").as_deref() {
        None => false,
        Some("peer") => true,
        Some(_) => return Err("a category that does not exist"),
    };
    if !KINDS.contains(&kind.as_ref()) {
        return Err("a type that does not exist");
    }
    let children = message.children().unwrap_or_default();
    let mut tags = BTreeSet::new();
    for child in children {
        if !CHILDREN.contains(&child.tag.as_ref()) {
            return Err("a child that does not exist");
        }
        if !tags.insert(child.tag.as_ref()) {
            return Err("one child twice");
        }
    }
    let enc = message.get_optional_child("enc");
    let attempt = enc
        .and_then(|enc| attr(enc, "count"))
        .map(|count| count.parse().map_err(|_not_a_number| "a count that is no number"))
        .transpose()?;
    let copies = match (message.get_optional_child("participants"), enc) {
        (Some(participants), None) if !peer => fan_out(participants)?,
        (None, Some(enc)) => vec![copy(to.clone(), enc)?],
        _ => return Err("not either participants or enc"),
    };
    let identity = child_content(message, "device-identity").map(<[u8]>::to_vec);
    if identity.is_none() && copies.iter().any(|copy| copy.envelope.first) {
        return Err("a pkmsg without device-identity");
    }
    let shown = SHOWN.iter().filter_map(|name| Some((*name, attr(message, name)?.into_owned())));
    Ok(MessageForm {
        id,
        to,
        attrs: shown.collect(),
        recipient: attr_jid(message, "recipient"),
        peer,
        attempt,
        copies,
        identity,
        meta: message.get_optional_child("meta").cloned(),
    })
}

fn fan_out(participants: &Node) -> Result<Vec<CopyForm>, &'static str> {
    let entries = participants
        .children()
        .filter(|entries| !entries.is_empty() && entries.len() <= COPIES_MAX)
        .ok_or("no participant, or too many")?;
    let mut copies: Vec<CopyForm> = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.tag != "to" {
            return Err("a participant that is none");
        }
        let to = attr_jid(entry, "jid").ok_or("a participant without jid")?;
        if copies.iter().any(|copy| copy.to == to) {
            return Err("a participant twice");
        }
        match entry.children() {
            Some([enc]) if enc.tag == "enc" && attr(enc, "count").is_none() => {
                copies.push(copy(to, enc)?);
            }
            _ => return Err("a participant with anything else than one enc"),
        }
    }
    Ok(copies)
}

fn copy(to: Jid, enc: &Node) -> Result<CopyForm, &'static str> {
    if attr(enc, "v").as_deref() != Some("2") {
        return Err("an enc of another version than 2");
    }
    let kind = attr(enc, "type").ok_or("an enc without type")?;
    let envelope = content(enc)
        .and_then(|bytes| Envelope::read(&kind, bytes))
        .ok_or("an enc that is neither pkmsg nor msg, or not well-formed")?;
    Ok(CopyForm { to, enc: enc.clone(), envelope })
}

impl Envelope {
    /// Reads what is not encrypted; `None` for what is no message of this type.
    pub(crate) fn read(kind: &str, bytes: &[u8]) -> Option<Self> {
        let (message, identity) = match kind {
            "pkmsg" => {
                let first = PreKeySignalMessage::try_from(bytes).ok()?;
                let identity = first.identity_key().public_key().public_key_bytes().try_into();
                (first.message().clone(), Some(identity.ok()?))
            }
            "msg" => (SignalMessage::try_from(bytes).ok()?, None),
            _ => return None,
        };
        Some(Self {
            first: identity.is_some(),
            ratchet_key: message.sender_ratchet_key().public_key_bytes().try_into().ok()?,
            counter: message.counter(),
            identity,
        })
    }
}
