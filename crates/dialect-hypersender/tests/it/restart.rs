//! `restart`: a new connection.

use waygate_core::instance::state::StateName;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn a_linked_instance_connects_anew_and_stays_linked() {
    let server = Server::start().await;
    let instance = server.online().await;
    let dials = server.link.dials();
    insta::assert_snapshot!(
        server.call("POST", &instance, "restart").await,
        @r#"200 {"message":"WhatsApp instance restarted successfully."}"#
    );
    server.link.dialled(dials + 1).await;
    assert_eq!(server.health(&instance).await.json()["status"], "STARTING");
    server.link.log_in(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
    assert_eq!(server.health(&instance).await.json()["status"], "WORKING");
    assert_eq!(server.link.forgotten(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_waits_for_a_scan_goes_on_waiting() {
    let server = Server::start().await;
    let instance = server.instance().await;
    assert_eq!(server.call("POST", &instance, "restart").await.status, 200);
    assert_eq!(server.health(&instance).await.json()["status"], "SCAN_QR_CODE");
    assert_eq!(server.link.dials(), 0, "nobody looks");
}

#[tokio::test(start_paused = true)]
async fn only_who_stopped_an_instance_starts_it() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.gateway.stop_instance(instance.id).await.unwrap();
    assert_eq!(server.call("POST", &instance, "restart").await.status, 200);
    assert_eq!(server.health(&instance).await.json()["status"], "STOPPED");
}
