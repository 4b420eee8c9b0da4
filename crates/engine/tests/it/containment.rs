//! A panic ends one instance only.

use std::time::Duration;

use waygate_core::instance::state::{State, StateName};
use waygate_core::reason::EndReason;
use waygate_engine::look::Look;
use waygate_played::application::{create, reaches};
use waygate_played::deadline::within;
use waygate_played::link::PlayedLink;

const WAIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_panic_in_one_instance_leaves_the_others_alone_and_is_counted() {
    let link = PlayedLink::linked();
    let gateway = link.gateway();
    let healthy = create(&gateway).await.record.id;
    link.log_in(healthy).await;
    reaches(&gateway, healthy, StateName::Online).await;
    let healthy_shown = gateway.watch_instance(healthy).unwrap();

    link.panic_at_next_dials(1);
    let sick = create(&gateway).await.record.id;
    link.log_in(sick).await;
    reaches(&gateway, sick, StateName::Online).await;
    assert_eq!(gateway.crashes(), 1, "the panic was counted, and the instance came back");
    assert_eq!(healthy_shown.borrow().state().name(), StateName::Online);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_keeps_panicking_rests_until_a_person_restarts_it() {
    let link = PlayedLink::default();
    link.panic_at_next_dials(3);
    let (gateway, instance) = link.running().await;
    for crashes in 1..=3 {
        // The look starts the attempt whose dial panics; it may or may not get an answer.
        drop(tokio::time::timeout(WAIT, gateway.look_at_code(instance, WAIT)).await);
        assert_eq!(gateway.crashes(), crashes);
    }
    let mut shown = gateway.watch_instance(instance).unwrap();
    let failed = |state: &State| matches!(state, State::Failed { reason: EndReason::Fault, .. });
    within(shown.wait_for(|machine| failed(machine.state()))).await.unwrap();
    let look = gateway.look_at_code(instance, WAIT).await.unwrap();
    assert!(matches!(look, Look::Impossible(_)), "{look:?}");

    gateway.restart_instance(instance).await.unwrap();
    let (look, ()) =
        tokio::join!(gateway.look_at_code(instance, WAIT), link.show(instance, "again"));
    assert!(matches!(look, Ok(Look::Code(_))), "{look:?}");
}

#[tokio::test(start_paused = true)]
async fn a_linked_instance_that_kept_panicking_connects_when_a_person_restarts_it() {
    let link = PlayedLink::linked();
    link.panic_at_next_dials(3);
    let (gateway, instance) = link.running().await;
    let mut shown = gateway.watch_instance(instance).unwrap();
    let failed = |state: &State| matches!(state, State::Failed { reason: EndReason::Fault, .. });
    within(shown.wait_for(|machine| failed(machine.state()))).await.unwrap();
    assert!(shown.borrow().state().linked().is_some(), "it is still linked");

    gateway.restart_instance(instance).await.unwrap();
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
}
