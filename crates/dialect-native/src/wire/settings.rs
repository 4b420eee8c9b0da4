//! An instance's settings, as they are told and said: each switch is a field of its own.

use std::collections::BTreeMap;

use serde::Serialize;
use waygate_core::instance::settings::{
    SEND_PAUSE_MAX, SEND_PAUSE_MIN, Settings, Switch, TYPING_LEVEL_MAX,
};
use waygate_core::push::PushForm;
use waygate_http::outbound::Policy;

use crate::fields::Fields;
use crate::problem::Problem;

/// What a `PATCH` may name.
pub(crate) const FIELDS: &[&str] = &[
    "webhook_url",
    "webhook_token",
    "webhook_form",
    "send_pause_ms",
    "typing_level",
    "incoming_messages",
    "phone_messages",
    "api_messages",
    "outgoing_status",
    "state_changes",
    "connection_changes",
    "polls",
    "incoming_calls",
    "outgoing_calls",
    "edits",
    "deletions",
    "device_info",
    "blocks",
    "mark_read",
    "mark_read_on_reply",
    "keep_online",
    "link_preview",
    "hidden_ids",
    "message_history",
];

const WEBHOOK_URL: &str = "webhook_url";
const WEBHOOK_TOKEN: &str = "webhook_token";
const WEBHOOK_FORM: &str = "webhook_form";

/// The longest address or token of a receiver, in bytes: as long as GREEN-API's contract allows.
pub(crate) const TEXT_BYTES_MAX: usize = 2048;

/// The settings, without the secret among them.
#[derive(Serialize)]
pub(crate) struct SettingsBody<'a> {
    webhook_url: Option<&'a str>,
    webhook_token_set: bool,
    webhook_form: PushForm,
    send_pause_ms: u32,
    typing_level: u8,
    #[serde(flatten)]
    switches: BTreeMap<&'static str, bool>,
}

/// What is to be changed.
#[derive(Default)]
pub(crate) struct Edits {
    webhook_url: Option<String>,
    webhook_token: Option<String>,
    webhook_form: Option<PushForm>,
    send_pause_ms: Option<u32>,
    typing_level: Option<u8>,
    switches: Vec<(Switch, bool)>,
}

impl<'a> SettingsBody<'a> {
    pub(crate) fn of(settings: &'a Settings) -> Self {
        let switch = |switch: Switch| (switch.as_str(), settings.switches.contains(&switch));
        let url = settings.webhook_url.as_str();
        Self {
            webhook_url: Some(url).filter(|url| !url.is_empty()),
            webhook_token_set: !settings.webhook_token.is_empty(),
            webhook_form: settings.push_form,
            send_pause_ms: settings.send_pause_ms,
            typing_level: settings.typing_level,
            switches: Switch::ALL.into_iter().map(switch).collect(),
        }
    }
}

impl Edits {
    pub(crate) fn read(fields: &mut Fields, outbound: &Policy) -> Result<Self, Problem> {
        let pause =
            |pause: std::time::Duration| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        let pauses = pause(SEND_PAUSE_MIN)..=pause(SEND_PAUSE_MAX);
        let mut edits = Self {
            webhook_url: text(fields, WEBHOOK_URL)?,
            webhook_token: text(fields, WEBHOOK_TOKEN)?,
            webhook_form: form(fields)?,
            send_pause_ms: fields
                .number("send_pause_ms", pauses)?
                .and_then(|ms| ms.try_into().ok()),
            typing_level: fields
                .number("typing_level", 0..=TYPING_LEVEL_MAX.into())?
                .and_then(|level| level.try_into().ok()),
            switches: Vec::new(),
        };
        check_url(edits.webhook_url.as_deref().unwrap_or_default(), outbound)?;
        for switch in Switch::ALL {
            edits.switches.extend(fields.switch(switch.as_str())?.map(|on| (switch, on)));
        }
        Ok(edits)
    }

    pub(crate) fn apply(self, settings: &mut Settings) {
        let Self { webhook_url, webhook_token, webhook_form, .. } = self;
        let (send_pause_ms, typing_level) = (self.send_pause_ms, self.typing_level);
        if let Some(url) = webhook_url {
            settings.webhook_url = url;
        }
        if let Some(token) = webhook_token {
            settings.webhook_token = token;
        }
        settings.push_form = webhook_form.unwrap_or(settings.push_form);
        settings.send_pause_ms = send_pause_ms.unwrap_or(settings.send_pause_ms);
        settings.typing_level = typing_level.unwrap_or(settings.typing_level);
        for (switch, on) in self.switches {
            if on {
                settings.switches.insert(switch);
            } else {
                settings.switches.remove(&switch);
            }
        }
    }
}

/// A text that `null` takes away.
fn text(fields: &mut Fields, name: &str) -> Result<Option<String>, Problem> {
    if fields.clears(name) {
        return Ok(Some(String::new()));
    }
    let text = fields.text(name)?;
    if text.as_ref().is_some_and(|text| text.len() > TEXT_BYTES_MAX) {
        return Err(Problem::invalid(format!("`{name}` is longer than {TEXT_BYTES_MAX} bytes")));
    }
    Ok(text)
}

/// The form in which events are pushed; `null` for the one that is usual.
fn form(fields: &mut Fields) -> Result<Option<PushForm>, Problem> {
    if fields.clears(WEBHOOK_FORM) {
        return Ok(Some(PushForm::default()));
    }
    let form = fields.text(WEBHOOK_FORM)?.map(|text| text.parse::<PushForm>()).transpose();
    form.map_err(|_unknown| {
        let words = PushForm::ALL.map(|form| format!("`{}`", form.as_str()));
        Problem::invalid(format!("`{WEBHOOK_FORM}` is one of {}", words.join(", ")))
    })
}

fn check_url(text: &str, outbound: &Policy) -> Result<(), Problem> {
    if text.is_empty() {
        return Ok(());
    }
    let checked = outbound.check(text).map(|_destination| ());
    checked.map_err(|why| Problem::invalid(format!("`{WEBHOOK_URL}` must {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_is_a_field() {
        let (own, switches) = FIELDS.split_at(5);
        let named = [WEBHOOK_URL, WEBHOOK_TOKEN, WEBHOOK_FORM, "send_pause_ms", "typing_level"];
        assert_eq!(own, named);
        assert_eq!(switches, Switch::ALL.map(Switch::as_str));
    }
}
