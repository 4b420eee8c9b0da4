//! What an instance's owner can set.
//!
//! Each setting has one meaning here, whatever the dialects call it. Settings act from the moment
//! in which they are saved.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::push::PushForm;

/// The shortest pause between two sent messages.
pub const SEND_PAUSE_MIN: Duration = Duration::from_millis(500);

/// The longest pause between two sent messages.
pub const SEND_PAUSE_MAX: Duration = Duration::from_secs(600);

/// The strongest imitation of typing.
pub const TYPING_LEVEL_MAX: u8 = 10;

/// All settings of one instance.
///
/// Stores keep it as JSON in this form: a field may be added, never renamed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Where events are pushed to; empty when they are fetched instead.
    pub webhook_url: String,
    /// What the receiver of pushed events is shown to prove who sends; a secret.
    pub webhook_token: String,
    /// In which form they are pushed. It goes with the address: whoever sets that knows what is there.
    pub push_form: PushForm,
    /// The pause between two sent messages, in milliseconds: [`SEND_PAUSE_MIN`] to
    /// [`SEND_PAUSE_MAX`].
    pub send_pause_ms: u32,
    /// How long typing is shown before a text, 0 (not at all) to [`TYPING_LEVEL_MAX`].
    pub typing_level: u8,
    /// What is on.
    pub switches: BTreeSet<Switch>,
    /// Words that clients set and expect to read again although nothing acts on them any more.
    pub remembered: BTreeMap<String, String>,
}

/// What can be on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// Tell of incoming messages.
    IncomingMessages,
    /// Tell of messages sent from the phone.
    PhoneMessages,
    /// Tell of messages sent through an API.
    ApiMessages,
    /// Tell what became of sent messages.
    OutgoingStatus,
    /// Tell of changes of state.
    StateChanges,
    /// Tell when the connection comes and goes.
    ConnectionChanges,
    /// Tell of polls and votes.
    Polls,
    /// Tell of incoming calls.
    IncomingCalls,
    /// Tell of outgoing calls.
    OutgoingCalls,
    /// Tell of edited messages.
    Edits,
    /// Tell of deleted messages.
    Deletions,
    /// Tell about the phone.
    DeviceInfo,
    /// Tell when somebody blocks this account.
    Blocks,
    /// Mark every incoming message read.
    MarkRead,
    /// Mark a chat read when something is sent to it.
    MarkReadOnReply,
    /// Be shown as online.
    KeepOnline,
    /// Show previews of links.
    LinkPreview,
    /// Name people by their hidden ids.
    HiddenIds,
    /// Keep a history of messages.
    MessageHistory,
}

impl Switch {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::IncomingMessages,
        Self::PhoneMessages,
        Self::ApiMessages,
        Self::OutgoingStatus,
        Self::StateChanges,
        Self::ConnectionChanges,
        Self::Polls,
        Self::IncomingCalls,
        Self::OutgoingCalls,
        Self::Edits,
        Self::Deletions,
        Self::DeviceInfo,
        Self::Blocks,
        Self::MarkRead,
        Self::MarkReadOnReply,
        Self::KeepOnline,
        Self::LinkPreview,
        Self::HiddenIds,
        Self::MessageHistory,
    ];

    /// The word that stores and programs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IncomingMessages => "incoming_messages",
            Self::PhoneMessages => "phone_messages",
            Self::ApiMessages => "api_messages",
            Self::OutgoingStatus => "outgoing_status",
            Self::StateChanges => "state_changes",
            Self::ConnectionChanges => "connection_changes",
            Self::Polls => "polls",
            Self::IncomingCalls => "incoming_calls",
            Self::OutgoingCalls => "outgoing_calls",
            Self::Edits => "edits",
            Self::Deletions => "deletions",
            Self::DeviceInfo => "device_info",
            Self::Blocks => "blocks",
            Self::MarkRead => "mark_read",
            Self::MarkReadOnReply => "mark_read_on_reply",
            Self::KeepOnline => "keep_online",
            Self::LinkPreview => "link_preview",
            Self::HiddenIds => "hidden_ids",
            Self::MessageHistory => "message_history",
        }
    }
}

/// The text names no switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such switch")]
pub struct UnknownSwitch;

impl FromStr for Switch {
    type Err = UnknownSwitch;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|switch| switch.as_str() == text).ok_or(UnknownSwitch)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            webhook_url: String::new(),
            webhook_token: String::new(),
            push_form: PushForm::default(),
            send_pause_ms: 500,
            typing_level: 0,
            switches: BTreeSet::from([Switch::LinkPreview]),
            remembered: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address may hold a token, and so may what is remembered.
        f.debug_struct("Settings")
            .field("send_pause_ms", &self.send_pause_ms)
            .field("typing_level", &self.typing_level)
            .field("switches", &self.switches)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_an_older_version_are_read_with_defaults_for_what_is_new() {
        let settings: Settings = serde_json::from_str(r#"{"send_pause_ms":700}"#).unwrap();
        assert_eq!(settings, Settings { send_pause_ms: 700, ..Settings::default() });
    }

    #[test]
    fn a_switch_is_called_as_it_is_stored_and_none_is_forgotten() {
        for switch in Switch::ALL {
            assert_eq!(serde_json::to_value(switch).unwrap(), switch.as_str());
            assert_eq!(switch.as_str().parse(), Ok(switch));
        }
        assert_eq!(BTreeSet::from(Switch::ALL).len(), Switch::ALL.len());
    }

    #[test]
    fn settings_do_not_print_addresses_or_tokens() {
        let settings = Settings {
            webhook_url: "https://canary.example/".into(),
            webhook_token: "canary".into(),
            remembered: BTreeMap::from([("proxy".into(), "canary".into())]),
            ..Settings::default()
        };
        assert!(!format!("{settings:?}").contains("canary"));
    }
}
