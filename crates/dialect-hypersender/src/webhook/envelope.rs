//! What stands around every event.

use serde::Serialize;
use ulid::Ulid;
use waygate_core::account::LinkedAccount;
use waygate_core::event::{EventKind, Notification};
use waygate_core::id::InstanceId;
use waygate_engine::pusher::ToPush;

use super::{Payload, Told};

#[derive(Serialize)]
pub(super) struct Envelope<'a> {
    event: &'static str,
    data: Data<'a>,
}

/// In the order of the vendor's examples, which say the name twice.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    id: String,
    event: &'static str,
    /// An empty map, as the vendor's language writes it.
    metadata: [(); 0],
    me: Option<Me>,
    payload: Payload<'a>,
    instance_id: String,
    user_id: String,
}

/// The linked account.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    id: String,
    /// Empty: what happened is told as it was, and names are not kept with it.
    push_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lid: Option<String>,
}

impl<'a> Envelope<'a> {
    pub(super) fn of(to_push: &ToPush<'_>, told: Told<'a>) -> Self {
        let (instance, notification) = (to_push.instance, to_push.notification);
        let data = Data {
            id: id(instance.id, notification),
            event: told.event,
            metadata: [],
            me: account(to_push).map(Me::of),
            payload: told.payload,
            instance_id: instance.id.to_string(),
            user_id: instance.account.to_string(),
        };
        Self { event: told.event, data }
    }
}

impl Me {
    fn of(account: &LinkedAccount) -> Self {
        Self {
            id: format!("{}@c.us", account.phone),
            push_name: "",
            lid: account.lid.as_ref().map(|lid| format!("{lid}@lid")),
        }
    }
}

/// A change of state says itself which account it was of.
fn account<'a>(to_push: &ToPush<'a>) -> Option<&'a LinkedAccount> {
    if let EventKind::StateChanged(change) = &to_push.notification.event.kind {
        return change.account.as_ref();
    }
    to_push.telling.account.as_ref()
}

/// The same on every attempt, so a receiver tells by it what it has seen before: a ULID of the time of the
/// event, and of the notification's place in place of chance.
fn id(instance: InstanceId, notification: &Notification) -> String {
    const HALF: u32 = 40;
    let at_ms = u64::try_from(notification.event.at.as_millisecond()).unwrap_or_default();
    let own = instance.as_u128() & ((1 << HALF) - 1);
    let place = u128::from(notification.receipt.0) & ((1 << HALF) - 1);
    let ulid = Ulid::from_parts(at_ms, own << HALF | place);
    format!("evt_{}", ulid.to_string().to_ascii_lowercase())
}
