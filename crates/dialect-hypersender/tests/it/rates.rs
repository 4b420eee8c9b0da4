//! The published rates, and what is told of them.

use std::time::Duration;

use waygate_dialect_hypersender::{ROUTES, Settings};

use crate::server::{Instance, Server, path};

const SECOND: Duration = Duration::from_secs(1);

async fn server() -> (Server, Instance) {
    let settings = Settings { code_within: Duration::from_millis(50), ..Settings::default() };
    let server = Server::with(settings).await;
    let instance = server.online().await;
    (server, instance)
}

#[tokio::test(start_paused = true)]
async fn every_limited_route_has_its_rate_and_says_so() {
    let (server, instance) = server().await;
    for route in ROUTES {
        let Some(limit) = route.per_minute() else { continue };
        let (verb, path) = (route.verb().as_str(), path(route, &instance));
        let call = async |count: u32| {
            let body = format!("{{\"phone\":\"+15550001111\",\"name\":\"{count}\"}}");
            server.send(&server.token, verb, &path, body).await
        };
        for count in 0..limit {
            let answer = call(count).await;
            assert!([200, 201].contains(&answer.status), "{path}: {answer}");
            assert_eq!(answer.header("x-ratelimit-limit"), Some(limit.to_string().as_str()));
            let remaining = (limit - count - 1).to_string();
            assert_eq!(answer.header("x-ratelimit-remaining"), Some(remaining.as_str()));
            assert_eq!(answer.header("x-ratelimit-reset"), None, "told with a refusal alone");
            tokio::time::advance(SECOND).await;
        }
        let answer = call(99).await;
        assert_eq!(
            answer.told(),
            r#"429 {"message":"Too many requests. Please try again later."}"#,
            "{path}"
        );
        assert_eq!(answer.header("x-ratelimit-limit"), Some(limit.to_string().as_str()));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("0"));
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        let reset: i64 = answer.header("x-ratelimit-reset").unwrap().parse().unwrap();
        assert_eq!(wait, 60 - u64::from(limit), "a minute after the first call");
        assert_eq!(reset, server.gateway.now().as_second() + i64::try_from(wait).unwrap());
        tokio::time::advance(SECOND * u32::try_from(wait - 1).unwrap()).await;
        assert_eq!(call(100).await.status, 429, "{path}: not a second earlier");
        tokio::time::advance(SECOND).await;
        assert_ne!(call(101).await.status, 429, "{path}: the wait that was told is enough");
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_code_within_a_minute_is_too_many() {
    let (server, instance) = server().await;
    assert_eq!(server.call("POST", &instance, "request-new-qr-code").await.status, 200);
    for second in 0..60 {
        let answer = server.call("POST", &instance, "request-new-qr-code").await;
        assert_eq!(answer.status, 429, "{second}");
        let wait = (60 - second).to_string();
        assert_eq!(answer.header("retry-after"), Some(wait.as_str()));
        tokio::time::advance(SECOND).await;
    }
    assert_eq!(server.call("POST", &instance, "request-new-qr-code").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn whoever_keeps_to_a_rate_is_never_refused() {
    let (server, instance) = server().await;
    for _ in 0..60 {
        assert_eq!(server.health(&instance).await.status, 200);
        tokio::time::advance(6 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_counted_once_whichever_token_and_version_it_is_called_by() {
    let (server, instance) = server().await;
    let other = server.instance_named("other").await;
    let old = instance.path("restart").replace("/v2/", "/v1/");
    for _ in 0..3 {
        assert_eq!(server.call("POST", &instance, "restart").await.status, 200);
    }
    for status in [200, 200, 429] {
        assert_eq!(server.send(&server.token, "POST", &old, "").await.status, status);
    }
    assert_eq!(server.call("POST", &other, "restart").await.status, 200, "counted apart");
    assert_eq!(server.health(&instance).await.status, 200, "routes are counted apart");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_refused_uses_nothing_up() {
    let (server, _instance) = server().await;
    for _ in 0..20 {
        let answer = server.create("{}").await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("5"));
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("5"));
    }
    let body = r#"{"phone":"+15550001111","name":"x"}"#;
    assert_eq!(server.create(body).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn a_code_that_whatsapp_did_not_give_uses_nothing_up() {
    let (server, _instance) = server().await;
    let idle = server.instance_named("idle").await;
    for _ in 0..3 {
        let answer = server.call("POST", &idle, "request-new-qr-code").await;
        assert_eq!(answer.status, 503, "{answer}");
        assert_eq!(answer.header("x-ratelimit-remaining"), Some("1"));
        assert_eq!(answer.header("retry-after"), Some("10"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stranger_does_not_use_up_what_is_the_instances() {
    let (server, instance) = server().await;
    let stranger = server.stranger().await;
    for _ in 0..20 {
        let answer = server.send(&stranger, "GET", &instance.path("health"), "").await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("x-ratelimit-limit"), None);
    }
    assert_eq!(server.health(&instance).await.header("x-ratelimit-remaining"), Some("9"));
}

#[tokio::test(start_paused = true)]
async fn lists_are_not_limited_and_nothing_is_where_the_limits_are_lifted() {
    let (server, _instance) = server().await;
    for _ in 0..50 {
        assert_eq!(server.list("").await.header("x-ratelimit-limit"), None);
    }
    let server = Server::start().await;
    let instance = server.online().await;
    for _ in 0..50 {
        let answer = server.health(&instance).await;
        assert_eq!((answer.status, answer.header("x-ratelimit-limit")), (200, None));
    }
}
