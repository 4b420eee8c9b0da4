//! What the simulator had to put on record fails the test that caused it.
#![expect(clippy::expect_used, reason = "test code")]

use std::collections::BTreeMap;
use std::time::Duration;

use waygate_sim::{Latency, RefusalKind, Report};
use waygate_testkit::world::{SOON, World, judge};

/// Says something that is not WhatsApp's protocol.
async fn be_refused(world: &World) {
    let mut pipe = world.sim.dial().expect("a connection");
    pipe.to_server.send(b"GET ".as_slice().into()).await.expect("it listens");
    assert_eq!(pipe.from_server.recv().await, None);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "refused Intro")]
async fn what_was_refused_and_not_provoked_fails_its_test() {
    let world = World::new(Latency::None);
    be_refused(&world).await;
    world.end(&[]).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_provoked_does_not() {
    let world = World::new(Latency::None);
    be_refused(&world).await;
    let report = world.end(&[RefusalKind::Intro]).await;
    assert_eq!(report.refusal_log.len(), 1);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "UsedRef was not refused")]
async fn what_was_to_be_refused_and_was_not_fails_its_test() {
    let world = World::new(Latency::None);
    world.end(&[RefusalKind::UsedRef]).await;
}

#[test]
#[should_panic(expected = "unknown request w:new/get/thing")]
fn what_the_simulator_does_not_know_fails_its_test() {
    let unknown = BTreeMap::from([("w:new/get/thing".to_owned(), 1)]);
    judge(&Report { unknown, ..Report::default() }, &[]);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "was online twice")]
async fn a_device_that_was_online_twice_fails_its_test() {
    let world = World::new(Latency::None);
    world.linked().await;
    let rival = world.rival_gateway().await;
    world.pass(Duration::from_secs(5)).await;
    assert!(rival.shut_down(SOON).await);
    world.end(&[]).await;
}
