//! `incomingMessageReceived`, `outgoingMessageReceived`, `outgoingAPIMessageReceived`.

use serde::Serialize;
use waygate_core::message::{Message, Origin};

use super::data::MessageData;
use super::quoted::QuotedMessage;
use super::sender::SenderData;
use super::{InstanceData, Told};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageBody<'a> {
    type_webhook: &'static str,
    instance_data: InstanceData,
    /// Seconds since 1970.
    timestamp: i64,
    id_message: &'a str,
    sender_data: SenderData<'a>,
    message_data: DataWithQuoted<'a>,
}

/// What it says, and beside it what it answers.
#[derive(Serialize)]
struct DataWithQuoted<'a> {
    #[serde(flatten)]
    data: MessageData<'a>,
    #[serde(rename = "quotedMessage", skip_serializing_if = "Option::is_none")]
    quoted: Option<QuotedMessage<'a>>,
}

impl<'a> MessageBody<'a> {
    /// A message that came, or, where its origin is said, one that went.
    pub(super) fn of(
        type_webhook: &'static str,
        message: &'a Message,
        origin: Option<Origin>,
        told: Told<'a>,
    ) -> Self {
        let quoted = QuotedMessage::beside(message, told);
        Self {
            type_webhook,
            instance_data: told.instance_data(),
            timestamp: message.sent_at_ms.div_euclid(1000),
            id_message: message.id.as_str(),
            sender_data: SenderData::of(message, origin, told),
            message_data: DataWithQuoted { data: MessageData::of(message, origin, told), quoted },
        }
    }
}
