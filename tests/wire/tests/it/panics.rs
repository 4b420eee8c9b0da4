//! A panic inside the library ends one connection, not the process.

use waygate_core::instance::state::{State, StateName};
use waygate_core::reason::EndReason;
use waygate_link::WhatsApp;
use waygate_sim::Latency;
use waygate_testkit::world::World;

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_task_of_the_library_ends_that_connection_only() {
    let world = World::new(Latency::None);
    let mut sick = world.linked().await;
    let mut healthy = world.instance().await;
    let code = world.code(healthy.id).await;
    let other = world.sim.add_phone("15550002222").expect("another phone");
    other.scan(code.text.expose()).await.expect("it accepts");
    healthy.reaches(StateName::Online).await;

    let caught = WhatsApp::panics_caught();
    world.plant_panics(1);
    world.gateway.restart_instance(sick.id).await.unwrap();
    let machine = sick.reaches(StateName::Offline).await;
    let State::Offline { reason, .. } = machine.state() else { unreachable!() };
    assert_eq!(*reason, EndReason::Fault);
    assert_eq!(WhatsApp::panics_caught(), caught + 1);
    sick.reaches(StateName::Online).await;
    assert_eq!(healthy.shown.borrow().state().name(), StateName::Online);
    world.end(&[]).await;
}
