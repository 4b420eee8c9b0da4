//! What happens to an instance.

use serde_json::json;
use waygate_core::event::EventName;
use waygate_core::instance::passkey::PasskeyFailure;
use waygate_core::webhook::Disabled;

use super::history::change_fields;
use super::link_ticket::STEPS;
use super::message;
use crate::openapi::schema::{Property, Schema, always, maybe};
use crate::wire::event::{LINKING_FAILURES, LINKING_STEPS};
use crate::wire::passkey;

/// An event of one kind.
pub(super) fn of_kind(name: EventName, says: &'static str, data: Vec<Property>) -> Schema {
    Schema::object([
        always("sequence", Schema::count().says("Its number among the events of the instance.")),
        always("at", Schema::time()),
        always("kind", Schema::exactly(name.as_str())),
        always("data", Schema::object(data)),
    ])
    .says(says)
}

pub(super) fn event() -> Schema {
    let expires_at = || Schema::time().says("Until when it can be scanned.");
    let failures = LINKING_FAILURES.into_iter().chain(PasskeyFailure::ALL.map(passkey::name));
    let failures: Vec<_> = failures.collect();
    let round = || Schema::count().says("The code's number in its attempt.");
    let qr = || {
        Schema::text().or_null().says(
            "What the code says, where `qr=true` asks for it; null when it cannot be scanned any more.",
        )
    };
    let linking = vec![
        always("step", Schema::word(&LINKING_STEPS)),
        always("round", Schema::count().or_null().says("The number of the QR code that is shown.")),
        always("expires_at", Schema::time().or_null().says("Until when the code can be used.")),
        maybe("qr", qr()),
        always("failure", Schema::word(&failures).or_null().says("Why it `failed`.")),
        always("reason", Schema::text().or_null().says("In words, why the connection `ended`.")),
    ];
    let ticket =
        vec![always("link_ticket_id", Schema::uuid()), always("step", Schema::word(&STEPS))];
    let why = Schema::word(&Disabled::ALL.map(Disabled::as_str));
    let disabled = vec![always("webhook_endpoint_id", Schema::uuid()), always("why", why)];
    let dropped = vec![always("count", Schema::count().says("How many."))];
    let given_up = vec![
        always("webhook_endpoint_id", Schema::uuid()),
        always("count", Schema::count().says("How many became dead letters unsent.")),
    ];
    let others = [
        of_kind(EventName::StateChanged, "Its state changed.", change_fields()),
        of_kind(EventName::Linking, "An effort to link it went a step on.", linking),
        of_kind(
            EventName::QrRotated,
            "A QR code took the place of the one before.",
            vec![always("round", round()), always("expires_at", expires_at()), maybe("qr", qr())],
        ),
        of_kind(EventName::LinkTicket, "A link ticket of it went a step on.", ticket),
        of_kind(
            EventName::NotificationsDropped,
            "Notifications went without having reached anybody; the notification queue tells which.",
            dropped,
        ),
        of_kind(
            EventName::DeliveriesGivenUp,
            "Events of it that waited for a webhook endpoint became dead letters: too many waited.",
            given_up,
        ),
        of_kind(
            EventName::WebhookDisabled,
            "A webhook endpoint that heard of it is sent nothing any more.",
            disabled,
        ),
    ];
    Schema::either(others.into_iter().chain(message::events())).says("Something that happened to an instance. A client must not mind kinds that it does not know.")
    .example(json!({
        "sequence": 4,
        "at": "2026-03-01T10:21:00.000Z",
        "kind": "linking",
        "data": {
            "step": "code_shown",
            "round": 1,
            "expires_at": "2026-03-01T10:22:00.000Z",
            "failure": null,
            "reason": null
        }
    }))
}

pub(super) fn page() -> Schema {
    let missed = Schema::count()
        .says("How many events behind the cursor that was given are not kept any more.");
    Schema::object([
        always("data", Schema::list(Schema::named("Event"))),
        always("next_cursor", Schema::text().says("Where to go on, now or later.")),
        always("missed", missed),
    ])
    .says("Events, the oldest first.")
}
