//! `GET /instances/{instance}/messages/{message}`: how far a message has come.

use axum::response::Response;
use waygate_core::message::MessageId;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::message_record::MessageRecordBody;

pub(crate) async fn get(call: InstanceCall) -> Result<Response, Problem> {
    let id = MessageId(call.said.message.as_deref().unwrap_or_default().into());
    let record = call.gateway.message_record(call.instance.id(), id).await?;
    let record = record.ok_or_else(Problem::no_such_message)?;
    answer::json(&MessageRecordBody::of(&record))
}
