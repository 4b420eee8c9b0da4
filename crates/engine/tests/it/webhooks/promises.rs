//! What is promised of deliveries. A nightly run has ten times as many of each.

use std::collections::BTreeMap;

use waygate_core::port::outbound::{Reply, Undelivered};
use waygate_core::port::webhooks::DeadLetters;
use waygate_core::webhook::schedule::{ATTEMPTS_MAX, FAILING_MAX, JITTER, WAITS};
use waygate_core::webhook::{ANSWER_KEPT_MAX, Disabled};
use waygate_engine::link_tickets::NewLinkTicket;
use waygate_played::application::new_instance;

use super::receiver::{Heard, answer, at_once, sequences};
use super::*;

const URL: &str = "https://receiver.example/hook";

/// W1 and the way of an event: nothing but the event wakes the deliverer, so it takes no time.
#[tokio::test(start_paused = true)]
async fn an_event_is_sent_as_soon_as_it_is_written() {
    let (place, old) = Place::new().await;
    let endpoint = place.endpoint(&old, URL).await;
    old.shut_down(PATIENCE).await;
    let receiver = Receiver::new(|_| at_once(204));
    let gateway = place.deliverer(&receiver);
    gateway.start_instances().await.unwrap();
    let began = tokio::time::Instant::now();
    gateway.issue_link_ticket(place.instance, NewLinkTicket::default()).await.unwrap();
    let heard = receiver.hears(1).await;
    assert_eq!(heard[0].at, began);
    assert_eq!((heard[0].url.as_str(), heard[0].within.as_secs()), (URL, 15));
    let own = gateway.webhook_endpoint(place.account, endpoint.record.id).await.unwrap();
    assert!(own.record.failing_since.is_none());
}

/// W2: a receiver that works and then dies before it answers, and processes that end meanwhile.
#[tokio::test(start_paused = true)]
async fn every_event_arrives_and_comes_twice_only_under_its_own_id() {
    let (place, gateway) = Place::new().await;
    place.endpoint(&gateway, URL).await;
    gateway.shut_down(PATIENCE).await;
    // One of three is worked on and not answered.
    let mut turn = 0;
    let receiver = Receiver::new(move |_| {
        turn += 1;
        let answer = if turn % 3 == 0 { Err(Undelivered::Garbled) } else { Ok(answer(200)) };
        (Duration::from_millis(20), answer)
    });
    let many = many();
    for _process in 0..10 {
        place.happens(many / 10).await;
        let before = receiver.heard().len();
        let gateway = place.deliverer(&receiver);
        // In the middle of some attempts.
        receiver.hears(before + 10).await;
        gateway.shut_down(PATIENCE).await;
    }
    let gateway = place.deliverer(&receiver);
    until_nothing_is_due(&place).await;
    gateway.shut_down(PATIENCE).await;
    let heard = receiver.heard();
    let mut bodies: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for letter in &heard {
        let known = bodies.entry(&letter.id).or_insert(&letter.body);
        assert_eq!(*known, letter.body, "one id, one body");
    }
    assert_eq!(bodies.len(), many, "one id for each event");
    assert!(heard.len() > many, "some came twice");
    // W8: consecutive numbers, so that a receiver sees what it lacks.
    let told = sequences(&heard);
    let (first, last) = (told.first().unwrap(), told.last().unwrap());
    assert_eq!((told.len(), last - first), (many, many as u64 - 1));
}

/// W3: with another process for each attempt, and the time of the next one in the store.
#[tokio::test(start_paused = true)]
async fn ten_attempts_come_at_their_times_whatever_restarts_between_them() {
    let (place, gateway) = Place::new().await;
    let endpoint = place.endpoint(&gateway, URL).await.record.id;
    gateway.shut_down(PATIENCE).await;
    place.happens(1).await;
    let receiver = Receiver::new(|_| at_once(500));
    for attempt in 1..=ATTEMPTS_MAX as usize {
        let gateway = place.deliverer(&receiver);
        receiver.hears(attempt).await;
        until_attempts(&place, endpoint, attempt).await;
        gateway.shut_down(PATIENCE).await;
    }
    let heard = receiver.heard();
    for (wait, pair) in WAITS.iter().zip(heard.windows(2)) {
        let waited = pair[1].at - pair[0].at;
        let (least, most) = (wait.mul_f64(1.0 - JITTER), wait.mul_f64(1.0 + JITTER));
        // The store keeps milliseconds, and a timer of tokio's wakes at the next one.
        let grain = Duration::from_millis(2);
        assert!(waited + grain >= least && waited <= most + grain, "{waited:?} for {wait:?}");
        assert!(pair[1].timestamp > pair[0].timestamp, "the time of the attempt is signed");
        assert_eq!(pair[0].id, pair[1].id);
    }
    let gateway = place.deliverer(&receiver);
    let dead = gateway.webhook_deliveries((place.account, endpoint), true, None, 9).await.unwrap();
    assert_eq!(dead.len(), 1, "the tenth is the last");
    assert_eq!(receiver.heard().len(), ATTEMPTS_MAX as usize);
}

/// W6: what is no success is tried again, and what says that it is gone is left alone.
#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_gone_is_disabled_and_the_others_hear_of_it() {
    let (place, gateway) = Place::new().await;
    let gone = place.endpoint(&gateway, "https://gone.example/").await.record.id;
    let filter = EventFilter::default();
    let (url, description) = (URL.to_owned(), String::new());
    let new = NewWebhookEndpoint { account: place.account, url, description, filter };
    gateway.add_webhook_endpoint(new).await.unwrap();
    gateway.shut_down(PATIENCE).await;
    place.happens(3).await;
    let receiver = Receiver::new(|it| at_once(if it.url.contains("gone") { 410 } else { 200 }));
    let _gateway = place.deliverer(&receiver);
    let told = |heard: &[Heard]| {
        let text = |it: &Heard| String::from_utf8(it.body.clone()).unwrap();
        heard.iter().filter(|it| text(it).contains("webhook_disabled")).count()
    };
    // Four to the other one: three events, and that the first one is gone.
    while told(&receiver.heard()) == 0 {
        receiver.hears(receiver.heard().len() + 1).await;
    }
    until_nothing_is_due(&place).await;
    assert_eq!(place.kept(gone).await.disabled.map(|it| it.why), Some(Disabled::Gone));
    assert_eq!(told(&receiver.heard()), 1, "it is told once");
    let before = receiver.heard().iter().filter(|it| it.url.contains("gone")).count();
    place.happens(5).await;
    until_nothing_is_due(&place).await;
    let after = receiver.heard().iter().filter(|it| it.url.contains("gone")).count();
    assert_eq!(before, after, "nothing is sent there any more");
}

/// How many endpoints each account has in the test of W7, and how many events each of them hears of.
const NEIGHBOURS: usize = 15;
const EVENTS_EACH: usize = 4;

/// W7: of a hundred endpoints one hangs, and much waits for it.
#[tokio::test(start_paused = true)]
async fn an_endpoint_that_hangs_slows_no_other() {
    let alone = slowest_but_one_in_a_hundred(0).await;
    let beside = slowest_but_one_in_a_hundred(many() / 2).await;
    assert!(alone > Duration::ZERO, "they take their time");
    assert!(beside <= alone * 2, "{beside:?} beside it, {alone:?} without it");
}

/// How long 99 % of what goes to 99 healthy endpoints takes at most, while so much waits for one that
/// hangs.
async fn slowest_but_one_in_a_hundred(waits: usize) -> Duration {
    let (place, gateway) = Place::new().await;
    let dead = "https://dead.example/";
    place.endpoint(&gateway, dead).await;
    place.happens(waits).await;
    let mut healthy = 0;
    for name in 0..7 {
        let account = gateway.open_account(format!("neighbour {name}")).await.unwrap().id;
        let created = gateway.create_instance(new_instance(account)).await.unwrap();
        for number in 0..NEIGHBOURS.min(99 - healthy) {
            let url = format!("https://receiver.example/{name}/{number}");
            place.endpoint_of(account, &gateway, &url).await;
            healthy += 1;
        }
        place.happens_to(created.record.id, EVENTS_EACH).await;
    }
    gateway.shut_down(PATIENCE).await;
    let receiver = Receiver::new(move |it| {
        if it.url == dead {
            (Duration::from_secs(15), Err(Undelivered::Late))
        } else {
            (Duration::from_millis(20), Ok(answer(200)))
        }
    });
    let began = tokio::time::Instant::now();
    let gateway = place.deliverer(&receiver);
    receiver.hears_from(|url| url != dead, healthy * EVENTS_EACH).await;
    gateway.shut_down(PATIENCE).await;
    let heard = receiver.heard();
    let mut took: Vec<Duration> =
        heard.iter().filter(|it| it.url != dead).map(|it| it.at - began).collect();
    took.sort_unstable();
    took[took.len() * 99 / 100]
}

/// W9: the first failure and the last one lie five days apart.
#[tokio::test(start_paused = true)]
async fn an_endpoint_that_fails_for_five_days_is_disabled_once_and_its_queue_is_kept() {
    let (place, gateway) = Place::new().await;
    let endpoint = place.endpoint(&gateway, URL).await.record.id;
    gateway.shut_down(PATIENCE).await;
    let receiver = Receiver::new(|_| at_once(500));
    let gateway = place.deliverer(&receiver);
    place.happens(1).await;
    let since = receiver.hears(1).await[0].at;
    // One more each half day, so that there is always an attempt.
    for _half_day in 0..9 {
        tokio::time::advance(Duration::from_secs(12 * 60 * 60)).await;
        place.happens(1).await;
        let heard = receiver.heard().len();
        receiver.hears(heard + 1).await;
        assert_eq!(place.kept(endpoint).await.disabled, None, "{:?}", since.elapsed());
    }
    let disabled = async {
        while place.kept(endpoint).await.disabled.is_none() {
            place.happens(1).await;
            receiver.hears(receiver.heard().len() + 1).await;
            tokio::time::advance(Duration::from_secs(60 * 60)).await;
        }
    };
    tokio::time::timeout(FAILING_MAX, disabled).await.unwrap();
    let disabled = place.kept(endpoint).await.disabled.unwrap();
    assert_eq!(disabled.why, Disabled::Failing);
    assert!(since.elapsed() >= FAILING_MAX);
    let store = place.link.store();
    let alerts = store.newest(place.instance, EventName::WebhookDisabled, None, 9);
    assert_eq!(alerts.await.unwrap().len(), 1, "one alert");
    let all = gateway.webhook_deliveries((place.account, endpoint), false, None, 500).await;
    let kept = all.unwrap();
    assert!(kept.iter().any(|it| it.status.as_str() == "due"), "the queue is kept");
}

/// W10: dead letters are told with what was answered, and sent again with the ids that they had.
#[tokio::test(start_paused = true)]
async fn dead_letters_are_told_and_sent_again() {
    let (place, gateway) = Place::new().await;
    let endpoint = place.endpoint(&gateway, URL).await.record.id;
    gateway.shut_down(PATIENCE).await;
    // Each is attempted ten times, with an answer that is kept.
    let letters = many() / 10;
    place.happens(letters).await;
    let receiver = Receiver::new(|it| {
        let body = vec![b'x'; ANSWER_KEPT_MAX * 2];
        // Well only after the replay.
        let code = if it.time > ATTEMPTS_MAX as usize { 200 } else { 500 };
        (Duration::ZERO, Ok(Reply { status: code, retry_after: None, body }))
    });
    let gateway = place.deliverer(&receiver);
    let of = (place.account, endpoint);
    until_nothing_is_due(&place).await;
    let dead = gateway.webhook_deliveries(of, true, None, u32::MAX).await.unwrap();
    assert_eq!(dead.len(), letters);
    for letter in &dead {
        assert_eq!(letter.tried.len(), ATTEMPTS_MAX as usize);
        let answer = letter.tried[0].answer.as_ref().unwrap();
        let answer = gateway.webhook_answer(endpoint, answer).unwrap();
        assert_eq!((letter.tried[0].status, answer.len()), (Some(500), ANSWER_KEPT_MAX));
    }
    let before = receiver.heard().len();
    let one = DeadLetters { numbers: Some(vec![dead[3].number]), ..DeadLetters::default() };
    let replay = |letters| gateway.replay_webhook_deliveries(of.0, of.1, letters);
    assert_eq!(replay(one).await.unwrap(), 1);
    let rest = replay(DeadLetters::default()).await.unwrap();
    assert_eq!(rest, letters as u64 - 1);
    until_nothing_is_due(&place).await;
    let heard = receiver.heard();
    let (first, again) = heard.split_at(before);
    assert_eq!(sequences(first), sequences(again));
    let body = |it: &Heard| (it.id.clone(), it.body.clone());
    let first: BTreeMap<_, _> = first.iter().map(body).collect();
    assert_eq!(first, again.iter().map(body).collect());
    let left = gateway.webhook_deliveries(of, true, None, 500).await.unwrap();
    assert_eq!(left, []);
}

/// Waits until nothing is on its way to endpoints that are not disabled.
pub(super) async fn until_nothing_is_due(place: &Place) {
    let store = place.link.store();
    loop {
        let now = place.bystander.now();
        let is_due = !store.due_deliveries(now, Room::of(1)).await.unwrap().is_empty();
        let wait = match store.next_due(now).await.unwrap() {
            _ if is_due => Duration::from_secs(1),
            Some(at) => Duration::try_from(now.duration_until(at)).unwrap(),
            None => return,
        };
        tokio::time::sleep(wait).await; // allowed: waits for a value, in virtual time
    }
}

/// Waits until so many attempts were written down.
async fn until_attempts(place: &Place, endpoint: WebhookEndpointId, count: usize) {
    let store = place.link.store();
    while store.deliveries(endpoint, false, None, 1).await.unwrap()[0].tried.len() < count {
        tokio::time::sleep(Duration::from_millis(1)).await; // allowed: waits for a value, in virtual time
    }
}
