//! What becomes of requests.

use std::time::Duration;

use waygate_http::listener::Limits;

use crate::client::DEADLINE;
use crate::server::Server;

#[tokio::test]
async fn a_panic_is_answered_and_the_connection_goes_on() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    for count in 1..=2 {
        let answer = client.get("/api/panic/x").await;
        assert_eq!((answer.status, answer.body.as_str()), (500, "it panicked"));
        assert_eq!(server.site.panics(), count);
        assert_eq!(client.get("/api/hello").await.body, "hello");
    }
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_answered_for() {
    let handler = Duration::from_millis(100);
    let server = Server::start(Limits { handler, ..Limits::default() }).await;
    let mut client = server.connect().await;
    let answer = client.get("/api/never/x").await;
    assert_eq!((answer.status, answer.body.as_str()), (504, "it timed out"));
    assert_eq!(client.get("/api/hello").await.body, "hello");
}

#[tokio::test]
async fn doubled_slashes_do_not_matter() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    for path in ["//api/hello", "/api//hello", "///api///hello", "//api/hello?a=//"] {
        assert_eq!(client.get(path).await.body, "hello", "{path}");
    }
    assert_eq!(client.get("//api//echo//a//b").await.body, "a/b");
}

#[tokio::test]
async fn every_answer_has_the_security_headers_and_its_own_id() {
    let handler = Duration::from_millis(100);
    let server = Server::start(Limits { handler, ..Limits::default() }).await;
    let mut client = server.connect().await;
    let mut ids = Vec::new();
    for (path, status) in [
        ("/api/hello", 200),
        ("/api/missing", 404),
        ("/nobody", 404),
        ("/api/wait/x", 404),
        ("/api/json/x", 405),
        ("/api/panic/x", 500),
        ("/api/never/x", 504),
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        ids.push(answer.header("x-request-id").unwrap().to_owned());
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id occurs twice");
}

#[tokio::test]
async fn a_path_of_nobody_is_answered_in_json() {
    let server = Server::start(Limits::default()).await;
    let answer = server.connect().await.get("/nobody").await;
    assert_eq!((answer.status, answer.body.as_str()), (404, r#"{"message":"Not Found"}"#));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_surface_is_told_who_asks() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    let address = client.address().to_string();
    assert_eq!(client.get("/api/peer").await.body, address);
}

#[tokio::test]
async fn a_client_that_is_still_sending_can_read_that_it_is_too_much() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    let body = vec![b'x'; 16 * 1024 * 1024];
    let length = body.len();
    let head = format!("POST /api/json/x HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    client.send(head).await;
    client.send(body).await;
    let (answers, _took) = client.closed().await;
    assert_eq!((answers.len(), answers[0].status), (1, 413));
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_before_it_sends() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client
        .send(
            "POST /api/json/x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\
             Expect: 100-continue\r\n\r\n",
        )
        .await;
    let (answers, _took) = client.closed().await;
    assert_eq!((answers.len(), answers[0].status), (1, 413));
}

#[tokio::test]
async fn the_handler_of_a_client_that_leaves_is_dropped() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send("GET /api/wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.entered.notified().await;
    drop(client);
    let dropped = server.abandoned.notified();
    tokio::time::timeout(DEADLINE, dropped).await.expect("a long poll ends with its client");
}
