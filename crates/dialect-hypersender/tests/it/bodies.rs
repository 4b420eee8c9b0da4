//! Bodies that are too large, broken or hostile: the contract's errors, and never a fault.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use futures_util::stream;
use waygate_dialect_hypersender::{ROUTES, Settings, Verb};

use crate::server::{BASE, Server, path, unlimited};

async fn server() -> Server {
    Server::with(Settings { code_within: Duration::from_millis(50), ..unlimited() }).await
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_large_is_refused_by_every_route() {
    let server = server().await;
    let instance = server.instance().await;
    for route in ROUTES.iter().filter(|route| route.verb() == Verb::Post) {
        let body = vec![b' '; 256 * 1024 + 1];
        let answer = server.send(&server.token, "POST", &path(route, &instance), body).await;
        assert_eq!(
            answer.told(),
            r#"413 {"message":"The POST data is too large."}"#,
            "{}",
            route.name()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = server().await;
    let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let path = format!("{BASE}/create-instance");
    let answer = server.send(&server.token, "POST", &path, never).await;
    insta::assert_snapshot!(
        answer,
        @r#"408 {"message":"The request body did not come in time."}"#
    );
}

#[tokio::test(start_paused = true)]
async fn hostile_bodies_get_the_contracts_errors() {
    let server = server().await;
    let deep = "{\"name\":".repeat(10_000);
    let long = format!("{{\"{}\":1}}", "k".repeat(200_000));
    let fields = "a=b&".repeat(50_000);
    let bodies: &[&[u8]] = &[
        b"\0\0\0",
        b"{\"phone\":1e400}",
        b"{\"name\":\"\\ud800\"}",
        b"{\"name\":\"\xff\xfe\"}",
        b"\xef\xbb\xbf{}",
        b"{\"__proto__\":{\"x\":1}}",
        b"{\"phone\":{\"a\":[]},\"name\":true,\"webhook_url\":-1}",
        b"phone=%ff%00&name=%2",
        deep.as_bytes(),
        long.as_bytes(),
        fields.as_bytes(),
    ];
    for content_type in ["application/json", "application/x-www-form-urlencoded", "\u{e9}", ""] {
        for body in bodies {
            let request = Request::post(format!("{BASE}/create-instance"))
                .header("authorization", format!("Bearer {}", server.token.expose()))
                .header("content-type", content_type);
            let answer = server.answer(request.body(Body::from(body.to_vec())).unwrap()).await;
            assert!([400, 422].contains(&answer.status), "{answer}");
            assert!(answer.json()["message"].is_string(), "{answer}");
        }
    }
    assert_eq!(server.site.panics(), 0);
    assert_eq!(server.list("").await.body, "[]");
}
