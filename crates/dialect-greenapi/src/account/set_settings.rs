//! `setSettings`: changes some settings of an instance.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::json;
use crate::wire::settings::Change;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    save_settings: bool,
}

pub(crate) async fn set_settings(call: AccountCall) -> Result<Response, Refusal> {
    let sent = json::object(&call.said.body)?;
    if sent.is_empty() {
        return Err(Refusal::invalid("'value' must have at least 1 key"));
    }
    let change = Change::read(&sent, &call.desk.settings.outbound)?;
    call.gateway().change_settings(call.instance.id, |settings| change.apply(settings)).await?;
    answer::json(&Answer { save_settings: true })
}
