//! What holds for every route, run over the table of routes.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use waygate_core::scope::{Scope, Scopes};
use waygate_core::secret::TokenText;
use waygate_dialect_hypersender::{Group, ROUTES, Settings};

use crate::server::{Instance, Server, UNKNOWN, path, unlimited};

const VERBS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const NOT_FOUND: &str = r#"404 {"message":"Resource not found."}"#;
const UNAUTHENTICATED: &str = r#"401 {"message":"Unauthenticated."}"#;
const UNAUTHORIZED: &str = r#"403 {"message":"This action is unauthorized."}"#;

async fn server() -> (Server, Instance) {
    // No code comes, so nobody waits for one.
    let settings = Settings { code_within: Duration::from_millis(50), ..unlimited() };
    let server = Server::with(settings).await;
    let instance = server.instance().await;
    (server, instance)
}

#[tokio::test(start_paused = true)]
async fn without_a_token_that_is_known_nothing_opens() {
    let (server, instance) = server().await;
    let right = instance.token.expose().to_owned();
    let (number, secret) = right.split_once('|').unwrap();
    let other = if number == "1" { "2" } else { "1" };
    for route in ROUTES {
        let path = path(route, &instance);
        for value in [
            None,
            Some("Bearer".to_owned()),
            Some("Bearer 57|kQ7mZr2VtB9xLw4cNf6yHs1dGj8pKa3uTe5RbXoWff7624f6".to_owned()),
            Some(format!("Bearer {secret}")),
            Some(format!("Bearer {other}|{secret}")),
            Some(format!("Bearer {right} {right}")),
            Some(format!("Basic {right}")),
            Some(right.clone()),
        ] {
            let mut request = Request::builder().method(route.verb().as_str()).uri(&path);
            if let Some(value) = &value {
                request = request.header("authorization", value);
            }
            let answer = server.answer(request.body(Body::from("{")).unwrap()).await;
            assert_eq!(answer.told(), UNAUTHENTICATED, "{} with {value:?}", route.name());
            assert_eq!(answer.header("x-ratelimit-limit"), None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_instances_token_opens_what_is_its_own_and_not_what_is_the_accounts() {
    let (server, instance) = server().await;
    for route in ROUTES {
        let answer =
            server.send(&instance.token, route.verb().as_str(), &path(route, &instance), "").await;
        match route.group() {
            Group::Account => assert_eq!(answer.told(), UNAUTHORIZED, "{}", route.name()),
            Group::Instance => assert!([200, 503].contains(&answer.status), "{answer}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_accounts_token_opens_every_route() {
    let (server, instance) = server().await;
    for route in ROUTES {
        let answer =
            server.send(&server.token, route.verb().as_str(), &path(route, &instance), "").await;
        assert!(![401, 403, 404, 405].contains(&answer.status), "{}: {answer}", route.name());
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_may_do_less_is_told_so() {
    let (server, instance) = server().await;
    for (scope, opened) in [
        (Scope::Read, &["instances", "health"][..]),
        (Scope::Link, &["request-new-qr-code"]),
        (Scope::Send, &[]),
        (Scope::Manage, &["create-instance", "restart"]),
        (Scope::Tokens, &[]),
    ] {
        let token = server.token_for(Scopes::from_iter([scope])).await;
        for route in ROUTES {
            let path = path(route, &instance);
            let answer = server.send(&token, route.verb().as_str(), &path, "").await;
            let is_refused = answer.told() == UNAUTHORIZED;
            assert_eq!(is_refused, !opened.contains(&route.name()), "{scope}: {}", route.name());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_an_unknown_and_a_removed_instance_are_alike() {
    let (server, instance) = server().await;
    let foreign = server.stranger().await;
    let sibling = server.instance_named("sibling").await;
    let removed = server.instance_named("removed").await;
    server.gateway.remove_instance(removed.id).await.unwrap();
    let unknown = |text: &str, name: &str| format!("/api/whatsapp/v2/{text}/{name}");
    for route in ROUTES.iter().filter(|route| route.group() == Group::Instance) {
        let name = route.name();
        let calls: [(&TokenText, String); 7] = [
            (&foreign, instance.path(name)),
            (&sibling.token, instance.path(name)),
            (&server.token, removed.path(name)),
            (&removed.token, removed.path(name)),
            (&server.token, unknown(UNKNOWN, name)),
            (&server.token, unknown("nonsense", name)),
            (&server.token, unknown(&UNKNOWN.replace('-', ""), name)),
        ];
        for (token, path) in calls {
            // Whatever else is wrong with the request.
            let answer = server.send(token, route.verb().as_str(), &path, "{").await;
            assert_eq!(answer.told(), NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_that_means_nothing_is_not_found_whoever_asks() {
    let (server, instance) = server().await;
    for path in [
        "/api/whatsapp".to_owned(),
        "/api/whatsapp/v2".to_owned(),
        "/api/whatsapp/v2/".to_owned(),
        "/api/whatsapp/v3/instances".to_owned(),
        "/api/whatsapp/v2/instances/x".to_owned(),
        "/api/whatsapp/v2/Instances".to_owned(),
        "/api/whatsapp/v2/send-text".to_owned(),
        format!("/api/whatsapp/v2/{}", instance.id),
        instance.path("send-pigeon"),
        instance.path("health/now"),
        instance.path("queued-requests"),
        format!("/api/otp/v2/{}", instance.id),
        "/api/otp/v1/x/request-code".to_owned(),
    ] {
        for verb in ["GET", "POST"] {
            let answer = server.send(&server.token, verb, &path, "").await;
            assert_eq!(answer.told(), NOT_FOUND, "{path}");
        }
        let request = Request::get(&path).body(Body::empty()).unwrap();
        assert_eq!(server.answer(request).await.told(), NOT_FOUND, "{path} without a token");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_served_yet_says_so() {
    let (server, instance) = server().await;
    insta::assert_snapshot!(
        server.call("POST", &instance, "send-text").await,
        @r#"403 {"message":"This action is unauthorized: send-text is not served yet."}"#
    );
    for (path, name) in [
        (instance.path("contacts/get-all"), "contacts/get-all"),
        (instance.path(&format!("queued-requests/{UNKNOWN}")), "queued-requests"),
        (instance.path("delete-message?chatId=1"), "delete-message"),
        (format!("/api/otp/v2/{}/request-code", instance.id), "request-code"),
    ] {
        for verb in VERBS {
            let answer = server.send(&server.token, verb, &path, "").await;
            let expected = format!("This action is unauthorized: {name} is not served yet.");
            assert_eq!((answer.status, &answer.json()["message"]), (403, &expected.into()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_verb_is_told_the_right_one() {
    let (server, instance) = server().await;
    for route in ROUTES {
        let path = path(route, &instance);
        for verb in VERBS.into_iter().filter(|verb| *verb != route.verb().as_str()) {
            let answer = server.send(&server.token, verb, &path, "").await;
            assert_eq!(answer.status, 405, "{verb} {path}");
            let allowed = if route.verb().as_str() == "GET" { "GET, HEAD" } else { "POST" };
            assert_eq!(answer.header("allow"), Some(allowed));
            let message = format!(
                "The {verb} method is not supported for route {}. Supported methods: {allowed}.",
                path.trim_start_matches('/')
            );
            assert_eq!(answer.json()["message"], message);
        }
    }
    let answer = server.send(&server.token, "CANARY", "/api/whatsapp/v2/canary/health", "").await;
    insta::assert_snapshot!(
        answer,
        @r#"405 {"message":"The requested method is not supported for route api/whatsapp/v2/{instance}/health. Supported methods: GET, HEAD."}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_head_is_answered_like_a_get_without_a_body_from_the_listener() {
    let (server, instance) = server().await;
    let answer = server.call("HEAD", &instance, "health").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(start_paused = true)]
async fn both_versions_and_doubled_or_trailing_slashes_mean_the_same() {
    let (server, instance) = server().await;
    for route in ROUTES {
        let canonical = path(route, &instance);
        let mut told = Vec::new();
        for path in [
            canonical.clone(),
            canonical.replace("/v2/", "/v1/"),
            canonical.replace('/', "//"),
            format!("{canonical}/"),
        ] {
            let answer = server.send(&server.token, route.verb().as_str(), &path, "").await;
            told.push(answer.status);
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{canonical}: {told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_of_every_origin_may_call() {
    let (server, instance) = server().await;
    let request = Request::options(instance.path("health")).header("origin", "https://a.example");
    let answer = server.answer(request.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let allowed = answer.header("access-control-allow-headers").unwrap();
    assert!(allowed.contains("Authorization") && allowed.contains("Content-Type"), "{allowed}");
    for answer in [server.health(&instance).await, server.list("?filter[x]=y").await] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}
