//! `DELETE /instances/{instance}/messages/queue`: gives up the messages that wait.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;

#[derive(Serialize)]
struct Answer {
    /// How many were given up.
    cleared: u64,
}

pub(crate) async fn clear_queue(call: InstanceCall) -> Result<Response, Problem> {
    let cleared = call.gateway.clear_queued_messages(call.instance.id()).await?;
    answer::json(&Answer { cleared })
}
