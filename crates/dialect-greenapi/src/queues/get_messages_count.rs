//! `getMessagesCount`: how many messages wait.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;

#[derive(Serialize)]
struct Answer {
    count: u64,
}

pub(crate) async fn get_messages_count(call: AccountCall) -> Result<Response, Refusal> {
    let count = call.gateway().count_queued_messages(call.instance.id).await?;
    answer::json(&Answer { count })
}
