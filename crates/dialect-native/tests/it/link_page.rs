//! What the page that a link ticket opens may do, and what it is shown.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use waygate_engine::link_tickets::PASS_FOR;

use crate::qr::scanned;
use waygate_played::deadline::within;

use crate::server::{Answer, Page, Server};

const QR: &str = r#"{"method":"qr"}"#;

async fn with_cookie(server: &Server, page: &Page, cookie: &str) -> Answer {
    let request = Request::get(page.path("/instance")).header("cookie", cookie);
    server.answer(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_issued_with_its_end() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let answer = server.post(&instance.path("/link-tickets"), "").await;
    insta::assert_snapshot!(answer.shown(), @r##"201 {"id":"<uuid>","path":"/link/<ticket>","expires_at":"2026-03-01T10:30:30.456Z"}"##);
}

#[tokio::test(start_paused = true)]
async fn the_page_sees_the_name_and_the_state_and_no_more() {
    let server = Server::start().await;
    let instance = server.online().await;
    let page = server.page(instance.id).await;
    insta::assert_snapshot!(server.visit(&page, "GET", "/instance", "").await, @r#"200 {"name":"Shop","state":{"name":"online","since":"2026-03-01T10:20:30.456Z","linked":true,"reason":null,"next_try_at":null}}"#);
}

#[tokio::test(start_paused = true)]
async fn the_page_links_an_instance_without_seeing_texts_ids_or_the_number() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let page = server.page(instance.id).await;
    let begun = server.visit(&page, "POST", "/linking-attempts", QR).await;
    insta::assert_snapshot!(begun.shown(), @r#"201 {"id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":1,"step":"preparing","qr_code":null,"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    let path = format!("/linking-attempts/{}", begun.text("id"));
    assert_eq!(begun.header("location"), Some(page.path(&path).as_str()));
    let poll = format!("{path}?wait=60&after=1");
    let (shown, ()) = within(async {
        tokio::join!(
            server.visit(&page, "GET", &poll, ""),
            server.link.show(instance.id, "2@canary")
        )
    })
    .await;
    insta::assert_snapshot!(shown.shown(), @r#"200 {"id":"<uuid>","method":"qr","begun_at":"2026-03-01T10:20:30.456Z","version":2,"step":"qr_code","qr_code":{"round":1,"issued_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-01T10:21:30.456Z","expires_in_ms":60000},"pairing_code":null,"passkey_challenge":null,"passkey_confirmation":null,"not_before":null,"not_before_in_ms":null,"failure":null,"reason":null,"whatsapp":null}"#);
    let picture = server.visit(&page, "GET", &format!("{path}/qr.png"), "").await;
    assert_eq!(scanned(&picture.bytes), "2@canary");
    server.link.link(instance.id).await;
    within(async {
        let mut version = 2;
        loop {
            let poll = format!("{path}?wait=60&after={version}");
            let answer = server.visit(&page, "GET", &poll, "").await;
            assert!(!answer.body().contains("15550001111"), "{answer}");
            if answer.text("step") == "linked" {
                assert_eq!(answer.json()["whatsapp"].to_string(), r#"{"phone_ends_with":"1111"}"#);
                return;
            }
            version = answer.json()["version"].as_u64().unwrap();
        }
    })
    .await;
    for form in ["/qr.txt", "/qr"] {
        let answer = server.visit(&page, "GET", &format!("{path}{form}"), "").await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{form}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_gives_an_attempt_up() {
    let server = Server::start().await;
    let page = server.page(server.instance().await.id).await;
    let begun = server.visit(&page, "POST", "/linking-attempts", QR).await;
    let path = format!("/linking-attempts/{}", begun.text("id"));
    let answer = within(server.visit(&page, "DELETE", &path, "")).await;
    assert_eq!((answer.status, answer.text("failure").as_str()), (200, "given_up"));
}

#[tokio::test(start_paused = true)]
async fn only_the_pass_of_this_ticket_opens_it_and_only_for_an_hour() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (page, other) = (server.page(instance.id).await, server.page(instance.id).await);
    assert_eq!(with_cookie(&server, &page, &page.cookie()).await.status, 200);
    let (start, _rest) = page.ticket.expose().split_at(8);
    for cookie in [
        String::new(),
        format!("waygate_link_{start}="),
        format!("waygate_link_{start}=wrong"),
        format!("waygate_link_{start}={}", page.ticket.expose()),
        format!("waygate_link_{start}={}", other.pass.expose()),
        format!("waygate_link={}", page.pass.expose()),
        other.cookie(),
    ] {
        let answer = with_cookie(&server, &page, &cookie).await;
        insta::allow_duplicates!(
            insta::assert_snapshot!(answer, @r#"401 {"type":"about:blank","title":"Unauthorized","status":401,"code":"unauthorized","detail":"this link is not open in this browser, or is no longer valid"}"#)
        );
        assert_eq!(answer.header("www-authenticate"), None);
    }
    tokio::time::advance(PASS_FOR + Duration::from_secs(1)).await;
    assert_eq!(with_cookie(&server, &page, &page.cookie()).await.status, 401, "expired");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_no_pass_and_a_pass_is_no_token() {
    let server = Server::start().await;
    let page = server.page(server.instance().await.id).await;
    let request = Request::get(page.path("/instance"))
        .header("authorization", format!("Bearer {}", server.key.expose()));
    assert_eq!(server.answer(request.body(Body::empty()).unwrap()).await.status, 401);
    let request = Request::get("/api/v1/instances").header("cookie", page.cookie());
    assert_eq!(server.answer(request.body(Body::empty()).unwrap()).await.status, 401);
    assert_eq!(server.send_as(&page.pass, "GET", "/instances", "").await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn the_pass_ends_with_the_instance() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let page = server.page(instance.id).await;
    assert_eq!(server.send("DELETE", &instance.path(""), "").await.status, 204);
    assert_eq!(server.visit(&page, "GET", "/instance", "").await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_page_can_change_nothing() {
    let server = Server::start().await;
    let page = server.page(server.instance().await.id).await;
    let begun = server.visit(&page, "POST", "/linking-attempts", QR).await;
    let attempt = format!("/linking-attempts/{}", begun.text("id"));
    for origin in ["https://evil.example", "null", "https://gate.example:8443"] {
        for (verb, path) in [("POST", "/linking-attempts"), ("DELETE", attempt.as_str())] {
            let request = page.request(verb, path).header("origin", origin);
            let request = request.header("content-type", "application/json").body(Body::from(QR));
            let answer = server.answer(request.unwrap()).await;
            insta::allow_duplicates!(
                insta::assert_snapshot!(answer, @r#"403 {"type":"about:blank","title":"Forbidden","status":403,"code":"forbidden","detail":"another page cannot do this"}"#)
            );
        }
    }
    let own = page.request("POST", "/linking-attempts").header("origin", "https://gate.example");
    let own = own.header("content-type", "application/json").body(Body::from(QR)).unwrap();
    assert_eq!(server.answer(own).await.status, 201);
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let simple = page.request("POST", "/linking-attempts").header("content-type", content_type);
        let answer = server.answer(simple.body(Body::from(QR)).unwrap()).await;
        insta::allow_duplicates!(
            insta::assert_snapshot!(answer, @r#"400 {"type":"about:blank","title":"Bad Request","status":400,"code":"invalid","detail":"the Content-Type must be application/json"}"#)
        );
    }
}
