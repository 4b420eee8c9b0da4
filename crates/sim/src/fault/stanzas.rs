//! Which stanzas a fault is about.

use serde::{Deserialize, Serialize};
use wacore_binary::Node;

/// Which way a stanza goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the server to a client.
    ToClient,
    /// From a client to the server.
    FromClient,
}

/// A kind of stanza, named by its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StanzaKind {
    /// A message.
    Message,
    /// What somebody says of a message.
    Receipt,
    /// Something that has changed.
    Notification,
    /// A request or its answer.
    Iq,
    /// That a stanza has come.
    Ack,
    /// Who is there.
    Presence,
    /// Who is writing.
    Chatstate,
    /// What the server says of the stream itself, the queue among it.
    Ib,
    /// That a login is accepted.
    Success,
}

impl StanzaKind {
    fn tag(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Receipt => "receipt",
            Self::Notification => "notification",
            Self::Iq => "iq",
            Self::Ack => "ack",
            Self::Presence => "presence",
            Self::Chatstate => "chatstate",
            Self::Ib => "ib",
            Self::Success => "success",
        }
    }
}

/// Whether a stanza is of this kind, when one is asked for.
pub(super) fn is_of(node: &Node, kind: Option<StanzaKind>) -> bool {
    kind.is_none_or(|kind| node.tag == kind.tag())
}
