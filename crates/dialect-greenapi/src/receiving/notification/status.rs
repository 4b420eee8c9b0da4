//! `outgoingMessageStatus`.

use jiff::Timestamp;
use serde::Serialize;
use waygate_core::message::status::{Progress, SendFailure, Status, StatusChanged};

use super::{InstanceData, Told};
use crate::wire::chat_id::chat_id;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusBody<'a> {
    type_webhook: &'static str,
    chat_id: String,
    instance_data: InstanceData,
    /// Seconds since 1970.
    timestamp: i64,
    id_message: &'a str,
    status: &'static str,
    /// Of one that failed: why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'static str>,
    send_by_api: bool,
}

impl<'a> StatusBody<'a> {
    /// `None` for one that waits, which the vendor tells nobody.
    pub(super) fn of(changed: &'a StatusChanged, at: Timestamp, told: Told<'_>) -> Option<Self> {
        let (status, description) = words(changed.status)?;
        Some(Self {
            type_webhook: "outgoingMessageStatus",
            chat_id: chat_id(&changed.chat),
            instance_data: told.instance_data(),
            timestamp: at.as_second(),
            id_message: changed.id.as_str(),
            status,
            description,
            send_by_api: changed.by_api,
        })
    }
}

fn words(status: Status) -> Option<(&'static str, Option<&'static str>)> {
    let failed = |why| Some(("failed", Some(why)));
    match status {
        Status::Reached(Progress::Queued) => None,
        Status::Reached(Progress::Sent) => Some(("sent", None)),
        Status::Reached(Progress::Delivered) => Some(("delivered", None)),
        // Who has listened to it has read it; there is no other word.
        Status::Reached(Progress::Read | Progress::Played) => Some(("read", None)),
        Status::Failed(SendFailure::NoAccount) => Some(("noAccount", None)),
        Status::Failed(SendFailure::NotInGroup) => Some(("notInGroup", None)),
        Status::Failed(SendFailure::Restricted) => Some(("yellowCard", None)),
        Status::Failed(SendFailure::Expired) => failed("the message waited for too long"),
        Status::Failed(SendFailure::Cleared) => failed("the message was removed from the queue"),
        Status::Failed(SendFailure::Refused(_)) => failed("WhatsApp refused the message"),
        Status::Failed(SendFailure::Fault) => failed("the message could not be written"),
    }
}
