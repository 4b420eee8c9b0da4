//! What an instance went through.

use serde_json::json;
use waygate_core::instance::state::StateName;

use crate::openapi::schema::{Property, Schema, always};
use crate::wire::change::CAUSES;

/// What a change is, without its place.
pub(super) fn change_fields() -> Vec<Property> {
    let state = || Schema::word(&StateName::ALL.map(StateName::as_str));
    let reason =
        Schema::text().or_null().says("In words, why the connection `ended`, or a passkey failed.");
    let whatsapp =
        super::linked().or_null().says("The account that is linked after it, or was until then.");
    vec![
        always("from", state()),
        always("to", state()),
        always("cause", Schema::word(&CAUSES).says("Why, for programs.")),
        always("reason", reason),
        always("linked", Schema::flag().says("Whether there is an account after it.")),
        always("whatsapp", whatsapp),
    ]
}

pub(super) fn change() -> Schema {
    let place = [
        always("sequence", Schema::count().says("Its number among the events of the instance.")),
        always("at", Schema::time()),
    ];
    Schema::object(place.into_iter().chain(change_fields()))
        .says("A change of an instance's state.")
        .example(json!({
            "sequence": 5,
            "at": "2026-03-01T11:00:00.000Z",
            "from": "online",
            "to": "offline",
            "cause": "ended",
            "reason": "the connection was lost",
            "linked": true,
            "whatsapp": {"phone": "15550001111", "device": 3}
        }))
}

pub(super) fn page() -> Schema {
    Schema::object([
        always("data", Schema::list(Schema::named("StateChange"))),
        always("next_cursor", super::next_cursor()),
    ])
    .says("Changes of an instance's state, the newest first.")
}
