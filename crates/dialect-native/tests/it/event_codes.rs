//! What QR codes say, in events.

use std::time::Duration;

use serde_json::Value;
use waygate_core::scope::Scope;

use crate::server::{Instance, Server};

/// An unlinked instance with this code on show, the second one of its attempt.
async fn with_code(server: &Server, text: &str) -> Instance {
    let instance = server.instance().await;
    server.gateway.keep_looking(instance.id).await.unwrap();
    server.link.show(instance.id, "2@first").await;
    server.link.show(instance.id, text).await;
    let rotated = server.get(&instance.path("/events?kind=qr_rotated&wait=5")).await;
    assert_eq!(rotated.json()["data"].as_array().unwrap().len(), 1);
    instance
}

/// What is told of the two codes.
async fn codes(server: &Server, instance: &Instance) -> Vec<Value> {
    let path = instance.path("/events?kind=linking,qr_rotated&qr=true");
    let page = server.get(&path).await.json();
    let events = page["data"].as_array().unwrap();
    let of_codes = events.iter().filter(|event| !event["data"]["round"].is_null());
    of_codes.map(|event| event["data"]["qr"].clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_code_that_can_be_scanned_is_told_to_whoever_asks_for_it() {
    let server = Server::start().await;
    let instance = with_code(&server, "2@canary").await;
    assert_eq!(codes(&server, &instance).await, [Value::Null, "2@canary".into()]);
    for query in ["", "?qr=false"] {
        let page = server.get(&instance.path(&format!("/events{query}"))).await;
        assert!(!page.body().contains("\"qr\""), "{query}");
    }
    let wrong = server.get(&instance.path("/events?qr=maybe")).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_code_that_cannot_be_scanned_any_more_is_told_to_nobody() {
    let server = Server::start().await;
    let instance = with_code(&server, "2@canary").await;
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(codes(&server, &instance).await, [Value::Null, Value::Null]);
    let other = with_code(&server, "2@canary").await;
    server.gateway.stop_instance(other.id).await.unwrap();
    assert_eq!(codes(&server, &other).await, [Value::Null, Value::Null]);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_told_by_no_reader_to_a_key_that_may_not_link() {
    let server = Server::start().await;
    let instance = with_code(&server, "2@canary").await;
    let (reads, links) =
        (server.key_for([Scope::Read]).await, server.key_for([Scope::Read, Scope::Link]).await);
    for reader in ["", "/stream"] {
        let path = instance.path(&format!("/events{reader}?qr=true"));
        let refused = server.send_as(&reads, "GET", &path, "").await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "forbidden"), "{reader}");
    }
    let told = server.send_as(&links, "GET", &instance.path("/events?qr=true"), "").await;
    assert!(told.body().contains("2@canary"));
}
