//! What waits to be fetched or pushed.

use serde_json::json;
use waygate_core::event::dropped::Dropped;
use waygate_core::instance::settings::Switch;

use crate::openapi::schema::{Schema, always};

pub(super) fn queue() -> Schema {
    Schema::object([
        always("waiting", Schema::count().says("How many wait.")),
        always("held_back", Schema::named("HeldBack").or_null()),
        always("dropped", Schema::list(Schema::named("DroppedNotification"))),
        always("next_cursor", super::next_cursor()),
    ])
    .says("The notifications of an instance: what waits, and what was dropped, the newest first.")
}

pub(super) fn held_back() -> Schema {
    Schema::object([
        always("since", Schema::time().says("Since when every attempt has failed.")),
        always("next_attempt_at", Schema::time()),
        always("attempts", Schema::count().says("How often the one in front was attempted.")),
        always("status", Schema::count().or_null().says("The status of the last answer.")),
        always("error", Schema::text().or_null().says("In words, why there was none.")),
    ])
    .says("Nothing is pushed for a while, since the last attempt came to nothing.")
    .example(json!({
        "since": "2026-03-01T10:20:30.000Z",
        "next_attempt_at": "2026-03-01T10:23:30.000Z",
        "attempts": 3,
        "status": 500,
        "error": null
    }))
}

pub(super) fn dropped() -> Schema {
    let receipt = Schema::count().says("Its number among the notifications of the instance.");
    let sequence = Schema::count().says("The event of which it told, by its number.");
    Schema::object([
        always("receipt", receipt),
        always("sequence", sequence),
        always("topic", Schema::word(&Switch::ALL.map(Switch::as_str))),
        always("at", Schema::time().says("When it happened.")),
        always("dropped_at", Schema::time()),
        always("why", Schema::word(&Dropped::ALL.map(Dropped::as_str))),
    ])
    .says("A notification that reached nobody. What happened is told by the events, as long as they are kept.")
}
