//! The routes about faults.

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{delete, get},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    asked::{Body, Expected, Number},
    problem::Problem,
    routes::find,
};
use crate::{Order, Sim, StandingFault};

/// The routes of faults.
pub(super) fn router() -> Router<Sim> {
    Router::new()
        .route("/faults", get(show).post(inject).delete(lift_all))
        .route("/faults/{id}", delete(lift))
}

/// An order before its fault is known.
#[derive(Debug, serde::Deserialize)]
#[serde(transparent)]
struct Fields(Map<String, Value>);

impl Expected for Fields {
    const FORM: &'static str = r#"{"fault": "...", "number"?: "15550001111", "device"?: 1, "percent"?: 50, "count"?: 1, "for_ms"?: 1000, ...}"#;
}

async fn inject(State(sim): State<Sim>, body: Body) -> Result<StatusCode, Problem> {
    let Fields(fields) = body.read()?;
    // What is in an order is no secret, so the parser may say what it is that it does not know.
    let order = Order::read(fields).map_err(|error| {
        let message = format!("the order is none: {error}");
        Problem::new(StatusCode::BAD_REQUEST, "bad_json", &message)
    })?;
    order.check()?;
    if let Some(number) = order.number() {
        find(&sim, number)?;
    }
    sim.inject(order);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Serialize)]
struct Standing {
    faults: Vec<StandingFault>,
}

async fn show(State(sim): State<Sim>) -> Json<Standing> {
    Json(Standing { faults: sim.faults() })
}

async fn lift_all(State(sim): State<Sim>) -> StatusCode {
    sim.lift_faults();
    StatusCode::NO_CONTENT
}

async fn lift(State(sim): State<Sim>, Number(id): Number) -> Result<StatusCode, Problem> {
    if id.parse().is_ok_and(|id| sim.lift_fault(id)) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let message = "no fault of this number stands";
    Err(Problem::new(StatusCode::NOT_FOUND, "no_such_fault", message))
}
