//! Linking attempts, as the link page and the commands follow them.
#![expect(clippy::expect_used, reason = "test code")]

use std::time::Duration;

use waygate_core::instance::linking::DEMAND;
use waygate_engine::attempts::{Attempt, Failure, Method, Step};
use waygate_engine::sight::Sight;
use waygate_sim::Latency;
use waygate_testkit::world::{PHONE, World};

const WAIT: Duration = Duration::from_secs(25);

async fn begin(world: &World, method: Method) -> Attempt {
    let instance = world.instance().await.id;
    world.gateway.begin_attempt(instance, method, false).await.expect("an attempt")
}

async fn next(world: &World, attempt: &Attempt) -> Attempt {
    let (instance, id, version) = (attempt.instance, attempt.id, attempt.version);
    world.gateway.next_of_attempt(instance, id, version, WAIT).await.expect("the attempt")
}

#[tokio::test(start_paused = true)]
async fn every_code_that_an_attempt_shows_can_be_scanned_while_it_is_the_newest() {
    let world = World::new(Latency::FortyMillis);
    let mut attempt = begin(&world, Method::QrCode).await;
    let begun = tokio::time::Instant::now();
    let mut rounds = Vec::new();
    // The whole of one attempt of WhatsApp's, and the beginning of the next.
    while begun.elapsed() < Duration::from_secs(190) {
        attempt = next(&world, &attempt).await;
        if let Step::Open(Sight::QrCode(code)) = &attempt.step {
            assert!(code.expires_at > world.clock.now(), "it is never an expired one");
            if rounds.last() != Some(&code.round) {
                rounds.push(code.round);
            }
        }
    }
    assert_eq!(rounds, [1, 2, 3, 4, 5, 6, 1]);
    let Step::Open(Sight::QrCode(code)) = &attempt.step else { unreachable!("{attempt:?}") };
    world.phone().scan(code.text.expose()).await.expect("the newest code");
    while matches!(attempt.step, Step::Open(_)) {
        attempt = next(&world, &attempt).await;
    }
    assert!(matches!(&attempt.step, Step::Linked(account) if account.phone == PHONE));
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_nobody_follows_closes_the_connection_and_fails() {
    let world = World::new(Latency::FortyMillis);
    let attempt = begin(&world, Method::QrCode).await;
    world.pass(DEMAND + Duration::from_secs(1)).await;
    assert_eq!(world.sim.report().live_connections, 0);
    let attempt = world.gateway.attempt(attempt.instance, attempt.id).unwrap();
    assert_eq!(attempt.step, Step::Failed(Failure::NotWatched));
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_left_open_makes_few_connections_in_a_day() {
    let world = World::new(Latency::FortyMillis);
    let mut attempt = begin(&world, Method::QrCode).await;
    let begun = tokio::time::Instant::now();
    let mut told_to_wait = false;
    while begun.elapsed() < Duration::from_secs(86_400) {
        attempt = next(&world, &attempt).await;
        told_to_wait |= matches!(attempt.step, Step::Open(Sight::NotBefore { .. }));
    }
    assert!(told_to_wait, "the page can say for how long");
    assert!(matches!(attempt.step, Step::Open(_)), "{attempt:?}");
    // Ten at once, four at growing distances, then one an hour.
    let dials = world.sim.report().dials;
    assert!((30..=40).contains(&dials), "{dials} connections");
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_pairing_code_needs_no_follower_to_live_its_three_minutes() {
    let world = World::new(Latency::FortyMillis);
    let phone = world.phone();
    let mut attempt = begin(&world, Method::PairingCode(PHONE.parse().unwrap())).await;
    let code = loop {
        attempt = next(&world, &attempt).await;
        if let Step::Open(Sight::PairingCode { code, .. }) = &attempt.step {
            break code.clone();
        }
    };
    world.pass(Duration::from_secs(175)).await;
    phone.enter_code(code.text.expose()).await.expect("it still counts");
    while matches!(attempt.step, Step::Open(_)) {
        attempt = next(&world, &attempt).await;
    }
    assert!(matches!(&attempt.step, Step::Linked(account) if account.phone == PHONE));
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn an_untyped_pairing_code_ends_the_attempt_for_its_follower() {
    let world = World::new(Latency::FortyMillis);
    world.phone();
    let mut attempt = begin(&world, Method::PairingCode(PHONE.parse().unwrap())).await;
    let begun = tokio::time::Instant::now();
    while matches!(attempt.step, Step::Open(_)) {
        attempt = next(&world, &attempt).await;
    }
    assert_eq!(attempt.step, Step::Failed(Failure::CodeExpired));
    let taken = begun.elapsed();
    assert!((180..=182).contains(&taken.as_secs()), "{taken:?}");
    world.end_clean().await;
}
