//! Calls to this account. They are told of, never answered.

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::{MessageId, MessageKey};

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStep {
    /// It rings.
    Offered,
    /// It was taken, on the phone or on another device.
    Accepted,
    /// It was turned down.
    Declined,
    /// Nobody took it before the caller gave up.
    Missed,
    /// It ended.
    Ended,
}

impl CallStep {
    fn as_str(self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Missed => "missed",
            Self::Ended => "ended",
        }
    }
}

/// A call went a step on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallStepped {
    /// What WhatsApp calls the call.
    pub id: Box<str>,
    /// Who calls.
    pub from: Address,
    /// The group, where the call is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Address>,
    /// Whether it has a picture.
    pub video: bool,
    /// How far it has come.
    pub step: CallStep,
}

impl CallStepped {
    /// By what the step is known if it is told again. No message has such an id: it has a space in it.
    pub fn key(&self) -> MessageKey {
        let id = MessageId(format!("call {} {}", self.id, self.step.as_str()).into());
        let chat = self.group.clone().unwrap_or_else(|| self.from.clone());
        MessageKey { chat, sender: self.from.clone(), id }
    }
}

impl std::fmt::Debug for CallStepped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallStepped").field("step", &self.step).finish_non_exhaustive()
    }
}
