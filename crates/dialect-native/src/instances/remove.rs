//! `DELETE /instances/{instance}`: unlinks it, destroys its keys, takes it off the list.

use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;

pub(crate) async fn remove(call: InstanceCall) -> Result<Response, Problem> {
    call.gateway.remove_instance(call.instance.id()).await?;
    Ok(answer::nothing())
}
