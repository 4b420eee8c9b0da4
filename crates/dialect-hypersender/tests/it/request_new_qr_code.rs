//! `request-new-qr-code`: a code that nobody has seen, and a link that is left alone.

use std::time::Duration;

use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_dialect_hypersender::Settings;
use waygate_played::deadline::within;
use waygate_played::passkey::challenge;

use crate::picture::scanned;
use crate::server::{Answer, Instance, Server};

const NAME: &str = "request-new-qr-code";

async fn ask(server: &Server, instance: &Instance) -> Answer {
    server.call("POST", instance, NAME).await
}

/// Asks, and shows this code on the connection that is made for it.
async fn asked(server: &Server, instance: &Instance, code: &str) -> Answer {
    let dials = server.link.dials();
    let show = async {
        server.link.dialled(dials + 1).await;
        server.link.show(instance.id, code).await;
    };
    within(async { tokio::join!(ask(server, instance), show) }).await.0
}

fn code(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.json()["status"], "SCAN_QR_CODE", "{answer}");
    scanned(answer.json()["qr_code"].as_str().unwrap())
}

/// The status of an answer that has no code.
fn status_without_code(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer}");
    assert!(answer.json().get("qr_code").is_none(), "{answer}");
    answer.json()["status"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_a_code_of_a_fresh_attempt_and_shows_it_as_a_picture() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let answer = asked(&server, &instance, "2@the,code").await;
    let picture = answer.json()["qr_code"].as_str().unwrap().to_owned();
    assert!(!picture.starts_with("data:"), "clients add the prefix");
    insta::assert_snapshot!(
        answer.told_of(&instance).replace(&picture, "PNG"),
        @r#"200 {"id":"UUID","name":"Front desk","phone":"+15550001111","service_type":"whatsapp","status":"SCAN_QR_CODE","qr_code":"PNG","access_token":"TOKEN","created_at":"2026-03-01T10:20:30"}"#
    );
    assert_eq!(scanned(&picture), "2@the,code");
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_on_show_is_not_shown_again() {
    let server = Server::start().await;
    let instance = server.instance().await;
    server.show(&instance, "2@old").await;
    assert_eq!(code(&asked(&server, &instance, "2@new").await), "2@new");
    assert_eq!(server.link.open_most(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_the_limits_are_lifted_each_request_gets_another_code() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for count in 0..15 {
        let text = format!("2@code{count}");
        assert_eq!(code(&asked(&server, &instance, &text).await), text);
        if count % 5 == 0 {
            server.link.link(instance.id).await;
            server.settle(instance.id, StateName::Online).await;
            server.link.tell(instance.id, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
            server.settle(instance.id, StateName::Unlinked).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_works_is_not_touched() {
    let server = Server::start().await;
    let instance = server.online().await;
    let dials = server.link.dials();
    insta::assert_snapshot!(
        ask(&server, &instance).await.told_of(&instance),
        @r#"200 {"id":"UUID","name":"Front desk","phone":"+15550001111","service_type":"whatsapp","status":"WORKING","access_token":"TOKEN","created_at":"2026-03-01T10:20:30"}"#
    );
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    server.settle(instance.id, StateName::Offline).await;
    assert_eq!(status_without_code(&ask(&server, &instance).await), "STARTING");
    server.link.log_in(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
    server.gateway.stop_instance(instance.id).await.unwrap();
    assert_eq!(status_without_code(&ask(&server, &instance).await), "STOPPED");
    assert_eq!((server.link.logouts(), server.link.forgotten()), (0, 0));
    assert!(server.link.dials() <= dials + 1, "only what was to come back by itself");
}

#[tokio::test(start_paused = true)]
async fn who_asks_while_it_works_does_not_hide_that_it_was_unlinked_soon_after() {
    let server = Server::start().await;
    let instance = server.online().await;
    assert_eq!(status_without_code(&ask(&server, &instance).await), "WORKING");
    let dials = server.link.dials();
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    server.settle(instance.id, StateName::Unlinked).await;
    assert_eq!(server.health(&instance).await.json()["status"], "FAILED");
    assert_eq!(server.link.dials(), dials, "nobody waits for a code");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_rests_and_is_not_linked_gets_a_code() {
    let server = Server::start().await;
    let instance = server.instance().await;
    server.gateway.stop_instance(instance.id).await.unwrap();
    assert_eq!(code(&asked(&server, &instance, "2@code").await), "2@code");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_was_removed_on_the_phone_gets_a_code() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    server.settle(instance.id, StateName::Unlinked).await;
    assert_eq!(server.health(&instance).await.json()["status"], "FAILED");
    assert_eq!(code(&asked(&server, &instance, "2@code").await), "2@code");
}

#[tokio::test(start_paused = true)]
async fn keys_that_whatsapp_refuses_make_way_for_a_code() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Refused { code: 411 })).await;
    server.settle(instance.id, StateName::Failed).await;
    assert_eq!(code(&asked(&server, &instance, "2@code").await), "2@code");
    assert_eq!(server.link.forgotten(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_that_something_else_stands_in_the_way_of_are_kept() {
    let server = Server::start().await;
    let instance = server.online().await;
    for _ in 0..4 {
        server.link.tell(instance.id, LinkEvent::Ended(EndReason::Replaced)).await;
        let mut shown = server.gateway.watch_instance(instance.id).unwrap();
        shown.wait_for(|it| it.state().name() != StateName::Online).await.unwrap();
        if shown.borrow().state().name() == StateName::Failed {
            break;
        }
        tokio::time::advance(Duration::from_secs(61)).await;
        server.link.log_in(instance.id).await;
        server.settle(instance.id, StateName::Online).await;
    }
    server.settle(instance.id, StateName::Failed).await;
    assert_eq!(status_without_code(&ask(&server, &instance).await), "FAILED");
    assert_eq!(server.link.forgotten(), 0);
    let dials = server.link.dials();
    assert_eq!(server.call("POST", &instance, "restart").await.status, 200);
    server.link.dialled(dials + 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_ban_is_waited_out() {
    let server = Server::start().await;
    for (name, reason, state) in [
        ("a", EndReason::TemporaryBan { expires_in: None }, StateName::Suspended),
        ("b", EndReason::Refused { code: 406 }, StateName::Banned),
    ] {
        let instance = server.instance_named(name).await;
        server.link(&instance).await;
        server.link.tell(instance.id, LinkEvent::Ended(reason)).await;
        server.settle(instance.id, state).await;
        assert_eq!(status_without_code(&ask(&server, &instance).await), "FAILED");
    }
}

#[tokio::test(start_paused = true)]
async fn a_passkey_that_is_asked_for_is_not_answered_by_another_code() {
    let server = Server::start().await;
    let instance = server.instance().await;
    server.show(&instance, "2@code").await;
    server.link.tell(instance.id, challenge()).await;
    let mut shown = server.gateway.watch_instance(instance.id).unwrap();
    shown.wait_for(|it| it.state().qr_code(jiff::Timestamp::MIN).is_none()).await.unwrap();
    assert_eq!(status_without_code(&ask(&server, &instance).await), "SCAN_QR_CODE");
}

#[tokio::test(start_paused = true)]
async fn a_login_under_way_is_waited_for() {
    let server = Server::start().await;
    let instance = server.instance().await;
    server.show(&instance, "2@code").await;
    server.link.accept(instance.id).await;
    let (answer, ()) = tokio::join!(ask(&server, &instance), server.link.log_in(instance.id));
    assert_eq!(status_without_code(&answer), "WORKING");
}

#[tokio::test(start_paused = true)]
async fn without_a_code_in_time_it_says_when_to_ask_again() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let began = tokio::time::Instant::now();
    let answer = ask(&server, &instance).await;
    assert_eq!(began.elapsed(), Duration::from_secs(20));
    insta::assert_snapshot!(
        answer,
        @r#"503 {"message":"No QR code could be had: WhatsApp issued no code in time. Please try again later."}"#
    );
    assert_eq!(answer.header("retry-after"), Some("10"));
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::DialFailed)).await;
    let failed = async {
        let dials = server.link.dials();
        server.link.dialled(dials + 1).await;
        server.link.tell(instance.id, LinkEvent::Ended(EndReason::RateLimited)).await;
    };
    let (answer, ()) = tokio::join!(ask(&server, &instance), failed);
    insta::assert_snapshot!(
        answer,
        @r#"503 {"message":"No QR code could be had: WhatsApp limits the rate of connections. Please try again later."}"#
    );
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test(start_paused = true)]
async fn more_than_ten_an_hour_are_too_many_for_whatsapp() {
    let server = Server::with(Settings::default()).await;
    let instance = server.instance().await;
    for count in 0..10 {
        let text = format!("2@code{count}");
        assert_eq!(code(&asked(&server, &instance, &text).await), text);
        tokio::time::advance(Duration::from_secs(60)).await;
    }
    let answer = ask(&server, &instance).await;
    insta::assert_snapshot!(
        answer,
        @r#"429 {"message":"Too many requests. Please try again later."}"#
    );
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((2900..=3000).contains(&wait), "{wait}");
    tokio::time::advance(Duration::from_secs(wait)).await;
    assert_eq!(code(&asked(&server, &instance, "2@later").await), "2@later");
}
