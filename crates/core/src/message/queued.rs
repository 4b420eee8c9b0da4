//! Messages that wait to be sent, and what is remembered of those of this account.

use std::time::Duration;

use jiff::Timestamp;

use super::MessageId;
use super::address::Address;
use super::outgoing::Outgoing;
use super::status::Status;
use crate::id::InstanceId;

/// How long a message waits to be sent before it is given up.
pub const WAITS_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A message that was accepted and is not with WhatsApp yet.
#[derive(Clone, PartialEq, Eq)]
pub struct QueuedMessage {
    /// What is to be sent.
    pub message: Outgoing,
    /// The number of the account that was linked when it was accepted: no other account sends it. One
    /// that was accepted while there was no account goes with whichever is linked first.
    pub account: Option<Box<str>>,
    /// When it was accepted, to the millisecond.
    pub accepted_at: Timestamp,
    /// When it is given up.
    pub expires_at: Timestamp,
}

/// A message that waits, by its name.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingMessage {
    /// Whose it is.
    pub instance: InstanceId,
    /// What this gateway calls it.
    pub id: MessageId,
    /// Where it was to go.
    pub chat: Address,
}

/// What is remembered of a message of this account.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageRecord {
    /// What its sender called it.
    pub id: MessageId,
    /// The chat that it is in.
    pub chat: Address,
    /// Whether it was sent through one of this gateway's APIs.
    pub by_api: bool,
    /// Where it stands.
    pub status: Status,
    /// Since when, to the millisecond.
    pub at: Timestamp,
}

prints_nothing!(QueuedMessage, WaitingMessage, MessageRecord);
