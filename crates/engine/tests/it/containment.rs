//! A panic ends one instance only.

use std::time::Duration;

use waygate_core::instance::state::{State, StateName};
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::look::Look;

use crate::played_link::{PlayedLink, account, code, create, within};

const WAIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_panic_in_one_instance_leaves_the_others_alone_and_is_counted() {
    let link = PlayedLink::linked();
    let gateway = link.gateway();
    let healthy = create(&gateway).await.record.id;
    link.tell(healthy, LinkEvent::Connected { account: account(), push_name: None }).await;
    let mut healthy_shown = gateway.watch_instance(healthy).unwrap();
    let is_online = |name: StateName| name == StateName::Online;
    within(healthy_shown.wait_for(|machine| is_online(machine.state().name()))).await.unwrap();

    link.panic_at_next_dials(1);
    let sick = create(&gateway).await.record.id;
    link.tell(sick, LinkEvent::Connected { account: account(), push_name: None }).await;
    let mut sick_shown = gateway.watch_instance(sick).unwrap();
    within(sick_shown.wait_for(|machine| is_online(machine.state().name()))).await.unwrap();
    assert_eq!(gateway.crashes(), 1, "the panic was counted, and the instance came back");
    assert!(is_online(healthy_shown.borrow().state().name()));
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_keeps_panicking_rests_until_a_person_restarts_it() {
    let link = PlayedLink::default();
    link.panic_at_next_dials(3);
    let gateway = link.gateway();
    let instance = create(&gateway).await.record.id;
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
        tokio::join!(gateway.look_at_code(instance, WAIT), link.tell(instance, code("again")));
    assert!(matches!(look, Ok(Look::Code(_))), "{look:?}");
}

#[tokio::test(start_paused = true)]
async fn a_linked_instance_that_kept_panicking_connects_when_a_person_restarts_it() {
    let link = PlayedLink::linked();
    link.panic_at_next_dials(3);
    let gateway = link.gateway();
    let instance = create(&gateway).await.record.id;
    let mut shown = gateway.watch_instance(instance).unwrap();
    let failed = |state: &State| matches!(state, State::Failed { reason: EndReason::Fault, .. });
    within(shown.wait_for(|machine| failed(machine.state()))).await.unwrap();
    assert!(shown.borrow().state().linked().is_some(), "it is still linked");

    gateway.restart_instance(instance).await.unwrap();
    link.tell(instance, LinkEvent::Connected { account: account(), push_name: None }).await;
    let online = |name: StateName| name == StateName::Online;
    within(shown.wait_for(|machine| online(machine.state().name()))).await.unwrap();
}
