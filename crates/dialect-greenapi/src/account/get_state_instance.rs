//! `getStateInstance`: where an instance stands.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::state::StateInstance;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    state_instance: StateInstance,
}

pub(crate) async fn get_state_instance(call: AccountCall) -> Result<Response, Refusal> {
    let shown = call.gateway().watch_instance(call.instance.id)?;
    let state_instance = shown.borrow().state().into();
    answer::json(&Answer { state_instance })
}
