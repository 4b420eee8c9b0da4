//! W14: what waits has a limit, and what goes beyond it is a dead letter and never gone in silence.

use std::collections::BTreeSet;

use waygate_core::event::EventKind;
use waygate_core::port::webhooks::{DeadLetters, OVERDUE};
use waygate_engine::events::EventLimits;
use waygate_engine::webhook_endpoints::{DELIVERIES_KEPT_FOR, WebhookEdits};

use super::receiver::{at_once, sequences};
use super::*;

const URL: &str = "https://receiver.example/hook";

/// How many were given up, as the journal tells it.
async fn told(place: &Place) -> Vec<u64> {
    let store = place.link.store();
    let events = store.newest(place.instance, EventName::DeliveriesGivenUp, None, 9).await.unwrap();
    let count = |event: Event| {
        let EventKind::DeliveriesGivenUp { count, .. } = event.kind else { return None };
        Some(count)
    };
    events.into_iter().filter_map(count).collect()
}

#[tokio::test(start_paused = true)]
async fn one_event_more_than_may_wait_makes_one_dead_letter_of_the_oldest() {
    let (place, gateway) = Place::new().await;
    let endpoint = place.endpoint(&gateway, URL).await.record.id;
    gateway.shut_down(PATIENCE).await;
    let most = usize::try_from(EventLimits::default().waiting_max).unwrap();
    assert_eq!(most, 100_000);
    place.happens(most).await;
    place.bystander.forget_events().await.unwrap();
    assert_eq!(told(&place).await, [0; 0], "so many may wait");
    place.happens(1).await;
    place.bystander.forget_events().await.unwrap();
    place.bystander.forget_events().await.unwrap();
    assert_eq!(told(&place).await, [1], "and of one more is told, once");
    let of = (place.account, endpoint);
    let dead = place.bystander.webhook_deliveries(of, true, None, 9).await.unwrap();
    let all = place.bystander.webhook_deliveries(of, false, None, u32::MAX).await.unwrap();
    assert_eq!((dead.len(), all.len()), (1, most + 1), "none is gone");
    assert_eq!(all.last(), dead.first(), "the oldest");
    assert_eq!(dead[0].tried[0].error.as_deref(), Some(OVERDUE));
}

#[tokio::test(start_paused = true)]
async fn the_queue_of_an_endpoint_that_rests_waits_for_a_week_and_can_be_replayed_then() {
    let (place, gateway) = Place::new().await;
    let endpoint = place.endpoint(&gateway, URL).await.record.id;
    gateway.shut_down(PATIENCE).await;
    place.happens(3).await;
    let edit = |enabled| WebhookEdits { enabled: Some(enabled), ..WebhookEdits::default() };
    let gateway = place.link.gateway();
    gateway.change_webhook_endpoint(place.account, endpoint, edit(false)).await.unwrap();
    tokio::time::advance(DELIVERIES_KEPT_FOR).await;
    gateway.forget_events().await.unwrap();
    assert_eq!(told(&place).await, [0; 0]);
    tokio::time::advance(Duration::from_millis(1)).await;
    gateway.forget_events().await.unwrap();
    assert_eq!(told(&place).await, [3]);
    let receiver = Receiver::new(|_| at_once(200));
    gateway.deliver_webhooks(Arc::new(receiver.clone()), envelope);
    gateway.change_webhook_endpoint(place.account, endpoint, edit(true)).await.unwrap();
    let replayed =
        gateway.replay_webhook_deliveries(place.account, endpoint, DeadLetters::default());
    assert_eq!(replayed.await.unwrap(), 3);
    let heard: BTreeSet<u64> = sequences(&receiver.hears(3).await);
    assert_eq!(heard.len(), 3);
}
