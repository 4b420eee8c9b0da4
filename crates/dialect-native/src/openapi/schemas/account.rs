//! Accounts.

use serde_json::json;
use waygate_core::tenant::NAME_LENGTH_MAX;

use crate::openapi::schema::{Schema, always};

fn named() -> Schema {
    let name = Schema::text().shortest(1).longest(NAME_LENGTH_MAX);
    name.says("What people call it. No two accounts have or had the same.")
}

pub(super) fn name() -> Schema {
    Schema::body([always("name", named())])
        .says("What an account shall be called.")
        .example(json!({"name": "Bakery"}))
}

pub(super) fn account() -> Schema {
    let closed = Schema::time().or_null().says("When it was closed; `null` while it is open.");
    Schema::object([
        always("id", Schema::uuid()),
        always("name", named()),
        always("opened_at", Schema::time()),
        always("closed_at", closed),
    ])
    .says("A tenant: it has instances and tokens of its own and sees no others.")
    .example(json!({
        "id": "5d3cfb5a-6b0f-4a6e-8d0a-5b1f8f6f2c11",
        "name": "Bakery",
        "opened_at": "2026-03-01T10:20:30.456Z",
        "closed_at": null
    }))
}

pub(super) fn list() -> Schema {
    Schema::object([always("data", Schema::list(Schema::named("Account")))])
        .says("All accounts, closed ones too.")
}
