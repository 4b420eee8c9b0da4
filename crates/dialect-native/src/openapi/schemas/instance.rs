//! Instances.

use serde_json::{Value, json};
use waygate_core::id::InstanceNumber;
use waygate_core::instance::record::NAME_LENGTH_MAX;
use waygate_core::instance::state::StateName;
use waygate_core::token::{TAKEN_OVER_LENGTH_MAX, TAKEN_OVER_LENGTH_MIN};

use crate::openapi::schema::{Property, Schema, always, maybe};

pub(super) fn new() -> Schema {
    let name = Schema::text().or_null().longest(NAME_LENGTH_MAX).says("What people call it.");
    let phone = super::phone().or_null().says("The number that is meant to be linked.");
    let with = |green_id: Property, green_token: Property| {
        let fields = [maybe("name", name.clone()), maybe("phone", phone.clone()), super::owner()];
        Schema::body(fields.into_iter().chain([green_id, green_token]))
    };
    let none = || Schema::null().says("The same as no field.");
    let green_id = Schema::digits("^[1-9][0-9]{0,11}$", 1, InstanceNumber::MAX)
        .says("The `idInstance` that it keeps.");
    let green_token = Schema::text()
        .like("^[A-Za-z0-9_-][A-Za-z0-9._-]*$")
        .shortest(TAKEN_OVER_LENGTH_MIN)
        .longest(TAKEN_OVER_LENGTH_MAX)
        .says("The `apiTokenInstance` that it keeps.");
    Schema::either([
        with(maybe("green_id", none()), maybe("green_token", none())).says("A new one."),
        with(always("green_id", green_id), always("green_token", green_token))
            .says("One that was at GREEN-API."),
    ])
    .says("An instance to be made.")
    .example(json!({"name": "Shop"}))
}

pub(super) fn edit() -> Schema {
    let phone = super::phone().or_null();
    let name = Schema::text().or_null().longest(NAME_LENGTH_MAX).says("What people call it.");
    Schema::body([
        maybe("name", name),
        maybe("phone", phone.says("The number that is meant to be linked; `null` for none.")),
    ])
    .says("What is to be changed. What is not named stays.")
    .example(json!({"name": "Bakery", "phone": "+1 555 000 1111"}))
}

/// What all forms of an instance have.
fn properties() -> Vec<Property> {
    let phone = Schema::text()
        .or_null()
        .says("The number that is meant to be linked, digits alone, where somebody said one.");
    let number = Schema::number(1, InstanceNumber::MAX)
        .says("What GREEN-API calls `idInstance`. It can stand for the id in a path.");
    vec![
        always("id", Schema::uuid()),
        always("number", number),
        always("name", Schema::text().longest(NAME_LENGTH_MAX).says("May be empty.")),
        always("phone", phone),
        always("account_id", Schema::uuid().says("Whose it is.")),
        always("created_at", Schema::time()),
        always("state", Schema::named("InstanceState")),
        always(
            "whatsapp",
            Schema::named("LinkedAccount").or_null().says("The account that it is linked to."),
        ),
        maybe("green_api", Schema::named("GreenApiAccess")),
        maybe("hypersender", Schema::named("HypersenderAccess")),
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
        "phone": "15550001111",
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
        "green_api": {"id_instance": 1_105_600_123_u64, "api_token_instance": "..."},
        "hypersender": {
            "instance_uuid": "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "access_token": "..."
        }
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
    Schema::object([
        always("data", Schema::list(Schema::named("Instance"))),
        always("next_cursor", super::next_cursor()),
    ])
    .says("Instances in the order of their creation.")
}

pub(super) fn state() -> Schema {
    let names = StateName::ALL.map(StateName::as_str);
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

/// A token that opens an instance elsewhere.
fn shown_token() -> Schema {
    Schema::text().or_null().says(
        "A secret. `null` for a token that lacks one of the scopes `read`, `link` and `manage`.",
    )
}

pub(super) fn hypersender() -> Schema {
    Schema::object([always("instance_uuid", Schema::uuid()), always("access_token", shown_token())])
        .says(
            "What lets a client of Hypersender in. Only in the answers that tell of one instance.",
        )
}

pub(super) fn green_api() -> Schema {
    Schema::object([
        always("id_instance", Schema::number(1, InstanceNumber::MAX)),
        always("api_token_instance", shown_token()),
    ])
    .says("What lets a client of GREEN-API in. Only in the answers that tell of one instance.")
}
