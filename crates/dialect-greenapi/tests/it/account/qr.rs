//! `qr`: a scannable code, or why there is none.

use std::time::Duration;

use futures_util::future::join_all;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_played::passkey::challenge;

use crate::account::picture::scanned;
use crate::server::{Instance, Server};

async fn qr(server: &Server, instance: &Instance) -> String {
    server.get(instance, "qr").await.told()
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_the_first_code_and_shows_it_as_a_picture() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let mut asked = Box::pin(server.get(&instance, "qr"));
    let early = tokio::time::timeout(Duration::from_secs(5), &mut asked).await;
    assert!(early.is_err(), "without a code it does not answer");
    let show = server.link.show(instance.id, "2@the,first,code");
    let (answer, ()) = tokio::join!(asked, show);
    assert_eq!(answer.status, 200);
    let body = answer.json();
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["message", "type"], "always these two");
    assert_eq!(body["type"], "qrCode");
    let picture = body["message"].as_str().unwrap();
    assert!(!picture.starts_with("data:"), "clients add the prefix");
    assert_eq!(scanned(picture), "2@the,first,code");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_at_once_get_the_same_code_of_one_connection() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let callers = join_all((0..1000).map(|_| server.get(&instance, "qr")));
    let (answers, ()) = tokio::join!(callers, server.link.show(instance.id, "2@one,for,all"));
    assert_eq!(server.link.dials(), 1);
    let first = answers[0].told();
    assert_eq!(scanned(answers[0].json()["message"].as_str().unwrap()), "2@one,for,all");
    assert!(answers.iter().all(|answer| answer.told() == first));
}

#[tokio::test(start_paused = true)]
async fn the_next_code_is_shown_when_there_is_one() {
    let server = Server::start().await;
    let instance = server.showing("2@first").await;
    let first = qr(&server, &instance).await;
    assert_eq!(qr(&server, &instance).await, first);
    server.link.show(instance.id, "2@second").await;
    let mut shown = server.gateway.watch_instance(instance.id).unwrap();
    shown.wait_for(|machine| machine.linking().rounds == 2).await.unwrap();
    assert_ne!(qr(&server, &instance).await, first);
}

#[tokio::test(start_paused = true)]
async fn a_linked_instance_is_already_logged() {
    let server = Server::start().await;
    let instance = server.online().await;
    insta::assert_snapshot!(
        qr(&server, &instance).await,
        @r#"200 {"type":"alreadyLogged","message":"instance account already authorized"}"#
    );
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    server.settle(instance.id, StateName::Offline).await;
    assert!(qr(&server, &instance).await.contains("alreadyLogged"), "offline counts too");
}

#[tokio::test(start_paused = true)]
async fn keys_that_whatsapp_does_not_take_need_a_logout() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Refused { code: 411 })).await;
    server.settle(instance.id, StateName::Failed).await;
    insta::assert_snapshot!(
        qr(&server, &instance).await,
        @r#"200 {"type":"error","message":"Instance has auth. You need to make log out"}"#
    );
    server.get(&instance, "logout").await;
    let (answer, ()) =
        tokio::join!(server.get(&instance, "qr"), server.link.show(instance.id, "2@fresh"));
    assert_eq!(answer.json()["type"], "qrCode");
}

#[tokio::test(start_paused = true)]
async fn a_ban_is_told_in_words() {
    let server = Server::start().await;
    let instance = server.online().await;
    let ban = EndReason::TemporaryBan { expires_in: Some(Duration::from_secs(3600)) };
    server.link.tell(instance.id, LinkEvent::Ended(ban)).await;
    server.settle(instance.id, StateName::Suspended).await;
    insta::assert_snapshot!(
        qr(&server, &instance).await,
        @r#"200 {"type":"error","message":"WhatsApp banned the account for a time"}"#
    );
    let instance = server.online().await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Refused { code: 406 })).await;
    server.settle(instance.id, StateName::Banned).await;
    insta::assert_snapshot!(
        qr(&server, &instance).await,
        @r#"200 {"type":"error","message":"WhatsApp banned the account"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_passkey_is_said_to_be_required() {
    let server = Server::start().await;
    let instance = server.showing("2@code").await;
    server.link.tell(instance.id, challenge()).await;
    let mut shown = server.gateway.watch_instance(instance.id).unwrap();
    shown
        .wait_for(|machine| machine.state().qr_code(jiff::Timestamp::MIN).is_none())
        .await
        .unwrap();
    insta::assert_snapshot!(
        qr(&server, &instance).await,
        @r#"200 {"type":"passkeyRequired","message":"WhatsApp asks this account for a passkey, so a QR code alone cannot link it. Open the instance's page in a browser and go on there"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_code_it_says_why_within_the_wait() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let began = tokio::time::Instant::now();
    insta::assert_snapshot!(
        qr(&server, &instance).await,
        @r#"200 {"type":"error","message":"WhatsApp issued no code in time"}"#
    );
    assert_eq!(began.elapsed(), Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn attempts_that_are_spaced_say_when_the_next_one_is_due() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for _ in 0..10 {
        let (answer, ()) =
            tokio::join!(server.get(&instance, "qr"), server.link.show(instance.id, "2@code"));
        assert_eq!(answer.json()["type"], "qrCode");
        server.link.tell(instance.id, LinkEvent::Ended(EndReason::CodesExhausted)).await;
        let mut shown = server.gateway.watch_instance(instance.id).unwrap();
        shown.wait_for(|machine| machine.state().name() != StateName::Linking).await.unwrap();
    }
    insta::assert_snapshot!(
        qr(&server, &instance).await,
        @r#"200 {"type":"error","message":"too many codes were not scanned; the next code can be shown in 5 minutes"}"#
    );
}
