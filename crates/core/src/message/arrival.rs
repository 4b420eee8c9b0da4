//! What comes for an account: messages, what became of those that it sent, calls.

use super::address::Address;
use super::call::CallStepped;
use super::status::Progress;
use super::{Message, MessageId};

/// Something that came for an account.
#[derive(Clone, PartialEq, Eq)]
pub enum Arrived {
    /// Somebody wrote.
    Received(Message),
    /// The account wrote, on the phone or on another of its devices.
    SentElsewhere(Message),
    /// Somebody received or read what the account wrote.
    StatusSeen(StatusSeen),
    /// A call went a step on.
    CallStepped(CallStepped),
}

/// Messages of the account came so far with somebody.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusSeen {
    /// The chat that they are in.
    pub chat: Address,
    /// Which.
    pub ids: Vec<MessageId>,
    /// How far they came.
    pub progress: Progress,
    /// Who has them, in a group.
    pub by: Option<Address>,
}

impl Arrived {
    /// What it is, in one word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Received(_) => "received",
            Self::SentElsewhere(_) => "sent elsewhere",
            Self::StatusSeen(_) => "status",
            Self::CallStepped(_) => "call",
        }
    }
}

impl std::fmt::Debug for Arrived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Arrived({})", self.name())
    }
}

prints_nothing!(StatusSeen);
