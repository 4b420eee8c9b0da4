//! An instance of which nothing can be read for a while.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;
use waygate_core::error::Kind;
use waygate_core::id::InstanceId;
use waygate_core::instance::state::{State, StateName, Stopper};
use waygate_core::reason::EndReason;
use waygate_engine::Gateway;
use waygate_engine::gateway::LoggedOut;
use waygate_played::application::reaches;
use waygate_played::deadline::within;
use waygate_played::link::{PlayedLink, account};

use crate::gated_registry::GatedRegistry;

const WAIT: Duration = Duration::from_secs(20);
const FOR_EVER: usize = usize::MAX;

/// An instance of an application that has ended.
async fn ran(link: &PlayedLink, stopped: bool) -> InstanceId {
    let (gateway, instance) = link.running().await;
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    if stopped {
        gateway.stop_instance(instance).await.unwrap();
    }
    assert!(gateway.shut_down(WAIT).await);
    instance
}

/// The next application, which cannot read the keys.
async fn unreadable(link: &PlayedLink, instance: InstanceId) -> Gateway {
    link.fail_next_recalls(FOR_EVER);
    let gateway = link.gateway();
    gateway.start_instances().await.unwrap();
    reaches(&gateway, instance, StateName::Failed).await;
    gateway
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_read_at_the_start_is_read_again_until_it_can_be() {
    let link = PlayedLink::linked();
    let instance = ran(&link, false).await;
    let gateway = unreadable(&link, instance).await;
    let shown = gateway.watch_instance(instance).unwrap();
    let failed = State::Failed { linked: None, reason: EndReason::KeysUnavailable };
    assert_eq!(*shown.borrow().state(), failed);
    link.fail_next_recalls(20);
    let mut shown = gateway.watch_instance(instance).unwrap();
    let back = shown.wait_for(|machine| machine.state().name() == StateName::Connecting);
    tokio::time::timeout(Duration::from_secs(3600), back).await.expect("it comes back").unwrap();
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    assert_eq!(link.dials(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_at_the_start_is_told_apart_from_keys_and_asked_again() {
    let link = PlayedLink::linked();
    let instance = ran(&link, false).await;
    let registry = GatedRegistry::new(&link);
    registry.reads_to_fail.store(3, Ordering::SeqCst);
    let gateway = link.gateway_over(registry, link.store());
    gateway.start_instances().await.unwrap();
    reaches(&gateway, instance, StateName::Failed).await;
    let linked = Some(account());
    let failed = State::Failed { linked, reason: EndReason::StoreUnavailable };
    assert_eq!(*gateway.watch_instance(instance).unwrap().borrow().state(), failed);
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_orders_something_of_an_unreadable_instance_has_it_read_at_once() {
    let link = PlayedLink::linked();
    let instance = ran(&link, false).await;
    let gateway = unreadable(&link, instance).await;
    tokio::time::advance(Duration::from_secs(3600)).await;
    let error = gateway.restart_instance(instance).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert_eq!(error.public(), "what is kept of the instance could not be read");
    let error = gateway.profile_picture_url(instance).await.unwrap_err();
    assert_eq!(error.kind(), Kind::WrongState);
    link.fail_next_recalls(0);
    let began = Instant::now();
    gateway.restart_instance(instance).await.unwrap();
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_instance_whose_keys_nobody_can_read_can_be_logged_out_and_removed() {
    let link = PlayedLink::linked();
    let instance = ran(&link, false).await;
    let gateway = unreadable(&link, instance).await;
    assert_eq!(within(gateway.log_out(instance)).await.unwrap(), LoggedOut::Untold);
    assert_eq!(link.forgotten(), 1);
    reaches(&gateway, instance, StateName::Unlinked).await;

    let link = PlayedLink::linked();
    let instance = ran(&link, false).await;
    let gateway = unreadable(&link, instance).await;
    within(gateway.remove_instance(instance)).await.unwrap();
    assert_eq!(gateway.watch_instance(instance).unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_instance_that_rests_still_rests_when_it_can_be_read() {
    let link = PlayedLink::linked();
    let instance = ran(&link, true).await;
    let gateway = unreadable(&link, instance).await;
    assert!(gateway.shut_down(WAIT).await, "nothing waits on");
    link.fail_next_recalls(0);
    let gateway = link.gateway();
    gateway.start_instances().await.unwrap();
    reaches(&gateway, instance, StateName::Stopped).await;
    let rests = State::Stopped { by: Stopper::Person, linked: Some(account()) };
    assert_eq!(*gateway.watch_instance(instance).unwrap().borrow().state(), rests);
}
