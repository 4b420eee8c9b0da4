use super::news::{BOTH, with_news};
use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn what_waits_is_counted() {
    let server = Server::start().await;
    let instance = with_news(&server, BOTH).await;
    insta::assert_snapshot!(server.get(&instance, "getWebhooksCount").await, @r#"200 {"count":2}"#);
    server.send("DELETE", &instance.receipt("1"), "").await;
    insta::assert_snapshot!(server.get(&instance, "getWebhooksCount").await, @r#"200 {"count":1}"#);
}
