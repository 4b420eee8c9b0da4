//! Webhook endpoints and the deliverer, with receivers that the test plays, in virtual time. Which test holds
//! which promise is told in `docs/internals/webhooks.md`.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

mod endpoints;
mod overdue;
mod promises;
mod receiver;
mod room;
mod sequences;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use waygate_core::event::{Event, EventKind, EventName, LinkTicketStepped};
use waygate_core::id::{AccountId, InstanceId, LinkTicketId, WebhookEndpointId};
use waygate_core::link_ticket::LinkTicketStep;
use waygate_core::port::journal::Journal as _;
use waygate_core::port::webhooks::{Room, Webhooks as _};
use waygate_core::webhook::{EventFilter, WebhookEndpoint};
use waygate_engine::Gateway;
use waygate_engine::webhook_endpoints::{NewWebhookEndpoint, OwnWebhookEndpoint};
use waygate_played::link::PlayedLink;

use self::receiver::Receiver;

/// For what is over at once, or never.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many events the promises are tested with; a nightly run has ten times as many.
#[expect(clippy::disallowed_methods, reason = "`cargo xtask test` says how many")]
fn many() -> usize {
    let text = std::env::var("WEBHOOK_EVENTS").ok();
    text.map_or(1000, |text| text.parse().expect("WEBHOOK_EVENTS is a number"))
}

/// A store that outlives its gateways, and an instance whose events are told.
struct Place {
    link: PlayedLink,
    account: AccountId,
    instance: InstanceId,
    /// Delivers nothing, ever. It tells the time.
    bystander: Gateway,
}

impl Place {
    /// With a gateway that delivers nothing yet.
    async fn new() -> (Self, Gateway) {
        let link = PlayedLink::default();
        let (gateway, instance) = link.running().await;
        let account = gateway.first_account().await.unwrap().id;
        (Self { bystander: link.gateway(), link, account, instance }, gateway)
    }

    /// Another process on the same store, which delivers.
    fn deliverer(&self, receiver: &Receiver) -> Gateway {
        let gateway = self.link.gateway();
        gateway.deliver_webhooks(Arc::new(receiver.clone()), envelope);
        gateway
    }

    /// An endpoint that hears of what [`Place::happens`].
    async fn endpoint(&self, gateway: &Gateway, url: &str) -> OwnWebhookEndpoint {
        self.endpoint_of(self.account, gateway, url).await
    }

    /// The same of another account.
    async fn endpoint_of(
        &self,
        account: AccountId,
        gateway: &Gateway,
        url: &str,
    ) -> OwnWebhookEndpoint {
        let events = Some([EventName::LinkTicket].into());
        let new = NewWebhookEndpoint {
            account,
            url: url.to_owned(),
            description: String::new(),
            filter: EventFilter { instances: None, events },
        };
        gateway.add_webhook_endpoint(new).await.unwrap()
    }

    /// Writes so many events into the journal.
    async fn happens(&self, times: usize) {
        self.happens_to(self.instance, times).await;
    }

    /// The same for another instance.
    async fn happens_to(&self, instance: InstanceId, times: usize) {
        for _ in 0..times {
            let ticket = LinkTicketId::from_random_bytes([1; 16]);
            let step = LinkTicketStep::QrCodeShown;
            let kind = EventKind::LinkTicket(LinkTicketStepped { ticket, step });
            let now = self.bystander.now();
            self.link.store().note(instance, now, kind).await.unwrap();
        }
    }

    /// An endpoint as it is kept.
    async fn kept(&self, endpoint: WebhookEndpointId) -> WebhookEndpoint {
        let all = self.link.store().webhook_endpoints(self.account).await.unwrap();
        all.into_iter().find(|it| it.id == endpoint).unwrap()
    }
}

/// What is sent in these tests.
fn envelope(instance: InstanceId, event: &Event) -> Vec<u8> {
    let body = json!({
        "instance": instance,
        "sequence": event.sequence.0,
        "kind": event.kind.name().as_str(),
    });
    serde_json::to_vec(&body).unwrap()
}
