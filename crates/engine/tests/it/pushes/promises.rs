//! What is promised of a queue that is pushed, with reduced counts.

use waygate_core::event::dropped::Dropped;
use waygate_core::event::{EventKind, EventName};
use waygate_core::port::outbound::{Reply, Undelivered};
use waygate_core::push::PushForm;
use waygate_engine::dice::Dice;
use waygate_engine::pusher::UNDER_WAY_TO_FAILING_MAX;

use super::receiver::{Pushed, at_once};
use super::*;

/// How many the run in the test command pushes; the nightly one pushes more.
const PUSHES: usize = 1_000;

/// Nothing but the event wakes the queue, so it takes no time.
#[tokio::test(start_paused = true)]
async fn a_notification_is_pushed_as_soon_as_it_is_written() {
    let (place, old) = Place::new().await;
    old.shut_down(PATIENCE).await;
    let receiver = Receiver::new(|_| at_once(200));
    let gateway = place.pusher(&receiver).await;
    // The first look finds nothing.
    receiver.rests(URL).await;
    let began = tokio::time::Instant::now();
    place.happens(1).await;
    stir(&gateway, place.instance).await;
    let heard = receiver.hears(1).await;
    assert_eq!((heard[0].at, heard[0].receipt), (began, 1));
    assert_eq!((heard[0].url.as_str(), heard[0].within), (URL, Duration::from_secs(180)));
    place.until_nothing_waits().await;
}

/// W4: a receiver that fails at random, three times of ten, half of them after it has done its work.
#[tokio::test(start_paused = true)]
async fn notifications_arrive_in_their_order_whatever_fails() {
    let count = pushes();
    let (place, old) = Place::new().await;
    old.shut_down(PATIENCE).await;
    let dice = Dice::from_seed(7);
    let receiver = Receiver::new(move |_| match dice.number() % 20 {
        0 | 1 => at_once(500),
        2 => at_once(302),
        3 => (Duration::from_secs(3), Err(Undelivered::Unreached)),
        4 => (Duration::from_secs(180), Err(Undelivered::Late)),
        5 => (Duration::from_millis(20), Err(Undelivered::Garbled)),
        _ => (Duration::from_millis(20), at_once(200).1),
    });
    let gateway = place.pusher(&receiver).await;
    let mut done = 0;
    while done < count {
        let some = 50.min(count - done);
        place.happens(some).await;
        stir(&gateway, place.instance).await;
        place.until_nothing_waits().await;
        done += some;
    }
    let heard = receiver.heard();
    let mut last = 0;
    for pair in heard.windows(2) {
        let (before, next) = (&pair[0], &pair[1]);
        assert!(next.receipt == before.receipt || next.receipt == before.receipt + 1, "{pair:?}");
        last = last.max(next.receipt);
        if next.receipt == before.receipt {
            assert!(next.at - before.at >= MINUTE, "a pause before the next attempt");
            assert_eq!(next.body, before.body);
        }
    }
    assert_eq!((heard[0].receipt, last), (1, count as u64), "all of them");
    assert_eq!(receiver.under_way_most(), (1, 1), "one at a time");
    assert!(heard.len() > count + count / 5, "some failed");
}

#[expect(clippy::disallowed_methods, reason = "the nightly run pushes more")]
fn pushes() -> usize {
    let text = std::env::var("PUSHES").ok();
    text.map_or(PUSHES, |text| text.parse().unwrap())
}

/// The time of the next attempt is in the store, and the head is the same in every process.
#[tokio::test(start_paused = true)]
async fn a_process_that_ends_between_attempts_changes_nothing_of_them() {
    let (place, old) = Place::new().await;
    old.shut_down(PATIENCE).await;
    place.happens(3).await;
    let receiver = Receiver::new(|_| at_once(500));
    for attempt in 1..=10_u32 {
        let gateway = place.pusher(&receiver).await;
        receiver.hears(attempt as usize).await;
        place.until_attempts(attempt).await;
        gateway.shut_down(PATIENCE).await;
    }
    let heard = receiver.heard();
    let (first, pause) = (&heard[0], MINUTE.as_millis());
    for (pair, again) in heard.windows(2).zip(&heard[1..]) {
        assert_eq!((again.receipt, &again.body), (1, &first.body));
        // The store keeps milliseconds, and a timer of tokio's wakes at the next one.
        let waited = (pair[1].at - pair[0].at).as_millis();
        assert!((pause..=pause + 2).contains(&waited), "{waited}");
    }
    assert_eq!(place.waiting().await, 3);
}

/// A process that is cut off while an attempt is under way makes it once more.
#[tokio::test(start_paused = true)]
async fn what_was_under_way_when_a_process_ended_is_sent_again() {
    let (place, old) = Place::new().await;
    old.shut_down(PATIENCE).await;
    place.happens(41).await;
    let mut answered = 0;
    for _process in 0..20 {
        let receiver = Receiver::new(|_| (Duration::from_millis(20), at_once(200).1));
        let gateway = place.pusher(&receiver).await;
        let heard = receiver.hears(3).await;
        gateway.shut_down(PATIENCE).await;
        let receipts: Vec<u64> = heard.iter().map(|it| it.receipt).collect();
        // The third is under way; of the first two each was taken off when it was answered.
        assert_eq!(receipts, [answered + 1, answered + 2, answered + 3]);
        answered += 2;
    }
    assert_eq!(place.waiting().await, 1);
}

/// W14, and the twenty-four hours of a queue: what is too old goes, and nothing goes without a word.
#[tokio::test(start_paused = true)]
async fn what_did_not_arrive_within_a_day_is_dropped_and_listed() {
    let (place, old) = Place::new().await;
    old.shut_down(PATIENCE).await;
    let receiver = Receiver::new(|it| at_once(if it.receipt <= 2 { 500 } else { 200 }));
    let gateway = place.pusher(&receiver).await;
    place.happens(2).await;
    stir(&gateway, place.instance).await;
    let first = receiver.hears(1).await[0].at;
    tokio::time::sleep(DAY / 2).await; // allowed: virtual time passes
    place.happens(1).await;
    while receiver.heard().last().is_none_or(|it| it.receipt != 3) {
        receiver.hears(receiver.heard().len() + 1).await;
    }
    let heard = receiver.heard();
    let tries = heard.iter().filter(|it| it.receipt == 1).count();
    // One each minute, and up to two milliseconds late each time: 24 * 60 = 1440 pauses fit into a day,
    // or one less when 1440 * 2 ms have added up.
    assert!((1_440..=1_441).contains(&tries), "{tries}");
    let last = heard.last().unwrap();
    assert_eq!(last.receipt, 3, "the second one was as old as the first");
    assert!(last.at - first >= DAY);
    gateway.forget_events().await.unwrap();
    let dropped = gateway.dropped_notifications(place.instance, None, 9).await.unwrap();
    let dropped: Vec<_> = dropped.iter().map(|it| (it.receipt.0, it.why)).collect();
    assert_eq!(dropped, [(2, Dropped::TooOld), (1, Dropped::TooOld)]);
    let store = place.link.store();
    let alerts =
        store.newest(place.instance, EventName::NotificationsDropped, None, 9).await.unwrap();
    let alerts: Vec<_> = alerts.into_iter().map(|it| it.kind).collect();
    assert_eq!(alerts, [EventKind::NotificationsDropped { count: 2 }]);
}

/// W7: of twenty receivers one hangs, and much waits for it.
#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_slows_no_other() {
    let (place, old) = Place::new().await;
    let mut others = Vec::new();
    for number in 0..19 {
        let url = format!("https://receiver.example/{number}");
        others.push(place.another(&old, &url).await);
    }
    old.shut_down(PATIENCE).await;
    place.happens(1_000).await;
    let receiver = Receiver::new(|it| match it.url.as_str() {
        URL => (Duration::from_secs(180), Err(Undelivered::Late)),
        _ => (Duration::from_millis(20), at_once(200).1),
    });
    let gateway = place.pusher(&receiver).await;
    receiver.hears_at(URL, 1).await;
    let began = tokio::time::Instant::now();
    for other in &others {
        place.happens_to(*other, 10).await;
        stir(&gateway, *other).await;
    }
    receiver.hears(19 * 10).await;
    let last = receiver.heard().iter().filter(|it| it.url != URL).map(|it| it.at).max();
    // Nine answers before the tenth is sent, 20 ms each, and each by a timer that wakes at the next
    // millisecond.
    assert!(last.unwrap() - began <= Duration::from_millis(9 * 21), "{last:?}");
    assert_eq!(receiver.under_way_most().0, 1);
}

/// Receivers that hang hold a bounded share of all that may be under way, however many they are.
#[tokio::test(start_paused = true)]
async fn receivers_that_fail_share_their_own_places() {
    const HANGING: usize = UNDER_WAY_TO_FAILING_MAX + 8;
    let (place, old) = Place::new().await;
    for number in 0..HANGING {
        let instance = place.another(&old, &format!("https://dead.example/{number}")).await;
        place.happens_to(instance, 1).await;
    }
    old.shut_down(PATIENCE).await;
    let receiver = Receiver::new(|it| match it.url.as_str() {
        URL => at_once(200),
        _ => (Duration::from_secs(180), Err(Undelivered::Late)),
    });
    let gateway = place.pusher(&receiver).await;
    receiver.hears(HANGING).await;
    assert_eq!(receiver.under_way_most().1, HANGING, "nobody knew");
    tokio::time::sleep(Duration::from_secs(200)).await; // allowed: all of these are over
    receiver.count_anew();
    receiver.hears(HANGING * 3).await;
    assert_eq!(receiver.under_way_most(), (1, UNDER_WAY_TO_FAILING_MAX));
    let began = tokio::time::Instant::now();
    place.happens(1).await;
    stir(&gateway, place.instance).await;
    receiver.hears_at(URL, 1).await;
    assert_eq!(began.elapsed(), Duration::ZERO, "who works does not wait for them");
}

/// An envelope whose name the receiver does not know is dropped, and the pauses of others grow.
#[tokio::test(start_paused = true)]
async fn an_envelope_that_is_refused_is_dropped_and_the_next_one_sent() {
    let (place, old) = Place::new().await;
    let form = PushForm::Envelope;
    old.change_settings(place.instance, |settings| settings.push_form = form).await.unwrap();
    old.shut_down(PATIENCE).await;
    place.happens(3).await;
    let mut fails = 3;
    let receiver = Receiver::new(move |it: &Pushed| match it.receipt {
        1 => at_once(422),
        2 if fails > 0 => {
            fails -= 1;
            at_once(404)
        }
        _ => (Duration::ZERO, Ok(Reply { status: 204, retry_after: None, body: Vec::new() })),
    });
    let gateway = place.pusher(&receiver).await;
    let heard = receiver.hears(6).await;
    place.until_nothing_waits().await;
    let receipts: Vec<u64> = heard.iter().map(|it| it.receipt).collect();
    assert_eq!(receipts, [1, 2, 2, 2, 2, 3]);
    let pauses: Vec<u64> =
        heard[1..5].windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs()).collect();
    assert_eq!(pauses, [10, 60, 300]);
    assert_eq!(heard[0].within, Duration::from_secs(30));
    let dropped = gateway.dropped_notifications(place.instance, None, 9).await.unwrap();
    let dropped: Vec<_> = dropped.iter().map(|it| (it.receipt.0, it.why)).collect();
    assert_eq!(dropped, [(1, Dropped::Refused)]);
}
