//! Notifications in the vendor's words, one file for each family of them.
//!
//! The fields stand in the order in which the vendor writes them.

mod call;
mod data;
mod message;
mod quoted;
mod sender;
mod state;
mod status;

#[cfg(test)]
mod tests;

use serde::Serialize;
use waygate_core::event::{EventKind, Notification};
use waygate_core::id::InstanceNumber;
use waygate_core::message::Origin;
use waygate_core::message::address::Address;
use waygate_engine::telling::Telling;

use self::call::CallBody;
pub(super) use self::data::file::download_url;
use self::message::MessageBody;
use self::state::StateBody;
use self::status::StatusBody;
use crate::wire::chat_id::chat_id;
use crate::wire::messenger::TYPE_INSTANCE;
use crate::wire::wid::wid;

/// What a client is told.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Body<'a> {
    State(StateBody),
    Message(Box<MessageBody<'a>>),
    Status(StatusBody<'a>),
    Call(CallBody<'a>),
}

/// Whose notification it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InstanceData {
    id_instance: u64,
    wid: String,
    type_instance: &'static str,
}

/// In whose words, and to whom, something is told.
#[derive(Clone, Copy)]
struct Told<'a> {
    number: InstanceNumber,
    telling: &'a Telling,
}

impl<'a> Body<'a> {
    /// `None` for what this vendor has no word for.
    pub(crate) fn of(
        notification: &'a Notification,
        number: InstanceNumber,
        telling: &'a Telling,
    ) -> Option<Self> {
        let told = Told { number, telling };
        let event = &notification.event;
        match &event.kind {
            EventKind::StateChanged(change) => {
                StateBody::of(notification.topic, change, event.at, number).map(Self::State)
            }
            EventKind::MessageReceived(message) => Some(Self::Message(Box::new(MessageBody::of(
                "incomingMessageReceived",
                message,
                None,
                told,
            )))),
            EventKind::MessageSent(sent) => {
                let type_webhook = match sent.origin {
                    Origin::Phone => "outgoingMessageReceived",
                    Origin::Api => "outgoingAPIMessageReceived",
                };
                let message = MessageBody::of(type_webhook, &sent.message, Some(sent.origin), told);
                Some(Self::Message(Box::new(message)))
            }
            EventKind::MessageStatus(changed) => {
                StatusBody::of(changed, event.at, told).map(Self::Status)
            }
            EventKind::Call(call) => Some(Self::Call(CallBody::of(call, event.at, told))),
            EventKind::LinkTicket(_)
            | EventKind::Linking(_)
            | EventKind::QrRotated(_)
            | EventKind::NotificationsDropped { .. }
            | EventKind::DeliveriesGivenUp { .. }
            | EventKind::WebhookDisabled(_) => None,
        }
    }
}

impl InstanceData {
    fn of(number: InstanceNumber, wid: String) -> Self {
        Self { id_instance: number.get(), wid, type_instance: TYPE_INSTANCE }
    }
}

impl Told<'_> {
    fn instance_data(self) -> InstanceData {
        InstanceData::of(self.number, self.wid())
    }

    /// The account as a chat; empty where none was ever linked.
    fn wid(self) -> String {
        self.telling.account.as_ref().map(wid).unwrap_or_default()
    }

    /// A person by number, or by the hidden id where the settings want those and it is known.
    fn person(self, person: &Address, hidden: Option<&Address>) -> String {
        chat_id(hidden.filter(|_| self.telling.hidden_ids).unwrap_or(person))
    }
}
