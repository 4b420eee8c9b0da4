//! Tokens.

use serde_json::json;

use crate::openapi::schema::{Schema, always};

const KINDS: [&str; 3] = ["native", "partner", "hypersender"];

fn id() -> Schema {
    Schema::text().like("^[0-9a-f]{16}$").says("By which it is revoked. No secret.")
}

fn kind() -> Schema {
    Schema::word(&KINDS).says(
        "Which API it opens: `native` this one, `partner` the partner methods of GREEN-API, \
         `hypersender` that of Hypersender.",
    )
}

pub(super) fn new() -> Schema {
    Schema::body([always("kind", kind())])
        .says("A token to be issued.")
        .example(json!({"kind": "native"}))
}

pub(super) fn issued() -> Schema {
    Schema::object([
        always("id", id()),
        always("kind", kind()),
        always("token", Schema::text().says("The token itself. Only this answer shows it.")),
        always("issued_at", Schema::time()),
    ])
    .says("A new token.")
    .example(json!({
        "id": "0123456789abcdef",
        "kind": "native",
        "token": "wg_...",
        "issued_at": "2026-03-01T10:20:30.456Z"
    }))
}

pub(super) fn token() -> Schema {
    Schema::object([
        always("id", id()),
        always("kind", kind()),
        always("account_id", Schema::uuid().says("Whose instances it opens.")),
        always("issued_at", Schema::time()),
        always("revoked_at", Schema::time().or_null().says("When it was made worth nothing.")),
    ])
    .says("A token, without its text.")
    .example(json!({
        "id": "0123456789abcdef",
        "kind": "native",
        "account_id": "5d3cfb5a-6b0f-4a6e-8d0a-5b1f8f6f2c11",
        "issued_at": "2026-03-01T10:20:30.456Z",
        "revoked_at": null
    }))
}

pub(super) fn list() -> Schema {
    Schema::object([always("data", Schema::list(Schema::named("Token")))])
        .says("The tokens of an account, revoked ones too.")
}
