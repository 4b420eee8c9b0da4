//! What holds for every route, run over the table of routes.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use futures_util::stream;
use waygate_core::scope::Scope;
use waygate_core::secret::TokenText;
use waygate_dialect_native::{Door, Guard, ROUTES, Route, Verb};

use crate::server::{Answer, Instance, Page, Server};

const VERBS: [&str; 7] = ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "PURGE"];

/// Everything that a path can name.
struct Named {
    server: Server,
    instance: Instance,
    page: Page,
    attempt: String,
    /// A token for every route.
    key: TokenText,
}

impl Named {
    async fn start() -> Self {
        let server = Server::start().await;
        let instance = server.instance().await;
        let page = server.page(instance.id).await;
        let begun = server.post(&instance.path("/linking-attempts"), r#"{"method":"qr"}"#).await;
        let attempt = begun.text("id");
        let key = server.key_for(Scope::ALL).await;
        Self { server, instance, page, attempt, key }
    }

    fn path(&self, route: &Route) -> String {
        let path = route.template().replace("{instance}", &self.instance.id.to_string());
        let path = path.replace("{ticket}", self.page.ticket.expose());
        // Of nobody, so that the token that asks stays.
        let path = path.replace("{attempt}", &self.attempt).replace("{token}", "0123456789abcdef");
        path.replace("{account}", &self.server.account.to_string()).replace("{event}", "1")
    }

    /// Sends what whoever may call the route sends, at a rate that nobody counts.
    async fn send(&self, verb: &str, path: &str, body: impl Into<Body>) -> Answer {
        tokio::time::advance(Duration::from_secs(1)).await;
        let request = Request::builder()
            .method(verb)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key.expose()))
            .header("cookie", self.page.cookie())
            .header("content-type", "application/json");
        self.server.answer(request.body(body.into()).unwrap()).await
    }
}

fn keyed() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter()
}

fn assert_is_problem(answer: &Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}: {answer}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
    let body = answer.json();
    assert_eq!(body["status"], answer.status, "{what}");
    for field in ["type", "title", "code", "detail"] {
        assert!(body[field].as_str().is_some_and(|text| !text.is_empty()), "{what}: {answer}");
    }
    assert!(answer.bytes.len() < 1000, "{what}: it repeats what was sent");
}

#[tokio::test(start_paused = true)]
async fn a_verb_that_an_address_does_not_know_is_refused_with_those_that_it_knows() {
    let named = Named::start().await;
    let mut told = Vec::new();
    for route in keyed() {
        let path = named.path(route);
        let same = || keyed().filter(|it| it.template() == route.template());
        for verb in VERBS {
            let known = same()
                .any(|it| it.verb().as_str() == verb || (verb == "HEAD" && it.verb() == Verb::Get));
            if known {
                continue;
            }
            let answer = named.send(verb, &path, "").await;
            assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"));
            let allow = answer.header("allow").unwrap();
            assert!(same().all(|it| allow.contains(it.verb().as_str())), "{allow}");
            assert_is_problem(&answer, &path);
            told.push(format!("{allow} {}", route.template()));
        }
    }
    told.dedup();
    insta::assert_snapshot!(told.join("\n"), @r"
    POST, GET, HEAD /api/v1/instances
    GET, HEAD, PATCH, DELETE /api/v1/instances/{instance}
    POST /api/v1/instances/{instance}/logout
    POST /api/v1/instances/{instance}/restart
    POST /api/v1/instances/{instance}/start
    POST /api/v1/instances/{instance}/stop
    GET, HEAD /api/v1/instances/{instance}/state-history
    GET, HEAD /api/v1/instances/{instance}/notification-queue
    GET, HEAD /api/v1/instances/{instance}/events
    GET, HEAD /api/v1/instances/{instance}/events/stream
    GET, HEAD /api/v1/instances/{instance}/events/ws
    POST /api/v1/instances/{instance}/messages
    GET, HEAD, DELETE /api/v1/instances/{instance}/messages/queue
    GET, HEAD /api/v1/instances/{instance}/messages/{message}
    GET, HEAD /api/v1/instances/{instance}/events/{event}/media
    GET, HEAD, PATCH /api/v1/instances/{instance}/settings
    POST, GET, HEAD /api/v1/instances/{instance}/linking-attempts
    GET, HEAD, DELETE /api/v1/instances/{instance}/linking-attempts/{attempt}
    POST /api/v1/instances/{instance}/linking-attempts/{attempt}/passkey-assertion
    POST /api/v1/instances/{instance}/linking-attempts/{attempt}/passkey-confirmation
    GET, HEAD /api/v1/instances/{instance}/linking-attempts/{attempt}/qr
    GET, HEAD /api/v1/instances/{instance}/linking-attempts/{attempt}/qr.png
    GET, HEAD /api/v1/instances/{instance}/linking-attempts/{attempt}/qr.svg
    GET, HEAD /api/v1/instances/{instance}/linking-attempts/{attempt}/qr.ansi
    GET, HEAD /api/v1/instances/{instance}/linking-attempts/{attempt}/qr.txt
    POST, GET, HEAD /api/v1/instances/{instance}/link-tickets
    DELETE /api/v1/instances/{instance}/link-tickets/{link_ticket}
    POST, GET, HEAD /api/v1/tokens
    GET, HEAD, DELETE /api/v1/tokens/{token}
    POST, GET, HEAD /api/v1/webhook-endpoints
    GET, HEAD, PATCH, DELETE /api/v1/webhook-endpoints/{webhook_endpoint}
    POST /api/v1/webhook-endpoints/{webhook_endpoint}/rotate-secret
    GET, HEAD /api/v1/webhook-endpoints/{webhook_endpoint}/deliveries
    POST /api/v1/webhook-endpoints/{webhook_endpoint}/replay
    GET, HEAD /api/v1/audit
    POST, GET, HEAD /api/v1/accounts
    GET, HEAD, PATCH, DELETE /api/v1/accounts/{account}
    GET, HEAD /link/{ticket}/instance
    GET, HEAD /link/{ticket}/brand.css
    GET, HEAD /link/{ticket}/logo
    POST /link/{ticket}/linking-attempts
    GET, HEAD, DELETE /link/{ticket}/linking-attempts/{attempt}
    POST /link/{ticket}/linking-attempts/{attempt}/passkey-assertion
    POST /link/{ticket}/linking-attempts/{attempt}/passkey-confirmation
    GET, HEAD /link/{ticket}/linking-attempts/{attempt}/qr.png
    ");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_large_is_refused_by_every_route() {
    let named = Named::start().await;
    for route in keyed() {
        let body = vec![b' '; 256 * 1024 + 1];
        let answer = named.send(route.verb().as_str(), &named.path(route), body).await;
        assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"));
        assert_is_problem(&answer, route.template());
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let named = Named::start().await;
    for route in keyed() {
        let never = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
        let answer = named.send(route.verb().as_str(), &named.path(route), never).await;
        assert_eq!((answer.status, answer.code().as_str()), (408, "timeout"), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn hostile_bodies_get_a_problem_from_every_route_that_reads_them() {
    let named = Named::start().await;
    let (deep, long) = ("[".repeat(50_000), format!("{{\"{}\":1}}", "k".repeat(200_000)));
    let bodies: &[&[u8]] = &[
        b"null",
        b"0",
        b"[]",
        b"\"text\"",
        b"{",
        b"{} {}",
        b"{\"zebra\":1}",
        b"{\"account\":1}",
        b"{\"name\":1,\"method\":1,\"kind\":1}",
        b"{\"method\":\"qr\",\"method\":\"qr\"}",
        b"{\"kind\":\"native\",\"kind\":\"native\"}",
        b"{\"name\":\"\\ud800\"}",
        b"{\"name\":\"\xff\xfe\"}",
        b"{\"phone\":1e400}",
        b"{\"__proto__\":{\"x\":1}}",
        b"\0\0\0",
        b"name=x&method=qr",
        deep.as_bytes(),
        long.as_bytes(),
    ];
    for route in keyed().filter(|route| route.verb().has_body()) {
        for body in bodies {
            let answer = named.send(route.verb().as_str(), &named.path(route), body.to_vec()).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"));
            assert_is_problem(&answer, route.template());
        }
    }
    assert_eq!(named.server.keyed.panics(), 0);
}

#[tokio::test(start_paused = true)]
async fn absurd_ids_and_addresses_get_a_problem_at_both_doors() {
    let named = Named::start().await;
    for route in ROUTES.iter().filter(|route| route.guard() == Guard::Key) {
        for absurd in [
            "x",
            "0",
            "-1",
            "%00",
            "%2e%2e",
            "..",
            "*",
            "%ff%fe",
            "{instance}",
            "18446744073709551616",
            "67e55044-10b1-426f-9247-bb680e5fe0c8%20",
            &"9".repeat(3000),
        ] {
            let filled =
                |name: &str| route.template().replace(name, absurd).replace(['{', '}'], "");
            let braces = [
                "{account}",
                "{instance}",
                "{attempt}",
                "{token}",
                "{webhook_endpoint}",
                "{message}",
                "{event}",
            ];
            for name in braces.iter().filter(|name| route.template().contains(**name)) {
                let path = filled(name);
                let answer = named.send(route.verb().as_str(), &path, "").await;
                assert_eq!(answer.status, 404, "{path}");
                assert_is_problem(&answer, &path);
                let path = path.strip_prefix("/api/v1").unwrap();
                let answer = named.server.operate(route.verb().as_str(), path, "").await;
                assert_eq!(answer.status, 404, "{path}");
            }
            let query = format!("{}?{absurd}={absurd}", named.path(route));
            let answer = named.send(route.verb().as_str(), &query, "").await;
            assert_is_problem(&answer, &query);
        }
    }
    assert_eq!(named.server.keyed.panics() + named.server.operator.panics(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_means_nothing_is_not_found_and_not_repeated() {
    let named = Named::start().await;
    let ticket = named.page.path("");
    for path in [
        "/api/v1",
        "/api/v1/",
        "/api/v1/canary",
        "/api/v1/instances/",
        "/api/v1/Instances",
        "/api/v1/instances%2f",
        "/api/v1/instances/canary/canary",
        "/api/v1/instances/1/linking-attempts/1/qr.gif",
        &format!("{ticket}/canary"),
        &format!("{ticket}/instance/canary"),
        &format!("{ticket}/linking-attempts/1/qr.txt"),
    ] {
        for verb in ["GET", "POST"] {
            let answer = named.send(verb, path, "").await;
            insta::allow_duplicates!(
                insta::assert_snapshot!(answer, @r#"404 {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"there is nothing at this address"}"#)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_page_of_another_origin_is_allowed_to_read_anything() {
    let named = Named::start().await;
    for route in keyed() {
        for verb in ["OPTIONS", route.verb().as_str()] {
            let answer = named.send(verb, &named.path(route), "").await;
            let cors =
                answer.headers.keys().find(|name| name.as_str().starts_with("access-control"));
            assert_eq!(cors, None, "{}", route.template());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_itself_is_left_to_others() {
    let server = Server::start().await;
    for door in [Door::Keyed, Door::Operator] {
        let settings = waygate_dialect_native::Settings::at(door);
        let surface = waygate_dialect_native::surface(server.gateway.clone(), settings);
        for path in ["/", "/link/abc", "/link/abc/", "/link/assets/page.js", "/waInstance1/qr/x"] {
            assert!(!(surface.claims)(path), "{path}");
        }
        assert!((surface.claims)("/api/v1/instances"));
        assert_eq!((surface.claims)("/link/abc/instance"), door == Door::Keyed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_request_is_answered_like_a_get() {
    let server = Server::start().await;
    let answer = server.send("HEAD", "/instances", "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(server.send("HEAD", "/instances/1/stop", "").await.status, 405);
}
