//! What a message says, in WhatsApp's schema.

use waygate_core::message::Quoted;
use waygate_core::message::address::Address;
use waygate_core::message::content::{Content, Text};
use whatsapp_rust::waproto::whatsapp::{ContextInfo, Message, message::ExtendedTextMessage};

/// Words, and the message that they answer. WhatsApp Web sends words that answer nothing as
/// `conversation`. No preview of a link comes with them: the library makes none.
pub(crate) fn text(text: &Text, quoted: Option<&Quoted>) -> Message {
    let body = text.body.to_string();
    let Some(quoted) = quoted else {
        return Message { conversation: Some(body), ..Message::default() };
    };
    let extended = ExtendedTextMessage {
        text: Some(body),
        context_info: context(quoted).into(),
        ..ExtendedTextMessage::default()
    };
    Message { extended_text_message: extended.into(), ..Message::default() }
}

/// The message that is answered: the receiver's device shows what is repeated here, where it has not
/// the message itself.
fn context(quoted: &Quoted) -> ContextInfo {
    let words = match quoted.content.as_deref() {
        Some(Content::Text(text)) => text.body.to_string(),
        Some(_) | None => String::new(),
    };
    let repeated = Message { conversation: Some(words), ..Message::default() };
    ContextInfo {
        stanza_id: Some(quoted.id.as_str().to_owned()),
        participant: quoted.sender.as_ref().map(Address::to_wire),
        quoted_message: repeated.into(),
        ..ContextInfo::default()
    }
}
