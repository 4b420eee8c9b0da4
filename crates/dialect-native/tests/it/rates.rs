//! How often who may call.

use std::time::Duration;

use waygate_core::scope::Scope;
use waygate_core::token::TokenKind;
use waygate_dialect_native::{Guard, ROUTES, Route};

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn a_token_has_fifty_requests_a_second_and_ten_of_the_costly_ones() {
    let server = Server::start().await;
    for route in ROUTES.iter().filter(|route| route.guard() == Guard::Key) {
        let path = route.template().strip_prefix("/api/v1").unwrap().replace(['{', '}'], "");
        let verb = route.verb().as_str();
        let token = server.key_for(Scope::ALL).await;
        for count in 0..if route.is_costly() { 10 } else { 50 } {
            let answer = server.send_as(&token, verb, &path, "{").await;
            assert_ne!(answer.status, 429, "{verb} {path}, {count}");
        }
        let answer = server.send_as(&token, verb, &path, "{").await;
        assert_eq!((answer.status, answer.code().as_str()), (429, "limited"), "{verb} {path}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        let other = server.send_as(&server.key, verb, &path, "{").await;
        assert_ne!(other.status, 429, "another token is counted by itself");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_ne!(server.send_as(&token, verb, &path, "{").await.status, 429);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let costly: Vec<&str> =
        ROUTES.iter().filter(|route| route.is_costly()).map(Route::template).collect();
    insta::assert_snapshot!(costly.join("\n"), @r#"
    /api/v1/instances/{instance}/linking-attempts
    /api/v1/instances/{instance}/link-tickets
    /api/v1/tokens
    /api/v1/tokens
    /api/v1/tokens/{token}
    /api/v1/tokens/{token}
    /api/v1/webhook-endpoints
    /api/v1/webhook-endpoints/{webhook_endpoint}
    /api/v1/webhook-endpoints/{webhook_endpoint}
    /api/v1/webhook-endpoints/{webhook_endpoint}/rotate-secret
    /api/v1/webhook-endpoints/{webhook_endpoint}/deliveries
    /api/v1/webhook-endpoints/{webhook_endpoint}/replay
    /api/v1/audit
    /api/v1/accounts
    /api/v1/accounts/{account}
    /api/v1/accounts/{account}
    /link/{ticket}/linking-attempts
    "#);
}

#[tokio::test(start_paused = true)]
async fn the_pages_of_an_instance_are_counted_together() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (page, other) = (server.page(instance.id).await, server.page(instance.id).await);
    for count in 0..10 {
        let page = if count % 2 == 0 { &page } else { &other };
        assert_eq!(server.visit(page, "POST", "/linking-attempts", "").await.status, 400);
    }
    let answer = server.visit(&page, "POST", "/linking-attempts", "").await;
    insta::assert_snapshot!(answer, @r#"429 {"type":"about:blank","title":"Too Many Requests","status":429,"code":"limited","detail":"too many requests"}"#);
    let stranger = server.page(server.instance().await.id).await;
    assert_eq!(server.visit(&stranger, "POST", "/linking-attempts", "").await.status, 400);
    assert!(ROUTES.iter().any(|route| route.guard() == Guard::LinkPass && route.is_costly()));
}

#[tokio::test(start_paused = true)]
async fn a_stranger_uses_nothing_up() {
    let server = Server::start().await;
    let wrong = TokenKind::Native.token([3; TokenKind::RANDOM_BYTES]);
    for _ in 0..100 {
        assert_eq!(server.send_as(&wrong, "GET", "/tokens", "").await.status, 401);
        assert_eq!(server.send("PUT", "/tokens", "").await.status, 405);
    }
    assert_eq!(server.get("/tokens").await.status, 200);
}
