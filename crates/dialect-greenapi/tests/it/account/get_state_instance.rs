//! `getStateInstance`: the words are tested beside their table.

use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn the_state_follows_the_instance_from_its_creation_to_its_logout() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let told = async || server.get(&instance, "getStateInstance").await.told();
    insta::assert_snapshot!(told().await, @r#"200 {"stateInstance":"notAuthorized"}"#);
    server.gateway.keep_looking(instance.id).await.unwrap();
    server.link.show(instance.id, "2@code").await;
    server.settle(instance.id, StateName::Linking).await;
    insta::assert_snapshot!(told().await, @r#"200 {"stateInstance":"notAuthorized"}"#);
    server.link.link(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
    insta::assert_snapshot!(told().await, @r#"200 {"stateInstance":"authorized"}"#);
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    server.settle(instance.id, StateName::Offline).await;
    insta::assert_snapshot!(told().await, @r#"200 {"stateInstance":"authorized"}"#);
    server.settle(instance.id, StateName::Connecting).await;
    insta::assert_snapshot!(told().await, @r#"200 {"stateInstance":"starting"}"#);
    server.link.log_in(instance.id).await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    server.settle(instance.id, StateName::Unlinked).await;
    insta::assert_snapshot!(told().await, @r#"200 {"stateInstance":"notAuthorized"}"#);
}
