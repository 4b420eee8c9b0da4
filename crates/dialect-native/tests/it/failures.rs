//! What a client is told when something of ours fails.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use waygate_dialect_native::{Door, Settings, surface};
use waygate_http::site::Failure;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_is_given_up() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let begun = server.post(&instance.path("/linking-attempts"), r#"{"method":"qr"}"#).await;
    let attempt = format!("/linking-attempts/{}?wait=60&after=1", begun.text("id"));
    let request = Request::get(format!("/api/v1{}", instance.path(&attempt)))
        .header("authorization", format!("Bearer {}", server.key.expose()));
    let request = request.body(Body::empty()).unwrap();
    let response = server.keyed.answer(request, Duration::from_secs(1)).await;
    assert_eq!(response.status(), 500);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    insta::assert_snapshot!(std::str::from_utf8(&body).unwrap(), @r#"{"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal","detail":"the gateway did not do this in time"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_answered_with_a_problem() {
    let server = Server::start().await;
    let surface = surface(server.gateway.clone(), Settings::at(Door::Keyed));
    let response = (surface.on_failure)(Failure::Panicked);
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    insta::assert_snapshot!(std::str::from_utf8(&body).unwrap(), @r#"{"type":"about:blank","title":"Internal Server Error","status":500,"code":"internal","detail":"the gateway failed to do this"}"#);
}
