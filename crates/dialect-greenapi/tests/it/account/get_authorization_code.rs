//! `getAuthorizationCode`: a code to type, or why not.

use std::time::Duration;

use waygate_core::instance::pairing::PairingRefusal;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_played::link::pairing_code;

use crate::server::{Answer, Instance, Server};

const BODY: &str = r#"{"phoneNumber":15550001111}"#;
const NO_CODE: &str = r#"200 {"status":false,"code":""}"#;

async fn ask(server: &Server, instance: &Instance) -> Answer {
    server.post(instance, "getAuthorizationCode", BODY).await
}

/// Asks, while WhatsApp answers the `count`th request, on as many connections, with this.
async fn given(server: &Server, instance: &Instance, count: usize, code: &str) -> Answer {
    tokio::join!(ask(server, instance), server.link.pair(instance.id, count, code)).0
}

#[tokio::test(start_paused = true)]
async fn a_code_is_given_for_the_phone() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let whatsapp = async {
        assert_eq!(server.link.offer(instance.id, 1).await.digits(), "15550001111");
        server.link.tell(instance.id, pairing_code("AB12CD34")).await;
    };
    let (answer, ()) = tokio::join!(ask(&server, &instance), whatsapp);
    insta::assert_snapshot!(answer, @r#"200 {"status":true,"code":"AB12CD34"}"#);
    assert!(server.get(&instance, "getStateInstance").await.body.contains("notAuthorized"));
    assert!(server.get(&instance, "qr").await.body.contains("qrCode"), "it can be scanned too");
}

#[tokio::test(start_paused = true)]
async fn the_number_may_be_written_as_people_do() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let body = r#"{"phoneNumber":"+1 555 000-1111"}"#;
    let asked = server.post(&instance, "getAuthorizationCode", body);
    let (answer, ()) = tokio::join!(asked, server.link.pair(instance.id, 1, "AB12CD34"));
    assert_eq!(answer.told(), r#"200 {"status":true,"code":"AB12CD34"}"#);
}

#[tokio::test(start_paused = true)]
async fn each_call_gets_a_fresh_code_also_after_a_mistyped_one() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let first = given(&server, &instance, 1, "AAAA1111").await;
    assert_eq!(first.json()["code"], "AAAA1111");
    let second = given(&server, &instance, 2, "BBBB2222").await;
    assert_eq!(second.json()["code"], "BBBB2222");
    server.link.tell(instance.id, LinkEvent::PairingCodeTyped).await;
    let third = given(&server, &instance, 3, "CCCC3333").await;
    assert_eq!(third.json()["code"], "CCCC3333");
}

#[tokio::test(start_paused = true)]
async fn two_calls_at_once_share_the_code() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let both = async { tokio::join!(ask(&server, &instance), ask(&server, &instance)) };
    let ((first, second), ()) = tokio::join!(both, server.link.pair(instance.id, 1, "AB12CD34"));
    assert_eq!(first.told(), r#"200 {"status":true,"code":"AB12CD34"}"#);
    assert_eq!(first.told(), second.told());
    assert_eq!(server.link.dials(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_types_the_code_links_the_instance() {
    let server = Server::start().await;
    let instance = server.instance().await;
    given(&server, &instance, 1, "AB12CD34").await;
    server.link.tell(instance.id, LinkEvent::PairingCodeTyped).await;
    server.link.link(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
    assert_eq!(ask(&server, &instance).await.told(), NO_CODE, "it is linked now");
    assert!(server.get(&instance, "getStateInstance").await.body.contains("\"authorized\""));
}

#[tokio::test(start_paused = true)]
async fn a_ban_gives_no_code() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Refused { code: 406 })).await;
    server.settle(instance.id, StateName::Banned).await;
    assert_eq!(ask(&server, &instance).await.told(), NO_CODE);
}

#[tokio::test(start_paused = true)]
async fn what_whatsapp_refuses_is_no_code() {
    for refusal in
        [PairingRefusal::NumberRefused, PairingRefusal::NotAvailable, PairingRefusal::Failed]
    {
        let server = Server::start().await;
        let instance = server.instance().await;
        let whatsapp = async {
            server.link.offer(instance.id, 1).await;
            server.link.tell(instance.id, LinkEvent::PairingCodeRefused(refusal)).await;
        };
        let (answer, ()) = tokio::join!(ask(&server, &instance), whatsapp);
        assert_eq!(answer.told(), NO_CODE, "{refusal:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whatsapps_call_for_patience_is_passed_on() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let retry_after = Some(Duration::from_secs(90));
    let refusal = LinkEvent::PairingCodeRefused(PairingRefusal::TooMany { retry_after });
    let whatsapp = async {
        server.link.offer(instance.id, 1).await;
        server.link.tell(instance.id, refusal).await;
    };
    let (answer, ()) = tokio::join!(ask(&server, &instance), whatsapp);
    assert_eq!((answer.status, answer.header("retry-after")), (429, None), "too long to obey");
}

#[tokio::test(start_paused = true)]
async fn whatsapp_out_of_reach_is_no_code_within_the_wait() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let began = tokio::time::Instant::now();
    assert_eq!(ask(&server, &instance).await.told(), NO_CODE);
    assert_eq!(began.elapsed(), Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_phone_has_precedence_when_it_comes_later() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let later = async {
        server.link.offer(instance.id, 1).await;
        let body = r#"{"phoneNumber":15550002222}"#;
        let asked = server.post(&instance, "getAuthorizationCode", body);
        tokio::join!(asked, server.link.pair(instance.id, 2, "BBBB2222")).0
    };
    let (first, second) = tokio::join!(ask(&server, &instance), later);
    assert_eq!(first.told(), NO_CODE);
    assert_eq!(second.json()["code"], "BBBB2222");
}

#[tokio::test(start_paused = true)]
async fn a_bad_number_is_refused_in_the_words_of_the_vendors_validation() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let answer = server.post(&instance, "getAuthorizationCode", r#"{"phoneNumber":"x"}"#).await;
    let told = answer.told().replace(&instance.number.to_string(), "1105600123");
    insta::assert_snapshot!(
        told,
        @r#"400 {"statusCode":400,"timestamp":"2026-03-01T10:20:30.456Z","path":"/waInstance1105600123/getAuthorizationCode/<TOKEN>","message":"Validation failed. Details: 'phoneNumber': invalid phone number"}"#
    );
    assert_eq!(server.link.dials(), 0, "nobody was bothered with it");
}

#[tokio::test(start_paused = true)]
async fn ten_codes_an_hour_are_the_most() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for count in 1..=10 {
        assert_eq!(given(&server, &instance, count, "AB12CD34").await.json()["status"], true);
    }
    let answer = ask(&server, &instance).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.json()["message"], "Too Many Requests");
    assert_eq!(answer.header("retry-after"), None, "an hour is too long to obey");
}
