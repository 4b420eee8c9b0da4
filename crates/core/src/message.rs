//! Messages, in the words of no vendor: who wrote what to whom, and what became of it.
//!
//! All of it is personal: nothing here prints more of itself than what kind of thing it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use self::address::Address;
use self::content::Content;
use self::media::{Media, MediaPart};

/// Implements a `Debug` that names the type and nothing of what is in it.
macro_rules! prints_nothing {
    ($($name:ident),+ $(,)?) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        })+
    };
}

pub mod address;
pub mod arrival;
pub mod call;
pub mod content;
pub mod media;
pub mod outgoing;
pub mod queued;
pub mod status;

/// What WhatsApp calls a message: unique for one sender in one chat, chosen by the sender's device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub Box<str>);

impl MessageId {
    /// The text of it, as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One for a message that this gateway sends: `3EB0` and 18 upper-case hexadecimal digits, the form
    /// in which WhatsApp Web makes them. A client that sees another form guesses another kind of device.
    pub fn from_random_bytes(bytes: [u8; 9]) -> Self {
        Self(format!("3EB0{}", hex::encode_upper(bytes)).into())
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// By what a message is known that WhatsApp may deliver more than once. An id alone is not enough: two
/// chats may use the same one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey {
    /// The chat that it is in.
    pub chat: Address,
    /// Who wrote it.
    pub sender: Address,
    /// What its sender called it.
    pub id: MessageId,
}

/// A message as it came, or as it went.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What its sender called it.
    pub id: MessageId,
    /// The chat that it is in; in a chat of two the other one, whoever wrote it.
    pub chat: Address,
    /// Who wrote it: a person, by number where WhatsApp told the number.
    pub sender: Address,
    /// The same person's hidden id, where WhatsApp told both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_hidden: Option<Address>,
    /// What the sender calls himself; WhatsApp tells it with most messages of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_name: Option<Box<str>>,
    /// What a group is called, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_name: Option<Box<str>>,
    /// When it was sent by WhatsApp's clock, in milliseconds since 1970.
    pub sent_at_ms: i64,
    /// What it says.
    pub content: Content,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quoted>,
    /// How often it was passed on before: 0 for one that was written for this chat.
    #[serde(default)]
    pub forwarding_score: u32,
}

impl Message {
    /// By what it is known if it comes again.
    pub fn key(&self) -> MessageKey {
        let (chat, sender) = (self.chat.clone(), self.sender.clone());
        MessageKey { chat, sender, id: self.id.clone() }
    }

    /// Whether it is in this chat; one of two is known by the other's hidden id too.
    pub fn is_in(&self, chat: &Address) -> bool {
        let is_hidden = self.chat == self.sender && self.sender_hidden.as_ref() == Some(chat);
        self.chat == *chat || is_hidden
    }

    /// The file in it, or in what it answers, with the id of the message that it came with.
    pub fn media(&self, part: MediaPart) -> Option<(&MessageId, &Media)> {
        match part {
            MediaPart::Own => self.content.media().map(|media| (&self.id, media)),
            MediaPart::Quoted => {
                let quoted = self.quoted.as_ref()?;
                quoted.content.as_ref()?.media().map(|media| (&quoted.id, media))
            }
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("content", &self.content.name()).finish_non_exhaustive()
    }
}

/// The message that another one answers, as the answer tells it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// What its sender called it.
    pub id: MessageId,
    /// Who wrote it, where the answer says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Address>,
    /// What it said, where the answer repeats it in a form that is understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Box<Content>>,
}

prints_nothing!(MessageKey, Quoted);

/// From where a message of this account was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From the phone, or from another device linked to it.
    Phone,
    /// Through one of this gateway's APIs.
    Api,
}

/// A message of this account, and from where it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentMessage {
    /// From where.
    pub origin: Origin,
    /// Which.
    pub message: Message,
}

#[cfg(test)]
mod tests {
    use super::content::{Content, Text};
    use super::*;

    fn message() -> Message {
        Message {
            id: MessageId("3AA0BB11CC22DD33EE44".into()),
            chat: Address::person("15550002222").unwrap(),
            sender: Address::person("15550002222").unwrap(),
            sender_hidden: None,
            sender_name: Some("canary".into()),
            chat_name: None,
            sent_at_ms: 1_800_000_000_000,
            content: Content::Text(Text::plain("canary")),
            quoted: None,
            forwarding_score: 0,
        }
    }

    #[test]
    fn a_message_prints_nothing_but_what_kind_it_is() {
        assert_eq!(format!("{:?}", message()), r#"Message { content: "text", .. }"#);
        assert_eq!(format!("{:?}", message().key()), "MessageKey(hidden)");
    }

    #[test]
    fn the_stored_form_of_a_message_stays_as_it_is() {
        let stored = concat!(
            r#"{"id":"3AA0BB11CC22DD33EE44","chat":"15550002222@s.whatsapp.net","#,
            r#""sender":"15550002222@s.whatsapp.net","sender_name":"canary","#,
            r#""sent_at_ms":1800000000000,"content":{"text":{"body":"canary"}},"forwarding_score":0}"#
        );
        assert_eq!(serde_json::to_string(&message()).unwrap(), stored);
        assert_eq!(serde_json::from_str::<Message>(stored).unwrap(), message());
    }

    #[test]
    fn an_id_of_our_own_has_the_form_of_whatsapp_web() {
        let id = MessageId::from_random_bytes([0, 1, 2, 3, 4, 5, 0xfe, 0xff, 0xaa]);
        assert_eq!(id.as_str(), "3EB0000102030405FEFFAA");
    }
}
