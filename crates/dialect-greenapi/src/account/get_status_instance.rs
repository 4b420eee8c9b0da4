//! `getStatusInstance`: whether an instance's connection stands.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::state::StatusInstance;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_instance: StatusInstance,
}

pub(crate) async fn get_status_instance(call: AccountCall) -> Result<Response, Refusal> {
    let shown = call.gateway().watch_instance(call.instance.id)?;
    let status_instance = shown.borrow().state().into();
    answer::json(&Answer { status_instance })
}
