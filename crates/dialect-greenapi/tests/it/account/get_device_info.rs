//! `getDeviceInfo`: nothing is known, and that is told in the right types.

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn every_field_is_there() {
    let server = Server::start().await;
    let instance = server.online().await;
    insta::assert_snapshot!(
        server.get(&instance, "getDeviceInfo").await,
        @r#"200 {"platform":"","deviceManufacturer":"","deviceModel":"","osVersion":"","waVersion":"","battery":100}"#
    );
}
