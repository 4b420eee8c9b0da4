//! What owners do with their endpoints.

use waygate_core::error::Kind;
use waygate_engine::webhook_endpoints::{ENDPOINTS_MAX, ROTATION, WebhookEdits};

use super::receiver::{at_once, sequences};
use super::*;

const URL: &str = "https://receiver.example/hook";

/// W11: two signatures for a day, then the new one alone.
#[tokio::test(start_paused = true)]
async fn a_secret_that_was_replaced_signs_for_a_day_more() {
    let (place, gateway) = Place::new().await;
    let first = place.endpoint(&gateway, URL).await;
    let id = first.record.id;
    let receiver = Receiver::new(|_| at_once(200));
    gateway.deliver_webhooks(Arc::new(receiver.clone()), envelope);
    let second = gateway.rotate_webhook_secret(place.account, id).await.unwrap();
    assert_ne!(first.terms.secrets[0].text, second.terms.secrets[0].text);
    place.happens(1).await;
    let heard = receiver.hears(1).await;
    let signatures: Vec<&str> = heard[0].signature.split(' ').collect();
    assert_eq!(signatures.len(), 2);
    assert!(signatures.iter().all(|it| it.starts_with("v1,")));
    tokio::time::advance(ROTATION).await;
    place.happens(1).await;
    let heard = receiver.hears(2).await;
    assert_eq!(heard[1].signature.split(' ').count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_rests_is_sent_what_waited_when_it_is_enabled_again() {
    let (place, gateway) = Place::new().await;
    let id = place.endpoint(&gateway, URL).await.record.id;
    gateway.shut_down(PATIENCE).await;
    place.happens(2).await;
    let receiver = Receiver::new(|_| at_once(200));
    let enabled = |enabled| WebhookEdits { enabled: Some(enabled), ..WebhookEdits::default() };
    let off = gateway.change_webhook_endpoint(place.account, id, enabled(false)).await.unwrap();
    assert!(off.record.disabled.is_some());
    let gateway = place.deliverer(&receiver);
    // What happens while it rests is not for it.
    place.happens(1).await;
    tokio::time::advance(Duration::from_secs(3600)).await;
    assert_eq!(receiver.heard().len(), 0);
    gateway.change_webhook_endpoint(place.account, id, enabled(true)).await.unwrap();
    receiver.hears(2).await;
    place.happens(1).await;
    let heard = receiver.hears(3).await;
    let told: Vec<u64> = sequences(&heard).into_iter().collect();
    assert_eq!([told[1] - told[0], told[2] - told[0]], [1, 3], "the third one was not for it");
}

#[tokio::test(start_paused = true)]
async fn what_goes_takes_its_deliveries_along() {
    let (place, gateway) = Place::new().await;
    let id = place.endpoint(&gateway, URL).await.record.id;
    place.happens(2).await;
    let now = place.bystander.now();
    assert_eq!(place.link.store().due_deliveries(now, Room::of(9)).await.unwrap().len(), 2);
    gateway.remove_webhook_endpoint(place.account, id).await.unwrap();
    assert_eq!(place.link.store().due_deliveries(now, Room::of(9)).await.unwrap().len(), 0);
    place.endpoint(&gateway, URL).await;
    place.happens(2).await;
    gateway.remove_instance(place.instance).await.unwrap();
    let now = place.bystander.now();
    assert_eq!(place.link.store().due_deliveries(now, Room::of(9)).await.unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_account_has_so_many_endpoints_and_no_instance_of_anothers() {
    let (place, gateway) = Place::new().await;
    let other = place.link.other_account().await;
    let new = |account, instances| NewWebhookEndpoint {
        account,
        url: URL.to_owned(),
        description: String::new(),
        filter: EventFilter { instances, events: None },
    };
    let foreign = new(other, Some([place.instance].into()));
    let refused = gateway.add_webhook_endpoint(foreign).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::Invalid);
    let long = NewWebhookEndpoint { description: "x".repeat(101), ..new(other, None) };
    assert_eq!(gateway.add_webhook_endpoint(long).await.unwrap_err().kind(), Kind::Invalid);
    for _ in 0..ENDPOINTS_MAX {
        gateway.add_webhook_endpoint(new(other, None)).await.unwrap();
    }
    let refused = gateway.add_webhook_endpoint(new(other, None)).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::WrongState);
    let theirs = gateway.webhook_endpoints(other).await.unwrap()[0].record.id;
    let missing = gateway.remove_webhook_endpoint(place.account, theirs).await.unwrap_err();
    assert_eq!(missing.kind(), Kind::NotFound);
}
