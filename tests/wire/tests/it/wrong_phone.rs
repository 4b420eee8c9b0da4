//! Another phone than the one that an instance is meant for.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::time::Duration;

use waygate_core::event::EventKind;
use waygate_core::id::InstanceId;
use waygate_core::instance::change::Cause;
use waygate_core::instance::state::{Outcome, State, StateName};
use waygate_core::phone::PhoneNumber;
use waygate_engine::attempts::{Failure, Method, Step};
use waygate_engine::instances::Description;
use waygate_sim::Latency;
use waygate_testkit::world::{PHONE, Watched, World};

const OTHER: &str = "15550002222";

/// An instance that is meant for this number.
async fn meant_for(world: &World, number: &str) -> Watched {
    let instance = world.instance().await;
    mean(world, instance.id, number).await;
    instance
}

async fn mean(world: &World, instance: InstanceId, number: &str) {
    let phone: PhoneNumber = number.parse().unwrap();
    let change = |it: &mut Description| it.phone = Some(phone);
    world.gateway.describe_instance(instance, change).await.unwrap();
}

async fn scan(world: &World, instance: InstanceId) {
    let code = world.code(instance).await;
    world.phone().scan(code.text.expose()).await.unwrap();
}

/// Whether the journal tells of an account that was turned away.
async fn was_turned_away(world: &World, instance: InstanceId) -> bool {
    let events = world.gateway.state_history(instance, 100).await.unwrap();
    events.iter().any(|event| {
        matches!(&event.kind, EventKind::StateChanged(change) if change.cause == Cause::WrongPhone)
    })
}

fn turned_away() -> State {
    State::Unlinked { last: Some(Outcome::WrongPhone) }
}

#[tokio::test(start_paused = true)]
async fn it_is_unlinked_at_whatsapp_and_its_keys_are_gone() {
    let mut world = World::new(Latency::FortyMillis);
    let mut instance = meant_for(&world, OTHER).await;
    let attempt = world.gateway.begin_attempt(instance.id, Method::QrCode, false).await.unwrap();
    scan(&world, instance.id).await;
    let machine = instance.reaches(StateName::Unlinked).await;
    assert_eq!(machine.state(), &turned_away());
    assert_eq!(world.phone().devices(), [], "the phone does not go on listing it");
    let ended = world.gateway.attempt(instance.id, attempt.id).unwrap();
    assert_eq!(ended.step, Step::Failed(Failure::WrongPhone));
    assert!(was_turned_away(&world, instance.id).await);

    world.restart_gateway().await;
    let mut instance = world.watch(instance.id);
    let machine = instance.reaches(StateName::Unlinked).await;
    assert_eq!(machine.state(), &turned_away(), "there is nothing to log in with");
    mean(&world, instance.id, PHONE).await;
    scan(&world, instance.id).await;
    instance.reaches(StateName::Online).await;
    world.end_clean().await;
}

/// The process may end between the phone's yes and the login that shows whose account it is.
#[tokio::test(start_paused = true)]
async fn a_restart_in_the_middle_lets_nobody_in() {
    let mut world = World::new(Latency::FortyMillis);
    let mut instances = Vec::new();
    for moment_ms in [0, 20, 60, 120, 240] {
        // Before the first restart, which begins the dice anew.
        instances.push((moment_ms, meant_for(&world, OTHER).await.id));
    }
    for (moment_ms, id) in instances {
        scan(&world, id).await;
        world.pass(Duration::from_millis(moment_ms)).await;
        world.restart_gateway().await;
        let mut instance = world.watch(id);
        let settled = instance.shown.wait_for(|machine| *machine.state() == turned_away());
        let settled = tokio::time::timeout(Duration::from_secs(60), settled).await;
        assert!(settled.is_ok(), "{moment_ms} ms after the scan");
        drop(settled);
        assert_eq!(world.phone().devices(), [], "{moment_ms} ms after the scan");
        assert!(was_turned_away(&world, id).await, "{moment_ms} ms after the scan");
    }
    world.end_clean().await;
}
