//! Logging out: who knows of it, and what becomes of the keys.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::time::Duration;

use waygate_core::error::Kind;
use waygate_core::event::{EventKind, StateChanged};
use waygate_core::id::InstanceId;
use waygate_core::instance::change::Cause;
use waygate_core::instance::state::{Outcome, State, StateName, Stopper};
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_engine::Gateway;
use waygate_engine::gateway::LoggedOut;
use waygate_engine::look::Look;
use waygate_played::application::reaches;
use waygate_played::deadline::within;
use waygate_played::link::PlayedLink;

const WAIT: Duration = Duration::from_secs(20);

async fn online(link: &PlayedLink) -> (Gateway, InstanceId) {
    let (gateway, instance) = link.running().await;
    link.log_in(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    (gateway, instance)
}

fn state(gateway: &Gateway, instance: InstanceId) -> State {
    gateway.watch_instance(instance).unwrap().borrow().state().clone()
}

#[tokio::test(start_paused = true)]
async fn a_logout_says_whether_whatsapp_knows_of_it() {
    let link = PlayedLink::linked();
    let (gateway, instance) = online(&link).await;
    assert_eq!(gateway.log_out(instance).await.unwrap(), LoggedOut::Told);
    assert_eq!(gateway.log_out(instance).await.unwrap(), LoggedOut::Told, "nothing was left");

    let link = PlayedLink::linked();
    let (gateway, instance) = online(&link).await;
    link.lose_logouts();
    assert_eq!(gateway.log_out(instance).await.unwrap(), LoggedOut::Untold, "no answer");
    assert_eq!((link.logouts(), link.forgotten()), (1, 1), "unlinked all the same");

    let (gateway, instance) = PlayedLink::linked().running().await;
    assert_eq!(gateway.log_out(instance).await.unwrap(), LoggedOut::Untold, "no connection");

    let link = PlayedLink::linked();
    let (gateway, instance) = link.running().await;
    let removed = link.tell(instance, LinkEvent::Ended(EndReason::Refused { code: 401 }));
    let (told, ()) = tokio::join!(gateway.log_out(instance), removed);
    assert_eq!(told.unwrap(), LoggedOut::Told, "WhatsApp has told us");
}

#[tokio::test]
async fn a_phone_that_accepts_in_the_moment_of_a_logout_is_not_told_of_it() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let (look, ()) =
        tokio::join!(gateway.look_at_code(instance, WAIT), link.show(instance, "first"));
    look.unwrap();
    link.pair_at_next_hang_up();
    assert_eq!(within(gateway.log_out(instance)).await.unwrap(), LoggedOut::Untold);
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_leaves_the_keys_fails_and_nothing_connects_with_them() {
    let link = PlayedLink::linked();
    let (gateway, instance) = online(&link).await;
    link.play_forgets([false, false, false]);
    let error = gateway.log_out(instance).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Internal);
    assert_eq!(error.public(), "the keys of the instance could not be destroyed");
    assert_eq!(state(&gateway, instance), State::Unlinked { last: Some(Outcome::LoggedOut) });
    let mut shown = gateway.watch_instance(instance).unwrap();
    gateway.keep_looking(instance).await.unwrap();
    let refused = shown.wait_for(|it| it.last_end() == Some(EndReason::KeysUnavailable));
    within(refused).await.unwrap();
    assert_eq!((link.dials(), link.forgotten()), (1, 0), "not while they are there");
    let (look, ()) =
        tokio::join!(gateway.look_at_code(instance, WAIT), link.show(instance, "a code"));
    assert!(matches!(look, Ok(Look::Code(_))), "{look:?}");
    assert_eq!((link.dials(), link.forgotten()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_left_the_keys_can_be_repeated() {
    let link = PlayedLink::linked();
    let (gateway, instance) = online(&link).await;
    link.play_forgets([false]);
    gateway.log_out(instance).await.unwrap_err();
    gateway.log_out(instance).await.unwrap();
    assert_eq!(link.forgotten(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_rests_is_written_down_as_resting_all_through_its_logout() {
    let link = PlayedLink::linked();
    let (gateway, instance) = online(&link).await;
    gateway.stop_instance(instance).await.unwrap();
    let logout = gateway.log_out(instance);
    let watched = async {
        link.dialled(2).await;
        reaches(&gateway, instance, StateName::Connecting).await;
        let record = gateway.instance(instance).await.unwrap().unwrap();
        record.standing.unwrap()
    };
    let (told, standing) = tokio::join!(logout, watched);
    assert_eq!(told.unwrap(), LoggedOut::Untold);
    assert_eq!((standing.state, standing.stopped_by), (StateName::Stopped, Some(Stopper::Person)));
    assert_eq!(state(&gateway, instance), State::Stopped { by: Stopper::Person, linked: None });
    let history = gateway.state_history(instance, 1).await.unwrap();
    let EventKind::StateChanged(StateChanged { linked, cause, account, .. }) = &history[0].kind
    else {
        panic!("another kind of event")
    };
    assert_eq!((*linked, *cause, account.is_some()), (false, Cause::LoggedOut, true));
}

#[tokio::test(start_paused = true)]
async fn a_start_that_races_a_logout_does_not_bring_the_old_account_back() {
    let link = PlayedLink::linked();
    let (gateway, instance) = online(&link).await;
    let others = async {
        while link.logouts() == 0 {
            tokio::task::yield_now().await;
        }
        let (stop, start) =
            tokio::join!(gateway.stop_instance(instance), gateway.start_instance(instance));
        stop.unwrap();
        start.unwrap();
    };
    let (told, ()) = tokio::join!(gateway.log_out(instance), others);
    told.unwrap();
    assert_eq!(state(&gateway, instance), State::Unlinked { last: None });
    assert_eq!((link.dials(), link.forgotten()), (1, 1));
}
