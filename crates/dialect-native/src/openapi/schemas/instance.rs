//! Instances.

use serde_json::{Value, json};
use waygate_core::id::InstanceNumber;
use waygate_core::instance::record::NAME_LENGTH_MAX;
use waygate_core::instance::state::StateName;
use waygate_core::token::{TAKEN_OVER_LENGTH_MAX, TAKEN_OVER_LENGTH_MIN};

use crate::openapi::schema::{Property, Schema, always, maybe};

const STATES: [StateName; 10] = [
    StateName::Pending,
    StateName::Stopped,
    StateName::Unlinked,
    StateName::Connecting,
    StateName::Linking,
    StateName::Online,
    StateName::Offline,
    StateName::Suspended,
    StateName::Banned,
    StateName::Failed,
];

pub(super) fn new() -> Schema {
    let name = Schema::text().or_null().longest(NAME_LENGTH_MAX).says("What people call it.");
    let green_id = Schema::digits("^[1-9][0-9]{0,11}$", 1, InstanceNumber::MAX).or_null();
    let green_token = Schema::text()
        .or_null()
        .like("^[A-Za-z0-9_-][A-Za-z0-9._-]*$")
        .shortest(TAKEN_OVER_LENGTH_MIN)
        .longest(TAKEN_OVER_LENGTH_MAX);
    Schema::body([
        maybe("name", name),
        maybe("green_id", green_id.says(
            "The `idInstance` that it had at GREEN-API and shall keep. Comes with `green_token`.",
        )),
        maybe("green_token", green_token.says(
            "The `apiTokenInstance` that it had at GREEN-API and shall keep. Comes with `green_id`.",
        )),
        super::owner(),
    ])
    .says("An instance to be made.")
    .example(json!({"name": "Shop"}))
}

/// What all forms of an instance have.
fn properties() -> Vec<Property> {
    let number = Schema::number(1, InstanceNumber::MAX)
        .says("What GREEN-API calls `idInstance`. It can stand for the id in a path.");
    vec![
        always("id", Schema::uuid()),
        always("number", number),
        always("name", Schema::text().longest(NAME_LENGTH_MAX).says("May be empty.")),
        always("account_id", Schema::uuid().says("Whose it is.")),
        always("created_at", Schema::time()),
        always("state", Schema::named("InstanceState")),
        always(
            "whatsapp",
            Schema::named("LinkedAccount").or_null().says("The account that it is linked to."),
        ),
        maybe("green_api", Schema::named("GreenApiAccess")),
    ]
}

pub(super) fn instance() -> Schema {
    Schema::object(properties()).says("The place of one WhatsApp account.").example(example())
}

fn example() -> Value {
    json!({
        "id": "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "number": 1_105_600_123_u64,
        "name": "Shop",
        "account_id": "5d3cfb5a-6b0f-4a6e-8d0a-5b1f8f6f2c11",
        "created_at": "2026-03-01T10:20:30.456Z",
        "state": {
            "name": "online",
            "since": "2026-03-01T10:25:00.000Z",
            "linked": true,
            "reason": null,
            "next_try_at": null
        },
        "whatsapp": {"phone": "15550001111", "device": 3, "push_name": "Ann"},
        "green_api": {"id_instance": 1_105_600_123_u64, "api_token_instance": "..."}
    })
}

pub(super) fn logged_out() -> Schema {
    let told = Schema::flag().says(
        "Whether WhatsApp was reached. If not, remove the device on the phone, under Linked devices.",
    );
    let mut properties = properties();
    properties.push(always("whatsapp_told", told));
    Schema::object(properties).says("An instance whose account was unlinked.")
}

pub(super) fn page() -> Schema {
    let cursor = Schema::uuid().or_null().says("For the next page; `null` when this is the last.");
    Schema::object([
        always("data", Schema::list(Schema::named("Instance"))),
        always("next_cursor", cursor),
    ])
    .says("Instances in the order of their creation.")
}

pub(super) fn state() -> Schema {
    let names = STATES.map(StateName::as_str);
    let since = Schema::time().or_null().says("`null` while this process does not run it.");
    let linked = Schema::flag().or_null().says("Whether it has a WhatsApp account.");
    let reason = Schema::text().or_null().says("In words, what stands in its way.");
    let next_try = Schema::time().or_null().says("When the next connection is due.");
    let until = Schema::time().says(
        "The end of a ban. Only there while the instance is `suspended` and WhatsApp named it.",
    );
    Schema::object([
        always("name", Schema::word(&names)),
        always("since", since),
        always("linked", linked),
        always("reason", reason),
        always("next_try_at", next_try),
        maybe("suspended_until", until),
    ])
    .says("Where an instance stands.")
}

pub(super) fn linked_account() -> Schema {
    Schema::object([
        always("phone", Schema::text().says("In international form, digits alone.")),
        always(
            "device",
            Schema::number(0, u16::MAX.into()).says("Its number among the account's devices."),
        ),
        always("push_name", Schema::text().or_null().says("Known while the instance is online.")),
    ])
    .says("A WhatsApp account.")
}

pub(super) fn green_api() -> Schema {
    let token = Schema::text().or_null().says(
        "A secret. `null` for a token that lacks one of the scopes `read`, `link` and `manage`.",
    );
    Schema::object([
        always("id_instance", Schema::number(1, InstanceNumber::MAX)),
        always("api_token_instance", token),
    ])
    .says("What lets a client of GREEN-API in. Only in the answers that tell of one instance.")
}
