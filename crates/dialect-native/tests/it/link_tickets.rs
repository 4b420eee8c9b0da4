//! Addresses that an owner hands out: what is said of them, and how they are taken back.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use waygate_core::secret::TokenText;
use waygate_played::deadline::within;

use crate::server::{Answer, Instance, Page, Server};

/// A picture of one pixel.
const PIXEL: &str = "data:image/png;base64,\
    iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=";

async fn issue(server: &Server, instance: &Instance, body: &str) -> Answer {
    server.post(&instance.path("/link-tickets"), body).await
}

/// The page of a new ticket of which this is said.
async fn opened(server: &Server, instance: &Instance, body: &str) -> (String, Page) {
    let issued = issue(server, instance, body).await;
    assert_eq!(issued.status, 201, "{issued}");
    let path = issued.text("path");
    let ticket = TokenText::new(path.strip_prefix("/link/").unwrap());
    (issued.text("id"), server.open(ticket).await)
}

#[tokio::test(start_paused = true)]
async fn a_ticket_lasts_as_long_as_it_is_said_to() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let issued = issue(&server, &instance, r#"{"expires_in":604800,"session":60}"#).await;
    insta::assert_snapshot!(issued.shown(), @r##"201 {"id":"<uuid>","path":"/link/<ticket>","expires_at":"2026-03-08T10:20:30.456Z"}"##);
    for wrong in [
        r#"{"expires_in":59}"#,
        r#"{"expires_in":604801}"#,
        r#"{"session":86401}"#,
        r#"{"expires_in":"600"}"#,
    ] {
        let refused = issue(&server, &instance, wrong).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid"), "{wrong}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_of_a_brand_has_its_logo_and_its_colour() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let said =
        format!(r##"{{"brand":{{"name":" Corner shop ","colour":"#25D366","logo":"{PIXEL}"}}}}"##);
    let (_id, page) = opened(&server, &instance, &said).await;
    let css = server.visit(&page, "GET", "/brand.css", "").await;
    assert_eq!(css.header("content-type"), Some("text/css; charset=utf-8"));
    insta::assert_snapshot!(css, @r##"
    200 :root{--accent:#167e3d;--on-accent:#ffffff;--tint:var(--ground)}
    @media (prefers-color-scheme: dark){:root{--accent:#25d366;--on-accent:#000000;--tint:var(--ground)}}
    "##);
    let logo = server.visit(&page, "GET", "/logo", "").await;
    assert_eq!((logo.status, logo.header("content-type")), (200, Some("image/png")));
    let (_, coded) = PIXEL.split_once(',').unwrap();
    assert_eq!(logo.bytes, STANDARD.decode(coded).unwrap());
    let (_id, plain) = opened(&server, &instance, "").await;
    for nothing in ["/logo", "/brand.css"] {
        assert_eq!(server.visit(&plain, "GET", nothing, "").await.code(), "not_found");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_page_cannot_be_is_refused() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let long = format!(r#"{{"brand":{{"name":"{}"}}}}"#, "a".repeat(61));
    for wrong in [
        long.as_str(),
        r#"{"brand":"Shop"}"#,
        r#"{"brand":{"font":"Comic"}}"#,
        r#"{"brand":{"name":"two\nlines"}}"#,
        r#"{"brand":{"colour":"green"}}"#,
        r#"{"brand":{"logo":"data:image/svg+xml;base64,PHN2Zz4="}}"#,
        r#"{"language":"tlh"}"#,
        r#"{"methods":"nfc"}"#,
        r#"{"phone":"0555"}"#,
        r#"{"phone_fixed":true}"#,
        r#"{"return_url":"http://shop.example"}"#,
    ] {
        // So that the rate has nothing against it.
        tokio::time::advance(Duration::from_secs(1)).await;
        let refused = issue(&server, &instance, wrong).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid"), "{wrong}");
    }
    let list = server.get(&instance.path("/link-tickets")).await;
    assert_eq!(list.to_string(), r#"200 {"data":[]}"#);
}

#[tokio::test(start_paused = true)]
async fn the_page_begins_only_what_its_ticket_is_for() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let said = r#"{"methods":"code","phone":"15550001111","phone_fixed":true}"#;
    let (_id, page) = opened(&server, &instance, said).await;
    for (body, status) in [
        (r#"{"method":"qr"}"#, 400),
        (r#"{"method":"code","phone":"15550002222"}"#, 400),
        (r#"{"method":"code","phone":"15550001111"}"#, 201),
    ] {
        let begun = server.visit(&page, "POST", "/linking-attempts", body).await;
        assert_eq!(begun.status, status, "{body} {begun}");
    }
}

#[tokio::test(start_paused = true)]
async fn tickets_are_listed_with_their_steps_and_without_their_addresses() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (_first, page) = opened(&server, &instance, "").await;
    let second = issue(&server, &instance, "").await;
    let body = r#"{"method":"qr"}"#;
    let begun = server.visit(&page, "POST", "/linking-attempts", body).await;
    let path = format!("/linking-attempts/{}?wait=60&after=1", begun.text("id"));
    let shown = within(async {
        tokio::join!(
            server.visit(&page, "GET", &path, ""),
            server.link.show(instance.id, "2@canary")
        )
    });
    assert_eq!(shown.await.0.text("step"), "qr_code");
    tokio::time::advance(Duration::from_secs(1)).await;
    let list = server.get(&instance.path("/link-tickets")).await;
    insta::assert_snapshot!(list.shown(), @r##"200 {"data":[{"id":"<uuid>","status":"issued","issued_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-01T10:30:30.456Z","opened_at":null,"ended_at":null,"steps":[{"step":"issued","at":"2026-03-01T10:20:30.456Z"}]},{"id":"<uuid>","status":"opened","issued_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-01T11:20:30.456Z","opened_at":"2026-03-01T10:20:30.456Z","ended_at":null,"steps":[{"step":"issued","at":"2026-03-01T10:20:30.456Z"},{"step":"opened","at":"2026-03-01T10:20:30.456Z"},{"step":"qr_code_shown","at":"2026-03-01T10:20:30.456Z"}]}]}"##);
    assert!(!list.body().contains(page.ticket.expose()));
    assert!(!list.body().contains(second.text("path").as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_is_taken_back_ends_the_page_s_wait_at_once() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (id, page) = opened(&server, &instance, "").await;
    let body = r#"{"method":"qr"}"#;
    let begun = server.visit(&page, "POST", "/linking-attempts", body).await;
    let path = format!("/linking-attempts/{}", begun.text("id"));
    let poll = format!("{path}?wait=60&after=1");
    let (shown, ()) = within(async {
        tokio::join!(
            server.visit(&page, "GET", &poll, ""),
            server.link.show(instance.id, "2@canary")
        )
    })
    .await;
    let poll = format!("{path}?wait=60&after={}", shown.json()["version"]);
    let ticket = instance.path(&format!("/link-tickets/{id}"));
    let begun_at = tokio::time::Instant::now();
    let (ended, revoked) = within(async {
        tokio::join!(server.visit(&page, "GET", &poll, ""), server.send("DELETE", &ticket, ""))
    })
    .await;
    assert_eq!((ended.status, revoked.status), (401, 204), "{ended} {revoked}");
    assert!(begun_at.elapsed() < Duration::from_secs(5));
    assert_eq!(server.send("DELETE", &ticket, "").await.code(), "not_found");
    let list = server.get(&instance.path("/link-tickets")).await;
    assert_eq!(list.json()["data"][0]["status"], "revoked");
}

#[tokio::test(start_paused = true)]
async fn another_account_takes_no_ticket_back_and_sees_none() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (id, _page) = opened(&server, &instance, "").await;
    let (_account, key) = server.stranger().await;
    for (verb, path) in
        [("GET", String::new()), ("DELETE", format!("/{id}")), ("POST", String::new())]
    {
        let path = instance.path(&format!("/link-tickets{path}"));
        let answer = server.send_as(&key, verb, &path, "").await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{verb}");
    }
    let own = server.send("DELETE", &instance.path("/link-tickets/nonsense"), "").await;
    assert_eq!(own.code(), "not_found");
}
