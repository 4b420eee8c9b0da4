//! The routes about an account's passkeys and the code of their gate.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::post,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    asked::{Body, Expected, Number},
    problem::Problem,
    routes::find,
};
use crate::Sim;

/// The routes below a phone.
pub(super) fn router() -> Router<Sim> {
    Router::new()
        .route("/phones/{number}/passkey-assertion", post(assertion))
        .route("/phones/{number}/passkey-code", post(answer_code))
}

/// A challenge as the gateway hands it to a browser. What browsers do not know they overlook.
#[derive(Deserialize)]
#[serde(transparent)]
struct Challenge(Map<String, Value>);

impl Expected for Challenge {
    const FORM: &'static str =
        r#"{"challenge": "...", "rpId": "whatsapp.com", "allowCredentials"?: [...], ...}"#;
}

async fn assertion(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<impl IntoResponse, Problem> {
    let phone = find(&sim, &number)?;
    let Challenge(challenge) = body.read()?;
    let credential = phone.passkey_assertion(&Value::Object(challenge).to_string())?;
    Ok(([(header::CONTENT_TYPE, "application/json")], credential))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeAnswer {
    same: bool,
}

impl Expected for CodeAnswer {
    const FORM: &'static str = r#"{"same": true}"#;
}

async fn answer_code(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<StatusCode, Problem> {
    let phone = find(&sim, &number)?;
    let answer: CodeAnswer = body.read()?;
    phone.answer_passkey_code(answer.same)?;
    Ok(StatusCode::NO_CONTENT)
}
