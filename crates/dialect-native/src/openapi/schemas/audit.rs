//! The record of who did what.

use serde_json::json;

use crate::openapi::schema::{Schema, always};

pub(super) fn act() -> Schema {
    let account = Schema::uuid().or_null().says(
        "The account of the instance, else of the token; `null` where the operator did something \
         that is about no instance.",
    );
    let actor = Schema::word(&["token", "operator", "link_ticket"])
        .says("Who: a token, whoever came by the operator's socket, or the page of a link ticket.");
    let act = Schema::text().says(
        "What: the name of an operation of this API, or of a GREEN-API method. More words will come.",
    );
    let token = Schema::text().or_null().like("^[0-9a-f]{16}$").says("The token's `id`.");
    let address = Schema::text().or_null().says("The client's, as far as it is known.");
    let status =
        Schema::number(100, 599).or_null().says("`null` when the client left before the answer.");
    Schema::object([
        always("number", Schema::count().says("Grows with every entry.")),
        always("at", Schema::time()),
        always("account_id", account),
        always("actor", actor),
        always("token_id", token),
        always("act", act),
        always("instance_id", Schema::uuid().or_null()),
        always("address", address),
        always("status", status),
        always("request_id", Schema::text().or_null().says("The request's `X-Request-Id`.")),
    ])
    .says("Something that was done.")
    .example(json!({
        "number": 17,
        "at": "2026-03-01T10:20:30.456Z",
        "account_id": "5d3cfb5a-6b0f-4a6e-8d0a-5b1f8f6f2c11",
        "actor": "token",
        "token_id": "0123456789abcdef",
        "act": "instance_logout",
        "instance_id": "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "address": "192.0.2.1",
        "status": 200,
        "request_id": "8a1d2f5e7c9b4d60"
    }))
}

pub(super) fn page() -> Schema {
    Schema::object([
        always("data", Schema::list(Schema::named("Act"))),
        always("next_cursor", super::next_cursor()),
    ])
    .says("What was done, the newest first.")
}
