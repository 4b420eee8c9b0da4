//! `reboot`: a new connection.

use waygate_core::instance::state::StateName;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn a_new_connection_is_made() {
    let server = Server::start().await;
    let instance = server.online().await;
    let dials = server.link.dials();
    insta::assert_snapshot!(server.get(&instance, "reboot").await, @r#"200 {"isReboot":true}"#);
    let state = server.get(&instance, "getStateInstance").await;
    insta::assert_snapshot!(state, @r#"200 {"stateInstance":"starting"}"#);
    server.link.log_in(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
    assert_eq!(server.link.dials(), dials + 1);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_was_stopped_stays_so() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.gateway.stop_instance(instance.id).await.unwrap();
    let dials = server.link.dials();
    insta::assert_snapshot!(server.get(&instance, "reboot").await, @r#"200 {"isReboot":true}"#);
    server.settle(instance.id, StateName::Stopped).await;
    assert_eq!(server.link.dials(), dials);
}
