//! Linking by QR, logging in again, being unlinked.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

use std::time::Duration;

use waygate_core::instance::state::{Outcome, State, StateName};
use waygate_core::reason::EndReason;
use waygate_engine::look::{CODE_WITHIN, Look};
use waygate_sim::{Fault, HandshakeKind, Latency, RefusalKind};
use waygate_testkit::world::{PHONE, World};

async fn a_link_survives_and_ends(latency: Latency) {
    let mut world = World::new(latency);
    let mut instance = world.linked().await;
    let online = instance.shown.borrow().clone();
    let account = online.state().linked().expect("an account");
    assert_eq!(account.phone, PHONE);
    assert_eq!(account.device, world.phone().devices()[0].device);
    let looked = world.gateway.look_at_code(instance.id, CODE_WITHIN).await.unwrap();
    assert_eq!(looked, Look::AlreadyLinked(account.clone()));

    for _ in 0..2 {
        world.restart_gateway().await;
        let mut again = world.watch(instance.id);
        let machine = again.reaches(StateName::Online).await;
        assert_eq!(machine.state().linked(), Some(account), "no code was needed");
        instance = again;
    }
    let handshakes = world.sim.report().handshakes;
    assert!(handshakes[&HandshakeKind::Ik] >= 1, "{handshakes:?}");

    assert_eq!(world.phone().unlink(None).await, Ok(1));
    let machine = instance.reaches(StateName::Unlinked).await;
    let removed = Some(Outcome::Ended(EndReason::DeviceRemoved));
    assert_eq!(machine.state(), &State::Unlinked { last: removed });
    let code = world.code(instance.id).await;
    world.phone().scan(code.text.expose()).await.expect("it can be linked again");
    instance.reaches(StateName::Online).await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_link_survives_restarts_and_ends_on_the_phone() {
    a_link_survives_and_ends(Latency::None).await;
}

#[tokio::test(start_paused = true)]
async fn a_link_survives_restarts_and_ends_on_the_phone_with_forty_milliseconds_of_latency() {
    a_link_survives_and_ends(Latency::FortyMillis).await;
}

#[tokio::test(start_paused = true)]
async fn linking_takes_less_than_two_seconds() {
    let world = World::new(Latency::FortyMillis);
    let begun = tokio::time::Instant::now();
    world.linked().await;
    let taken = begun.elapsed();
    assert!(taken < Duration::from_secs(2), "{taken:?} of the world's time");
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn logging_out_removes_the_device_from_the_phone() {
    let world = World::new(Latency::FortyMillis);
    let mut instance = world.linked().await;
    assert_eq!(world.phone().devices().len(), 1);
    world.gateway.log_out(instance.id).await.unwrap();
    assert_eq!(world.phone().devices().len(), 0);
    let machine = instance.reaches(StateName::Unlinked).await;
    assert_eq!(machine.state(), &State::Unlinked { last: Some(Outcome::LoggedOut) });
    let first = world.code(instance.id).await;
    world.phone().scan(first.text.expose()).await.expect("it can be linked again");
    instance.reaches(StateName::Online).await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn logging_out_in_the_middle_of_a_login_removes_the_device_from_the_phone() {
    let world = World::new(Latency::FortyMillis);
    for moment_ms in [0, 1, 50, 100, 150, 200, 400] {
        let mut instance = world.linked().await;
        world.gateway.restart_instance(instance.id).await.unwrap();
        world.pass(Duration::from_millis(moment_ms)).await;
        world.gateway.log_out(instance.id).await.unwrap();
        assert_eq!(world.phone().devices(), [], "{moment_ms} ms after the restart");
        instance.reaches(StateName::Unlinked).await;
    }
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn logging_out_right_after_a_scan_removes_the_device_from_the_phone() {
    let world = World::new(Latency::FortyMillis);
    let mut instance = world.instance().await;
    let code = world.code(instance.id).await;
    world.phone().scan(code.text.expose()).await.expect("the phone accepts");
    world.gateway.log_out(instance.id).await.unwrap();
    assert_eq!(world.phone().devices(), []);
    instance.reaches(StateName::Unlinked).await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn logging_out_while_offline_or_resting_removes_the_device_from_the_phone() {
    let world = World::new(Latency::FortyMillis);
    let mut instance = world.linked().await;
    world.sim.inject(Fault::cut().on(PHONE));
    instance.reaches(StateName::Offline).await;
    world.gateway.log_out(instance.id).await.unwrap();
    assert_eq!(world.phone().devices(), []);

    let mut instance = world.linked().await;
    world.gateway.stop_instance(instance.id).await.unwrap();
    instance.reaches(StateName::Stopped).await;
    world.gateway.log_out(instance.id).await.unwrap();
    assert_eq!(world.phone().devices(), []);
    instance.reaches(StateName::Stopped).await;

    let mut instance = world.linked().await;
    world.sim.inject(Fault::cut().on(PHONE));
    instance.reaches(StateName::Offline).await;
    world.gateway.remove_instance(instance.id).await.unwrap();
    assert_eq!(world.phone().devices(), []);
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_device_removed_while_away_finds_out_at_its_next_login() {
    let mut world = World::new(Latency::None);
    let instance = world.linked().await;
    assert!(world.gateway.shut_down(Duration::from_secs(30)).await);
    assert_eq!(world.phone().unlink(None).await, Ok(1));
    world.restart_gateway().await;
    let mut again = world.watch(instance.id);
    let machine = again.reaches(StateName::Unlinked).await;
    let refused = Some(Outcome::Ended(EndReason::Refused { code: 401 }));
    assert_eq!(machine.state(), &State::Unlinked { last: refused });
    let dials = world.sim.report().dials;
    world.restart_gateway().await;
    let mut later = world.watch(instance.id);
    let machine = later.reaches(StateName::Unlinked).await;
    assert_eq!(machine.state(), &State::Unlinked { last: refused }, "it is remembered");
    assert_eq!(world.sim.report().dials, dials, "the keys are gone: nothing logs in");
    world.end(&[RefusalKind::UnlinkedDevice]).await;
}

#[tokio::test(start_paused = true)]
async fn a_code_is_accepted_at_any_moment_at_which_it_is_shown() {
    // Moments around every rotation of the first attempt (60 s, then 20 s each, 160 s in all) and
    // within the second.
    let world = World::new(Latency::FortyMillis);
    for second in [0, 1, 58, 59, 60, 61, 79, 80, 99, 101, 119, 121, 139, 141, 158, 159, 163, 200] {
        let mut instance = world.instance().await;
        let begun = tokio::time::Instant::now();
        let mut code = world.code(instance.id).await;
        while begun.elapsed() < Duration::from_secs(second) {
            world.pass(Duration::from_millis(500)).await;
            code = world.code(instance.id).await;
        }
        let scanned = world.phone().scan(code.text.expose()).await;
        assert!(scanned.is_ok(), "at {second} s in round {}: {scanned:?}", code.round);
        instance.reaches(StateName::Online).await;
        world.gateway.log_out(instance.id).await.unwrap();
    }
    world.end_clean().await;
}
