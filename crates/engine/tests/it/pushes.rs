//! The pusher, with receivers that the test plays, in virtual time.
#![expect(clippy::unwrap_used, reason = "test code")]

mod promises;
mod receiver;
mod rules;

use std::sync::Arc;
use std::time::Duration;

use waygate_core::event::{EventKind, LinkTicketStepped, NewEvent};
use waygate_core::id::{InstanceId, LinkTicketId};
use waygate_core::instance::settings::Switch;
use waygate_core::link_ticket::LinkTicketStep;
use waygate_core::port::journal::Journal as _;
use waygate_core::port::notifications::Notifications as _;
use waygate_engine::Gateway;
use waygate_engine::link_tickets::NewLinkTicket;
use waygate_engine::pusher::{Parcel, ToPush, Wordings};
use waygate_played::application::create;
use waygate_played::link::PlayedLink;

use self::receiver::Receiver;

const URL: &str = "https://receiver.example/hook";

/// For what is over at once, or never.
const PATIENCE: Duration = Duration::from_secs(60);

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What this token makes of everything is nothing, or a bug.
const SPEECHLESS: &str = "speechless";
const BROKEN: &str = "broken";

/// What is sent in these tests: the receipt, and whose it is.
fn wording(to_push: &ToPush<'_>) -> Option<Parcel> {
    assert_ne!(to_push.token, BROKEN, "planted");
    let notification = to_push.notification;
    let body = format!("{} {}", notification.receipt.0, to_push.instance.id).into_bytes();
    let headers = vec![("authorization", to_push.token.to_owned())];
    (to_push.token != SPEECHLESS).then_some(Parcel { headers, body })
}

const WORDINGS: Wordings = Wordings { notification: wording, envelope: wording };

/// A store that outlives its gateways, and an instance with an address.
struct Place {
    link: PlayedLink,
    instance: InstanceId,
    /// Pushes nothing, ever. It tells the time.
    bystander: Gateway,
}

impl Place {
    /// With a gateway that pushes nothing yet.
    async fn new() -> (Self, Gateway) {
        let link = PlayedLink::default();
        let (gateway, instance) = link.running().await;
        set_url(&gateway, instance, URL).await;
        (Self { bystander: link.gateway(), link, instance }, gateway)
    }

    /// Another process on the same store, which pushes.
    async fn pusher(&self, receiver: &Receiver) -> Gateway {
        let gateway = self.link.gateway();
        gateway.push_notifications(Arc::new(receiver.clone()), WORDINGS);
        gateway.start_instances().await.unwrap();
        gateway
    }

    /// Another instance with an address.
    async fn another(&self, gateway: &Gateway, url: &str) -> InstanceId {
        let instance = create(gateway).await.record.id;
        set_url(gateway, instance, url).await;
        instance
    }

    /// Puts so many notifications into a queue. Nobody is told of it.
    async fn happens_to(&self, instance: InstanceId, times: usize) {
        for _ in 0..times {
            let ticket = LinkTicketId::from_random_bytes([1; 16]);
            let step = LinkTicketStep::QrCodeShown;
            let kind = EventKind::LinkTicket(LinkTicketStepped { ticket, step });
            let topics = vec![Switch::StateChanges];
            let new = NewEvent { topics, ..NewEvent::from(kind) };
            let now = self.bystander.now();
            self.link.store().commit(instance, now, vec![new], None).await.unwrap();
        }
    }

    async fn happens(&self, times: usize) {
        self.happens_to(self.instance, times).await;
    }

    async fn waiting(&self) -> u64 {
        self.bystander.notifications_waiting(self.instance).await.unwrap()
    }

    /// Waits until the queue is empty.
    async fn until_nothing_waits(&self) {
        while self.waiting().await > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await; // allowed: waits for a value, in virtual time
        }
    }

    /// Waits until what came of so many attempts of the head was written down.
    async fn until_attempts(&self, count: u32) {
        let store = self.link.store();
        let attempts =
            async || store.held_back(self.instance).await.unwrap().map_or(0, |held| held.attempts);
        while attempts().await != count {
            tokio::time::sleep(Duration::from_millis(1)).await; // allowed: waits for a value, in virtual time
        }
    }
}

async fn set_url(gateway: &Gateway, instance: InstanceId, url: &str) {
    gateway.change_settings(instance, |settings| settings.webhook_url = url.into()).await.unwrap();
}

/// An event that tells nobody anything but that there are events.
async fn stir(gateway: &Gateway, instance: InstanceId) {
    gateway.issue_link_ticket(instance, NewLinkTicket::default()).await.unwrap();
}
