//! `clearMessagesQueue`: gives up the messages that wait.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    is_cleared: bool,
}

pub(crate) async fn clear_messages_queue(call: AccountCall) -> Result<Response, Refusal> {
    call.gateway().clear_queued_messages(call.instance.id).await?;
    answer::json(&Answer { is_cleared: true })
}
