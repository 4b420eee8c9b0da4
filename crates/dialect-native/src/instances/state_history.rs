//! `GET /instances/{instance}/state-history`: what the instance went through, newest first.

use axum::response::Response;
use serde::Serialize;
use waygate_core::event::Sequence;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::change::ChangeBody;

const LIMIT_MAX: u64 = 500;
const LIMIT_DEFAULT: u64 = 100;

#[derive(Serialize)]
struct Answer {
    data: Vec<ChangeBody>,
    next_cursor: Option<String>,
}

pub(crate) async fn state_history(call: InstanceCall) -> Result<Response, Problem> {
    let limit = call.said.query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let before = call.said.query.text("cursor").map(str::parse).transpose();
    let before =
        before.map_err(|_invalid| Problem::invalid("`cursor` is not one that this list gave"))?;
    // One more than is shown says whether there is another page.
    let asked = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let history =
        call.gateway.state_history_before(call.instance.id(), before.map(Sequence), asked);
    let events = history.await?;
    let shown = events.get(..limit).unwrap_or(&events);
    let next_cursor = shown.last().filter(|_last| events.len() > limit);
    let next_cursor = next_cursor.map(|last| last.sequence.0.to_string());
    answer::json(&Answer { data: shown.iter().filter_map(ChangeBody::of).collect(), next_cursor })
}
