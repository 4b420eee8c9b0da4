//! What became of a message of this account.

use serde::{Deserialize, Serialize};

use super::MessageId;
use super::address::Address;

/// How far a message has come. Later ones are greater; a message never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It waits to be sent.
    Queued,
    /// WhatsApp has it.
    Sent,
    /// It reached a device of its receiver.
    Delivered,
    /// Its receiver has read it.
    Read,
    /// Its receiver has played it.
    Played,
}

/// Why a message was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendFailure {
    /// The number has no WhatsApp account.
    NoAccount,
    /// This account is not in the group.
    NotInGroup,
    /// WhatsApp does not let the account write to people whom it does not know, for a time.
    Restricted,
    /// It waited longer than messages may wait.
    Expired,
    /// It was taken from the queue by a person or a program.
    Cleared,
    /// WhatsApp refused it, with this code where it gave one.
    Refused(Option<u16>),
    /// The gateway itself could not write it.
    Fault,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has come this far.
    Reached(Progress),
    /// It was given up.
    Failed(SendFailure),
}

impl Status {
    /// Whether a message goes on when it comes here from there. It never goes back; but what was given
    /// up because nobody knew better has come as far as somebody has seen it.
    pub fn follows(self, before: Self) -> bool {
        match (before, self) {
            (Self::Reached(before), Self::Reached(now)) => now > before,
            (Self::Reached(before), Self::Failed(_)) => before < Progress::Delivered,
            (Self::Failed(_), Self::Reached(now)) => now >= Progress::Delivered,
            (Self::Failed(_), Self::Failed(_)) => false,
        }
    }
}

/// A message went a step on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChanged {
    /// Which message.
    pub id: MessageId,
    /// The chat that it is in.
    pub chat: Address,
    /// Where it stands since then.
    pub status: Status,
    /// Whether it was sent through one of this gateway's APIs.
    pub by_api: bool,
    /// Who received or read it first, in a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Address>,
}

impl StatusChanged {
    /// Whether the message will not arrive.
    pub fn is_failure(&self) -> bool {
        matches!(self.status, Status::Failed(_))
    }
}

impl Progress {
    /// The word that stores and programs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
        }
    }
}

impl std::fmt::Debug for StatusChanged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusChanged").field("status", &self.status).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_goes_forward_only() {
        use Progress::{Delivered, Played, Queued, Read, Sent};
        let expired = Status::Failed(SendFailure::Expired);
        for (before, now, goes_on) in [
            (Status::Reached(Queued), Status::Reached(Sent), true),
            (Status::Reached(Queued), expired, true),
            (Status::Reached(Sent), Status::Reached(Sent), false),
            (Status::Reached(Sent), Status::Failed(SendFailure::Refused(Some(479))), true),
            (Status::Reached(Read), Status::Reached(Delivered), false),
            (Status::Reached(Delivered), Status::Reached(Played), true),
            (Status::Reached(Delivered), expired, false),
            (expired, Status::Failed(SendFailure::Cleared), false),
            (expired, Status::Reached(Sent), false),
            (expired, Status::Reached(Delivered), true),
        ] {
            assert_eq!(now.follows(before), goes_on, "{before:?} to {now:?}");
        }
    }
}
