//! Connections on which nothing happens, and those that have died without a word.

use std::time::Duration;

use waygate_core::instance::state::StateName;
use waygate_sim::{Direction, Fault, Latency, Moment, StanzaKind};
use waygate_testkit::deadline;
use waygate_testkit::world::{PHONE, World};

/// How the simulator counts a ping.
const PING: &str = "w:p/get/";

#[tokio::test(start_paused = true)]
async fn an_instance_stays_online_through_an_hour_in_which_nothing_happens() {
    let world = World::new(Latency::FortyMillis);
    let instance = world.linked().await;
    let logins = world.sim.report().logins;
    world.pass(Duration::from_hours(1)).await;
    assert_eq!(instance.shown.borrow().state().name(), StateName::Online);
    let report = world.sim.report();
    assert_eq!(report.logins, logins);
    // Every 15 to 30 s.
    assert!((110..=240).contains(&report.requests[PING]), "{} pings", report.requests[PING]);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_has_died_without_a_word_is_given_up_for_a_new_one() {
    let world = World::new(Latency::FortyMillis);
    let mut instance = world.linked().await;
    for _ in 0..5 {
        let logins = world.sim.report().logins;
        world.sim.inject(Fault::GoMute { at: Moment::Now }.on(PHONE));
        assert!(!world.phone().devices()[0].online);
        let begun = tokio::time::Instant::now();
        // The library looks every 15 to 30 s. It sends no ping at the first look when it has heard
        // something in the last 15 s; a ping waits 20 s for its answer, and a first that went
        // unanswered for 20 s and not a millisecond more is not yet the end. So: three looks and
        // two pings, and 4 s to flush what waits.
        let limit = Duration::from_secs(3 * 30 + 2 * 20 + 4);
        deadline::shown(&mut instance.shown, limit, "that it has gone", |machine| {
            machine.state().name() != StateName::Online
        })
        .await;
        instance.reaches(StateName::Online).await;
        assert!(begun.elapsed() >= Duration::from_secs(35), "{:?}", begun.elapsed());
        let report = world.sim.report();
        assert_eq!((report.logins, report.live_connections), (logins + 1, 1));
        assert!(world.phone().devices()[0].online);
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_never_answered_is_given_up_for_a_new_one() {
    let world = World::new(Latency::FortyMillis);
    let mut instance = world.linked().await;
    let (direction, stanza) = (Direction::ToClient, Some(StanzaKind::Success));
    world.sim.inject(Fault::Drop { direction, stanza }.on(PHONE).times(1));
    world.sim.inject(Fault::cut().on(PHONE));
    instance.reaches(StateName::Connecting).await;
    // The deadline of a login, and the pause before the next one.
    let limit = Duration::from_secs(180 + 60);
    deadline::shown(&mut instance.shown, limit, "that it is back", |machine| {
        machine.state().name() == StateName::Online
    })
    .await;
    let report = world.sim.report();
    assert_eq!(report.live_connections, 1);
    assert_eq!(report.logins, 3, "at the link, the one that was not answered, and the next");
    world.end_clean().await;
}
