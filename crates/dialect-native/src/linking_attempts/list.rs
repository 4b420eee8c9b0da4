//! `GET .../linking-attempts`: the attempts that can be asked about, the newest first.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::attempt::AttemptBody;

#[derive(Serialize)]
struct Answer {
    data: Vec<AttemptBody>,
}

pub(crate) async fn list(call: InstanceCall) -> Result<Response, Problem> {
    let (attempts, now) = (call.gateway.attempts(call.instance.id()), call.gateway.now());
    let body = |attempt| AttemptBody::of(attempt, call.view, now);
    answer::json(&Answer { data: attempts.iter().map(body).collect() })
}
