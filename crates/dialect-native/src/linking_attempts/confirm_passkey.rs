//! `POST .../linking-attempts/{attempt}/passkey-confirmation`: says that the phone shows the same code.

use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::attempt::AttemptBody;

pub(crate) async fn confirm_passkey(call: InstanceCall) -> Result<Response, Problem> {
    let (instance, id) = (call.instance.id(), call.said.attempt()?);
    let attempt = call.gateway.confirm_passkey(instance, id).await?;
    answer::json(&AttemptBody::of(&attempt, call.view, call.gateway.now()))
}
