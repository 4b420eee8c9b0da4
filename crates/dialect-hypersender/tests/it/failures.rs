//! What is answered where a handler cannot.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_dialect_hypersender::surface;
use waygate_http::site::Failure;
use waygate_played::link::PlayedLink;

use crate::server::{Server, unlimited};

#[tokio::test]
async fn a_panic_and_a_handler_that_takes_too_long_are_a_server_error() {
    let surface = surface(PlayedLink::default().gateway(), unlimited());
    for failure in [Failure::Panicked, Failure::TimedOut] {
        let response = (surface.on_failure)(failure);
        assert_eq!(response.status(), 500);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, r#"{"message":"Server Error"}"#);
    }
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_fails_leaves_the_keys_and_is_a_server_error() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Refused { code: 411 })).await;
    server.settle(instance.id, StateName::Failed).await;
    server.link.play_forgets([false]);
    let request = Request::post(instance.path("request-new-qr-code"))
        .header("authorization", format!("Bearer {}", instance.token.expose()));
    let request = request.body(Body::empty()).unwrap();
    let response = server.site.answer(request, Duration::from_secs(60)).await;
    assert_eq!(response.status(), 500);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, r#"{"message":"Server Error"}"#);
}
