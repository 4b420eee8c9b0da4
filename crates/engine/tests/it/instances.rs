//! Instances are created, listed, brought up again and removed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use waygate_core::error::Kind;
use waygate_core::id::{AccountId, InstanceId, InstanceNumber};
use waygate_core::instance::state::{State, StateName, Stopper};
use waygate_core::port::link::LinkEvent;
use waygate_core::port::registry::InstanceFilter;
use waygate_core::reason::EndReason;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_engine::instances::NewInstance;
use waygate_engine::look::Look;
use waygate_played::application::{create, new_instance, reaches};
use waygate_played::deadline::within;
use waygate_played::link::{PlayedLink, account};

use crate::gated_registry::GatedRegistry;

const WAIT: Duration = Duration::from_secs(20);

const EVERYTHING: InstanceFilter = InstanceFilter { account: None, with_removed: true };

#[tokio::test]
async fn a_created_instance_is_listed_with_its_number_name_and_token() {
    let gateway = PlayedLink::default().gateway();
    let created = create(&gateway).await;
    let number = created.record.number.get();
    assert!((InstanceNumber::GIVEN_MIN..=InstanceNumber::GIVEN_MAX).contains(&number));
    let listed =
        gateway.list_instances(InstanceFilter::default(), TokenKind::Instance).await.unwrap();
    let [listed] = listed.try_into().unwrap();
    assert_eq!(
        (listed.record.id, listed.record.number),
        (created.record.id, created.record.number)
    );
    assert_eq!(listed.record.name, "Shop");
    assert_eq!(listed.token, created.token);
    assert_eq!(created.token.unwrap().expose().len(), 50);
}

#[tokio::test]
async fn an_instance_stands_when_its_creation_returns() {
    let (gateway, instance) = PlayedLink::default().running().await;
    let shown = gateway.watch_instance(instance).unwrap();
    assert_eq!(shown.borrow().state().name(), StateName::Unlinked);
}

#[tokio::test]
async fn an_instance_can_keep_the_number_and_token_it_had_elsewhere() {
    let gateway = PlayedLink::default().gateway();
    let owner = gateway.first_account().await.unwrap().id;
    let moved = NewInstance {
        number: InstanceNumber::new(7),
        token: Some(TokenText::new("a-token-from-elsewhere")),
        ..new_instance(owner)
    };
    let created = gateway.create_instance(moved.clone()).await.unwrap();
    assert_eq!(created.record.number.get(), 7);
    let text = TokenText::new("a-token-from-elsewhere");
    let grant = gateway.authenticate(TokenKind::Instance, &text).await.unwrap().unwrap();
    assert_eq!(grant.instance.unwrap().id, created.record.id);

    let number = NewInstance { token: None, ..moved.clone() };
    let token = NewInstance { number: None, ..moved };
    for taken in [number, token] {
        let error = gateway.create_instance(taken).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Conflict);
    }
    let one = gateway.list_instances(EVERYTHING, TokenKind::Instance).await.unwrap();
    assert_eq!(one.len(), 1, "a refused instance leaves nothing behind");
}

#[tokio::test]
async fn an_instance_of_nobody_or_with_an_endless_name_is_refused() {
    let gateway = PlayedLink::default().gateway();
    let owner = gateway.first_account().await.unwrap().id;
    let endless = NewInstance { name: "x".repeat(201), ..new_instance(owner) };
    assert_eq!(gateway.create_instance(endless).await.unwrap_err().kind(), Kind::Invalid);
    let nobody = AccountId::from_random_bytes([3; 16]);
    let error = gateway.create_instance(new_instance(nobody)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert!(gateway.list_instances(EVERYTHING, TokenKind::Instance).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_first_account_is_opened_once() {
    let link = PlayedLink::default();
    let first = link.gateway().first_account().await.unwrap();
    assert_eq!(link.gateway().first_account().await.unwrap(), first);
    assert_eq!(first.name, "main");
}

#[tokio::test]
async fn every_instance_comes_back_after_a_restart_but_one_that_a_person_stopped() {
    let link = PlayedLink::linked();
    let gateway = link.gateway();
    let (online, stopped) = (create(&gateway).await.record.id, create(&gateway).await.record.id);
    for instance in [online, stopped] {
        link.log_in(instance).await;
        reaches(&gateway, instance, StateName::Online).await;
    }
    gateway.stop_instance(stopped).await.unwrap();
    assert!(gateway.shut_down(WAIT).await);

    let gateway = link.gateway();
    assert_eq!(gateway.start_instances().await.unwrap(), 2);
    link.log_in(online).await;
    reaches(&gateway, online, StateName::Online).await;
    let mut shown = gateway.watch_instance(stopped).unwrap();
    let at_rest =
        |state: &State| *state == State::Stopped { by: Stopper::Person, linked: Some(account()) };
    within(shown.wait_for(|machine| at_rest(machine.state()))).await.unwrap();
    let dials = link.dials();
    assert_eq!(dials, 3, "two at first, one after the restart");

    gateway.start_instance(stopped).await.unwrap();
    link.log_in(stopped).await;
    reaches(&gateway, stopped, StateName::Online).await;
}

#[tokio::test]
async fn whoever_looks_at_an_unlinked_instance_that_rests_wakes_it() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    gateway.stop_instance(instance).await.unwrap();
    let (look, ()) =
        tokio::join!(gateway.look_at_code(instance, WAIT), link.show(instance, "a code"));
    assert!(matches!(look, Ok(Look::Code(_))), "{look:?}");
}

#[tokio::test]
async fn a_removed_instance_is_unlinked_and_gone_and_its_token_still_tells_so() {
    let link = PlayedLink::linked();
    let gateway = link.gateway();
    let created = create(&gateway).await;
    let (instance, text) = (created.record.id, created.token.unwrap());
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;

    within(gateway.remove_instance(instance)).await.unwrap();
    assert_eq!(link.logouts(), 1, "the phone forgets the device");
    assert!(link.forgotten() >= 1, "the keys are destroyed");
    assert_eq!(gateway.watch_instance(instance).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(gateway.remove_instance(instance).await.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(gateway.settings(instance).await.unwrap_err().kind(), Kind::NotFound);
    let grant = gateway.authenticate(TokenKind::Instance, &text).await.unwrap().unwrap();
    assert!(grant.instance.unwrap().removed_at.is_some());
    assert!(
        gateway
            .list_instances(InstanceFilter::default(), TokenKind::Instance)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(gateway.list_instances(EVERYTHING, TokenKind::Instance).await.unwrap().len(), 1);
    assert!(gateway.shut_down(WAIT).await, "nothing of it runs on");

    assert_eq!(link.gateway().start_instances().await.unwrap(), 0, "it does not come back");
}

#[tokio::test(start_paused = true)]
async fn an_instance_whose_removal_fails_runs_on_and_can_be_removed_later() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    link.play_forgets([true, false]);
    let error = gateway.remove_instance(instance).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    reaches(&gateway, instance, StateName::Unlinked).await;
    gateway.remove_instance(instance).await.unwrap();

    let registry = GatedRegistry::new(&link);
    let gateway = link.gateway_over(Arc::<GatedRegistry>::clone(&registry), link.store());
    let instance = create(&gateway).await.record.id;
    registry.removals_to_fail.store(1, Ordering::SeqCst);
    gateway.remove_instance(instance).await.unwrap_err();
    reaches(&gateway, instance, StateName::Unlinked).await;
    gateway.remove_instance(instance).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn instances_that_are_restarted_all_the_time_do_not_starve_the_others() {
    let link = PlayedLink::linked();
    let gateway = link.gateway();
    let mut instances = vec![];
    for _ in 0..8 {
        let instance = create(&gateway).await.record.id;
        link.log_in(instance).await;
        reaches(&gateway, instance, StateName::Online).await;
        instances.push(instance);
    }
    let victim = instances.pop().unwrap();
    let restarts = async {
        loop {
            for instance in &instances {
                gateway.restart_instance(*instance).await.unwrap();
            }
            tokio::time::advance(Duration::from_millis(900)).await;
        }
    };
    let comes_back = async {
        link.tell(victim, LinkEvent::Ended(EndReason::Closed)).await;
        reaches(&gateway, victim, StateName::Offline).await;
        link.log_in(victim).await;
        reaches(&gateway, victim, StateName::Online).await;
    };
    tokio::select! {
        () = restarts => {}
        () = comes_back => {}
    }
}

#[tokio::test]
async fn keys_without_an_instance_are_adopted_once() {
    let link = PlayedLink::linked();
    let gateway = link.gateway();
    let owner = gateway.first_account().await.unwrap().id;
    let orphan = InstanceId::from_random_bytes([5; 16]);
    gateway.adopt_instance(orphan, owner).await.unwrap();
    link.log_in(orphan).await;
    reaches(&gateway, orphan, StateName::Online).await;
    let error = gateway.adopt_instance(orphan, owner).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
}

#[tokio::test]
async fn a_removal_is_finished_when_whoever_asked_for_it_has_gone() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let asked = gateway.remove_instance(instance);
    // The first look at it only starts it.
    drop(futures_util::future::select(Box::pin(asked), std::future::ready(())).await);
    let gone = async {
        while gateway.instance(instance).await.unwrap().unwrap().removed_at.is_none() {
            tokio::task::yield_now().await;
        }
    };
    within(gone).await;
}

#[tokio::test]
async fn a_restart_does_not_shorten_a_ban_and_remembers_how_a_link_ended() {
    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    let expires_in = Some(Duration::from_secs(3600));
    link.tell(instance, LinkEvent::Ended(EndReason::TemporaryBan { expires_in })).await;
    reaches(&gateway, instance, StateName::Suspended).await;
    assert!(gateway.shut_down(WAIT).await);

    let gateway = link.gateway();
    gateway.start_instances().await.unwrap();
    reaches(&gateway, instance, StateName::Suspended).await;
    assert_eq!(link.dials(), 1, "nobody knocked again");
    assert!(gateway.shut_down(WAIT).await);

    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let (look, ()) =
        tokio::join!(gateway.look_at_code(instance, WAIT), link.show(instance, "a code"));
    look.unwrap();
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    link.tell(instance, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    reaches(&gateway, instance, StateName::Unlinked).await;
    let last = gateway.watch_instance(instance).unwrap().borrow().state().clone();
    assert!(gateway.shut_down(WAIT).await);

    let gateway = link.gateway();
    gateway.start_instances().await.unwrap();
    reaches(&gateway, instance, StateName::Unlinked).await;
    assert_eq!(gateway.watch_instance(instance).unwrap().borrow().state(), &last);
}

#[tokio::test]
async fn a_start_of_many_instances_opens_few_key_stores_at_a_time_and_dials_none() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let mut instances = vec![];
    for _ in 0..100 {
        instances.push(create(&gateway).await.record.id);
    }
    assert!(gateway.shut_down(WAIT).await);
    let gateway = link.gateway();
    assert_eq!(gateway.start_instances().await.unwrap(), 100);
    for instance in instances {
        reaches(&gateway, instance, StateName::Unlinked).await;
    }
    assert!((2..=8).contains(&link.recalls_most()), "{} at a time", link.recalls_most());
    assert_eq!(link.dials(), 0);
}

#[tokio::test]
async fn a_name_that_must_be_free_is_given_once_however_many_ask_at_the_same_time() {
    let link = PlayedLink::default();
    let gateway = link.gateway();
    let owner = gateway.first_account().await.unwrap().id;
    let ask = |account| gateway.create_instance_of_a_free_name(new_instance(account));
    let (first, second, third) = tokio::join!(ask(owner), ask(owner), ask(owner));
    let refused = [first, second, third].into_iter().filter_map(Result::err);
    assert_eq!(refused.map(|error| error.kind()).collect::<Vec<_>>(), [Kind::Conflict; 2]);
    let other = link.other_account().await;
    ask(other).await.unwrap();
    let [own] = gateway
        .instances(InstanceFilter { account: Some(owner), with_removed: false })
        .await
        .unwrap()
        .try_into()
        .unwrap();
    gateway.remove_instance(own.id).await.unwrap();
    ask(owner).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_is_known_when_an_instance_was_connected_last() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    assert_eq!(gateway.last_connected(instance).await.unwrap(), None);
    gateway.keep_looking(instance).await.unwrap();
    link.show(instance, "2@code").await;
    link.link(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    let since = gateway.watch_instance(instance).unwrap().borrow().since();
    assert_eq!(gateway.last_connected(instance).await.unwrap(), Some(since));
    link.tell(instance, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    reaches(&gateway, instance, StateName::Unlinked).await;
    // More goes by than is read at first.
    for _ in 0..40 {
        tokio::time::advance(Duration::from_secs(1)).await;
        gateway.stop_instance(instance).await.unwrap();
        gateway.start_instance(instance).await.unwrap();
    }
    assert_eq!(gateway.last_connected(instance).await.unwrap(), Some(since));
}
