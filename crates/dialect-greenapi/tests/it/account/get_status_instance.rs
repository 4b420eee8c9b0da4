//! `getStatusInstance`: whether the connection stands.

use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn it_tells_whether_the_connection_stands() {
    let server = Server::start().await;
    let instance = server.online().await;
    let told = async || server.get(&instance, "getStatusInstance").await.told();
    insta::assert_snapshot!(told().await, @r#"200 {"statusInstance":"online"}"#);
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    server.settle(instance.id, StateName::Offline).await;
    insta::assert_snapshot!(told().await, @r#"200 {"statusInstance":"offline"}"#);
}
