//! `POST /instances/{instance}/logout`: unlinks the account. Done when it answers.

use axum::response::Response;

use crate::answer;
use crate::call::{InstanceCall, unless_running};
use crate::problem::Problem;
use crate::wire::instance::InstanceBody;

pub(crate) async fn log_out(call: InstanceCall) -> Result<Response, Problem> {
    call.gateway.log_out(call.instance.id()).await.map_err(unless_running)?;
    answer::json(&InstanceBody::of(call.instance.record(), &call.gateway))
}
