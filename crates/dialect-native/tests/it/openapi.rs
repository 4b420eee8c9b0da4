//! The description of the API, as it is served.

use axum::body::Body;
use axum::http::Request;
use waygate_dialect_native::{document, reference};
use waygate_http::site::Site;

use crate::server::{Answer, HANDLER_LIMIT, read};

async fn ask(verb: &str, path: &str) -> Answer {
    let request = Request::builder().method(verb).uri(path).body(Body::empty()).unwrap();
    read(Site::new(vec![reference()]).answer(request, HANDLER_LIMIT).await).await
}

#[tokio::test(start_paused = true)]
async fn the_document_is_told_to_whoever_asks_at_both_of_its_addresses() {
    for path in ["/openapi.json", "/api/v1/openapi.json"] {
        let answer = ask("GET", path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        assert_eq!(answer.json(), document());
        assert_eq!(answer.json()["openapi"], "3.1.0");
    }
}

#[tokio::test(start_paused = true)]
async fn the_page_and_its_style_are_told_under_a_policy_that_runs_nothing() {
    for (path, media_type) in
        [("/docs", "text/html; charset=utf-8"), ("/docs/reference.css", "text/css; charset=utf-8")]
    {
        let answer = ask("GET", path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(media_type)));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test(start_paused = true)]
async fn every_operation_stands_on_the_page() {
    let page = ask("GET", "/docs").await;
    let document = document();
    let paths = document["paths"].as_object().unwrap().values();
    let operations: Vec<_> = paths.flat_map(|path| path.as_object().unwrap().values()).collect();
    assert!(operations.len() > 10);
    for operation in operations {
        let anchor = format!("id=\"{}\"", operation["operationId"].as_str().unwrap());
        assert_eq!(page.body().matches(&anchor).count(), 1, "{anchor}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_description_can_be_read_and_nothing_else() {
    for path in ["/openapi.json", "/docs", "/docs/reference.css"] {
        assert_eq!(ask("HEAD", path).await.status, 200);
        for verb in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let answer = ask(verb, path).await;
            assert_eq!((answer.status, answer.code().as_str()), (405, "method_not_allowed"));
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
}
