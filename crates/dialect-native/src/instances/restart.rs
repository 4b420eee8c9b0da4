//! `POST /instances/{instance}/restart`: closes the connection and makes a new one.

use axum::response::Response;

use crate::answer;
use crate::call::{InstanceCall, unless_running};
use crate::problem::Problem;
use crate::wire::instance::InstanceBody;

pub(crate) async fn restart(call: InstanceCall) -> Result<Response, Problem> {
    call.gateway.restart_instance(call.instance.id()).await.map_err(unless_running)?;
    answer::json(&InstanceBody::of(call.instance.record(), &call.gateway))
}
