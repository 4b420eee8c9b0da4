//! `logout`: done when it answers.

use waygate_core::instance::state::StateName;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn the_account_is_unlinked_when_the_answer_comes() {
    let server = Server::start().await;
    let instance = server.online().await;
    insta::assert_snapshot!(server.get(&instance, "logout").await, @r#"200 {"isLogout":true}"#);
    assert_eq!(server.link.logouts(), 1);
    let shown = server.gateway.watch_instance(instance.id).unwrap();
    assert_eq!(shown.borrow().state().name(), StateName::Unlinked);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_not_linked_is_logged_out_too() {
    let server = Server::start().await;
    let instance = server.instance().await;
    insta::assert_snapshot!(server.get(&instance, "logout").await, @r#"200 {"isLogout":true}"#);
}
