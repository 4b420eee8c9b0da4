//! Linking on demand: a connection exists while somebody looks.

use std::collections::BTreeSet;
use std::time::Duration;

use waygate_core::instance::linking::DEMAND;
use waygate_core::instance::state::StateName;
use waygate_engine::look::{CODE_WITHIN, Look};
use waygate_sim::{Latency, RefusalKind};
use waygate_testkit::world::World;

#[tokio::test(start_paused = true)]
async fn an_instance_nobody_looks_at_makes_no_connection() {
    let world = World::new(Latency::None);
    let mut instance = world.instance().await;
    instance.reaches(StateName::Unlinked).await;
    world.pass(Duration::from_secs(86_400)).await;
    assert_eq!(world.sim.report().dials, 0);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn when_nobody_looks_any_more_the_socket_closes_and_stays_closed() {
    let world = World::new(Latency::FortyMillis);
    let mut instance = world.instance().await;
    world.code(instance.id).await;
    assert_eq!(world.sim.report().live_connections, 1);
    instance.reaches_within(DEMAND + Duration::from_secs(1), StateName::Unlinked).await;
    assert_eq!(world.sim.report().live_connections, 0);
    world.pass(Duration::from_secs(86_400)).await;
    assert_eq!(world.sim.report().dials, 1);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_scan_at_the_very_moment_at_which_demand_ends_is_not_lost() {
    let world = World::new(Latency::FortyMillis);
    for before_ms in (0..=300).step_by(10) {
        let mut instance = world.instance().await;
        let first = world.code(instance.id).await;
        let looked_at = first.issued_at;
        let ends = looked_at + DEMAND - Duration::from_millis(before_ms);
        world.pass(ends.duration_since(world.clock.now()).unsigned_abs()).await;
        let shown = instance.shown.borrow().state().qr_code(world.clock.now()).cloned();
        let scanned = world.phone().scan(shown.unwrap_or(first).text.expose()).await;
        if scanned.is_ok() {
            instance.reaches(StateName::Online).await;
            world.gateway.log_out(instance.id).await.unwrap();
        } else {
            instance.reaches(StateName::Unlinked).await;
        }
        assert_eq!(world.phone().devices(), [], "{before_ms} ms before the end: {scanned:?}");
    }
    world.end(&[RefusalKind::ExpiredRef]).await;
}

#[tokio::test(start_paused = true)]
async fn a_poller_gets_scannable_codes_when_the_first_six_have_run_out() {
    let world = World::new(Latency::FortyMillis);
    let instance = world.instance().await;
    let begun = tokio::time::Instant::now();
    let mut texts = BTreeSet::new();
    while begun.elapsed() < Duration::from_secs(400) {
        let code = world.code(instance.id).await;
        texts.insert(code.text.expose().to_owned());
        world.pass(Duration::from_secs(1)).await;
    }
    // Two whole attempts of six, and part of a third.
    assert!((14..=18).contains(&texts.len()), "{} codes in 400 s", texts.len());
    assert_eq!(world.sim.report().dials, 3);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_poller_is_spaced_out_and_told_so() {
    let world = World::new(Latency::FortyMillis);
    let instance = world.instance().await;
    let begun = tokio::time::Instant::now();
    let mut told_to_wait = false;
    while begun.elapsed() < Duration::from_secs(86_400) {
        let look = world.gateway.look_at_code(instance.id, CODE_WITHIN).await.unwrap();
        told_to_wait |= matches!(look, Look::NotBefore { .. });
        world.pass(Duration::from_secs(10)).await;
    }
    assert!(told_to_wait);
    // Ten attempts, then spacings of 5, 10, 20, 40 and 60 minutes: about one attempt an hour.
    let dials = world.sim.report().dials;
    assert!((34..=38).contains(&dials), "{dials} connections in a day");

    let before = world.sim.report().dials;
    world.gateway.request_new_code(instance.id).await.unwrap();
    world.code(instance.id).await;
    assert_eq!(world.sim.report().dials, before + 1, "a person is served at once");
    world.end_clean().await;
}
