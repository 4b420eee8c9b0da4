use std::time::Duration;

use waygate_dialect_greenapi::Settings;

use super::news::{BOTH, with_news};
use crate::server::Server;

const NAME: &str = "clearWebhooksQueue";

#[tokio::test(start_paused = true)]
async fn a_queue_is_cleared_once_a_minute() {
    let server = Server::with(Settings::default()).await;
    let instance = with_news(&server, BOTH).await;
    insta::assert_snapshot!(server.call("DELETE", &instance, NAME).await, @r#"200 {"isCleared":true,"reason":""}"#);
    insta::assert_snapshot!(server.get(&instance, "getWebhooksCount").await, @r#"200 {"count":0}"#);
    tokio::time::advance(Duration::from_secs(14)).await;
    insta::assert_snapshot!(server.call("DELETE", &instance, NAME).await, @r#"200 {"isCleared":false,"reason":"Too many requests","leftTime":46}"#);
    tokio::time::advance(Duration::from_secs(46)).await;
    insta::assert_snapshot!(server.call("DELETE", &instance, NAME).await, @r#"200 {"isCleared":true,"reason":""}"#);
}

#[tokio::test(start_paused = true)]
async fn each_instance_has_its_own_minute() {
    let server = Server::with(Settings::default()).await;
    for _ in 0..2 {
        let instance = server.instance().await;
        assert_eq!(server.call("DELETE", &instance, NAME).await.json()["isCleared"], true);
    }
}
