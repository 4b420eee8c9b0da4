//! The routes of the oracle: what was wrong, and what was noted of a device.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use serde::Serialize;

use super::problem::Problem;
use crate::{DeviceRecord, Sim, Violation};

/// The routes below the oracle.
pub(super) fn router() -> Router<Sim> {
    Router::new().route("/oracle", get(oracle)).route("/oracle/{number}/{device}", get(record))
}

#[derive(Debug, Serialize)]
struct Oracle {
    violations: Vec<Violation>,
}

async fn oracle(State(sim): State<Sim>) -> Json<Oracle> {
    Json(Oracle { violations: sim.report().violations() })
}

async fn record(
    State(sim): State<Sim>,
    Path((number, device)): Path<(String, String)>,
) -> Result<Json<DeviceRecord>, Problem> {
    let record = device.parse().ok().and_then(|device| sim.record(&number, device));
    record.map(Json).ok_or_else(|| {
        let message = "no device with this number has been online";
        Problem::new(StatusCode::NOT_FOUND, "no_such_device", message)
    })
}
