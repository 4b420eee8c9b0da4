//! The routes about what a phone does by itself.

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};

use super::{
    asked::{Body, Expected, Number},
    problem::Problem,
    routes::find,
};
use crate::{Behaviour, BehaviourError, Sim};

/// The routes below a phone.
pub(super) fn router() -> Router<Sim> {
    Router::new().route("/phones/{number}/behaviour", get(show).post(behave))
}

impl Expected for Behaviour {
    const FORM: &'static str = r#"{"scans"?: WAIT, "reads"?: {"percent": 100, "after": WAIT}, "answers"?: {"percent": 50, "after": WAIT, "typing": WAIT}, "writes"?: {"to": ["15550002222"], "every": WAIT}, "away"?: {"after": WAIT, "stays": WAIT}, "unlinks"?: WAIT} with {"min_ms": 500, "max_ms": 3000} for WAIT"#;
}

impl From<BehaviourError> for Problem {
    fn from(error: BehaviourError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_behaviour", &error.to_string())
    }
}

async fn show(State(sim): State<Sim>, Number(number): Number) -> Result<Json<Behaviour>, Problem> {
    Ok(Json(find(&sim, &number)?.behaviour()))
}

async fn behave(
    State(sim): State<Sim>,
    Number(number): Number,
    body: Body,
) -> Result<StatusCode, Problem> {
    let phone = find(&sim, &number)?;
    phone.behave(body.read()?)?;
    Ok(StatusCode::NO_CONTENT)
}
