//! `getDeviceInfo`: about the phone. WhatsApp tells linked devices nothing of it.

use axum::response::Response;
use serde::Serialize;

use crate::answer;
use crate::call::AccountCall;
use crate::refusal::Refusal;

/// Typed clients want a number, and the only use of it is a warning when it is low.
const NO_WARNING: u8 = 100;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    platform: &'static str,
    device_manufacturer: &'static str,
    device_model: &'static str,
    os_version: &'static str,
    wa_version: &'static str,
    battery: u8,
}

pub(crate) async fn get_device_info(_call: AccountCall) -> Result<Response, Refusal> {
    answer::json(&Answer {
        platform: "",
        device_manufacturer: "",
        device_model: "",
        os_version: "",
        wa_version: "",
        battery: NO_WARNING,
    })
}
