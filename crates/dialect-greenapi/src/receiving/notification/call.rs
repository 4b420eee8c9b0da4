//! `incomingCall`.

use jiff::Timestamp;
use serde::Serialize;
use waygate_core::message::call::{CallStep, CallStepped};

use super::{InstanceData, Told};
use crate::wire::chat_id::chat_id;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallBody<'a> {
    from: String,
    type_webhook: &'static str,
    instance_data: InstanceData,
    status: &'static str,
    /// Seconds since 1970.
    timestamp: i64,
    id_message: &'a str,
}

impl<'a> CallBody<'a> {
    pub(super) fn of(call: &'a CallStepped, at: Timestamp, told: Told<'_>) -> Self {
        Self {
            from: chat_id(&call.from),
            type_webhook: "incomingCall",
            instance_data: told.instance_data(),
            status: word(call.step),
            timestamp: at.as_second(),
            id_message: &call.id,
        }
    }
}

fn word(step: CallStep) -> &'static str {
    match step {
        CallStep::Offered => "offer",
        CallStep::Accepted => "pickUp",
        CallStep::Declined => "declined",
        CallStep::Missed => "missed",
        CallStep::Ended => "hangUp",
    }
}
