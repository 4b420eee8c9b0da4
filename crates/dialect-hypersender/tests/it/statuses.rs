//! The word for every state, as a client sees an instance go through them.

use std::time::Duration;

use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;

use crate::server::{Instance, Server};

async fn assert_status(server: &Server, instance: &Instance, expected: &str) {
    let told = server.health(instance).await.json()["status"].clone();
    assert_eq!(told, expected);
    let listed = server.list(&format!("?filter[uuid]={}", instance.id)).await.json();
    assert_eq!(listed[0]["status"], expected, "the list says the same");
}

async fn ended(server: &Server, instance: &Instance, reason: EndReason, state: StateName) {
    server.link.tell(instance.id, LinkEvent::Ended(reason)).await;
    server.settle(instance.id, state).await;
}

#[tokio::test(start_paused = true)]
async fn from_the_first_look_to_the_removal_on_the_phone_and_back() {
    let server = Server::start().await;
    let instance = server.instance().await;
    assert_status(&server, &instance, "SCAN_QR_CODE").await;
    server.gateway.keep_looking(instance.id).await.unwrap();
    assert_status(&server, &instance, "STARTING").await;
    server.show(&instance, "2@first").await;
    assert_status(&server, &instance, "SCAN_QR_CODE").await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::CodesExhausted)).await;
    server.settle(instance.id, StateName::Connecting).await;
    assert_status(&server, &instance, "SCAN_QR_CODE").await;
    server.link.show(instance.id, "2@second").await;
    server.settle(instance.id, StateName::Linking).await;
    server.link.accept(instance.id).await;
    assert_status(&server, &instance, "SCAN_QR_CODE").await;
    server.link.log_in(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
    assert_status(&server, &instance, "WORKING").await;
    ended(&server, &instance, EndReason::Closed, StateName::Offline).await;
    assert_status(&server, &instance, "STARTING").await;
    server.link.log_in(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
    ended(&server, &instance, EndReason::DeviceRemoved, StateName::Unlinked).await;
    assert_status(&server, &instance, "FAILED").await;
    server.show(&instance, "2@third").await;
    assert_status(&server, &instance, "SCAN_QR_CODE").await;
    tokio::time::advance(Duration::from_secs(100)).await;
    server.settle(instance.id, StateName::Unlinked).await;
    assert_status(&server, &instance, "SCAN_QR_CODE").await;
}

#[tokio::test(start_paused = true)]
async fn another_phone_than_the_one_that_is_meant_has_failed_until_somebody_asks_for_a_code() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let other = "15550002222".parse().unwrap();
    let described = server.gateway.describe_instance(instance.id, |it| it.phone = Some(other));
    described.await.unwrap();
    server.show(&instance, "2@first").await;
    server.link.link(instance.id).await;
    server.settle(instance.id, StateName::Unlinked).await;
    assert_status(&server, &instance, "FAILED").await;
    server.show(&instance, "2@second").await;
    assert_status(&server, &instance, "SCAN_QR_CODE").await;
}

#[tokio::test(start_paused = true)]
async fn what_was_stopped_banned_or_given_up() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.gateway.stop_instance(instance.id).await.unwrap();
    assert_status(&server, &instance, "STOPPED").await;
    for (name, reason, state) in [
        ("refused", EndReason::Refused { code: 411 }, StateName::Failed),
        ("banned", EndReason::Refused { code: 406 }, StateName::Banned),
        ("suspended", EndReason::TemporaryBan { expires_in: None }, StateName::Suspended),
    ] {
        let instance = server.instance_named(name).await;
        server.link(&instance).await;
        ended(&server, &instance, reason, state).await;
        assert_status(&server, &instance, "FAILED").await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_process_runs_yet_is_pending() {
    let server = Server::start().await;
    let instance = server.instance().await;
    // Another process on the same store, which has not started its instances.
    let gateway = server.link.gateway();
    let idle = Server::on(crate::server::unlimited(), server.link.clone(), gateway).await;
    assert_status(&idle, &instance, "PENDING").await;
    insta::assert_snapshot!(
        idle.call("POST", &instance, "restart").await,
        @r#"500 {"message":"Failed to restart instance."}"#
    );
    let answer = idle.call("POST", &instance, "request-new-qr-code").await;
    insta::assert_snapshot!(answer, @r#"503 {"message":"The instance is about to start."}"#);
    assert_eq!(answer.header("retry-after"), Some("10"));
}
