//! `reboot`: a new connection.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    is_reboot: bool,
}

pub(crate) async fn reboot(call: AccountCall) -> Result<Response, Refusal> {
    call.gateway().restart_instance(call.instance.id).await?;
    answer::json(&Answer { is_reboot: true })
}
