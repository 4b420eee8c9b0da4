//! `getWaSettings`: the linked account, if there is one.

use std::time::Duration;

use waygate_core::error::Kind;

use crate::server::Server;
use waygate_played::link::Pictures;

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_not_linked_has_empty_fields() {
    let server = Server::start().await;
    let instance = server.instance().await;
    insta::assert_snapshot!(
        server.get(&instance, "getWaSettings").await,
        @r#"200 {"avatar":"","phone":"","stateInstance":"notAuthorized","deviceId":"","chatId":""}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_linked_instance_tells_its_account() {
    let server = Server::start().await;
    let instance = server.online().await;
    insta::assert_snapshot!(
        server.get(&instance, "getWaSettings").await,
        @r#"200 {"avatar":"https://pps.example/ann.jpg","phone":"15550001111","stateInstance":"authorized","deviceId":"15550001111:3@s.whatsapp.net","chatId":"15550001111@c.us"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn without_the_picture_the_rest_is_told_all_the_same() {
    let server = Server::start().await;
    let instance = server.online().await;
    for pictures in [Pictures::Silent, Pictures::Refused(Kind::Unreachable)] {
        server.link.play_pictures(pictures);
        let began = tokio::time::Instant::now();
        let answer = server.get(&instance, "getWaSettings").await;
        assert!(began.elapsed() <= Duration::from_secs(5));
        assert_eq!(answer.json()["avatar"], "");
        assert_eq!(answer.json()["phone"], "15550001111");
    }
}
