//! `GET /instances/{instance}/events`: what happened, oldest first, at once or when there is something.

use std::time::Duration;

use axum::response::Response;
use serde::Serialize;
use waygate_core::event::Sequence;
use waygate_engine::events::EventsWanted;

use super::codes::Teller;
use super::wanted::{cursor, kinds};
use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::event::EventBody;

const LIMIT_MAX: u64 = 500;
const LIMIT_DEFAULT: u64 = 100;

/// The longest wait, in seconds: as for a linking attempt.
const WAIT_SECONDS_MAX: u64 = 60;

#[derive(Serialize)]
struct Answer {
    data: Vec<EventBody>,
    /// Always there: more may happen.
    next_cursor: String,
    missed: u64,
}

pub(crate) async fn list(call: InstanceCall) -> Result<Response, Problem> {
    let teller = Teller::of(&call)?;
    let query = &call.said.query;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let wait = query.number("wait", 0..=WAIT_SECONDS_MAX, 0)?;
    let wanted = EventsWanted {
        after: cursor(query.text("cursor"))?.unwrap_or(Sequence(0)),
        names: kinds(query)?,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let within = Duration::from_secs(wait);
    let page = call.gateway.next_events(call.instance.id(), wanted, within).await?;
    answer::json(&Answer {
        data: page.events.iter().map(|event| teller.told(event)).collect(),
        next_cursor: page.cursor.0.to_string(),
        missed: page.missed,
    })
}
