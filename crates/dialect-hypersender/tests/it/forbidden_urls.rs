//! Addresses to which nothing may go, where an instance is created.

use serde_json::json;
use waygate_core::port::registry::InstanceFilter;
use waygate_played::forbidden::{urls, urls_that_are_none};

use crate::server::Server;

/// One that may be named.
const PORT: u16 = 8443;

#[tokio::test(start_paused = true)]
async fn no_instance_is_created_with_an_address_to_which_nothing_may_go() {
    let server = Server::start().await;
    let urls: Vec<String> = [urls(PORT), urls_that_are_none(PORT)].concat();
    assert!(urls.len() >= 500, "{}", urls.len());
    for url in &urls {
        // As this API wants it, and as it is.
        for url in [url.replacen("http://", "https://", 1), url.clone()] {
            let body = json!({"phone": "+15550001111", "name": "Shop", "webhook_url": url});
            let answer = server.create(&body.to_string()).await;
            assert_eq!(answer.status, 422, "{url}: {}", answer.body);
            let told = &answer.json()["errors"]["webhook_url"][0];
            let told = told.as_str().unwrap_or_default();
            assert!(told.starts_with("The webhook url field must "), "{url}: {told}");
            assert!(!answer.body.contains("canary"), "{url}: {}", answer.body);
        }
    }
    assert_eq!(server.gateway.instances(InstanceFilter::default()).await.unwrap(), []);
}
