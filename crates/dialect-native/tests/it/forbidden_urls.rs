//! Addresses to which nothing may go, in every field that takes an address. That nothing goes there all
//! the same, where a name only leads there, is tested beside the client in `waygate-http`.

use std::time::Duration;

use serde_json::json;
use waygate_played::forbidden::{urls, urls_that_are_none};

use crate::server::Server;
use crate::tenants::ENDPOINT;

/// One that may be named.
const PORT: u16 = 8080;

#[tokio::test(start_paused = true)]
async fn no_field_takes_an_address_to_which_nothing_may_go() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let added = server.post("/webhook-endpoints", ENDPOINT).await;
    let endpoint = format!("/webhook-endpoints/{}", added.text("id"));
    let settings = instance.path("/settings");
    let before = [server.get(&endpoint).await.bytes, server.get(&settings).await.bytes];
    let urls: Vec<String> = [urls(PORT), urls_that_are_none(PORT)].concat();
    assert!(urls.len() >= 500, "{}", urls.len());
    for url in &urls {
        // No more than ten a second.
        tokio::time::advance(Duration::from_millis(500)).await;
        for (verb, path, field) in [
            ("POST", "/webhook-endpoints", "url"),
            ("PATCH", &*endpoint, "url"),
            ("PATCH", &*settings, "webhook_url"),
        ] {
            let answer = server.send(verb, path, json!({ field: url }).to_string()).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{url}");
            let detail = answer.text("detail");
            assert!(detail.starts_with(&format!("`{field}` must ")), "{url}: {detail}");
            assert!(!detail.contains("canary"), "{url}: {detail}");
        }
        let logo = json!({"brand": {"logo": url}}).to_string();
        let answer = server.post(&instance.path("/link-tickets"), &logo).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "no logo: {url}");
    }
    let after = [server.get(&endpoint).await.bytes, server.get(&settings).await.bytes];
    assert_eq!(after, before);
    let listed = server.get("/webhook-endpoints").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}
