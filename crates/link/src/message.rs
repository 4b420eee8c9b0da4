//! Messages of the library in the words of `core`. Nothing here waits, asks or decides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use waygate_core::message::address::Address;
use waygate_core::message::arrival::Arrived;
use waygate_core::message::{Message, MessageId};
use whatsapp_rust::types::events::InboundMessage;
use whatsapp_rust::wacore::types::message::{MessageInfo, MessageSource};
use whatsapp_rust::waproto::whatsapp as wa;

use self::address::{Person, alone, person};

pub(crate) mod address;
mod content;
mod context;
mod media;
mod menu;
mod poll;
mod reply;
mod text;
mod unread;
mod unwrapping;
mod written;

#[cfg(test)]
mod menu_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

/// Who wrote a message, and where: what keys of other messages in it are read against.
#[derive(Clone, Copy)]
struct Scene<'a> {
    chat: &'a Address,
    sender: &'a Address,
    /// This account.
    own: Option<&'a Address>,
}

/// What a message tells, to the account with this address. `None` for what is nobody's news: keys,
/// settings and notices that devices exchange, and what comes from where no address leads.
pub(crate) fn arrived(inbound: &InboundMessage, own: Option<&Address>) -> Option<Arrived> {
    let InboundMessage { message, info, .. } = inbound;
    let chat = chat(info)?;
    let Person { address: sender, hidden: sender_hidden } =
        person(&info.source.sender, info.source.sender_alt.as_ref())?;
    let scene = Scene { chat: &chat, sender: &sender, own };
    let read = content::read(message, scene)?;
    let (quoted, forwarding_score) = context::of(read.context, scene);
    let message = Message {
        id: MessageId(info.id.as_str().into()),
        sender_name: sender_name(info),
        chat_name: None,
        sent_at_ms: info.timestamp.timestamp_millis(),
        content: read.content,
        quoted,
        forwarding_score,
        chat,
        sender,
        sender_hidden,
    };
    let is_own = info.source.is_from_me;
    Some(if is_own { Arrived::SentElsewhere(message) } else { Arrived::Received(message) })
}

/// A message without what it was wrapped in.
pub(crate) fn inner(message: &wa::Message) -> &wa::Message {
    unwrapping::unwrapped(message).message
}

/// Whether a message that is not wrapped is a poll.
pub(crate) fn is_poll(message: &wa::Message) -> bool {
    poll::creation(message).is_some()
}

/// The chat; of two, the other one.
fn chat(info: &MessageInfo) -> Option<Address> {
    let MessageSource { chat, sender_alt, is_from_me, is_group, .. } = &info.source;
    if *is_group {
        return alone(chat);
    }
    let alternative = if *is_from_me { &info.peer_recipient_pn } else { sender_alt };
    match person(chat, alternative.as_ref()) {
        Some(person) => Some(person.address),
        None => alone(chat),
    }
}

/// What the sender calls himself, or what WhatsApp has confirmed that a business is called.
fn sender_name(info: &MessageInfo) -> Option<Box<str>> {
    let confirmed = info.verified_name.as_deref().and_then(|it| it.name.as_deref());
    let own = Some(info.push_name.as_str()).filter(|name| !name.is_empty());
    own.or(confirmed).map(Into::into)
}

/// Text that may be missing, and is empty then.
fn words(text: Option<&String>) -> Box<str> {
    text.map_or("", String::as_str).into()
}

/// Bytes that may be missing, in base64; empty then.
fn base64(bytes: Option<&Vec<u8>>) -> Box<str> {
    bytes.map(|bytes| STANDARD.encode(bytes)).unwrap_or_default().into()
}
