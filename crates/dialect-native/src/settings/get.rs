//! `GET /instances/{instance}/settings`: the settings, without the secret among them.

use axum::response::Response;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::settings::SettingsBody;

pub(crate) async fn get(call: InstanceCall) -> Result<Response, Problem> {
    let settings = call.gateway.settings(call.instance.id()).await?;
    answer::json(&SettingsBody::of(&settings))
}
