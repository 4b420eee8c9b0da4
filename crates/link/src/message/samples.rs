//! Messages as they come from the library.

use whatsapp_rust::Jid;
use whatsapp_rust::buffa::MessageField;
use whatsapp_rust::types::events::InboundMessage;
use whatsapp_rust::wacore::types::message::{MessageInfo, MessageSource};
use whatsapp_rust::waproto::whatsapp as wa;

use super::*;

pub(super) const OWN: &str = "15550001111@s.whatsapp.net";
pub(super) const OTHER: &str = "15550002222@s.whatsapp.net";
pub(super) const THIRD: &str = "15550003333@s.whatsapp.net";
pub(super) const OTHER_HIDDEN: &str = "98765432101234@lid";
pub(super) const GROUP: &str = "120363000000000000@g.us";

pub(super) fn jid(text: &str) -> Jid {
    text.parse().unwrap()
}

pub(super) fn own() -> Address {
    OWN.parse().unwrap()
}

/// From the other, in the chat with him.
pub(super) fn from_other() -> MessageSource {
    MessageSource {
        chat: jid(OTHER),
        sender: jid("15550002222:3@s.whatsapp.net"),
        ..MessageSource::default()
    }
}

/// From the account's phone, to the other.
pub(super) fn from_phone() -> MessageSource {
    MessageSource {
        chat: jid(OTHER),
        sender: jid(OWN),
        recipient: Some(jid(OTHER)),
        is_from_me: true,
        ..MessageSource::default()
    }
}

/// From the other, in a group.
pub(super) fn in_group() -> MessageSource {
    MessageSource { chat: jid(GROUP), is_group: true, ..from_other() }
}

pub(super) fn inbound(message: wa::Message, source: MessageSource) -> InboundMessage {
    let timestamp = whatsapp_rust::chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let info = MessageInfo {
        id: "3AA0BB11CC22DD33EE44".into(),
        push_name: "Ann".into(),
        source,
        timestamp,
        ..MessageInfo::default()
    };
    InboundMessage::builder().message(message.into()).info(info.into()).build()
}

/// What arrives, when something does.
pub(super) fn told(message: wa::Message, source: MessageSource) -> Option<Message> {
    match arrived(&inbound(message, source), Some(&own()))? {
        Arrived::Received(message) | Arrived::SentElsewhere(message) => Some(message),
        other @ (Arrived::Voted(_) | Arrived::StatusSeen(_) | Arrived::CallStepped(_)) => {
            panic!("{other:?}")
        }
    }
}

/// What it says, as stores keep it.
pub(super) fn said(message: wa::Message) -> String {
    let told = told(message, from_other());
    told.map_or_else(String::new, |it| serde_json::to_string(&it.content).unwrap())
}

pub(super) fn text(words: &str) -> wa::Message {
    wa::Message { conversation: Some(words.into()), ..wa::Message::default() }
}

/// A message inside a wrapper.
pub(super) fn wrapped(message: wa::Message) -> MessageField<wa::message::FutureProofMessage> {
    MessageField::some(wa::message::FutureProofMessage { message: MessageField::some(message) })
}

pub(super) fn key(
    id: &str,
    from_me: bool,
    participant: Option<&str>,
) -> MessageField<wa::MessageKey> {
    MessageField::some(wa::MessageKey {
        remote_jid: None,
        from_me: Some(from_me),
        id: Some(id.into()),
        participant: participant.map(Into::into),
    })
}
