//! `getSettings`: all settings of an instance.

use axum::response::Response;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;
use crate::wire::settings::Shown;
use crate::wire::state::account;
use crate::wire::wid::wid;

pub(crate) async fn get_settings(call: AccountCall) -> Result<Response, Refusal> {
    let shown = call.gateway().watch_instance(call.instance.id)?;
    let wid = account(shown.borrow().state()).map(wid).unwrap_or_default();
    let settings = call.gateway().settings(call.instance.id).await?;
    answer::json(&Shown { settings: &settings, wid: &wid })
}
