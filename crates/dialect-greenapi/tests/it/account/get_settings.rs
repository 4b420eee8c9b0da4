//! `getSettings`: all of them, always.

use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn a_fresh_instance_tells_nobody_anything() {
    let server = Server::start().await;
    let instance = server.instance().await;
    insta::assert_snapshot!(
        server.get(&instance, "getSettings").await.body.replace(",\"", ",\n\""),
        @r#"
    {"wid":"",
    "webhookUrl":"",
    "webhookUrlToken":"",
    "delaySendMessagesMilliseconds":500,
    "markIncomingMessagesReaded":"no",
    "markIncomingMessagesReadedOnReply":"no",
    "outgoingWebhook":"no",
    "outgoingMessageWebhook":"no",
    "outgoingAPIMessageWebhook":"no",
    "incomingWebhook":"no",
    "stateWebhook":"no",
    "keepOnlineStatus":"no",
    "pollMessageWebhook":"no",
    "incomingCallWebhook":"no",
    "outgoingCallWebhook":"no",
    "editedMessageWebhook":"no",
    "deletedMessageWebhook":"no",
    "autoTyping":0,
    "linkPreview":"yes",
    "enableLidMode":"no",
    "countryInstance":"",
    "typeAccount":"production",
    "proxyInstance":"system proxy",
    "sharedSession":"no",
    "enableMessagesHistory":"no",
    "statusInstanceWebhook":"no",
    "deviceWebhook":"no",
    "incomingBlockWebhook":"no"}
    "#
    );
}

#[tokio::test(start_paused = true)]
async fn a_linked_instance_tells_its_own_id() {
    let server = Server::start().await;
    let instance = server.online().await;
    let settings = server.get(&instance, "getSettings").await.json();
    assert_eq!(settings["wid"], "15550001111@c.us");
}

#[tokio::test(start_paused = true)]
async fn an_instance_whose_keys_are_refused_tells_no_id() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Refused { code: 411 })).await;
    server.settle(instance.id, StateName::Failed).await;
    let settings = server.get(&instance, "getSettings").await.json();
    assert_eq!(settings["wid"], "", "as `getStateInstance` says that nobody is authorized");
}
