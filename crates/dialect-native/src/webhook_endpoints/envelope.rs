//! An event, as it is sent to webhook endpoints: the form that Standard Webhooks advises, with the words
//! of this API in it.

use serde::Serialize;
use waygate_core::event::Event;
use waygate_core::id::InstanceId;

use crate::wire::event::Data;
use crate::wire::time::rfc3339;

#[derive(Serialize)]
struct Envelope {
    r#type: &'static str,
    /// When it happened; not when it is sent.
    timestamp: String,
    instance_id: String,
    /// Its place among the events of its instance, by which a receiver sees gaps and puts in order.
    sequence: u64,
    data: Data,
}

/// What is sent of an event: the same bytes each time.
pub fn envelope(instance: InstanceId, event: &Event) -> Vec<u8> {
    let envelope = Envelope {
        r#type: event.kind.name().as_str(),
        timestamp: rfc3339(event.at),
        instance_id: instance.to_string(),
        sequence: event.sequence.0,
        data: Data::of(&event.kind),
    };
    // Names and numbers: there is nothing in it that JSON cannot say.
    serde_json::to_vec(&envelope).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use waygate_core::account::LinkedAccount;
    use waygate_core::event::{
        EventKind, LinkTicketStepped, Sequence, StateChanged, WebhookDisabled,
    };
    use waygate_core::id::{LinkTicketId, WebhookEndpointId};
    use waygate_core::instance::change::Cause;
    use waygate_core::instance::state::StateName;
    use waygate_core::link_ticket::LinkTicketStep;
    use waygate_core::webhook::Disabled;

    use super::*;

    fn told(kind: EventKind) -> String {
        let at = Timestamp::from_millisecond(1_800_000_000_500).unwrap();
        let event = Event { sequence: Sequence(7), at, kind };
        let instance = InstanceId::from_random_bytes([1; 16]);
        String::from_utf8(envelope(instance, &event)).unwrap()
    }

    #[test]
    fn every_kind_of_event_has_its_words() {
        let account = LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 };
        let changed = EventKind::StateChanged(StateChanged {
            from: StateName::Linking,
            to: StateName::Online,
            cause: Cause::LoggedIn,
            linked: true,
            account: Some(account),
        });
        insta::assert_snapshot!(told(changed), @r#"{"type":"state_changed","timestamp":"2027-01-15T08:00:00.500Z","instance_id":"01010101-0101-4101-8101-010101010101","sequence":7,"data":{"from":"linking","to":"online","cause":"logged_in","reason":null,"linked":true,"whatsapp":{"phone":"15550001111","device":3}}}"#);
        let ticket = LinkTicketId::from_random_bytes([2; 16]);
        let stepped = LinkTicketStepped { ticket, step: LinkTicketStep::Opened };
        insta::assert_snapshot!(told(EventKind::LinkTicket(stepped)), @r#"{"type":"link_ticket","timestamp":"2027-01-15T08:00:00.500Z","instance_id":"01010101-0101-4101-8101-010101010101","sequence":7,"data":{"link_ticket_id":"02020202-0202-4202-8202-020202020202","step":"opened"}}"#);
        let endpoint = WebhookEndpointId::from_random_bytes([3; 16]);
        let disabled = WebhookDisabled { endpoint, why: Disabled::Failing };
        insta::assert_snapshot!(told(EventKind::WebhookDisabled(disabled)), @r#"{"type":"webhook_disabled","timestamp":"2027-01-15T08:00:00.500Z","instance_id":"01010101-0101-4101-8101-010101010101","sequence":7,"data":{"webhook_endpoint_id":"03030303-0303-4303-8303-030303030303","why":"failing"}}"#);
    }
}
