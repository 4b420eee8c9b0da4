//! What waits to be fetched or pushed, and what was dropped.

use std::time::Duration;

use jiff::SignedDuration;
use waygate_core::event::{EventKind, NewEvent, Receipt};
use waygate_core::instance::settings::Switch;
use waygate_core::port::journal::Journal as _;
use waygate_core::port::notifications::Notifications as _;
use waygate_core::push::HeldBack;

use crate::server::{Instance, Server};

/// So many of which nobody heard.
async fn wait(server: &Server, instance: &Instance, count: usize) {
    for _ in 0..count {
        let kind = EventKind::NotificationsDropped { count: 0 };
        let new = NewEvent { topics: vec![Switch::StateChanges], ..NewEvent::from(kind) };
        let now = server.gateway.now();
        server.link.store().commit(instance.id, now, vec![new], None).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_tells_what_waits_and_whether_it_is_held_back() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let path = instance.path("/notification-queue");
    insta::assert_snapshot!(server.get(&path).await, @r#"200 {"waiting":0,"held_back":null,"dropped":[],"next_cursor":null}"#);
    wait(&server, &instance, 2).await;
    let since = server.gateway.now();
    let held = HeldBack {
        receipt: Receipt(1),
        attempts: 3,
        since,
        next_at: since + SignedDuration::from_secs(60),
        status: None,
        error: Some("the receiver could not be reached".into()),
    };
    server.link.store().hold_back(instance.id, held).await.unwrap();
    insta::assert_snapshot!(server.get(&path).await, @r#"200 {"waiting":2,"held_back":{"since":"2026-03-01T10:20:30.456Z","next_attempt_at":"2026-03-01T10:21:30.456Z","attempts":3,"status":null,"error":"the receiver could not be reached"},"dropped":[],"next_cursor":null}"#);
}

/// W14: nothing goes without a word of it.
#[tokio::test(start_paused = true)]
async fn what_was_dropped_is_told_page_by_page() {
    let server = Server::start().await;
    let instance = server.instance().await;
    wait(&server, &instance, 3).await;
    tokio::time::advance(Duration::from_secs(24 * 60 * 60) + Duration::from_millis(1)).await;
    server.gateway.forget_events().await.unwrap();
    let path = instance.path("/notification-queue?limit=2");
    let first = server.get(&path).await;
    insta::assert_snapshot!(first.shown(), @r#"200 {"waiting":0,"held_back":null,"dropped":[{"receipt":3,"sequence":4,"topic":"state_changes","at":"2026-03-01T10:20:30.456Z","dropped_at":"2026-03-02T10:20:30.457Z","why":"too_old"},{"receipt":2,"sequence":3,"topic":"state_changes","at":"2026-03-01T10:20:30.456Z","dropped_at":"2026-03-02T10:20:30.457Z","why":"too_old"}],"next_cursor":"2"}"#);
    let rest = server.get(&format!("{path}&cursor=2")).await.json();
    assert_eq!(
        (&rest["dropped"][0]["receipt"], rest["dropped"].as_array().unwrap().len()),
        (&1.into(), 1)
    );
    assert_eq!(rest["next_cursor"], serde_json::Value::Null);
    for query in ["cursor=", "cursor=x", "cursor=-1", "limit=0", "limit=501"] {
        let answer = server.get(&instance.path(&format!("/notification-queue?{query}"))).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{query}");
    }
}
