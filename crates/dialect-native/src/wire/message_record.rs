//! What is remembered of a message of an account.

use serde::Serialize;
use waygate_core::message::queued::MessageRecord;
use waygate_core::message::status::StatusChanged;

use super::message::StatusFields;
use super::time::rfc3339;

/// Where a message stands.
#[derive(Serialize)]
pub(crate) struct MessageRecordBody {
    #[serde(flatten)]
    stands: StatusFields,
    /// Since when.
    at: String,
}

impl MessageRecordBody {
    pub(crate) fn of(record: &MessageRecord) -> Self {
        let MessageRecord { id, chat, by_api, status, at } = record.clone();
        let stands = StatusFields::of(&StatusChanged { id, chat, status, by_api, by: None });
        Self { stands, at: rfc3339(at) }
    }
}
