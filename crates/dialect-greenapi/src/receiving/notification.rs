//! Notifications in the vendor's words.

use serde::Serialize;
use waygate_core::event::{EventKind, Notification, StateChanged};
use waygate_core::id::InstanceNumber;
use waygate_core::instance::settings::Switch;
use waygate_core::instance::state::StateName;

use crate::wire::messenger::TYPE_INSTANCE;
use crate::wire::state::{StateInstance, StatusInstance};
use crate::wire::wid::wid;

/// What a client is told, in the order in which the vendor writes it.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    type_webhook: &'static str,
    instance_data: InstanceData,
    /// Seconds since 1970.
    timestamp: i64,
    #[serde(flatten)]
    news: News,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct InstanceData {
    id_instance: u64,
    wid: String,
    type_instance: &'static str,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
enum News {
    StateInstance(StateInstance),
    StatusInstance(StatusInstance),
}

impl Body {
    /// `None` for what this vendor has no word for.
    pub(crate) fn of(notification: &Notification, number: InstanceNumber) -> Option<Self> {
        let EventKind::StateChanged(change) = &notification.event.kind else { return None };
        let (type_webhook, news) = news(notification.topic, change)?;
        // After a logout too, so that a client knows whose account it was.
        let wid = change.account.as_ref().map(wid).unwrap_or_default();
        Some(Self {
            type_webhook,
            instance_data: InstanceData {
                id_instance: number.get(),
                wid,
                type_instance: TYPE_INSTANCE,
            },
            timestamp: notification.event.at.as_second(),
            news,
        })
    }
}

fn news(topic: Switch, change: &StateChanged) -> Option<(&'static str, News)> {
    match topic {
        Switch::StateChanges => {
            let state = StateInstance::from(change.availability());
            Some(("stateInstanceChanged", News::StateInstance(state)))
        }
        Switch::ConnectionChanges => {
            let online = change.to == StateName::Online;
            let status = if online { StatusInstance::Online } else { StatusInstance::Offline };
            Some(("statusInstanceChanged", News::StatusInstance(status)))
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
        | Switch::MessageHistory => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use waygate_core::account::LinkedAccount;
    use waygate_core::event::{Event, LinkingProgress, Receipt, Sequence};
    use waygate_core::instance::change::Cause;

    use super::*;

    fn told(topic: Switch, kind: EventKind) -> String {
        let at = Timestamp::from_millisecond(1_761_000_000_999).unwrap();
        let event = Event { sequence: Sequence(7), at, kind };
        let notification = Notification { receipt: Receipt(1), topic, event };
        let number = InstanceNumber::new(1_105_600_123).unwrap();
        serde_json::to_string(&Body::of(&notification, number)).unwrap()
    }

    fn account() -> LinkedAccount {
        LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 }
    }

    fn to(state: StateName, linked: bool, account: impl Into<Option<LinkedAccount>>) -> EventKind {
        let (from, cause, account) = (StateName::Pending, Cause::Due, account.into());
        EventKind::StateChanged(StateChanged { from, to: state, cause, linked, account })
    }

    #[test]
    fn a_change_of_state_is_told_field_by_field_as_the_vendor_does() {
        let (state, connection) = (Switch::StateChanges, Switch::ConnectionChanges);
        insta::assert_snapshot!(
            told(state, to(StateName::Online, true, account())),
            @r#"{"typeWebhook":"stateInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1761000000,"stateInstance":"authorized"}"#
        );
        insta::assert_snapshot!(
            told(connection, to(StateName::Online, true, account())),
            @r#"{"typeWebhook":"statusInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1761000000,"statusInstance":"online"}"#
        );
        insta::assert_snapshot!(
            told(connection, to(StateName::Offline, true, account())),
            @r#"{"typeWebhook":"statusInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1761000000,"statusInstance":"offline"}"#
        );
        insta::assert_snapshot!(
            told(state, to(StateName::Unlinked, false, account())),
            @r#"{"typeWebhook":"stateInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1761000000,"stateInstance":"notAuthorized"}"#
        );
        insta::assert_snapshot!(
            told(state, to(StateName::Failed, false, None)),
            @r#"{"typeWebhook":"stateInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"","typeInstance":"whatsapp"},"timestamp":1761000000,"stateInstance":"notAuthorized"}"#
        );
    }

    #[test]
    fn the_state_has_every_word_of_the_vendors() {
        let words = [
            (StateName::Unlinked, false),
            (StateName::Connecting, true),
            (StateName::Online, true),
            (StateName::Suspended, true),
            (StateName::Banned, false),
        ];
        let words = words.map(|(state, linked)| {
            let told = told(Switch::StateChanges, to(state, linked, account()));
            told.rsplit_once(':').map(|(_, word)| word.to_owned()).unwrap()
        });
        insta::assert_snapshot!(words.join(" "), @r#""notAuthorized"} "starting"} "authorized"} "suspended"} "blocked"}"#);
    }

    #[test]
    fn what_the_vendor_has_no_word_for_is_not_told() {
        let scanned = EventKind::Linking(LinkingProgress::Scanned);
        assert_eq!(told(Switch::StateChanges, scanned), "null");
        assert_eq!(told(Switch::Polls, to(StateName::Online, true, account())), "null");
    }
}
