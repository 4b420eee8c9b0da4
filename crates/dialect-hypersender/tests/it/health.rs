//! `health`: the status, and the last connection.

use std::time::Duration;

use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn it_tells_when_the_present_or_the_last_connection_was_made() {
    let server = Server::start().await;
    let instance = server.instance().await;
    insta::assert_snapshot!(
        server.health(&instance).await.told_of(&instance),
        @r#"200 {"instance_id":"UUID","connected_at":null,"status":"SCAN_QR_CODE"}"#
    );
    tokio::time::advance(Duration::from_secs(60)).await;
    server.link(&instance).await;
    tokio::time::advance(Duration::from_secs(60)).await;
    insta::assert_snapshot!(
        server.health(&instance).await.told_of(&instance),
        @r#"200 {"instance_id":"UUID","connected_at":"2026-03-01T10:21:30","status":"WORKING"}"#
    );
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    server.settle(instance.id, StateName::Offline).await;
    insta::assert_snapshot!(
        server.health(&instance).await.told_of(&instance),
        @r#"200 {"instance_id":"UUID","connected_at":"2026-03-01T10:21:30","status":"STARTING"}"#
    );
    tokio::time::advance(Duration::from_secs(60)).await;
    server.link.log_in(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
    let told = server.health(&instance).await.json();
    assert_eq!(told["status"], "WORKING");
    assert_ne!(told["connected_at"], "2026-03-01T10:21:30", "another connection");
}

#[tokio::test(start_paused = true)]
async fn looking_at_it_makes_no_connection() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for _ in 0..5 {
        server.health(&instance).await;
        tokio::time::advance(Duration::from_secs(30)).await;
    }
    assert_eq!(server.link.dials(), 0);
}
