//! Messages that this gateway is asked to send.

use serde::{Deserialize, Serialize};

use super::MessageId;
use super::address::Address;
use super::content::{Content, Text};
use super::status::SendFailure;
use super::{Message, Quoted};

/// The most characters of a text, as WhatsApp's own clients allow.
pub const TEXT_CHARS_MAX: usize = 65_536;

/// A message on its way out. Its id is chosen and stored before anything is on the wire: whoever has
/// to send it again after a crash uses the same one, and its receiver sees one message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// What this gateway calls it.
    pub id: MessageId,
    /// Where to.
    pub chat: Address,
    /// What it says.
    pub content: OutgoingContent,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quoted>,
}

/// What a message to be sent says. More kinds come with the rest of the gateway's messaging.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutgoingContent {
    /// Words.
    Text(Text),
}

/// Why a message is not with WhatsApp, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsent {
    /// It will not go, however often it is sent.
    Refused(SendFailure),
    /// WhatsApp was not reached, did not answer, or asks for patience. It may have it all the same, so
    /// it is to be sent again under the same id.
    Unreached,
    /// The gateway failed to write it. That may pass.
    Fault,
}

impl From<OutgoingContent> for Content {
    fn from(content: OutgoingContent) -> Self {
        match content {
            OutgoingContent::Text(text) => Self::Text(text),
        }
    }
}

impl Outgoing {
    /// The message as it stands in the journal: sent by this account at this time, in milliseconds
    /// since 1970.
    pub fn into_message(self, own: Address, sent_at_ms: i64) -> Message {
        Message {
            id: self.id,
            chat: self.chat,
            sender: own,
            sender_hidden: None,
            sender_name: None,
            chat_name: None,
            sent_at_ms,
            content: self.content.into(),
            quoted: self.quoted,
            forwarding_score: 0,
        }
    }
}

prints_nothing!(Outgoing, OutgoingContent);
