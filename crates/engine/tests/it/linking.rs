//! Looking, scanning, logging out.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;
use waygate_core::error::Kind;
use waygate_core::id::InstanceId;
use waygate_core::instance::state::{State, StateName, Stopper};
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::Gateway;
use waygate_engine::gateway::LOGIN_AWAITED;
use waygate_engine::look::Look;
use waygate_played::application::reaches;
use waygate_played::deadline::within;
use waygate_played::link::{PlayedLink, account};

const WAIT: Duration = Duration::from_secs(20);

async fn showing_a_code(link: &PlayedLink) -> (Gateway, InstanceId) {
    let (gateway, instance) = link.running().await;
    let (look, ()) =
        tokio::join!(gateway.look_at_code(instance, WAIT), link.show(instance, "first"));
    assert!(matches!(look, Ok(Look::Code(_))));
    (gateway, instance)
}

#[tokio::test]
async fn a_thousand_looks_share_one_connection_and_one_code() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let looks = join_all((0..1000).map(|_| gateway.look_at_code(instance, WAIT)));
    let (answers, ()) =
        within(async { tokio::join!(looks, link.show(instance, "the one code")) }).await;
    for answer in answers {
        let Ok(Look::Code(shown)) = answer else { panic!("{answer:?}") };
        assert_eq!(shown.text.expose(), "the one code");
        assert_eq!(shown.round, 1);
    }
    assert_eq!((link.dials(), link.open_most()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_look_waits_for_the_first_code_and_says_when_none_came() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let error = gateway.look_at_code(instance, WAIT).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
}

#[tokio::test(start_paused = true)]
async fn a_look_does_not_wait_for_an_attempt_that_is_further_away() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    gateway.keep_looking(instance).await.unwrap();
    link.tell(instance, LinkEvent::Ended(EndReason::RateLimited)).await;
    let mut shown = gateway.watch_instance(instance).unwrap();
    within(shown.wait_for(|machine| machine.last_end().is_some())).await.unwrap();
    let soon = Duration::from_millis(100);
    let look = gateway.look_at_code(instance, soon).await.unwrap();
    let Look::NotBefore { why, .. } = look else { panic!("{look:?}") };
    assert_eq!(why, "WhatsApp limits the rate of connections");
    let error = gateway.look_at_code(instance, WAIT).await.unwrap_err();
    assert_eq!(error.public(), "WhatsApp limits the rate of connections", "it says why");
}

#[tokio::test]
async fn a_scan_is_followed_by_a_login_and_then_there_is_nothing_to_scan() {
    let link = PlayedLink::default();
    let (gateway, instance) = showing_a_code(&link).await;
    link.link(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    let look = gateway.look_at_code(instance, WAIT).await.unwrap();
    assert_eq!(look, Look::AlreadyLinked(account()));
    assert_eq!((link.dials(), link.open_most()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn an_account_is_told_as_linked_once_it_can_be_used() {
    let link = PlayedLink::default();
    let (gateway, instance) = showing_a_code(&link).await;
    link.accept(instance).await;
    let look = gateway.look_at_code(instance, WAIT);
    let logs_in = async {
        reaches(&gateway, instance, StateName::Linking).await;
        link.log_in(instance).await;
    };
    let (look, ()) = tokio::join!(look, logs_in);
    assert_eq!(look.unwrap(), Look::AlreadyLinked(account()));
    let shown = gateway.watch_instance(instance).unwrap();
    assert_eq!(shown.borrow().state().name(), StateName::Online);

    let link = PlayedLink::default();
    let (gateway, instance) = showing_a_code(&link).await;
    link.accept(instance).await;
    let began = Instant::now();
    let look = gateway.look_at_code(instance, WAIT).await.unwrap();
    assert_eq!((look, began.elapsed()), (Look::AlreadyLinked(account()), WAIT), "it takes long");
}

#[tokio::test]
async fn a_logout_has_closed_and_forgotten_when_it_returns() {
    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    let shown = gateway.watch_instance(instance).unwrap();
    within(gateway.log_out(instance)).await.unwrap();
    assert_eq!(link.forgotten(), 1);
    assert_eq!(shown.borrow().state().name(), StateName::Unlinked);
}

#[tokio::test(start_paused = true)]
async fn a_logout_waits_for_a_login_that_is_under_way_and_not_for_ever() {
    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    let (logged_out, ()) = tokio::join!(gateway.log_out(instance), link.log_in(instance));
    logged_out.unwrap();
    assert_eq!((link.logouts(), link.forgotten()), (1, 1), "WhatsApp heard of it");

    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    let began = Instant::now();
    gateway.log_out(instance).await.unwrap();
    assert_eq!(began.elapsed(), LOGIN_AWAITED);
    assert_eq!((link.logouts(), link.forgotten()), (0, 1), "nobody could be told");
}

#[tokio::test(start_paused = true)]
async fn a_logout_of_an_account_that_is_offline_logs_in_once_more_to_tell() {
    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    link.tell(instance, LinkEvent::Ended(EndReason::DialFailed)).await;
    reaches(&gateway, instance, StateName::Offline).await;
    let (logged_out, ()) = tokio::join!(gateway.log_out(instance), link.log_in(instance));
    logged_out.unwrap();
    assert_eq!((link.dials(), link.logouts(), link.forgotten()), (2, 1, 1));

    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    let fails = LinkEvent::Ended(EndReason::DialFailed);
    link.tell(instance, fails.clone()).await;
    reaches(&gateway, instance, StateName::Offline).await;
    let (logged_out, ()) = tokio::join!(gateway.log_out(instance), link.tell(instance, fails));
    logged_out.unwrap();
    assert_eq!((link.dials(), link.logouts(), link.forgotten()), (2, 0, 1), "one try is enough");
}

#[tokio::test(start_paused = true)]
async fn a_logout_of_a_resting_account_tells_whatsapp_and_lets_it_rest_again() {
    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    gateway.stop_instance(instance).await.unwrap();
    let (logged_out, ()) = tokio::join!(gateway.log_out(instance), link.log_in(instance));
    logged_out.unwrap();
    assert_eq!((link.logouts(), link.forgotten()), (1, 1));
    let shown = gateway.watch_instance(instance).unwrap();
    let resting = State::Stopped { by: Stopper::Person, linked: None };
    assert_eq!(*shown.borrow().state(), resting);
}

#[tokio::test(start_paused = true)]
async fn a_link_whose_keys_are_gone_is_unlinked_and_offers_a_code() {
    let link = PlayedLink::default();
    let (gateway, instance) = showing_a_code(&link).await;
    link.accept(instance).await;
    link.dialled(2).await;
    let looks = gateway.look_at_code(instance, WAIT);
    let (look, ()) = tokio::join!(looks, link.show(instance, "2@another"));
    let Ok(Look::Code(code)) = look else { panic!("{look:?}") };
    assert_eq!(code.text.expose(), "2@another");
    link.accept(instance).await;
    link.dialled(3).await;
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;

    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    link.show(instance, "2@nobody looks").await;
    reaches(&gateway, instance, StateName::Unlinked).await;
    assert_eq!((link.dials(), link.forgotten()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_ban_before_the_link_is_waited_for_and_told_in_words() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    gateway.keep_looking(instance).await.unwrap();
    let expires_in = Some(Duration::from_secs(86_400));
    link.tell(instance, LinkEvent::Ended(EndReason::TemporaryBan { expires_in })).await;
    let over = gateway.now() + Duration::from_secs(86_400);
    let mut shown = gateway.watch_instance(instance).unwrap();
    within(shown.wait_for(|machine| machine.last_end().is_some())).await.unwrap();
    // While somebody looks, and when somebody looks again after a while.
    for pause in [1, 10, 3600, 36_000] {
        tokio::time::advance(Duration::from_secs(pause)).await;
        reaches(&gateway, instance, shown.borrow_and_update().state().name()).await;
        let look = gateway.look_at_code(instance, WAIT).await.unwrap();
        let Look::NotBefore { at, why } = look else { panic!("{look:?}") };
        assert!(at >= over, "{at}");
        assert_eq!(why, "WhatsApp banned the account for a time");
    }
    assert_eq!(link.dials(), 1);
}

#[tokio::test]
async fn a_phone_that_accepts_while_we_hang_up_is_linked_all_the_same() {
    let link = PlayedLink::default();
    let (gateway, instance) = showing_a_code(&link).await;
    link.pair_at_next_hang_up();
    within(gateway.request_new_code(instance)).await.unwrap();
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    assert_eq!((link.dials(), link.open_most(), link.forgotten()), (2, 1, 0));
}

#[tokio::test]
async fn a_logout_is_not_undone_by_a_phone_that_accepts_meanwhile() {
    let link = PlayedLink::default();
    let (gateway, instance) = showing_a_code(&link).await;
    link.pair_at_next_hang_up();
    within(gateway.log_out(instance)).await.unwrap();
    let shown = gateway.watch_instance(instance).unwrap();
    assert_eq!(shown.borrow().state().name(), StateName::Unlinked);
    assert_eq!((link.dials(), link.forgotten()), (1, 1), "the keys are gone, nothing dials");
}

#[tokio::test]
async fn an_unknown_instance_is_not_found() {
    let gateway = PlayedLink::default().gateway();
    let nobody = InstanceId::from_random_bytes([9; 16]);
    let error = gateway.look_at_code(nobody, WAIT).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(gateway.log_out(nobody).await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn shutting_down_closes_what_is_open() {
    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    link.log_in(instance).await;
    assert!(gateway.shut_down(WAIT).await, "every task has ended");
    let shown = gateway.watch_instance(instance).unwrap();
    assert_eq!(shown.borrow().state().name(), StateName::Stopped);
    assert_eq!(link.forgotten(), 0, "a shutdown destroys nothing");
}

#[tokio::test(start_paused = true)]
async fn whoever_lifts_the_limits_may_ask_for_a_new_code_more_than_ten_times_an_hour() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    for count in 1..=30 {
        gateway.request_new_code_unlimited(instance).await.unwrap();
        link.dialled(count).await;
        let code = format!("2@code{count}");
        let (looked, ()) =
            tokio::join!(gateway.look_at_code(instance, WAIT), link.show(instance, &code));
        let Look::Code(shown) = looked.unwrap() else { panic!("no code") };
        assert_eq!(shown.text.expose(), code);
    }
    let limited = gateway.request_new_code(instance).await.unwrap_err();
    assert!(matches!(limited.kind(), Kind::Limited { .. }), "{limited}");
}
