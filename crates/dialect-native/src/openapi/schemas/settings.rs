//! The settings of an instance.

use serde_json::json;
use waygate_core::instance::settings::{SEND_PAUSE_MAX, SEND_PAUSE_MIN, Switch, TYPING_LEVEL_MAX};
use waygate_core::push::PushForm;

use crate::openapi::schema::{Property, Schema, always, maybe};
use crate::wire::settings::TEXT_BYTES_MAX;

fn pause() -> Schema {
    let ms = |pause: std::time::Duration| u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    Schema::number(ms(SEND_PAUSE_MIN), ms(SEND_PAUSE_MAX))
        .says("The pause between two sent messages, in milliseconds.")
}

fn typing() -> Schema {
    Schema::number(0, TYPING_LEVEL_MAX.into()).says("How long typing is shown before a text.")
}

fn form() -> Schema {
    Schema::word(&PushForm::ALL.map(PushForm::as_str)).says(
        "In which form events are pushed: as GREEN-API's notifications, or in Hypersender's \
         envelope.",
    )
}

fn switches(property: impl Fn(&'static str, Schema) -> Property) -> Vec<Property> {
    let told = |switch: Switch| property(switch.as_str(), Schema::flag().says(meaning(switch)));
    Switch::ALL.into_iter().map(told).collect()
}

fn meaning(switch: Switch) -> &'static str {
    match switch {
        Switch::IncomingMessages => "Tell of incoming messages.",
        Switch::PhoneMessages => "Tell of messages that are sent from the phone.",
        Switch::ApiMessages => "Tell of messages that are sent through an API.",
        Switch::OutgoingStatus => "Tell what became of sent messages.",
        Switch::StateChanges => "Tell of changes of state.",
        Switch::ConnectionChanges => "Tell when the connection comes and goes.",
        Switch::Polls => "Tell of polls and votes.",
        Switch::IncomingCalls => "Tell of incoming calls.",
        Switch::OutgoingCalls => "Tell of outgoing calls.",
        Switch::Edits => "Tell of edited messages.",
        Switch::Deletions => "Tell of deleted messages.",
        Switch::DeviceInfo => "Tell about the phone.",
        Switch::Blocks => "Tell when somebody blocks this account.",
        Switch::MarkRead => "Mark every incoming message read.",
        Switch::MarkReadOnReply => "Mark a chat read when something is sent to it.",
        Switch::KeepOnline => "Be shown as online.",
        Switch::LinkPreview => "Show previews of links.",
        Switch::HiddenIds => "Name people by their hidden ids.",
        Switch::MessageHistory => "Keep a history of messages.",
    }
}

pub(super) fn settings() -> Schema {
    let url = Schema::text().or_null().says("Where events are pushed to.");
    let token = Schema::flag().says("Whether a token is set. It cannot be read.");
    let mut properties = vec![
        always("webhook_url", url),
        always("webhook_token_set", token),
        always("webhook_form", form()),
        always("send_pause_ms", pause()),
        always("typing_level", typing()),
    ];
    properties.extend(switches(always));
    Schema::object(properties).says("How an instance behaves.")
}

pub(super) fn edit() -> Schema {
    let url = Schema::text().or_null().like("^(https?://[^/?#]+.*)?$").longest(TEXT_BYTES_MAX);
    let token = Schema::text().or_null().longest(TEXT_BYTES_MAX);
    let mut properties =
        vec![
        maybe("webhook_url", url.says("Where events are pushed to; `null` for nowhere.")),
        maybe("webhook_token", Schema { write_only: Some(true), ..token }.says(
            "What the receiver is shown as a proof of who sends; `null` for nothing. A secret.",
        )),
        maybe("webhook_form", form().or_null()),
        maybe("send_pause_ms", pause().or_null()),
        maybe("typing_level", typing().or_null()),
    ];
    properties.extend(switches(|name, flag| maybe(name, flag.or_null())));
    Schema::body(properties)
        .says("What is to be changed. What is not named stays. Texts have up to 2048 bytes.")
        .example(json!({"incoming_messages": true}))
}
