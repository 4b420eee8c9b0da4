//! Messages that are sent.

use serde_json::{Value, json};
use waygate_core::message::outgoing::TEXT_CHARS_MAX;

use crate::messages::send::ID_LENGTH_MAX;
use crate::openapi::schema::{Schema, always, maybe};
use crate::wire::message::{SEND_FAILURES, STATUSES};

/// A number as people write it, or an address as WhatsApp does.
const CHAT: &str = "^( *\\+?[ .()-]*[1-9]([ .()-]*[0-9]){6,14}[ .()-]*|[1-9][0-9]{6,14}@s\\.whatsapp\\.net|[0-9]{1,64}@lid|[0-9]{1,40}(-[0-9]{1,20})?@g\\.us)$";

/// The same of people alone.
const PERSON: &str = "^( *\\+?[ .()-]*[1-9]([ .()-]*[0-9]){6,14}[ .()-]*|[1-9][0-9]{6,14}@s\\.whatsapp\\.net|[0-9]{1,64}@lid)$";

const ID: &str = "^[!-~]+$";

fn address(pattern: &'static str) -> Schema {
    Schema::digits(pattern, 1_000_000, 999_999_999_999_999)
}

fn message_id() -> Schema {
    Schema::text().like(ID).shortest(1).longest(ID_LENGTH_MAX)
}

pub(super) fn new() -> Schema {
    let chat = address(CHAT)
        .says("A phone number, or WhatsApp's address of a person or a group.")
        .example("15550002222");
    let text = Schema::text().shortest(1).longest(TEXT_CHARS_MAX).says("The words.");
    let sender = address(PERSON).or_null().says(
        "Who wrote it. It is needed in groups, for messages that this gateway does not know.",
    );
    let quote = Schema::body([always("id", message_id()), maybe("sender", sender)])
        .or_null()
        .says("The message that is answered.");
    Schema::body([always("chat", chat), always("text", text), maybe("quote", quote)])
        .says("A message to be sent.")
        .example(json!({"chat": "15550002222", "text": "Your order is ready."}))
}

fn example() -> Value {
    json!({
        "id": "3EB0C431C26A1916E07E45",
        "chat": "15550002222@s.whatsapp.net",
        "status": "queued",
        "failure": null,
        "code": null,
        "by_api": true,
        "by": null,
        "at": "2026-03-01T10:20:30.456Z"
    })
}

pub(super) fn sent() -> Schema {
    let code = Schema::number(0, u16::MAX.into());
    Schema::object([
        always("id", Schema::text()),
        always("chat", Schema::text().says("WhatsApp's address of it.")),
        always("status", Schema::word(&STATUSES)),
        always("failure", Schema::word(&SEND_FAILURES).or_null().says("Why it `failed`.")),
        always("code", code.or_null().says("WhatsApp's number for that, where it gave one.")),
        always(
            "by_api",
            Schema::flag().says("Whether it was sent through one of this gateway's APIs."),
        ),
        always("by", Schema::text().or_null().says("Always `null` here.")),
        always("at", Schema::time().says("When it came to stand there.")),
    ])
    .says("Where a message of an account stands. Its status only ever goes forward.")
    .example(example())
}

pub(super) fn queue() -> Schema {
    let quote =
        Schema::object([always("id", Schema::text()), always("sender", Schema::text().or_null())]);
    let message = Schema::object([
        always("id", Schema::text()),
        always("chat", Schema::text()),
        always("text", Schema::text()),
        always("quote", quote.or_null().says("The message that is answered.")),
        always("accepted_at", Schema::time()),
        always("expires_at", Schema::time().says("When it is given up.")),
    ]);
    Schema::object([
        always("data", Schema::list(message).says("The first of them.")),
        always("count", Schema::count().says("How many there are in all.")),
    ])
    .says("The messages that wait to be sent, in their order.")
}

pub(super) fn cleared() -> Schema {
    Schema::object([always("cleared", Schema::count().says("How many were given up."))])
        .says("What came of it.")
}
