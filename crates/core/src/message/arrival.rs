//! What comes for an account: messages, what became of those that it sent, calls.

use super::address::Address;
use super::call::CallStepped;
use super::status::Progress;
use super::{Message, MessageId};

/// SHA-256 of what a poll's option says, by which it is chosen.
pub type OptionHash = [u8; 32];

/// Something that came for an account.
#[derive(Clone, PartialEq, Eq)]
pub enum Arrived {
    /// Somebody wrote.
    Received(Message),
    /// The account wrote, on the phone or on another of its devices.
    SentElsewhere(Message),
    /// Somebody chose in a poll.
    Voted(Vote),
    /// Somebody received or read what the account wrote.
    StatusSeen(StatusSeen),
    /// A call went a step on.
    CallStepped(CallStepped),
}

/// A choice in a poll: of the poll itself only a message knows that came before.
#[derive(Clone, PartialEq, Eq)]
pub struct Vote {
    /// The message of it, which says of the poll only which it is.
    pub message: Message,
    /// Whether the account itself chose.
    pub is_own: bool,
    /// Who made the poll, where that is said.
    pub poll_sender: Option<Address>,
    /// What was chosen, of what may be nothing; `None` where it cannot be read.
    pub chosen: Option<Vec<OptionHash>>,
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
            Self::Voted(_) => "vote",
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

prints_nothing!(StatusSeen, Vote);
