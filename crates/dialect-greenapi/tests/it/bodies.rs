//! Bodies that are too large, broken or hostile: the contract's errors, and never a fault.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use futures_util::stream;
use waygate_dialect_greenapi::{Group, METHODS, Settings};

use crate::server::{Server, unlimited, verb};

async fn server() -> Server {
    Server::with(Settings { code_within: Duration::from_millis(50), ..unlimited() }).await
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_large_is_refused_by_every_method() {
    let server = server().await;
    for method in METHODS {
        let instance = server.instance().await;
        let name = method.name();
        let body = vec![b' '; method.body_bytes_max() + 1];
        let answer = server.send(verb(method), &server.path(method, &instance), body).await;
        assert_eq!(answer.status, 413, "{name}");
        assert_eq!(answer.json()["message"], "request entity too large", "{name}");
        assert_eq!(answer.json()["statusCode"], 413, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_lies_about_its_length_is_refused() {
    let server = server().await;
    let instance = server.instance().await;
    let request = Request::post(instance.path("setSettings")).header("content-length", "5");
    let answer = server.answer(request.body(Body::from(vec![b'x'; 200_000])).unwrap()).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test(start_paused = true)]
async fn hostile_bodies_get_the_contracts_errors() {
    let server = server().await;
    let deep = "[".repeat(50_000);
    let deep_object = "{\"a\":".repeat(10_000);
    let long_key = format!("{{\"{}\":1}}", "k".repeat(90_000));
    let bodies: &[&[u8]] = &[
        b"",
        b"null",
        b"0",
        b"[]",
        b"\"text\"",
        b"{\"idInstance\":1e400}",
        b"{\"idInstance\":-1,\"name\":{},\"count\":-1}",
        b"{\"idInstance\":18446744073709551616}",
        b"{\"name\":\"\\ud800\"}",
        b"{\"name\":\"a\",\"name\":\"b\"}",
        b"{\"name\":\"\xff\xfe\"}",
        b"\xef\xbb\xbf{}",
        b"\0\0\0",
        b"{\"__proto__\":{\"x\":1}}",
        b"count=1&name=x",
        b"--X\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n",
        deep.as_bytes(),
        deep_object.as_bytes(),
        long_key.as_bytes(),
    ];
    for method in METHODS {
        for body in bodies {
            // A new one each time: some bodies are fine, and then `logout` and others are done.
            let instance = server.instance().await;
            let path = server.path(method, &instance);
            let answer = server.send(verb(method), &path, body.to_vec()).await;
            let name = method.name();
            let statuses: &[u16] = match method.group() {
                Group::Page => &[303],
                Group::Account if method.is_session() => &[426],
                Group::Account | Group::Partner => &[200, 400],
            };
            assert!(statuses.contains(&answer.status), "{name}: {answer}");
            assert!(answer.body.len() < 100_000 || name == "getInstances", "{name}");
            let is_success = answer.status < 400;
            assert!(is_success || answer.json()["message"].is_string(), "{name}: {answer}");
        }
    }
    assert_eq!(server.site.panics(), 0);
}

#[tokio::test(start_paused = true)]
async fn broken_json_is_told_in_the_words_of_the_vendors_parser() {
    let server = server().await;
    let instance = server.instance().await;
    let answer = server.post(&instance, "setSettings", r#"{"count": 5 _}"#).await;
    let told = answer.told().replace(&instance.number.to_string(), "1105600123");
    insta::assert_snapshot!(
        told,
        @r#"400 {"statusCode":400,"timestamp":"2026-03-01T10:20:30.456Z","path":"/waInstance1105600123/setSettings/<TOKEN>","message":"Unexpected token _ in JSON at position 12"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_get_may_have_a_body_whatever_its_type() {
    let server = server().await;
    let instance = server.instance().await;
    for body in ["{}", r#"{"minutes":60}"#, "60", "nonsense"] {
        let request = Request::get(instance.path("getStateInstance"))
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        assert_eq!(server.answer(request).await.status, 200, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = server().await;
    let instance = server.instance().await;
    let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let answer = server.send("POST", &instance.path("setSettings"), never).await;
    assert_eq!(answer.status, 408);
    assert_eq!(answer.json()["message"], "Request Timeout");
}
