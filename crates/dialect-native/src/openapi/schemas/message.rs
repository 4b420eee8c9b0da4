//! Messages, what becomes of them, and calls.

use waygate_core::event::EventName;

use super::event::of_kind;
use crate::openapi::schema::{Property, Schema, always, maybe};
use crate::wire::message::{CALL_STEPS, SEND_FAILURES, STATUSES};

/// A person, a group or a channel.
pub(super) fn address() -> Schema {
    Schema::text().says(
        "As WhatsApp writes it: `15550002222@s.whatsapp.net` or `98765432101234@lid` for a person, \
         `120363000000000000@g.us` for a group.",
    )
}

/// What a message is, without its place.
fn message_fields() -> Vec<Property> {
    let name = |says| Schema::text().or_null().says(says);
    vec![
        always("id", Schema::text().says("Unique for one sender in one chat.")),
        always("chat", address()),
        always("sender", address()),
        always("sender_hidden", address().or_null()),
        always("sender_name", name("What the sender calls himself.")),
        always("chat_name", name("What a group is called, where that is known.")),
        always("sent_at", Schema::time().says("By WhatsApp's clock.")),
        always("content", Schema::named("MessageContent")),
        always("quoted", Schema::named("QuotedMessage").or_null()),
        always("forwarding_score", Schema::count().says("How often it was passed on before.")),
    ]
}

pub(super) fn quoted() -> Schema {
    Schema::object([
        always("id", Schema::text()),
        always("sender", address().or_null()),
        always("content", Schema::named("MessageContent").or_null()),
    ])
    .says("The message that another one answers, as the answer tells it.")
}

/// The kinds of events that messages and calls make.
pub(super) fn events() -> [Schema; 4] {
    let origin = Schema::word(&["phone", "api"])
        .says("Whether it was sent from the phone or another device, or through this gateway.");
    let sent = message_fields().into_iter().chain([maybe("origin", origin)]).collect();
    let failure = Schema::word(&SEND_FAILURES).or_null().says("Why it `failed`.");
    let code = Schema::count().or_null().says("WhatsApp's number for it, where it gave one.");
    let status = vec![
        always("id", Schema::text()),
        always("chat", address()),
        always("status", Schema::word(&STATUSES)),
        always("failure", failure),
        always("code", code),
        always("by_api", Schema::flag().says("Whether it was sent through this gateway.")),
        always("by", address().or_null()),
    ];
    let call = vec![
        always("id", Schema::text()),
        always("from", address()),
        always("group", address().or_null()),
        always("video", Schema::flag()),
        always("step", Schema::word(&CALL_STEPS)),
    ];
    [
        of_kind(EventName::MessageReceived, "Somebody wrote.", message_fields()),
        of_kind(EventName::MessageSent, "The account wrote.", sent),
        of_kind(EventName::MessageStatus, "A message of the account went a step on.", status),
        of_kind(EventName::Call, "A call to the account went a step on.", call),
    ]
}
