//! Addresses to which nothing may go, in every method that takes an address.

use serde_json::json;
use waygate_played::forbidden::{urls, urls_that_are_none};

use crate::server::Server;

/// One that may be named.
const PORT: u16 = 8080;

#[tokio::test(start_paused = true)]
async fn no_method_takes_an_address_to_which_nothing_may_go() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let before = server.get(&instance, "getSettings").await.body;
    let urls: Vec<String> = [urls(PORT), urls_that_are_none(PORT)].concat();
    assert!(urls.len() >= 500, "{}", urls.len());
    for url in &urls {
        let body = json!({ "webhookUrl": url }).to_string();
        let set = server.post(&instance, "setSettings", &body).await;
        let created = server.partner("POST", "createInstance", &body).await;
        for answer in [set, created] {
            assert_eq!(answer.status, 400, "{url}: {}", answer.body);
            assert!(answer.body.contains("'webhookUrl' must "), "{url}: {}", answer.body);
            assert!(!answer.body.contains("canary"), "{url}: {}", answer.body);
        }
    }
    assert_eq!(server.get(&instance, "getSettings").await.body, before);
}
