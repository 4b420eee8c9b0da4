//! `POST /instances/{instance}/start`: wakes an instance that rests.

use axum::response::Response;

use crate::answer;
use crate::call::{InstanceCall, unless_running};
use crate::problem::Problem;
use crate::wire::instance::InstanceBody;

pub(crate) async fn start(call: InstanceCall) -> Result<Response, Problem> {
    call.gateway.start_instance(call.instance.id()).await.map_err(unless_running)?;
    answer::json(&InstanceBody::of(call.instance.record(), &call.gateway))
}
