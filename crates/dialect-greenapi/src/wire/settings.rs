//! An instance's settings as the vendor spells them: `getSettings`, `setSettings` and
//! `createInstance` read and write by one table.

use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value};
use waygate_core::instance::settings::{
    SEND_PAUSE_MAX, SEND_PAUSE_MIN, Settings, Switch, TYPING_LEVEL_MAX,
};
use waygate_core::push::PushForm;
use waygate_http::outbound::{Policy, Refusal as Forbidden};

use super::value;
use crate::refusal::Refusal;

/// The longest address of a receiver, in bytes.
const WEBHOOK_URL_BYTES_MAX: usize = 2048;

/// The longest token of a receiver, in characters.
const WEBHOOK_TOKEN_LENGTH_MAX: usize = 2048;

/// The longest text that is kept although nothing acts on it, in characters.
const REMEMBERED_LENGTH_MAX: usize = 512;

/// How much of a key that we do not know is repeated, in characters.
const UNKNOWN_KEY_LENGTH_MAX: usize = 64;

/// What a key stands for.
#[derive(Clone, Copy)]
enum Meaning {
    /// The linked account. Only read; clients that send back what they got send it too.
    Account,
    WebhookUrl,
    WebhookToken,
    SendPause,
    TypingLevel,
    Switch(Switch),
    /// Out of service, but clients read what they wrote. Shown with this value until then, or not
    /// at all.
    Text(Option<&'static str>),
    /// The same, with `yes` or `no`.
    YesNo(Option<&'static str>),
}

/// Every key, in the order in which `getSettings` shows them.
const KEYS: &[(&str, Meaning)] = &[
    ("wid", Meaning::Account),
    ("webhookUrl", Meaning::WebhookUrl),
    ("webhookUrlToken", Meaning::WebhookToken),
    ("delaySendMessagesMilliseconds", Meaning::SendPause),
    ("markIncomingMessagesReaded", Meaning::Switch(Switch::MarkRead)),
    ("markIncomingMessagesReadedOnReply", Meaning::Switch(Switch::MarkReadOnReply)),
    ("outgoingWebhook", Meaning::Switch(Switch::OutgoingStatus)),
    ("outgoingMessageWebhook", Meaning::Switch(Switch::PhoneMessages)),
    ("outgoingAPIMessageWebhook", Meaning::Switch(Switch::ApiMessages)),
    ("incomingWebhook", Meaning::Switch(Switch::IncomingMessages)),
    ("stateWebhook", Meaning::Switch(Switch::StateChanges)),
    ("keepOnlineStatus", Meaning::Switch(Switch::KeepOnline)),
    ("pollMessageWebhook", Meaning::Switch(Switch::Polls)),
    ("incomingCallWebhook", Meaning::Switch(Switch::IncomingCalls)),
    ("outgoingCallWebhook", Meaning::Switch(Switch::OutgoingCalls)),
    ("editedMessageWebhook", Meaning::Switch(Switch::Edits)),
    ("deletedMessageWebhook", Meaning::Switch(Switch::Deletions)),
    ("autoTyping", Meaning::TypingLevel),
    ("linkPreview", Meaning::Switch(Switch::LinkPreview)),
    ("enableLidMode", Meaning::Switch(Switch::HiddenIds)),
    ("countryInstance", Meaning::Text(Some(""))),
    ("typeAccount", Meaning::Text(Some("production"))),
    ("proxyInstance", Meaning::Text(Some("system proxy"))),
    ("sharedSession", Meaning::YesNo(Some("no"))),
    ("enableMessagesHistory", Meaning::Switch(Switch::MessageHistory)),
    ("statusInstanceWebhook", Meaning::Switch(Switch::ConnectionChanges)),
    ("deviceWebhook", Meaning::Switch(Switch::DeviceInfo)),
    ("incomingBlockWebhook", Meaning::Switch(Switch::Blocks)),
    ("sendFromUTC", Meaning::Text(None)),
    ("sendToUTC", Meaning::Text(None)),
    ("catalogWebhook", Meaning::YesNo(None)),
    ("incomingMessageStatusWebhook", Meaning::YesNo(None)),
];

/// What a client wants changed; all of it can be used.
pub(crate) struct Change(Vec<Edit>);

enum Edit {
    WebhookUrl(String),
    WebhookToken(String),
    SendPause(u32),
    TypingLevel(u8),
    Switch(Switch, bool),
    Remember(&'static str, String),
}

impl Change {
    /// Reads what a client sent; it may name any of the keys. A receiver must be one that may be
    /// connected to.
    pub(crate) fn read(sent: &Map<String, Value>, outbound: &Policy) -> Result<Self, Refusal> {
        let mut edits = Vec::new();
        for (key, value) in sent {
            let known = KEYS.iter().find(|(known, _)| known == key);
            let &(key, meaning) = known.ok_or_else(|| not_allowed(key))?;
            // Some clients write what they have no value for.
            if !value.is_null() {
                edits.extend(edit((key, meaning), value, outbound)?);
            }
        }
        Ok(Self(edits))
    }

    /// Makes the change.
    pub(crate) fn apply(self, settings: &mut Settings) {
        for edit in self.0 {
            match edit {
                Edit::WebhookUrl(url) => {
                    // Whoever sends back what he got says nothing of what is there.
                    if url != settings.webhook_url {
                        settings.push_form = PushForm::Notification;
                    }
                    settings.webhook_url = url;
                }
                Edit::WebhookToken(token) => settings.webhook_token = token,
                Edit::SendPause(pause_ms) => settings.send_pause_ms = pause_ms,
                Edit::TypingLevel(level) => settings.typing_level = level,
                Edit::Switch(switch, true) => {
                    settings.switches.insert(switch);
                }
                Edit::Switch(switch, false) => {
                    settings.switches.remove(&switch);
                }
                Edit::Remember(key, value) => {
                    settings.remembered.insert(key.to_owned(), value);
                }
            }
        }
    }
}

fn edit(
    (key, meaning): (&'static str, Meaning),
    value: &Value,
    outbound: &Policy,
) -> Result<Option<Edit>, Refusal> {
    let edit = match meaning {
        Meaning::Account => return Ok(None),
        Meaning::WebhookUrl => Edit::WebhookUrl(webhook_url(key, value, outbound)?),
        Meaning::WebhookToken => {
            Edit::WebhookToken(value::text(key, value, WEBHOOK_TOKEN_LENGTH_MAX)?.to_owned())
        }
        Meaning::SendPause => {
            let [min, max] = [SEND_PAUSE_MIN, SEND_PAUSE_MAX]
                .map(|pause| i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
            let pause_ms = value::integer_in(key, value, min, max)?;
            Edit::SendPause(u32::try_from(pause_ms).unwrap_or(u32::MAX))
        }
        Meaning::TypingLevel => {
            let level = value::integer_in(key, value, 0, TYPING_LEVEL_MAX.into())?;
            Edit::TypingLevel(u8::try_from(level).unwrap_or(TYPING_LEVEL_MAX))
        }
        Meaning::Switch(switch) => Edit::Switch(switch, value::yes_no(key, value)?),
        Meaning::Text(_) => {
            Edit::Remember(key, value::text(key, value, REMEMBERED_LENGTH_MAX)?.to_owned())
        }
        Meaning::YesNo(_) => Edit::Remember(key, word(value::yes_no(key, value)?).to_owned()),
    };
    Ok(Some(edit))
}

fn webhook_url(key: &str, value: &Value, outbound: &Policy) -> Result<String, Refusal> {
    let text = value::text(key, value, WEBHOOK_URL_BYTES_MAX)?.trim();
    if text.len() > WEBHOOK_URL_BYTES_MAX {
        return Err(Refusal::invalid(format_args!(
            "'{key}' length must be less than or equal to {WEBHOOK_URL_BYTES_MAX} bytes long"
        )));
    }
    if text.is_empty() {
        return Ok(String::new());
    }
    match outbound.check(text) {
        Ok(_destination) => Ok(text.to_owned()),
        Err(Forbidden::NotOfTheWeb) => Err(Refusal::invalid(format_args!(
            "'{key}' must be a valid uri with a scheme matching the http|https pattern"
        ))),
        // The vendor's own service has no network to protect; the words are ours.
        Err(why @ (Forbidden::Credentials | Forbidden::Port | Forbidden::Address)) => {
            Err(Refusal::invalid(format_args!("'{key}' must {why}")))
        }
    }
}

/// A key that nobody knows: a slip of the pen would otherwise pass for a setting.
pub(crate) fn not_allowed(key: &str) -> Refusal {
    let shown: String = key.chars().take(UNKNOWN_KEY_LENGTH_MAX).collect();
    Refusal::invalid(format_args!("'{shown}' is not allowed"))
}

/// All settings, as `getSettings` shows them.
pub(crate) struct Shown<'a> {
    pub(crate) settings: &'a Settings,
    /// The linked account, or nothing.
    pub(crate) wid: &'a str,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = |&(key, meaning): &(&'static str, Meaning)| {
            self.value(key, meaning).map(|value| (key, value))
        };
        serializer.collect_map(KEYS.iter().filter_map(shown))
    }
}

impl Shown<'_> {
    fn value(&self, key: &str, meaning: Meaning) -> Option<Value> {
        let settings = self.settings;
        let remembered = settings.remembered.get(key).map(String::as_str);
        Some(match meaning {
            Meaning::Account => self.wid.into(),
            Meaning::WebhookUrl => settings.webhook_url.as_str().into(),
            Meaning::WebhookToken => settings.webhook_token.as_str().into(),
            Meaning::SendPause => settings.send_pause_ms.into(),
            Meaning::TypingLevel => settings.typing_level.into(),
            Meaning::Switch(switch) => word(settings.switches.contains(&switch)).into(),
            Meaning::Text(default) | Meaning::YesNo(default) => remembered.or(default)?.into(),
        })
    }
}

fn word(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}

#[cfg(test)]
mod tests;
