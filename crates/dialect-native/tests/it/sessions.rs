//! A browser that is signed in to the console calls with a cookie.

use axum::body::Body;
use axum::http::Request;

use crate::server::{Answer, Server};

async fn send(server: &Server, verb: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let session = server.gateway.open_session(&server.key).await.unwrap().unwrap().text;
    let request = Request::builder().method(verb).uri(format!("/api/v1{path}"));
    let cookie = format!("waygate_session={}", session.expose());
    let request = request.header("host", "gate.example").header("cookie", cookie);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    server.answer(request.body(Body::from("{}")).unwrap()).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test(start_paused = true)]
async fn a_session_sees_and_does_what_its_key_does() {
    let server = Server::start().await;
    let (own, (stranger, _key)) = (server.instance().await, server.stranger().await);
    let foreign = server.instance_of(stranger).await;
    assert_eq!(send(&server, "GET", &own.path(""), &[]).await.status, 200);
    assert_eq!(send(&server, "GET", &foreign.path(""), &[]).await.status, 404);
    let origin = ("origin", "https://gate.example");
    assert_eq!(send(&server, "POST", "/instances", &[JSON, origin]).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_page_changes_nothing_by_a_session() {
    let server = Server::start().await;
    let own = server.instance().await;
    for (headers, status) in [
        (&[JSON, ("origin", "https://evil.example")][..], 403),
        (&[JSON, ("origin", "null")], 403),
        (&[("content-type", "text/plain"), ("origin", "https://gate.example")], 400),
    ] {
        assert_eq!(send(&server, "POST", "/instances", headers).await.status, status);
    }
    let foreign = [("origin", "https://evil.example")];
    assert_eq!(send(&server, "DELETE", &own.path(""), &foreign).await.status, 403);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_its_key_and_is_no_bearer_token() {
    let server = Server::start().await;
    let session = server.gateway.open_session(&server.key).await.unwrap().unwrap().text;
    let ask = async || {
        let cookie = format!("waygate_session={}", session.expose());
        let request = Request::get("/api/v1/instances").header("cookie", cookie);
        server.answer(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(ask().await.status, 200);
    assert_eq!(server.send_as(&session, "GET", "/instances", "").await.status, 401);
    let tokens = server.gateway.list_tokens(server.account).await.unwrap();
    server.gateway.revoke_token(server.account, tokens[0].id()).await.unwrap();
    let ended = ask().await;
    assert_eq!((ended.status, ended.header("www-authenticate")), (401, Some("Bearer")), "{ended}");
}
