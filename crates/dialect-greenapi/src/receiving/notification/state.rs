//! `stateInstanceChanged`, `statusInstanceChanged`.

use jiff::Timestamp;
use serde::Serialize;
use waygate_core::event::StateChanged;
use waygate_core::id::InstanceNumber;
use waygate_core::instance::settings::Switch;
use waygate_core::instance::state::StateName;

use super::InstanceData;
use crate::wire::state::{StateInstance, StatusInstance};
use crate::wire::wid::wid;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StateBody {
    type_webhook: &'static str,
    instance_data: InstanceData,
    /// Seconds since 1970.
    timestamp: i64,
    #[serde(flatten)]
    news: News,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum News {
    StateInstance(StateInstance),
    StatusInstance(StatusInstance),
}

impl StateBody {
    /// `None` where the topic is another one than the two.
    pub(super) fn of(
        topic: Switch,
        change: &StateChanged,
        at: Timestamp,
        number: InstanceNumber,
    ) -> Option<Self> {
        let (type_webhook, news) = match topic {
            Switch::StateChanges => {
                let state = StateInstance::from(change.availability());
                ("stateInstanceChanged", News::StateInstance(state))
            }
            Switch::ConnectionChanges => {
                let online = change.to == StateName::Online;
                let status = if online { StatusInstance::Online } else { StatusInstance::Offline };
                ("statusInstanceChanged", News::StatusInstance(status))
            }
            Switch::IncomingMessages
            | Switch::PhoneMessages
            | Switch::ApiMessages
            | Switch::OutgoingStatus
            | Switch::Polls
            | Switch::IncomingCalls
            | Switch::OutgoingCalls
            | Switch::Edits
            | Switch::Deletions
            | Switch::DeviceInfo
            | Switch::Blocks
            | Switch::MarkRead
            | Switch::MarkReadOnReply
            | Switch::KeepOnline
            | Switch::LinkPreview
            | Switch::HiddenIds
            | Switch::MessageHistory => return None,
        };
        // After a logout too, so that a client knows whose account it was.
        let wid = change.account.as_ref().map(wid).unwrap_or_default();
        let instance_data = InstanceData::of(number, wid);
        Some(Self { type_webhook, instance_data, timestamp: at.as_second(), news })
    }
}
