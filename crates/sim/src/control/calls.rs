//! The routes about calls.

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

use super::{
    asked::{Body, Expected, Number, NumberAndId},
    problem::Problem,
    routes::find,
};
use crate::{CallDeed, CallView, Sim};

pub(super) fn router() -> Router<Sim> {
    Router::new()
        .route("/phones/{number}/calls", get(list).post(ring))
        .route("/phones/{number}/calls/{id}", post(act))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCall {
    to: String,
    #[serde(default)]
    video: bool,
}

impl Expected for NewCall {
    const FORM: &'static str = r#"{"to": "15550002222", "video"?: true}"#;
}

#[derive(Debug, Serialize)]
struct Rung {
    id: String,
}

async fn ring(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<(StatusCode, Json<Rung>), Problem> {
    let phone = find(&sim, &number)?;
    let wanted: NewCall = body.read()?;
    let id = phone.call(&wanted.to, wanted.video)?;
    Ok((StatusCode::CREATED, Json(Rung { id })))
}

#[derive(Debug, Serialize)]
struct CallList {
    calls: Vec<CallView>,
}

async fn list(State(sim): State<Sim>, Number(number): Number) -> Result<Json<CallList>, Problem> {
    Ok(Json(CallList { calls: find(&sim, &number)?.calls() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    r#do: CallDeed,
}

impl Expected for Act {
    const FORM: &'static str = r#"{"do": "answer" | "decline" | "hang_up"}"#;
}

async fn act(
    State(sim): State<Sim>,
    NumberAndId { number, id }: NumberAndId,
    body: Body,
) -> Result<StatusCode, Problem> {
    let phone = find(&sim, &number)?;
    let Act { r#do: deed } = body.read()?;
    phone.act_on_call(&id, deed)?;
    Ok(StatusCode::NO_CONTENT)
}
