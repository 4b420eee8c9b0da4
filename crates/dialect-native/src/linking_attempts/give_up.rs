//! `DELETE .../linking-attempts/{attempt}`: ends an attempt. What a phone has accepted stays.

use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::attempt::AttemptBody;

pub(crate) async fn give_up(call: InstanceCall) -> Result<Response, Problem> {
    let (instance, id) = (call.instance.id(), call.said.attempt()?);
    let attempt = call.gateway.give_up_attempt(instance, id).await?;
    answer::json(&AttemptBody::of(&attempt, call.view, call.gateway.now()))
}
