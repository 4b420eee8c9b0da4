//! `POST /instances/{instance}/logout`: unlinks the account. Done when it answers.

use axum::response::Response;
use serde::Serialize;
use waygate_engine::gateway::LoggedOut;

use crate::answer;
use crate::call::{InstanceCall, unless_running};
use crate::problem::Problem;
use crate::wire::instance::InstanceBody;

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    instance: InstanceBody<'a>,
    /// Whether the phone forgets the device by itself.
    whatsapp_told: bool,
}

pub(crate) async fn log_out(call: InstanceCall) -> Result<Response, Problem> {
    let told = call.gateway.log_out(call.instance.id()).await.map_err(unless_running)?;
    let whatsapp_told = match told {
        LoggedOut::Told => true,
        LoggedOut::Untold => false,
    };
    let instance = InstanceBody::of(call.instance.record(), &call.gateway);
    answer::json(&Answer { instance, whatsapp_told })
}
