//! How often who may call.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use waygate_core::scope::Scope;
use waygate_core::token::TokenKind;
use waygate_dialect_native::{Door, Guard, ROUTES, RateLimits, Route, Settings, surface};
use waygate_http::site::Site;

use crate::server::{Answer, HANDLER_LIMIT, Server, read};

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
    /api/v1/instances/{instance}/events/stream
    /api/v1/instances/{instance}/events/ws
    /api/v1/instances/{instance}/events/{event}/media
    /api/v1/instances/{instance}/linking-attempts
    /api/v1/instances/{instance}/linking-attempts/{attempt}/passkey-assertion
    /api/v1/instances/{instance}/linking-attempts/{attempt}/passkey-confirmation
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
    /link/{ticket}/linking-attempts/{attempt}/passkey-assertion
    /link/{ticket}/linking-attempts/{attempt}/passkey-confirmation
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

/// What an answer says of its limits.
fn told(answer: &Answer) -> [Option<&str>; 2] {
    ["ratelimit-policy", "ratelimit"].map(|name| answer.header(name))
}

#[tokio::test(start_paused = true)]
async fn an_answer_tells_what_is_left_of_its_limit() {
    let server = Server::start().await;
    let get = async |path: &str| server.get(path).await;
    let usual = Some(r#""usual";q=50;w=1"#);
    for left in (0..50).rev() {
        let path = if left % 2 == 0 { "/instances" } else { "/instances/1" };
        let says = format!(r#""usual";r={left};t=1"#);
        assert_eq!(told(&get(path).await), [usual, Some(&*says)]);
    }
    let refused = get("/instances").await;
    assert_eq!((refused.status, told(&refused)), (429, [usual, Some(r#""usual";r=0;t=1"#)]));
    // One comes back every 20 ms, and the question itself takes one.
    tokio::time::advance(Duration::from_millis(199)).await;
    assert_eq!(told(&get("/instances").await)[1], Some(r#""usual";r=8;t=1"#));
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(told(&get("/instances").await)[1], Some(r#""usual";r=8;t=1"#));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(told(&get("/instances").await)[1], Some(r#""usual";r=49;t=1"#));
    let costly = [Some(r#""costly";q=10;w=1"#), Some(r#""costly";r=9;t=1"#)];
    assert_eq!(told(&get("/tokens").await), costly);
}

#[tokio::test(start_paused = true)]
async fn new_codes_are_a_limit_of_their_own_which_the_instance_has() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let path = instance.path("/linking-attempts");
    let fresh = async || server.post(&path, r#"{"method":"qr","fresh":true}"#).await;
    for minute in 0..10 {
        let answer = fresh().await;
        assert_eq!(answer.status, 201, "{answer}");
        let policy = r#""costly";q=10;w=1, "new-codes";q=10;w=3600"#;
        let left = format!(r#""costly";r=9;t=1, "new-codes";r={};t=3600"#, 9 - minute);
        assert_eq!(told(&answer), [Some(policy), Some(&*left)]);
        tokio::time::advance(Duration::from_secs(60)).await;
    }
    // The last was asked for a minute ago, and the first leaves the hour in 50.
    let refused = fresh().await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("3000")), "{refused}");
    assert_eq!(told(&refused)[1], Some(r#""costly";r=9;t=1, "new-codes";r=0;t=3540"#));
    tokio::time::advance(Duration::from_secs(3000)).await;
    assert_eq!(fresh().await.status, 201);
    tokio::time::advance(Duration::from_secs(3600)).await;
    let any = server.post(&path, r#"{"method":"qr"}"#).await;
    assert_eq!(told(&any)[1], Some(r#""costly";r=9;t=1, "new-codes";r=10;t=0"#));
}

#[tokio::test(start_paused = true)]
async fn where_nobody_counts_there_is_nothing_to_tell() {
    let server = Server::start().await;
    assert_eq!(told(&server.operate("GET", "/instances", "").await), [None; 2]);
    let wrong = TokenKind::Native.token([3; TokenKind::RANDOM_BYTES]);
    assert_eq!(told(&server.send_as(&wrong, "GET", "/instances", "").await), [None; 2]);
    let settings = Settings { rate_limits: RateLimits::Off, ..Settings::at(Door::Keyed) };
    let free = Site::new(vec![surface(server.gateway.clone(), settings)]);
    let request = Request::get("/api/v1/instances")
        .header("authorization", format!("Bearer {}", server.key.expose()));
    let request = request.body(Body::empty()).unwrap();
    let answer = read(free.answer(request, HANDLER_LIMIT).await).await;
    assert_eq!((answer.status, told(&answer)), (200, [None; 2]));
}
