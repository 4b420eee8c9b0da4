//! Notifications that went without having reached anybody.

use std::str::FromStr;

use jiff::Timestamp;

use super::{Receipt, Sequence};
use crate::instance::settings::Switch;

/// What is kept of a notification that was dropped: everything but what happened, which stays in the
/// journal for as long as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedNotification {
    /// Its place in the queue.
    pub receipt: Receipt,
    /// The event of which it told.
    pub sequence: Sequence,
    /// What it told of.
    pub topic: Switch,
    /// When it happened.
    pub at: Timestamp,
    /// When it was dropped.
    pub dropped_at: Timestamp,
    /// Why.
    pub why: Dropped,
}

/// Why a notification was dropped. Stores and programs use these words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// It had waited for too long.
    TooOld,
    /// Too many others waited behind it.
    TooMany,
    /// The journal does not know any more what happened.
    Forgotten,
    /// The receiver to which it was pushed will never take it.
    Refused,
}

impl Dropped {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::TooOld, Self::TooMany, Self::Forgotten, Self::Refused];

    /// The word that stores and programs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooOld => "too_old",
            Self::TooMany => "too_many",
            Self::Forgotten => "forgotten",
            Self::Refused => "refused",
        }
    }
}

/// The text names no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such reason")]
pub struct UnknownDropped;

impl FromStr for Dropped {
    type Err = UnknownDropped;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|why| why.as_str() == text).ok_or(UnknownDropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_by_its_word() {
        for why in Dropped::ALL {
            assert_eq!(why.as_str().parse(), Ok(why));
        }
        assert_eq!("eaten".parse::<Dropped>(), Err(UnknownDropped));
    }
}
