//! Reading what happens to an instance, and waiting for it.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::collections::BTreeSet;
use std::time::Duration;

use waygate_core::error::Kind;
use waygate_core::event::{EventKind, EventName, LinkingProgress, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::Gateway;
use waygate_engine::events::{EventPage, EventsWanted};
use waygate_played::application::reaches;
use waygate_played::link::PlayedLink;

const LONG: Duration = Duration::from_secs(60);

fn after(number: u64) -> EventsWanted {
    EventsWanted { after: Sequence(number), names: BTreeSet::new(), limit: 100 }
}

fn only(name: EventName, number: u64) -> EventsWanted {
    EventsWanted { names: [name].into(), ..after(number) }
}

fn numbers(page: &EventPage) -> Vec<u64> {
    page.events.iter().map(|event| event.sequence.0).collect()
}

/// Links an account over two codes.
async fn link_account(link: &PlayedLink, gateway: &Gateway, instance: InstanceId) {
    gateway.keep_looking(instance).await.unwrap();
    link.show(instance, "2@one").await;
    link.show(instance, "2@two").await;
    link.link(instance).await;
    reaches(gateway, instance, StateName::Online).await;
}

/// The state that was reached, or the step.
fn shown(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::StateChanged(change) => change.to.as_str(),
        EventKind::Linking(LinkingProgress::CodeShown(_)) => "- code shown",
        EventKind::Linking(LinkingProgress::Scanned) => "- scanned",
        EventKind::Linking(LinkingProgress::Finishing) => "- finishing",
        EventKind::Linking(LinkingProgress::Linked) => "- linked",
        EventKind::QrRotated(_) => "- rotated",
        EventKind::Linking(_)
        | EventKind::LinkTicket(_)
        | EventKind::NotificationsDropped { .. }
        | EventKind::DeliveriesGivenUp { .. }
        | EventKind::WebhookDisabled(_)
        | EventKind::MessageReceived(_)
        | EventKind::MessageSent(_)
        | EventKind::MessageStatus(_)
        | EventKind::Call(_) => "something else",
    }
}

#[tokio::test(start_paused = true)]
async fn everything_on_the_way_to_a_link_is_told_in_its_order() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    link_account(&link, &gateway, instance).await;
    let page = gateway.events(instance, &after(0)).await.unwrap();
    let told: Vec<&str> = page.events.iter().map(|event| shown(&event.kind)).collect();
    assert_eq!(
        told,
        [
            "unlinked",
            "connecting",
            "linking",
            "- code shown",
            "- rotated",
            "- scanned",
            "- finishing",
            "online",
            "- linked",
        ]
    );
    assert_eq!(numbers(&page), (1..=9).collect::<Vec<_>>(), "without a gap");
    assert_eq!((page.cursor, page.missed), (Sequence(9), 0));
}

#[tokio::test(start_paused = true)]
async fn a_filter_leaves_out_and_the_cursor_goes_on_behind_what_was_left_out() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    link_account(&link, &gateway, instance).await;
    let page = gateway.events(instance, &only(EventName::QrRotated, 0)).await.unwrap();
    assert_eq!((numbers(&page), page.cursor), (vec![5], Sequence(9)));
    let few = EventsWanted { limit: 2, ..only(EventName::Linking, 0) };
    let page = gateway.events(instance, &few).await.unwrap();
    assert_eq!((numbers(&page), page.cursor), (vec![4, 6], Sequence(6)));
    let page = gateway.events(instance, &only(EventName::LinkTicket, 2)).await.unwrap();
    assert_eq!((numbers(&page), page.cursor), (vec![], Sequence(9)));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_told_what_fits_and_nothing_else() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let rotated = gateway.next_events(instance, only(EventName::QrRotated, 0), LONG);
    let (page, ()) = tokio::join!(rotated, link_account(&link, &gateway, instance));
    assert_eq!(numbers(&page.unwrap()), [5]);
    let begun = tokio::time::Instant::now();
    let page = gateway.next_events(instance, only(EventName::QrRotated, 5), LONG).await.unwrap();
    assert_eq!((numbers(&page), page.cursor), (vec![], Sequence(9)));
    assert_eq!(begun.elapsed(), LONG);
}

#[tokio::test(start_paused = true)]
async fn what_was_forgotten_is_counted_for_whoever_comes_back_too_late() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    link_account(&link, &gateway, instance).await;
    tokio::time::advance(Duration::from_secs(91 * 24 * 60 * 60)).await;
    link.tell(instance, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    reaches(&gateway, instance, StateName::Unlinked).await;
    gateway.forget_events().await.unwrap();
    for (cursor, missed, expected) in
        [(0, 9, vec![10]), (4, 5, vec![10]), (9, 0, vec![10]), (10, 0, vec![])]
    {
        let page = gateway.events(instance, &after(cursor)).await.unwrap();
        assert_eq!((page.missed, numbers(&page)), (missed, expected), "{cursor}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_ahead_of_everything_and_an_instance_that_was_removed_end_the_wait() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let ahead = gateway.next_events(instance, after(99), LONG).await.unwrap_err();
    assert_eq!(ahead.kind(), Kind::Invalid);
    let begun = tokio::time::Instant::now();
    let newest = gateway.newest_event(instance).await.unwrap();
    let waiting = gateway.next_events(instance, after(newest.0), LONG);
    let (gone, removed) = tokio::join!(waiting, gateway.remove_instance(instance));
    removed.unwrap();
    assert_eq!(gone.unwrap_err().kind(), Kind::NotFound);
    assert!(begun.elapsed() < LONG);
}
