//! What happens to an instance, as it happens, over a websocket.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use waygate_core::id::InstanceId;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_core::scope::Scope;
use waygate_engine::link_tickets::NewLinkTicket;

use crate::drops::{Luck, drops};
use crate::server::{HANDLER_LIMIT, Instance, Server};
use crate::sockets::{Client, Sockets};

fn path(instance: &Instance, query: &str) -> String {
    instance.path(&format!("/events/ws{query}"))
}

async fn happens(server: &Server, instance: InstanceId) {
    server.gateway.issue_link_ticket(instance, NewLinkTicket::default()).await.unwrap();
}

/// The place that a frame says to go on at.
fn cursor(frame: &Value) -> String {
    match frame["cursor"].as_str() {
        Some(cursor) => cursor.to_owned(),
        None => frame["sequence"].to_string(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_tells_what_happens_next_or_behind_a_cursor_as_the_list_tells_it() {
    let server = Server::start().await;
    let instance = server.online().await;
    let sockets = Sockets::open(&server).await;
    let begin = async |query| sockets.begin(&server.key, &path(&instance, query)).await;
    let mut next = begin("").await;
    assert_eq!(next.next().await, json!({"kind": "cursor", "cursor": "8"}));
    let mut all = begin("?cursor=0").await;
    assert_eq!(all.next().await, json!({"kind": "cursor", "cursor": "0"}));
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    server.settle(instance.id, StateName::Offline).await;
    assert_eq!(next.next().await["data"]["to"], "offline");
    let listed = server.get(&instance.path("/events")).await.json();
    for event in listed["data"].as_array().unwrap() {
        assert_eq!(all.next().await, *event);
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_tells_how_far_it_has_come_when_what_happens_is_not_wanted() {
    let server = Server::start().await;
    let instance = server.online().await;
    let sockets = Sockets::open(&server).await;
    let some = path(&instance, "?cursor=0&kind=qr_rotated");
    let mut client = sockets.begin(&server.key, &some).await;
    assert_eq!(client.next().await["cursor"], "0");
    // It waits from here on, or from when it gets to it, which is the same time.
    tokio::time::advance(Duration::from_secs(15)).await;
    assert_eq!(client.next().await, json!({"kind": "cursor", "cursor": "8"}));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_away_for_too_long_is_told_how_much_it_missed() {
    let server = Server::start().await;
    let instance = server.online().await;
    tokio::time::advance(Duration::from_secs(91 * 24 * 60 * 60)).await;
    server.gateway.forget_events().await.unwrap();
    let sockets = Sockets::open(&server).await;
    let mut client = sockets.begin(&server.key, &path(&instance, "?cursor=2")).await;
    assert_eq!(client.next().await["cursor"], "2");
    assert_eq!(client.next().await, json!({"kind": "missed", "count": 5}));
    assert_eq!(client.next().await["sequence"], 7);
}

#[tokio::test(start_paused = true)]
async fn a_socket_is_closed_with_a_code_for_each_reason() {
    let server = Server::start().await;
    let (one, other) = (server.online().await, server.online().await);
    let sockets = Sockets::open(&server).await;
    let key = server.key_for([Scope::Read]).await;
    let mut revoked = sockets.begin(&key, &path(&one, "")).await;
    let mut removed = sockets.begin(&server.key, &path(&other, "")).await;
    let mut stopped = sockets.begin(&server.key, &path(&one, "")).await;
    for client in [&mut revoked, &mut removed, &mut stopped] {
        client.next().await;
    }
    let tokens = server.gateway.list_tokens(server.account).await.unwrap();
    let id = tokens.iter().find(|token| token.scopes.iter().count() == 1).unwrap().id();
    server.gateway.revoke_token(server.account, id).await.unwrap();
    assert_eq!(revoked.closed().await, 1008);
    server.gateway.remove_instance(other.id).await.unwrap();
    assert_eq!(removed.closed().await, 4404);
    assert!(server.gateway.shut_down(HANDLER_LIMIT).await);
    assert_eq!(stopped.closed().await, 1001);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused_before_the_socket_opens() {
    let server = Server::start().await;
    let instance = server.online().await;
    let sockets = Sockets::open(&server).await;
    let bearer = format!("Bearer {}", server.key.expose());
    let key = ("authorization", bearer.as_str());
    for query in ["?cursor=x", "?cursor=9", "?kind=message", "?wait=5"] {
        let refused = sockets.ask(&path(&instance, query), &[key]).await;
        assert_eq!(refused.err(), Some(400), "{query}");
    }
    assert_eq!(sockets.ask(&path(&instance, ""), &[]).await.err(), Some(401));
    assert_eq!(sockets.ask("/instances/1/events/ws", &[key]).await.err(), Some(404));
    let plain = server.get(&path(&instance, "")).await;
    assert_eq!((plain.status, plain.code().as_str()), (426, "upgrade_required"));
    assert_eq!(plain.header("upgrade"), Some("websocket"));
}

/// A browser sends its cookie whoever makes it ask.
#[tokio::test(start_paused = true)]
async fn a_page_of_somebody_else_opens_no_socket_with_a_browsers_cookie() {
    let server = Server::start().await;
    let instance = server.online().await;
    let session = server.gateway.open_session(&server.key).await.unwrap().unwrap();
    let cookie = format!("waygate_session={}", session.text.expose());
    let sockets = Sockets::open(&server).await;
    let host = sockets.host();
    for (origin, opens) in [
        (format!("http://{host}"), true),
        ("https://evil.example".to_owned(), false),
        ("null".to_owned(), false),
    ] {
        let headers = [("cookie", cookie.as_str()), ("origin", &origin)];
        let asked = sockets.ask(&path(&instance, ""), &headers).await;
        assert_eq!(asked.err(), (!opens).then_some(403), "{origin}");
    }
    // Signed out, it hears nothing more.
    let client = sockets.ask(&path(&instance, ""), &[("cookie", &cookie)]).await.unwrap();
    server.gateway.close_session(&session.text);
    assert_eq!(client.closed().await, 1008);
    // Who has a key needs no cookie, and no page can make a browser send a key.
    let bearer = format!("Bearer {}", server.key.expose());
    let headers = [("authorization", bearer.as_str()), ("origin", "https://own.example")];
    sockets.ask(&path(&instance, ""), &headers).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_no_handshake_is_told_so_by_the_operators_door_too() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let answer = server.operate("GET", &path(&instance, ""), "").await;
    assert_eq!(answer.status, 426);
    let head = Request::head(format!("/api/v1{}", path(&instance, "")))
        .header("authorization", format!("Bearer {}", server.key.expose()))
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    let response = server.keyed.answer(head.body(Body::empty()).unwrap(), HANDLER_LIMIT).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"GET".parse().unwrap())
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_dropped_at_random_misses_nothing_and_hears_nothing_twice() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let sockets = Sockets::open(&server).await;
    let begin = async |last: &str| -> Client {
        let path = path(&instance, &format!("?cursor={last}"));
        sockets.begin(&server.key, &path).await
    };
    let (mut luck, mut heard, mut last) = (Luck(11), Vec::new(), "0".to_owned());
    for _drop in 0..drops() {
        // As long as a client waits before it comes again; more of them would be too many.
        tokio::time::advance(Duration::from_secs(1)).await;
        let mut client = begin(&last).await;
        let (events, frames) = (luck.below(6), luck.below(8));
        // So many come at least: where to go on, and what was not heard yet.
        let newest = server.gateway.newest_event(instance.id).await.unwrap().0;
        let behind = newest - last.parse::<u64>().unwrap() + events;
        let write = async {
            for _event in 0..events {
                happens(&server, instance.id).await;
            }
        };
        let hear = async {
            for _frame in 0..frames.min(1 + behind) {
                let frame = client.next().await;
                heard.extend(frame["sequence"].as_u64());
                last = cursor(&frame);
            }
        };
        tokio::join!(write, hear);
    }
    let newest = server.gateway.newest_event(instance.id).await.unwrap().0;
    tokio::time::advance(Duration::from_secs(1)).await;
    let mut client = begin(&last).await;
    while heard.last() != Some(&newest) {
        heard.extend(client.next().await["sequence"].as_u64());
    }
    assert!(newest > drops(), "something happened between the drops: {newest}");
    assert_eq!(heard, (1..=newest).collect::<Vec<_>>());
}
