//! What follows when WhatsApp or the network ends a connection.

use std::time::Duration;

use waygate_core::instance::state::{State, StateName};
use waygate_core::reason::EndReason;
use waygate_sim::{Failure, Fault, Latency, Order};
use waygate_testkit::world::{PHONE, World};

fn stream_error(code: u16) -> Order {
    Fault::stream_error(code).on(PHONE)
}

fn refuse(reason: u16) -> Order {
    Fault::refuse_logins(reason).times(1)
}

fn ban() -> Order {
    let (reason, code, expire_s) = (Some(402), Some(101), Some(3600));
    Fault::RefuseLogins(Failure { reason, code, expire_s, ..Failure::default() }).times(1)
}

#[tokio::test(start_paused = true)]
async fn a_lost_or_busy_connection_comes_back_by_itself() {
    let world = World::new(Latency::FortyMillis);
    let mut instance = world.linked().await;
    for (fault, reason) in [
        (Fault::cut().on(PHONE), EndReason::Closed),
        (stream_error(503), EndReason::ServerBusy),
        (stream_error(429), EndReason::RateLimited),
        (stream_error(500), EndReason::StreamFault { code: 500 }),
    ] {
        world.sim.inject(fault);
        let machine = instance.reaches(StateName::Offline).await;
        let State::Offline { reason: seen, .. } = machine.state() else { unreachable!() };
        assert_eq!(*seen, reason);
        instance.reaches_within(Duration::from_secs(120), StateName::Online).await;
    }
    world.end(&[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_asked_for_by_whatsapp_is_followed_at_once() {
    let world = World::new(Latency::None);
    let mut instance = world.linked().await;
    let logins = world.sim.report().logins;
    world.sim.inject(stream_error(515));
    instance.reaches_within(Duration::from_secs(1), StateName::Connecting).await;
    instance.reaches_within(Duration::from_secs(1), StateName::Online).await;
    assert_eq!(world.sim.report().logins, logins + 1);
    world.end(&[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_followed_by_the_table() {
    let world = World::new(Latency::None);
    for (fault, expected) in [
        (refuse(503), StateName::Offline),
        (refuse(500), StateName::Offline),
        (refuse(403), StateName::Offline),
        (refuse(405), StateName::Offline),
        (refuse(411), StateName::Failed),
        (refuse(777), StateName::Offline),
        (refuse(406), StateName::Banned),
        (ban(), StateName::Suspended),
    ] {
        let mut instance = world.linked().await;
        let named = format!("{fault:?}");
        world.sim.inject(fault);
        world.sim.inject(stream_error(515));
        let machine = waygate_testkit::deadline::shown(
            &mut instance.shown,
            Duration::from_secs(5),
            &named,
            |machine| machine.state().name() == expected,
        );
        machine.await;
        world.gateway.log_out(instance.id).await.unwrap();
        world.phone().unlink(None).await.expect("the phone forgets what was left");
    }
    world.end(&[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_ban_is_not_probed_before_its_end() {
    let world = World::new(Latency::None);
    let mut instance = world.linked().await;
    world.sim.inject(ban());
    world.sim.inject(stream_error(515));
    instance.reaches(StateName::Suspended).await;
    let dials = world.sim.report().dials;
    world.gateway.restart_instance(instance.id).await.unwrap();
    world.pass(Duration::from_secs(3600)).await;
    assert_eq!(world.sim.report().dials, dials);
    instance.reaches_within(Duration::from_secs(1800), StateName::Online).await;
    world.end(&[]).await;
}

#[tokio::test(start_paused = true)]
async fn two_processes_with_one_instances_keys_do_not_fight() {
    let world = World::new(Latency::None);
    let mut instance = world.linked().await;
    for _ in 0..3 {
        world.sim.inject(stream_error(409));
        let machine = instance.reaches(StateName::Offline).await;
        let reason = EndReason::Replaced;
        assert!(matches!(machine.state(), State::Offline { reason: seen, .. } if *seen == reason));
        instance.reaches_within(Duration::from_secs(70), StateName::Online).await;
    }
    world.sim.inject(stream_error(409));
    let machine = instance.reaches(StateName::Failed).await;
    assert!(machine.state().linked().is_some(), "the keys stay");
    world.end(&[]).await;
}
