//! When a queue is pushed, and when it is not.

use waygate_core::event::Receipt;
use waygate_core::instance::settings::Settings;
use waygate_engine::instances::NewInstance;
use waygate_engine::notifications::Fetched;

use super::receiver::at_once;
use super::*;

async fn change(place: &Place, gateway: &Gateway, change: impl FnOnce(&mut Settings) + Send) {
    gateway.change_settings(place.instance, change).await.unwrap();
}

/// Who sets it right need not wait for what went wrong before, nor lose anything.
#[tokio::test(start_paused = true)]
async fn another_address_or_token_is_tried_at_once() {
    let (place, old) = Place::new().await;
    old.shut_down(PATIENCE).await;
    place.happens(2).await;
    let receiver = Receiver::new(|it| match (it.url.contains("new"), it.token.as_str()) {
        (true, "right") => at_once(200),
        (_, _) => at_once(500),
    });
    let gateway = place.pusher(&receiver).await;
    receiver.hears(1).await;
    place.until_attempts(1).await;
    let began = tokio::time::Instant::now();
    change(&place, &gateway, |settings| settings.webhook_url = "https://new.example/".into()).await;
    receiver.hears(2).await;
    place.until_attempts(1).await;
    change(&place, &gateway, |settings| settings.webhook_token = "right".into()).await;
    let heard = receiver.hears(4).await;
    place.until_nothing_waits().await;
    let receipts: Vec<u64> = heard.iter().map(|it| it.receipt).collect();
    assert_eq!(receipts, [1, 1, 1, 2]);
    assert!(began.elapsed() < MINUTE, "{:?}", began.elapsed());
    assert_eq!(gateway.held_back(place.instance).await.unwrap(), None);
}

/// What stays as it was does not disturb what is under way.
#[tokio::test(start_paused = true)]
async fn other_settings_cut_nothing_off() {
    let (place, old) = Place::new().await;
    old.shut_down(PATIENCE).await;
    place.happens(1).await;
    let receiver = Receiver::new(|_| (Duration::from_secs(100), at_once(200).1));
    let gateway = place.pusher(&receiver).await;
    receiver.hears(1).await;
    change(&place, &gateway, |settings| settings.send_pause_ms = 700).await;
    change(&place, &gateway, |settings| settings.webhook_url = URL.into()).await;
    place.until_nothing_waits().await;
    assert_eq!(receiver.heard().len(), 1);
}

/// Either it is pushed or it is fetched, and the head is the same.
#[tokio::test(start_paused = true)]
async fn without_an_address_what_waits_is_fetched() {
    let (place, old) = Place::new().await;
    old.shut_down(PATIENCE).await;
    place.happens(3).await;
    let receiver = Receiver::new(|it| match it.receipt {
        1 => at_once(200),
        _ => (Duration::from_secs(170), at_once(200).1),
    });
    let gateway = place.pusher(&receiver).await;
    receiver.hears(2).await;
    let fetch = async || gateway.fetch_notification(place.instance, Duration::ZERO).await.unwrap();
    assert_eq!(fetch().await, Fetched::Pushed);
    change(&place, &gateway, |settings| settings.webhook_url.clear()).await;
    receiver.rests(URL).await;
    let Fetched::Notification(head) = fetch().await else { panic!("nothing waits") };
    assert_eq!(head.receipt, Receipt(2), "it was cut off before it was answered");
    assert!(gateway.settle_notification(place.instance, head.receipt).await.unwrap());
    set_url(&gateway, place.instance, URL).await;
    let heard = receiver.hears(3).await;
    assert_eq!(heard[2].receipt, 3);
    place.until_nothing_waits().await;
}

/// The next one is not held back by what was cleared.
#[tokio::test(start_paused = true)]
async fn a_queue_that_is_cleared_begins_anew() {
    let (place, old) = Place::new().await;
    old.shut_down(PATIENCE).await;
    place.happens(3).await;
    let receiver = Receiver::new(|it| at_once(if it.receipt < 4 { 500 } else { 200 }));
    let gateway = place.pusher(&receiver).await;
    receiver.hears(1).await;
    place.until_attempts(1).await;
    gateway.clear_notifications(place.instance).await.unwrap();
    assert_eq!(gateway.held_back(place.instance).await.unwrap(), None);
    place.happens(1).await;
    stir(&gateway, place.instance).await;
    let heard = receiver.hears(2).await;
    assert_eq!(heard[1].receipt, 4);
    assert!(heard[1].at - heard[0].at <= MINUTE + Duration::from_millis(2));
}

/// One that is created with an address is pushed from then on, and nothing of one that was removed.
#[tokio::test(start_paused = true)]
async fn a_queue_begins_and_ends_with_its_instance() {
    let (place, old) = Place::new().await;
    old.shut_down(PATIENCE).await;
    let receiver = Receiver::new(|_| (Duration::from_secs(100), at_once(200).1));
    let gateway = place.pusher(&receiver).await;
    let account = gateway.first_account().await.unwrap().id;
    let url = "https://newborn.example/";
    let settings = Settings { webhook_url: url.into(), ..Settings::default() };
    let new = NewInstance { settings, ..NewInstance::unnamed(account) };
    let newborn = gateway.create_instance(new).await.unwrap().record.id;
    place.happens_to(newborn, 2).await;
    stir(&gateway, newborn).await;
    receiver.hears_at(url, 1).await;
    gateway.remove_instance(newborn).await.unwrap();
    let removed = tokio::time::Instant::now();
    receiver.rests(url).await;
    assert_eq!(removed.elapsed(), Duration::ZERO, "it was cut off");
    tokio::time::sleep(MINUTE * 10).await; // allowed: for what must not come
    assert_eq!(receiver.heard().len(), 1);
}

/// Nothing behind it would ever come.
#[tokio::test(start_paused = true)]
async fn what_there_is_no_word_for_is_passed_over() {
    let (place, old) = Place::new().await;
    change(&place, &old, |settings| settings.webhook_token = SPEECHLESS.into()).await;
    old.shut_down(PATIENCE).await;
    place.happens(3).await;
    let receiver = Receiver::new(|_| at_once(200));
    let _gateway = place.pusher(&receiver).await;
    place.until_nothing_waits().await;
    assert_eq!(receiver.heard(), []);
}

/// A bug in one queue stops no other one, and not even that one for long.
#[tokio::test(start_paused = true)]
async fn a_panic_in_one_queue_is_none_in_the_others() {
    let (place, old) = Place::new().await;
    let sane = place.another(&old, "https://sane.example/").await;
    change(&place, &old, |settings| settings.webhook_token = BROKEN.into()).await;
    old.shut_down(PATIENCE).await;
    place.happens(1).await;
    let receiver = Receiver::new(|_| at_once(200));
    let gateway = place.pusher(&receiver).await;
    place.happens_to(sane, 1).await;
    stir(&gateway, sane).await;
    receiver.hears_at("https://sane.example/", 1).await;
    assert_eq!(place.waiting().await, 1);
    change(&place, &gateway, |settings| settings.webhook_token.clear()).await;
    receiver.hears_at(URL, 1).await;
    place.until_nothing_waits().await;
}
