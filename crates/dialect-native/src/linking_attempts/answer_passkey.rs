//! `POST .../linking-attempts/{attempt}/passkey-assertion`: gives WhatsApp the answer of a passkey.

use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::attempt::AttemptBody;

pub(crate) async fn answer_passkey(mut call: InstanceCall) -> Result<Response, Problem> {
    let (instance, id) = (call.instance.id(), call.said.attempt()?);
    // Whether it is one is told last: who may not give it hears nothing of it.
    let credential = call.said.fields.whatever("assertion");
    let attempt = call.gateway.answer_passkey(instance, id, &credential).await?;
    answer::json(&AttemptBody::of(&attempt, call.view, call.gateway.now()))
}
