use axum::body::{Body, to_bytes};
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use proptest::prelude::*;

use super::*;
use crate::trace::{REQUEST_ID, name_route};

const LIMIT: Duration = Duration::from_secs(60);

fn on_failure(failure: Failure) -> Response {
    let status = match failure {
        Failure::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        Failure::TimedOut => StatusCode::GATEWAY_TIMEOUT,
    };
    (status, "failed").into_response()
}

fn site() -> Site {
    let first = Router::new()
        .route("/a/path", get(|uri: Uri| async move { uri.to_string() }))
        .route("/a/cached", get(|| async { ([(CACHE_CONTROL, "max-age=5")], "cached") }))
        .route("/a/panic", get(panics))
        .route("/a/never", get(std::future::pending::<()>));
    let second = Router::new().route("/a/path", get(|| async { "second" }));
    let surface = |name, claims, router| Surface { name, claims, router, on_failure };
    Site::new(vec![
        surface("first", |path| path.starts_with("/a/"), first),
        surface("second", |path| path.starts_with("/a"), second),
    ])
}

async fn panics() -> &'static str {
    name_route("/a/panic");
    panic!("canary");
}

async fn ask(site: &Site, uri: &str) -> Response {
    let request = Request::builder().uri(uri).body(Body::empty()).unwrap();
    site.answer(request, LIMIT).await
}

async fn text(response: Response) -> String {
    let bytes = to_bytes(response.into_body(), 1024).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn slashes_are_collapsed_before_anyone_looks_at_the_path() {
    let site = site();
    for (asked, seen) in [
        ("/a/path", "/a/path"),
        ("//a/path", "/a/path"),
        ("///a//path", "/a/path"),
        ("//a/path?b=//c&d=%2F%2F", "/a/path?b=//c&d=%2F%2F"),
        ("http://host//a//path", "http://host/a/path"),
    ] {
        assert_eq!(text(ask(&site, asked).await).await, seen, "{asked}");
    }
}

#[tokio::test]
async fn the_first_surface_that_claims_a_path_has_it() {
    let site = site();
    let refused_by_first = ask(&site, "/a/missing").await;
    assert_eq!(refused_by_first.status(), StatusCode::NOT_FOUND);
    assert_eq!(text(refused_by_first).await, "", "its own refusal");
    assert_eq!(ask(&site, "/abc").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_path_that_nobody_claims_is_not_found() {
    for path in ["/", "/b", "//", "*", "/%61/path"] {
        let response = ask(&site(), path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json", "{path}");
        assert_eq!(text(response).await, r#"{"message":"Not Found"}"#, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_answer_has_the_security_headers_and_an_id() {
    let site = site();
    for path in ["/a/path", "/a/missing", "/b", "/a/panic", "/a/never"] {
        let response = ask(&site, path).await;
        let headers = response.headers();
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(headers[REFERRER_POLICY], "no-referrer", "{path}");
        assert_eq!(headers[X_FRAME_OPTIONS], "DENY", "{path}");
        assert_eq!(headers[REQUEST_ID].len(), 16, "{path}");
    }
}

#[tokio::test]
async fn a_surface_may_know_better() {
    let response = ask(&site(), "/a/cached").await;
    let values: Vec<_> = response.headers().get_all(CACHE_CONTROL).iter().collect();
    assert_eq!(values, ["max-age=5"]);
    assert_eq!(response.headers()[X_FRAME_OPTIONS], "DENY");
}

#[tokio::test]
async fn a_panic_is_answered_and_counted_and_the_next_request_served() {
    let site = site();
    for count in 1..=2 {
        let response = ask(&site, "/a/panic").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(text(response).await, "failed");
        assert_eq!(site.clone().panics(), count);
        assert_eq!(ask(&site, "/a/path").await.status(), StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_never_answers_is_answered_for() {
    let began = tokio::time::Instant::now();
    let response = ask(&site(), "/a/never").await;
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(began.elapsed(), LIMIT);
}

#[tokio::test]
async fn the_ids_of_requests_follow_from_the_seed() {
    let ids = async |site: Site| {
        let first = ask(&site, "/b").await.headers()[REQUEST_ID].clone();
        (first, ask(&site, "/b").await.headers()[REQUEST_ID].clone())
    };
    let (first, second) = ids(site()).await;
    assert_ne!(first, second);
    assert_eq!(ids(site()).await, (first.clone(), second), "a seed repeats");
    assert_ne!(ids(site().with_request_seed(1)).await.0, first);
}

#[tokio::test]
async fn methods_without_a_path_are_not_found() {
    let request = Request::builder().method(Method::CONNECT).uri("host:80").body(Body::empty());
    let response = site().answer(request.unwrap(), LIMIT).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

proptest! {
    #[test]
    fn collapsing_loses_nothing_but_repeated_slashes(path in "/[a/%-]{0,20}") {
        let once = collapsed(&path);
        prop_assert!(!once.contains("//"));
        prop_assert_eq!(once.replace('/', ""), path.replace('/', ""));
        prop_assert_eq!(collapsed(&once), &*once);
        prop_assert_eq!(once.ends_with('/'), path.ends_with('/'));
    }
}
