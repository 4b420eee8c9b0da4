//! What waits until somebody fetches it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::time::Duration;

use waygate_core::event::{EventKind, EventName, Notification, Receipt};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::Gateway;
use waygate_engine::notifications::Fetched;
use waygate_played::application::reaches;
use waygate_played::link::PlayedLink;

const AT_ONCE: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn switch_on(gateway: &Gateway, instance: InstanceId, switches: &[Switch]) {
    gateway.change_settings(instance, |settings| settings.switches.extend(switches)).await.unwrap();
}

async fn link_account(link: &PlayedLink, gateway: &Gateway, instance: InstanceId) {
    gateway.keep_looking(instance).await.unwrap();
    link.show(instance, "2@code").await;
    link.link(instance).await;
    reaches(gateway, instance, StateName::Online).await;
}

async fn fetch(gateway: &Gateway, instance: InstanceId) -> Option<Notification> {
    match gateway.fetch_notification(instance, AT_ONCE).await.unwrap() {
        Fetched::Notification(notification) => Some(*notification),
        Fetched::Nothing => None,
        Fetched::Pushed => panic!("nothing is pushed"),
    }
}

/// Everything that waits, fetched and settled one by one.
async fn drained(gateway: &Gateway, instance: InstanceId) -> Vec<(u64, Switch, StateName)> {
    let mut drained = Vec::new();
    while let Some(head) = fetch(gateway, instance).await {
        let EventKind::StateChanged(change) = &head.event.kind else { panic!("{head:?}") };
        drained.push((head.receipt.0, head.topic, change.to));
        assert!(gateway.settle_notification(instance, head.receipt).await.unwrap());
    }
    drained
}

#[tokio::test(start_paused = true)]
async fn only_what_is_switched_on_waits_and_only_what_means_something_outside() {
    let (state, connection) = (Switch::StateChanges, Switch::ConnectionChanges);
    for (switches, expected) in [
        (&[][..], vec![]),
        (&[state], vec![(1, state, StateName::Online), (2, state, StateName::Unlinked)]),
        (
            &[connection],
            vec![(1, connection, StateName::Online), (2, connection, StateName::Unlinked)],
        ),
        (
            &[state, connection],
            vec![
                (1, state, StateName::Online),
                (2, connection, StateName::Online),
                (3, state, StateName::Unlinked),
                (4, connection, StateName::Unlinked),
            ],
        ),
    ] {
        let link = PlayedLink::default();
        let (gateway, instance) = link.running().await;
        switch_on(&gateway, instance, switches).await;
        link_account(&link, &gateway, instance).await;
        link.tell(instance, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
        reaches(&gateway, instance, StateName::Unlinked).await;
        assert_eq!(gateway.notifications_waiting(instance).await.unwrap(), expected.len() as u64);
        assert_eq!(drained(&gateway, instance).await, expected, "{switches:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_told_at_once_and_every_other_one_the_same() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    switch_on(&gateway, instance, &[Switch::StateChanges]).await;
    let begun = tokio::time::Instant::now();
    let fetched = |_| gateway.fetch_notification(instance, LONG);
    let (one, other, ()) =
        tokio::join!(fetched(1), fetched(2), link_account(&link, &gateway, instance));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one, other);
    assert!(matches!(one, Fetched::Notification(_)), "{one:?}");
    assert!(begun.elapsed() < LONG);
    let begun = tokio::time::Instant::now();
    gateway.clear_notifications(instance).await.unwrap();
    assert_eq!(gateway.fetch_notification(instance, LONG).await.unwrap(), Fetched::Nothing);
    assert_eq!(begun.elapsed(), LONG);
}

#[tokio::test(start_paused = true)]
async fn what_waits_and_its_receipts_survive_the_process() {
    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    switch_on(&gateway, instance, &[Switch::StateChanges, Switch::ConnectionChanges]).await;
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    assert!(gateway.settle_notification(instance, Receipt(1)).await.unwrap());
    let head = fetch(&gateway, instance).await;
    assert!(gateway.shut_down(LONG).await);

    let next = link.gateway();
    assert_eq!(fetch(&next, instance).await, head, "the head is the same");
    assert!(!next.settle_notification(instance, Receipt(1)).await.unwrap(), "it never comes back");
    next.start_instances().await.unwrap();
    reaches(&next, instance, StateName::Connecting).await;
    let told = drained(&next, instance).await;
    let (state, connection) = (Switch::StateChanges, Switch::ConnectionChanges);
    assert_eq!(
        told,
        [
            (2, connection, StateName::Online),
            (3, connection, StateName::Stopped),
            (4, state, StateName::Connecting),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_address_to_push_to_keeps_everybody_from_fetching_also_who_waits_already() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    switch_on(&gateway, instance, &[Switch::StateChanges]).await;
    let set = async {
        let url = "https://hooks.example/1".to_owned();
        gateway.change_settings(instance, |settings| settings.webhook_url = url).await.unwrap();
        link_account(&link, &gateway, instance).await;
    };
    let (fetched, ()) = tokio::join!(gateway.fetch_notification(instance, LONG), set);
    assert_eq!(fetched.unwrap(), Fetched::Pushed);
    assert_eq!(gateway.fetch_notification(instance, LONG).await.unwrap(), Fetched::Pushed);
    assert_eq!(gateway.notifications_waiting(instance).await.unwrap(), 1, "it waits for the push");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_fetched_within_a_day_goes_and_the_journal_tells_of_it() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    switch_on(&gateway, instance, &[Switch::StateChanges]).await;
    link_account(&link, &gateway, instance).await;
    tokio::time::advance(DAY).await;
    assert!(fetch(&gateway, instance).await.is_some(), "a day is not over yet");
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(fetch(&gateway, instance).await, None);
    gateway.forget_events().await.unwrap();
    gateway.forget_events().await.unwrap();
    let wanted = waygate_engine::events::EventsWanted {
        after: waygate_core::event::Sequence(0),
        names: [EventName::NotificationsDropped].into(),
        limit: 10,
    };
    let told = gateway.events(instance, &wanted).await.unwrap().events;
    let told: Vec<_> = told.into_iter().map(|event| event.kind).collect();
    assert_eq!(told, [EventKind::NotificationsDropped { count: 1 }]);
}
