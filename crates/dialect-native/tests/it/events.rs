//! What happens to an instance, page by page.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;

use crate::server::Server;

fn told(page: &Value) -> Vec<String> {
    let line = |event: &Value| format!("{} {}", event["sequence"], event["kind"].as_str().unwrap());
    page["data"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn every_event_is_told_with_its_number_its_time_and_what_it_holds() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.post(&instance.path("/link-tickets"), "").await;
    let page = server.get(&instance.path("/events")).await;
    let shown = page.shown().replace("},{\"sequence\"", "},\n{\"sequence\"");
    insta::assert_snapshot!(shown, @r#"
    200 {"data":[{"sequence":1,"at":"2026-03-01T10:20:30.456Z","kind":"state_changed","data":{"from":"pending","to":"unlinked","cause":"started","reason":null,"linked":false,"whatsapp":null}},
    {"sequence":2,"at":"2026-03-01T10:20:30.456Z","kind":"state_changed","data":{"from":"unlinked","to":"connecting","cause":"looked","reason":null,"linked":false,"whatsapp":null}},
    {"sequence":3,"at":"2026-03-01T10:20:30.456Z","kind":"state_changed","data":{"from":"connecting","to":"linking","cause":"code_issued","reason":null,"linked":false,"whatsapp":null}},
    {"sequence":4,"at":"2026-03-01T10:20:30.456Z","kind":"linking","data":{"step":"code_shown","round":1,"expires_at":"2026-03-01T10:21:30.456Z","failure":null,"reason":null}},
    {"sequence":5,"at":"2026-03-01T10:20:30.456Z","kind":"linking","data":{"step":"scanned","round":null,"expires_at":null,"failure":null,"reason":null}},
    {"sequence":6,"at":"2026-03-01T10:20:30.456Z","kind":"linking","data":{"step":"finishing","round":null,"expires_at":null,"failure":null,"reason":null}},
    {"sequence":7,"at":"2026-03-01T10:20:30.456Z","kind":"state_changed","data":{"from":"linking","to":"online","cause":"logged_in","reason":null,"linked":true,"whatsapp":{"phone":"15550001111","device":3}}},
    {"sequence":8,"at":"2026-03-01T10:20:30.456Z","kind":"linking","data":{"step":"linked","round":null,"expires_at":null,"failure":null,"reason":null}},
    {"sequence":9,"at":"2026-03-01T10:20:30.456Z","kind":"link_ticket","data":{"link_ticket_id":"<uuid>","step":"issued"}}],"next_cursor":"9","missed":0}
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_told_without_what_it_says_and_an_effort_that_fails_with_why() {
    let server = Server::start().await;
    let instance = server.instance().await;
    server.gateway.keep_looking(instance.id).await.unwrap();
    server.link.show(instance.id, "2@one").await;
    server.link.show(instance.id, "2@two").await;
    let rotated = server.get(&instance.path("/events?kind=qr_rotated&wait=5")).await;
    assert_eq!(told(&rotated.json()), ["5 qr_rotated"]);
    server.gateway.stop_instance(instance.id).await.unwrap();
    let page = server.get(&instance.path("/events?kind=linking,qr_rotated")).await;
    let shown = page.shown().replace("},{\"sequence\"", "},\n{\"sequence\"");
    insta::assert_snapshot!(shown, @r#"
    200 {"data":[{"sequence":4,"at":"2026-03-01T10:20:30.456Z","kind":"linking","data":{"step":"code_shown","round":1,"expires_at":"2026-03-01T10:21:30.456Z","failure":null,"reason":null}},
    {"sequence":5,"at":"2026-03-01T10:20:30.456Z","kind":"qr_rotated","data":{"round":2,"expires_at":"2026-03-01T10:21:30.456Z"}},
    {"sequence":7,"at":"2026-03-01T10:20:30.456Z","kind":"linking","data":{"step":"failed","round":null,"expires_at":null,"failure":"stopped","reason":null}}],"next_cursor":"7","missed":0}
    "#);
}

#[tokio::test(start_paused = true)]
async fn pages_follow_one_another_by_their_cursors_and_the_last_one_waits_for_more() {
    let server = Server::start().await;
    let instance = server.online().await;
    let all = told(&server.get(&instance.path("/events")).await.json());
    let (mut pages, mut cursor) = (Vec::new(), "0".to_owned());
    for _page in 0..all.len() {
        let page = server.get(&instance.path(&format!("/events?limit=1&cursor={cursor}"))).await;
        pages.extend(told(&page.json()));
        cursor = page.text("next_cursor");
    }
    assert_eq!(pages, all);
    let begun = Instant::now();
    let path = instance.path(&format!("/events?wait=30&cursor={cursor}"));
    let end = server.get(&path).await;
    insta::assert_snapshot!(end, @r#"200 {"data":[],"next_cursor":"8","missed":0}"#);
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
    let begun = Instant::now();
    let ended = server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed));
    let (next, ()) = tokio::join!(server.get(&path), ended);
    assert_eq!(told(&next.json()), ["9 state_changed"]);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_by_a_token_that_is_revoked_hears_of_that() {
    let server = Server::start().await;
    let instance = server.online().await;
    let begun = Instant::now();
    let tokens = server.get("/tokens").await.json();
    let id = tokens["data"][0]["id"].as_str().unwrap().to_owned();
    let path = instance.path("/events?wait=60&cursor=8");
    let revoke = async { server.gateway.revoke_token(server.account, id.parse().unwrap()).await };
    let (answer, revoked) = tokio::join!(server.get(&path), revoke);
    revoked.unwrap();
    assert_eq!(answer.code(), "unauthorized");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn what_was_forgotten_is_counted() {
    let server = Server::start().await;
    let instance = server.online().await;
    tokio::time::advance(Duration::from_secs(91 * 24 * 60 * 60)).await;
    server.gateway.forget_events().await.unwrap();
    let page = server.get(&instance.path("/events?cursor=2")).await.json();
    assert_eq!((told(&page), &page["missed"]), (vec!["7 state_changed".to_owned()], &5.into()));
    assert_eq!(page["next_cursor"], "8");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_asked_for_is_refused() {
    let server = Server::start().await;
    let instance = server.online().await;
    let mut refused = Vec::new();
    for query in [
        "cursor=",
        "cursor=x",
        "cursor=-1",
        "cursor=%2B1",
        "cursor=9",
        "limit=0",
        "limit=501",
        "wait=61",
        "kind=",
        "kind=message",
        "kind=linking,,",
        "after=1",
    ] {
        let answer = server.get(&instance.path(&format!("/events?{query}"))).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{query}");
        refused.push(format!("{query}: {}", answer.text("detail")));
    }
    insta::assert_snapshot!(refused.join("\n"), @r#"
    cursor=: `cursor` is not one that this list gave
    cursor=x: `cursor` is not one that this list gave
    cursor=-1: `cursor` is not one that this list gave
    cursor=%2B1: `cursor` is not one that this list gave
    cursor=9: the cursor is ahead of everything that happened
    limit=0: `limit` must be a whole number from 1 to 500
    limit=501: `limit` must be a whole number from 1 to 500
    wait=61: `wait` must be a whole number from 0 to 60
    kind=: `kind` names a kind of event that there is not
    kind=message: `kind` names a kind of event that there is not
    kind=linking,,: `kind` names a kind of event that there is not
    after=1: there is no parameter `after`
    "#);
}
