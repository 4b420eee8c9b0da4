//! Webhook endpoints.

use serde_json::json;
use waygate_core::event::EventName;
use waygate_core::webhook::{DESCRIPTION_LENGTH_MAX, Disabled};

use crate::fields::NUMBER_MAX;
use crate::openapi::schema::{Property, Schema, always, maybe};
use crate::wire::settings::TEXT_BYTES_MAX;

fn url() -> Schema {
    Schema::text().longest(TEXT_BYTES_MAX).says(
        "Where events are posted to: an address on the internet that begins with `https://` or \
         `http://`. The gateway's `outbound.allow` names networks that are permitted besides.",
    )
}

fn description() -> Schema {
    Schema::text().longest(DESCRIPTION_LENGTH_MAX)
}

fn instances() -> Schema {
    let ids = Schema { unique_items: Some(true), ..Schema::list(Schema::uuid()) };
    ids.or_null()
}

fn events() -> Schema {
    let words = Schema::word(&EventName::ALL.map(EventName::as_str));
    Schema { unique_items: Some(true), ..Schema::list(words) }.or_null()
}

fn properties() -> Vec<Property> {
    let why = Schema::word(&Disabled::ALL.map(Disabled::as_str)).or_null().says(
        "Why nothing is sent: its owner wanted it so, it answered 410, or it has failed for five \
         days.",
    );
    vec![
        always("id", Schema::uuid()),
        always("account_id", Schema::uuid().says("Whose it is.")),
        always("url", url()),
        always("description", description().says("May be empty.")),
        always("instances", instances().says("Whose events; `null` for all of the account's.")),
        always("events", events().says("Which kinds; `null` for all, also for those to come.")),
        always("enabled", Schema::flag().says("Whether anything is sent.")),
        always("disabled_because", why),
        always("disabled_at", Schema::time().or_null()),
        always(
            "failing_since",
            Schema::time().or_null().says("Since when every attempt has failed."),
        ),
        always("created_at", Schema::time()),
    ]
}

pub(super) fn endpoint() -> Schema {
    Schema::object(properties()).says("A receiver of events, without its secret.")
}

pub(super) fn with_secret() -> Schema {
    let mut all = properties();
    let secret = Schema::text().like("^whsec_[A-Za-z0-9+/]{43}=$").says(
        "With what requests are signed, in the form that the libraries of Standard Webhooks take. It \
         is shown in this answer alone.",
    );
    all.push(always("secret", secret));
    Schema::object(all).says("A receiver of events, with its secret.")
}

pub(super) fn list() -> Schema {
    Schema::object([always("data", Schema::list(Schema::named("WebhookEndpoint")))])
        .says("The endpoints, in the order in which they were added.")
}

pub(super) fn new() -> Schema {
    Schema::body([
        always("url", url()),
        maybe("description", description().or_null().says("What people call it.")),
        maybe("instances", instances().says("Whose events; else those of all of the account's.")),
        maybe("events", events().says("Which kinds; else all of them.")),
        super::owner(),
    ])
    .says("An endpoint to be added.")
    .example(json!({
        "url": "https://receiver.example.org/waygate",
        "description": "Orders",
        "events": ["state_changed"]
    }))
}

pub(super) fn edit() -> Schema {
    Schema::body([
        maybe("url", url().or_null().says("Another address.")),
        maybe("description", description().or_null().says("Another one; `null` for none.")),
        maybe("instances", instances().says("Whose events; `null` for all of the account's.")),
        maybe("events", events().says("Which kinds; `null` for all of them.")),
        maybe("enabled", Schema::flag().or_null().says("Whether anything is to be sent.")),
    ])
    .says("What is to be changed.")
    .example(json!({"enabled": true}))
}

pub(super) fn attempt() -> Schema {
    let status = Schema::number(100, 999).or_null().says("`null` when there was no answer.");
    Schema::object([
        always("at", Schema::time().says("When it began; `webhook-timestamp` is this in seconds.")),
        always("took_ms", Schema::count().says("How long it took, in milliseconds.")),
        always("status", status),
        always("error", Schema::text().or_null().says("Why there was no answer.")),
        always(
            "answer",
            Schema::text().or_null().says("The beginning of the answer's body, 4 KiB at most."),
        ),
    ])
    .says("One attempt, and what came of it.")
}

pub(super) fn delivery() -> Schema {
    let status = Schema::word(&["due", "arrived", "given_up"])
        .says("What is `given_up` is a dead letter, which can be replayed.");
    let id =
        "The header `webhook-id`: the same on every attempt and replay, and at every endpoint.";
    Schema::object([
        always("number", Schema::count().says("Grows with every delivery.")),
        always("webhook_id", Schema::text().says(id)),
        always("instance_id", Schema::uuid().says("Whose event.")),
        always("sequence", Schema::count().says("Its place among the events of the instance.")),
        always("status", status),
        always("at", Schema::time().says("When it is due, arrived, or was given up.")),
        always("attempts", Schema::list(Schema::named("WebhookAttempt")).says("The oldest first.")),
    ])
    .says("An event on its way to an endpoint.")
}

pub(super) fn deliveries() -> Schema {
    Schema::object([
        always("data", Schema::list(Schema::named("WebhookDelivery"))),
        always("next_cursor", super::next_cursor()),
    ])
    .says("Deliveries, the newest first.")
}

pub(super) fn replay() -> Schema {
    let numbers = Schema::list(Schema::number(0, NUMBER_MAX)).or_null();
    Schema::body([
        maybe("numbers", numbers.says("These; else all that the times leave.")),
        maybe("since", Schema::time().or_null().says("Those given up at this time or later.")),
        maybe("until", Schema::time().or_null().says("Those given up before this time.")),
    ])
    .says("Which dead letters are meant; all of them where nothing is said.")
    .example(json!({"since": "2026-03-01T10:00:00Z"}))
}

pub(super) fn replayed() -> Schema {
    Schema::object([always("replayed", Schema::count())]).says("How many are on their way again.")
}
