//! `logout`: unlinks the account. The answer comes when it is done.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    is_logout: bool,
}

pub(crate) async fn logout(call: AccountCall) -> Result<Response, Refusal> {
    call.gateway().log_out(call.instance.id).await?;
    answer::json(&Answer { is_logout: true })
}
