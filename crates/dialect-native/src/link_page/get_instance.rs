//! `GET /link/{ticket}/instance`: as much of the instance as its page shows.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::instance::StateBody;

#[derive(Serialize)]
struct Answer<'a> {
    name: &'a str,
    state: StateBody,
}

pub(crate) async fn get_instance(call: InstanceCall) -> Result<Response, Problem> {
    let state = StateBody::of(&call.gateway, call.instance.id());
    answer::json(&Answer { name: &call.instance.record().name, state })
}
