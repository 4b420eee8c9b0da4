//! Webhooks: what an instance's receiver is told, in the vendor's envelope.
//!
//! Each kind of event is a function of its own, which gives a name and a payload. The vendor's own
//! receiver takes eight names and no other, all of them of messages; the one that is told here besides
//! is told to those alone who have switched it on.

mod envelope;
mod message_event;
mod session_status;

use serde::Serialize;
use waygate_core::event::EventKind;
use waygate_core::instance::settings::Switch;
use waygate_engine::pusher::{Parcel, ToPush};

use self::envelope::Envelope;
use self::message_event::{MessagePayload, message_event};
use self::session_status::{SessionStatus, session_status};

const JSON: &str = "application/json";

/// What a receiver is told of without anybody having asked: what the vendor's does. It has no switches.
pub(crate) const TOLD: [Switch; 6] = [
    Switch::IncomingMessages,
    Switch::PhoneMessages,
    Switch::ApiMessages,
    Switch::OutgoingStatus,
    Switch::Polls,
    Switch::Deletions,
];

/// What happened: the vendor's name of it, and what stands in `payload`.
struct Told<'a> {
    event: &'static str,
    payload: Payload<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Payload<'a> {
    SessionStatus(SessionStatus),
    Message(Box<MessagePayload<'a>>),
}

/// What is sent of a notification: the same bytes each time. `None` where the vendor has no word for it.
pub fn push(to_push: &ToPush<'_>) -> Option<Parcel> {
    let envelope = Envelope::of(to_push, told(to_push)?);
    let mut headers = vec![
        ("content-type", JSON.to_owned()),
        ("x-userid", to_push.instance.account.to_string()),
        ("x-instanceid", to_push.instance.id.to_string()),
    ];
    if !to_push.token.is_empty() {
        // As it is, without a scheme: the vendor's receiver compares the whole header with its secret.
        headers.push(("authorization", to_push.token.to_owned()));
    }
    // Names and numbers: there is nothing in it that JSON cannot say.
    let body = serde_json::to_vec(&envelope).unwrap_or_default();
    Some(Parcel { headers, body })
}

fn told<'a>(to_push: &ToPush<'a>) -> Option<Told<'a>> {
    let notification = to_push.notification;
    match &notification.event.kind {
        EventKind::StateChanged(change) => session_status(notification.topic, change),
        kind @ (EventKind::MessageReceived(_)
        | EventKind::MessageSent(_)
        | EventKind::MessageStatus(_)) => message_event(kind, to_push.telling),
        EventKind::LinkTicket(_)
        | EventKind::Linking(_)
        | EventKind::QrRotated(_)
        | EventKind::NotificationsDropped { .. }
        | EventKind::DeliveriesGivenUp { .. }
        | EventKind::WebhookDisabled(_)
        | EventKind::Call(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use waygate_core::account::LinkedAccount;
    use waygate_core::event::{Event, Notification, Receipt, Sequence, StateChanged};
    use waygate_core::id::{AccountId, InstanceId, InstanceNumber};
    use waygate_core::instance::change::Cause;
    use waygate_core::instance::record::InstanceRecord;
    use waygate_core::instance::state::StateName;
    use waygate_core::reason::EndReason;

    use waygate_core::message::MessageId;
    use waygate_core::message::status::{Progress, Status, StatusChanged};
    use waygate_engine::telling::{FileAddress, Telling};

    use super::*;

    fn instance() -> InstanceRecord {
        InstanceRecord {
            id: InstanceId::from_random_bytes([1; 16]),
            number: InstanceNumber::new(1_105_600_123).unwrap(),
            account: AccountId::from_random_bytes([2; 16]),
            name: "Front desk".into(),
            phone: None,
            created_at: Timestamp::UNIX_EPOCH,
            removed_at: None,
            standing: None,
        }
    }

    fn change(from: StateName, to: StateName, cause: Cause, linked: bool) -> StateChanged {
        let lid = Some("220000000001".to_owned());
        let account = LinkedAccount { phone: "15550100123".into(), lid, device: 3 };
        StateChanged { from, to, cause, linked, account: Some(account) }
    }

    fn pushed(topic: Switch, kind: EventKind, token: &str) -> Option<(Vec<String>, String)> {
        let at = Timestamp::from_millisecond(1_795_253_400_500).unwrap();
        let event = Event { sequence: Sequence(7), at, kind };
        let notification = Notification { receipt: Receipt(3), topic, event };
        let instance = instance();
        let lid = Some("220000000001".to_owned());
        let telling = &Telling {
            account: Some(LinkedAccount { phone: "15550100123".into(), lid, device: 3 }),
            hidden_ids: false,
            file: FileAddress::Unknown,
            quoted_file: FileAddress::Unknown,
        };
        let to_push = ToPush { instance: &instance, notification: &notification, telling, token };
        let parcel = push(&to_push)?;
        assert_eq!(push(&to_push).as_ref(), Some(&parcel), "the same each time");
        let headers = parcel.headers.iter().map(|(name, value)| format!("{name}: {value}"));
        Some((headers.collect(), String::from_utf8(parcel.body).unwrap()))
    }

    fn status(topic: Switch, change: StateChanged) -> Option<String> {
        let (_, body) = pushed(topic, EventKind::StateChanged(change), "")?;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body["data"]["payload"]["status"].as_str().map(str::to_owned)
    }

    #[test]
    fn the_envelope_is_the_vendors_and_so_are_the_headers() {
        let online = change(StateName::Linking, StateName::Online, Cause::LoggedIn, true);
        let kind = EventKind::StateChanged(online);
        let (headers, body) = pushed(Switch::StateChanges, kind.clone(), "s3cret").unwrap();
        insta::assert_snapshot!(headers.join("\n"), @r"
        content-type: application/json
        x-userid: 02020202-0202-4202-8202-020202020202
        x-instanceid: 01010101-0101-4101-8101-010101010101
        authorization: s3cret
        ");
        insta::assert_snapshot!(body, @r#"{"event":"session.status","data":{"id":"evt_01m7yq1wxm040g208100000003","event":"session.status","metadata":[],"me":{"id":"15550100123@c.us","pushName":"","lid":"220000000001@lid"},"payload":{"status":"WORKING"},"instanceId":"01010101-0101-4101-8101-010101010101","userId":"02020202-0202-4202-8202-020202020202"}}"#);
        let (headers, _) = pushed(Switch::StateChanges, kind, "").unwrap();
        assert_eq!(headers.len(), 3, "without a secret nothing is said of one");
    }

    #[test]
    fn what_becomes_of_a_message_comes_in_the_same_envelope() {
        let changed = StatusChanged {
            id: MessageId("3EB0AA11".into()),
            chat: "15550100777@s.whatsapp.net".parse().unwrap(),
            status: Status::Reached(Progress::Read),
            by_api: true,
            by: None,
        };
        let kind = EventKind::MessageStatus(changed);
        let (_, body) = pushed(Switch::OutgoingStatus, kind, "").unwrap();
        insta::assert_snapshot!(body, @r#"{"event":"message.ack","data":{"id":"evt_01m7yq1wxm040g208100000003","event":"message.ack","metadata":[],"me":{"id":"15550100123@c.us","pushName":"","lid":"220000000001@lid"},"payload":{"id":"true_15550100777@c.us_3EB0AA11","from":"15550100123@c.us","to":"15550100777@c.us","fromMe":true,"ack":3,"ackName":"READ"},"instanceId":"01010101-0101-4101-8101-010101010101","userId":"02020202-0202-4202-8202-020202020202"}}"#);
    }

    #[test]
    fn nobody_is_told_of_an_account_before_there_is_one() {
        let failed = StateChanged {
            account: None,
            ..change(StateName::Connecting, StateName::Failed, Cause::LoggedIn, false)
        };
        let (_, body) = pushed(Switch::StateChanges, EventKind::StateChanged(failed), "").unwrap();
        assert!(body.contains(r#""me":null"#), "{body}");
    }

    #[test]
    fn a_change_is_told_in_the_words_of_the_other_answers() {
        use StateName as S;
        let removed = Cause::Ended(EndReason::DeviceRemoved);
        for (from, to, cause, linked, expected) in [
            (S::Linking, S::Online, Cause::LoggedIn, true, "WORKING"),
            (S::Stopped, S::Connecting, Cause::Started, true, "STARTING"),
            (S::Online, S::Unlinked, removed, false, "FAILED"),
            (S::Online, S::Unlinked, Cause::LoggedOut, false, "SCAN_QR_CODE"),
            (S::Linking, S::Unlinked, Cause::WrongPhone, false, "FAILED"),
            (S::Unlinked, S::Linking, Cause::CodeIssued, false, "SCAN_QR_CODE"),
            (S::Online, S::Banned, removed, false, "FAILED"),
            (S::Online, S::Suspended, removed, true, "FAILED"),
            (S::Connecting, S::Failed, removed, true, "FAILED"),
            (S::Pending, S::Pending, Cause::Started, false, "PENDING"),
        ] {
            let told = status(Switch::StateChanges, change(from, to, cause, linked));
            assert_eq!(told.as_deref(), Some(expected), "{from:?} to {to:?}");
        }
    }

    #[test]
    fn a_connection_is_told_of_where_nothing_else_tells_of_it() {
        use StateName as S;
        let ended = Cause::Ended(EndReason::Closed);
        let person = Cause::Stopped(waygate_core::instance::state::Stopper::Person);
        for (from, to, cause, linked, expected) in [
            (S::Online, S::Offline, ended, true, Some("STARTING")),
            (S::Online, S::Stopped, person, true, Some("STOPPED")),
            (S::Offline, S::Online, Cause::LoggedIn, true, Some("WORKING")),
            (S::Connecting, S::Online, Cause::LoggedIn, true, None),
            (S::Linking, S::Online, Cause::LoggedIn, true, None),
            (S::Online, S::Unlinked, Cause::LoggedOut, false, None),
        ] {
            let told = status(Switch::ConnectionChanges, change(from, to, cause, linked));
            assert_eq!(told.as_deref(), expected, "{from:?} to {to:?}");
        }
    }

    #[test]
    fn what_the_vendor_has_no_word_for_is_not_told() {
        let dropped = EventKind::NotificationsDropped { count: 1 };
        assert_eq!(pushed(Switch::StateChanges, dropped, ""), None);
        let online = change(StateName::Linking, StateName::Online, Cause::LoggedIn, true);
        assert_eq!(pushed(Switch::Polls, EventKind::StateChanged(online), ""), None);
    }
}
