//! Messages, what becomes of them, and calls, as events tell of them.

use crate::openapi::schema::{Property, Schema, always};
use crate::wire::message::{CALL_STEPS, SEND_FAILURES, STATUSES};

fn address() -> Schema {
    Schema::text().example("15550002222@s.whatsapp.net")
}

fn content() -> Schema {
    Schema::anything().says(
        "What it says. `type` says which kind it is, and what else there is follows from that. The \
         file of a message is fetched at `/events/{event}/media`.",
    )
}

/// A message that somebody else wrote.
pub(super) fn received() -> Vec<Property> {
    let quoted = Schema::object([
        always("id", Schema::text()),
        always("sender", address().or_null()),
        always("content", content()),
    ]);
    vec![
        always("id", Schema::text().says("What its sender calls it.")),
        always("chat", address().says("The chat that it is in; of two, the other one.")),
        always("sender", address().says("Who wrote it.")),
        always("sender_hidden", address().or_null().says("The same person's hidden id.")),
        always("sender_name", Schema::text().or_null().says("What the sender calls himself.")),
        always("chat_name", Schema::text().or_null().says("What the group is called.")),
        always("sent_at", Schema::time()),
        always("content", content()),
        always("quoted", quoted.or_null().says("The message that it answers.")),
        always("forwarding_score", Schema::count().says("How often it was passed on before.")),
    ]
}

/// A message of this account.
pub(super) fn sent() -> Vec<Property> {
    let mut fields = received();
    fields.push(always("origin", Schema::word(&["phone", "api"]).says("From where it was sent.")));
    fields
}

pub(super) fn status() -> Vec<Property> {
    vec![
        always("id", Schema::text().says("Which message.")),
        always("chat", address()),
        always("status", Schema::word(&STATUSES)),
        always("failure", Schema::word(&SEND_FAILURES).or_null().says("Why it `failed`.")),
        always("code", Schema::count().or_null().says("WhatsApp's number for it.")),
        always("by_api", Schema::flag().says("Whether it was sent through an API.")),
        always("by", address().or_null().says("Who received or read it, in a group.")),
    ]
}

pub(super) fn call() -> Vec<Property> {
    vec![
        always("id", Schema::text()),
        always("from", address().says("Who calls.")),
        always("group", address().or_null().says("The group, where the call is one's.")),
        always("video", Schema::flag()),
        always("step", Schema::word(&CALL_STEPS)),
    ]
}
