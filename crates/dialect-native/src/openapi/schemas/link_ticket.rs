//! Link tickets, and what is said of the page that one opens.

use serde_json::{Value, json};
use waygate_core::link_ticket::{BRAND_NAME_LENGTH_MAX, LOGO_BYTES_MAX, Language};
use waygate_engine::link_tickets::{
    PASS_FOR, PASS_FOR_MAX, PASS_FOR_MIN, TICKET_FOR, TICKET_FOR_MAX, TICKET_FOR_MIN,
};

use crate::openapi::schema::{Schema, always, maybe};

const STATUSES: [&str; 4] = ["issued", "opened", "revoked", "expired"];

pub(super) const STEPS: [&str; 14] = [
    "issued",
    "opened",
    "qr_code_shown",
    "pairing_code_shown",
    "pairing_code_typed",
    "passkey_required",
    "passkey_answered",
    "passkey_code_shown",
    "passkey_confirmed",
    "accepted",
    "linked",
    "failed",
    "revoked",
    "expired",
];

/// The longest `data:` address of a logo: base64 makes four characters of three bytes.
const LOGO_LENGTH_MAX: usize = LOGO_BYTES_MAX / 3 * 4 + 40;

pub(super) fn new() -> Schema {
    let valid_for = Schema::number(TICKET_FOR_MIN.as_secs(), TICKET_FOR_MAX.as_secs())
        .or_null()
        .by_default(TICKET_FOR.as_secs())
        .says("How long it can be opened, in seconds.");
    let session = Schema::number(PASS_FOR_MIN.as_secs(), PASS_FOR_MAX.as_secs())
        .or_null()
        .by_default(PASS_FOR.as_secs())
        .says("How long the browser that opened it can use the page, in seconds.");
    let languages = Language::ALL.map(Language::code);
    let language = Schema::word(&languages)
        .or_null()
        .says("The page's language; else the one that the browser asks for.");
    let methods = Schema::word(&["qr", "code", "both"])
        .or_null()
        .by_default("both")
        .says("By which codes the page links.");
    let phone = super::phone().or_null().says("The number that the page proposes.");
    let fixed = Schema::flag()
        .or_null()
        .by_default(false)
        .says("Whether that number cannot be changed. It needs a `phone`.");
    let back =
        Schema::text().or_null().like("^[hH][tT][tT][pP][sS]://[^/@]+").longest(2000).says(
            "Where the page leads to when the account is linked, by a link and never by itself.",
        );
    Schema::body([
        maybe("expires_in", valid_for),
        maybe("session", session),
        maybe("brand", Schema::named("Brand").or_null().says("Whose page it seems to be.")),
        maybe("language", language),
        maybe("methods", methods),
        maybe("phone", phone),
        maybe("phone_fixed", fixed),
        maybe("return_url", back),
    ])
    .says("A ticket to be made, and what its page is like.")
    .example(json!({
        "expires_in": 86400,
        "brand": {"name": "Shop", "colour": "#0a7d55"},
        "language": "de",
        "return_url": "https://shop.example/done"
    }))
}

pub(super) fn brand() -> Schema {
    let name = Schema::text()
        .or_null()
        .like("^[^\\u0000-\\u001f\\u007f-\\u009f]*$")
        .longest(BRAND_NAME_LENGTH_MAX)
        .says("In one line.");
    let colour = Schema::text()
        .or_null()
        .like("^#[0-9a-fA-F]{6}$")
        .says("The page makes it lighter or darker where it could not be read.");
    let logo = Schema::text()
        .or_null()
        .like("^data:image/(png|jpeg|webp);base64,")
        .longest(LOGO_LENGTH_MAX)
        .says("A picture of at most 64 KiB and 1024 x 1024 pixels.");
    Schema::body([maybe("name", name), maybe("colour", colour), maybe("logo", logo)])
        .says("A name, a colour and a logo.")
        .example(json!({"name": "Shop", "colour": "#0a7d55"}))
}

fn example() -> Value {
    json!({"id": "0f4b0d6e-6c0b-4f5c-9b0e-3f6a6a1f7f52", "expires_at": "2026-03-01T10:30:30.456Z"})
}

pub(super) fn issued() -> Schema {
    let path =
        Schema::text().says("Where the page is, on the same host. Only this answer shows it.");
    let mut example = example();
    example["path"] = "/link/...".into();
    Schema::object([
        always("id", Schema::uuid().says("By which it is taken back. No secret.")),
        always("path", path),
        always("expires_at", Schema::time().says("Until when it can be opened.")),
    ])
    .says("An address at which a person links an instance in a browser. It is opened once.")
    .example(example)
}

pub(super) fn ticket() -> Schema {
    let step = Schema::object([always("step", Schema::word(&STEPS)), always("at", Schema::time())]);
    let mut example = example();
    example["status"] = "opened".into();
    example["issued_at"] = "2026-03-01T10:20:30.456Z".into();
    example["opened_at"] = "2026-03-01T10:21:00.000Z".into();
    example["ended_at"] = Value::Null;
    example["steps"] = json!([
        {"step": "issued", "at": "2026-03-01T10:20:30.456Z"},
        {"step": "opened", "at": "2026-03-01T10:21:00.000Z"}
    ]);
    Schema::object([
        always("id", Schema::uuid()),
        always("status", Schema::word(&STATUSES)),
        always("issued_at", Schema::time()),
        always("expires_at", Schema::time().says("Until when it can be opened.")),
        always("opened_at", Schema::time().or_null()),
        always("ended_at", Schema::time().or_null()),
        always("steps", Schema::list(step).says("How far it has come, the oldest step first.")),
    ])
    .says("A link ticket, without its address.")
    .example(example)
}

pub(super) fn list() -> Schema {
    Schema::object([always("data", Schema::list(Schema::named("LinkTicket")))])
        .says("The link tickets of an instance, the newest first. Ended ones are kept for a week.")
}
