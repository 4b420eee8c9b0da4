//! How many attempts are under way at a time.

use std::collections::BTreeMap;

use waygate_core::port::outbound::Undelivered;
use waygate_engine::deliverer::{
    UNDER_WAY_MAX, UNDER_WAY_TO_A_FAILING_ONE_MAX, UNDER_WAY_TO_ONE_MAX,
    UNDER_WAY_TO_ONE_OF_MANY_MAX,
};
use waygate_played::application::new_instance;

use super::receiver::at_once;
use super::*;

/// Longer than an attempt lasts.
const FOREVER: Duration = Duration::from_secs(3600);

/// Accounts with one endpoint each, for which so many events wait, the first one's the longest.
async fn crowd(place: &Place, gateway: &Gateway, endpoints: usize, waiting: usize) {
    for number in 0..endpoints {
        let account = gateway.open_account(format!("neighbour {number}")).await.unwrap().id;
        let instance = gateway.create_instance(new_instance(account)).await.unwrap().record.id;
        let url = format!("https://receiver.example/{number:02}");
        place.endpoint_of(account, gateway, &url).await;
        place.happens_to(instance, waiting).await;
    }
}

/// How many were heard at each address.
fn heard_at(receiver: &Receiver) -> Vec<usize> {
    let mut heard: BTreeMap<String, usize> = BTreeMap::new();
    for letter in receiver.heard() {
        *heard.entry(letter.url).or_default() += 1;
    }
    heard.into_values().collect()
}

/// Waits until nothing more can be heard but what a time brings.
async fn comes_to_rest() {
    tokio::time::sleep(Duration::from_secs(1)).await; // allowed: a second of virtual time
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_has_more_attempts_while_half_of_all_places_are_free() {
    let (place, gateway) = Place::new().await;
    let [most, fewer] = [UNDER_WAY_TO_ONE_MAX, UNDER_WAY_TO_ONE_OF_MANY_MAX].map(|it| it as usize);
    let early = UNDER_WAY_MAX / 2 / most;
    crowd(&place, &gateway, early + 3, most + 1).await;
    gateway.shut_down(PATIENCE).await;
    let receiver = Receiver::new(|_| (FOREVER, Err(Undelivered::Late)));
    let gateway = place.deliverer(&receiver);
    comes_to_rest().await;
    let wanted = [vec![most; early], vec![fewer; 3]].concat();
    assert_eq!(heard_at(&receiver), wanted);
    gateway.shut_down(PATIENCE).await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_fails_has_one_attempt_under_way() {
    let (place, gateway) = Place::new().await;
    crowd(&place, &gateway, 1, UNDER_WAY_TO_ONE_MAX as usize).await;
    gateway.shut_down(PATIENCE).await;
    let first = |time: usize| time <= UNDER_WAY_TO_ONE_MAX as usize;
    let mut count = 0;
    let receiver = Receiver::new(move |_| {
        count += 1;
        if first(count) { at_once(500) } else { (FOREVER, Err(Undelivered::Late)) }
    });
    let gateway = place.deliverer(&receiver);
    // Each of them is due again within 6 s.
    tokio::time::sleep(Duration::from_secs(60)).await; // allowed: a minute of virtual time
    let heard = UNDER_WAY_TO_ONE_MAX + UNDER_WAY_TO_A_FAILING_ONE_MAX;
    assert_eq!(heard_at(&receiver), [heard as usize]);
    gateway.shut_down(PATIENCE).await;
}
