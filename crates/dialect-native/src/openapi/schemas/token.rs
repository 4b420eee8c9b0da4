//! Tokens.

use serde_json::{Value, json};
use waygate_core::scope::Scope;
use waygate_core::token::NAME_LENGTH_MAX;

use crate::openapi::schema::{Property, Schema, always, maybe};
use crate::tokens::issue::EXPIRES_IN_MAX;

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

fn scopes() -> Schema {
    let words = Scope::ALL.map(Scope::as_str);
    Schema { unique_items: Some(true), ..Schema::list(Schema::word(&words)) }
}

pub(super) fn new() -> Schema {
    let wanted = Schema { min_items: Some(1), ..scopes() }.or_null().says(
        "What it may do. Else all of its account, which is all but \
         `admin`. Nobody gives a scope that he has not.",
    );
    let lives = Schema::number(1, EXPIRES_IN_MAX)
        .or_null()
        .says("After how many seconds it is worth nothing; else it has no end.");
    let name = Schema::text().or_null().longest(NAME_LENGTH_MAX).says("What people call it.");
    let end = Schema::time().or_null().says("The same as a time. Not together with `expires_in`.");
    // The fields of every kind.
    let with = |first: Vec<Property>| {
        let rest = [
            maybe("name", name.clone()),
            maybe("expires_in", lives.clone()),
            maybe("expires_at", end.clone()),
            super::owner(),
        ];
        Schema::body(first.into_iter().chain(rest))
    };
    let native = vec![always("kind", Schema::exactly("native")), maybe("scopes", wanted)];
    let elsewhere = Schema::word(&KINDS[1..]).says("Which vendor's API it opens, and all of it.");
    Schema::either([
        with(native).says("One for this API."),
        with(vec![always("kind", elsewhere)]).says("One for an API that knows no scopes."),
    ])
    .says("A token to be issued.")
    .example(json!({
        "kind": "native",
        "name": "Monitoring",
        "scopes": ["read"],
        "expires_in": 7_776_000
    }))
    .example(json!({"kind": "partner"}))
}

fn properties() -> Vec<Property> {
    vec![
        always("id", id()),
        always("kind", kind()),
        always("name", Schema::text().longest(NAME_LENGTH_MAX).says("May be empty.")),
        always("scopes", scopes().says("What it may do.")),
        always("account_id", Schema::uuid().says("Whose it is.")),
        always("issued_at", Schema::time()),
        always("expires_at", Schema::time().or_null().says("From when on it is worth nothing.")),
        always("revoked_at", Schema::time().or_null().says("When it was made worth nothing.")),
    ]
}

fn example() -> Value {
    json!({
        "id": "0123456789abcdef",
        "kind": "native",
        "name": "Monitoring",
        "scopes": ["read"],
        "account_id": "5d3cfb5a-6b0f-4a6e-8d0a-5b1f8f6f2c11",
        "issued_at": "2026-03-01T10:20:30.456Z",
        "expires_at": "2026-05-30T10:20:30.456Z",
        "revoked_at": null
    })
}

pub(super) fn issued() -> Schema {
    let text = Schema::text().says("The token itself, a secret. Only this answer shows it.");
    let mut properties = properties();
    properties.push(always("token", text));
    let mut example = example();
    example["token"] = "wg_...".into();
    Schema::object(properties).says("A new token.").example(example)
}

pub(super) fn token() -> Schema {
    Schema::object(properties()).says("A token, without its text.").example(example())
}

pub(super) fn list() -> Schema {
    Schema::object([always("data", Schema::list(Schema::named("Token")))])
        .says("The tokens of an account, those that are worth nothing too.")
}
