//! Messages that are accepted, and the queue in which they wait.

use std::time::Duration;

use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_played::application::reaches;

use crate::server::{Answer, Instance, Server};

const MESSAGE: &str = r#"{"chatId":"15550002222@c.us","message":"hi"}"#;

async fn send(server: &Server, instance: &Instance, body: &'static str) -> Answer {
    server.send("POST", &instance.path("sendMessage"), body).await
}

fn id(answer: &Answer) -> String {
    answer.json()["idMessage"].as_str().unwrap().to_owned()
}

/// As it is told, but for ids and times.
fn shown(answer: &Answer, ids: &[&str]) -> String {
    ids.iter()
        .zip(1..)
        .fold(answer.told(), |told, (id, place)| told.replace(id, &format!("<message {place}>")))
}

#[tokio::test(start_paused = true)]
async fn messages_wait_in_their_order_until_the_queue_is_cleared() {
    let server = Server::start().await;
    let instance = server.instance().await;
    insta::assert_snapshot!(server.get(&instance, "showMessagesQueue").await.told(), @"200 []");
    let one = send(&server, &instance, MESSAGE).await;
    let to_group =
        r#"{"chatId":"120363000000000000@g.us","message":"hi all","quotedMessageId":"3EB0"}"#;
    let two = send(&server, &instance, to_group).await;
    let (one, two) = (id(&one), id(&two));
    assert!(one.starts_with("3EB0") && one.len() == 22, "{one}");
    tokio::time::advance(Duration::from_secs(1)).await;
    let queue = server.get(&instance, "showMessagesQueue").await;
    insta::assert_snapshot!(shown(&queue, &[&one, &two]), @r#"200 [{"messageID":"<message 1>","type":"sendMessage","body":{"chatId":"15550002222@c.us","message":"hi"}},{"messageID":"<message 2>","type":"sendMessage","body":{"chatId":"120363000000000000@g.us","message":"hi all","quotedMessageId":"3EB0"}}]"#);
    insta::assert_snapshot!(server.get(&instance, "getMessagesCount").await.told(), @r#"200 {"count":2}"#);
    insta::assert_snapshot!(server.get(&instance, "clearMessagesQueue").await.told(), @r#"200 {"isCleared":true}"#);
    tokio::time::advance(Duration::from_secs(1)).await;
    insta::assert_snapshot!(server.get(&instance, "getMessagesCount").await.told(), @r#"200 {"count":0}"#);
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_to_whatsapp_under_the_id_that_was_answered() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.gateway.start_instances().await.unwrap();
    let accepted = id(&send(&server, &instance, MESSAGE).await);
    let sent = server.link.sent(1).await;
    assert_eq!(sent[0].1.id.as_str(), accepted);
    assert_eq!(sent[0].1.chat.to_wire(), "15550002222@s.whatsapp.net");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_is_refused_in_the_vendors_words() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for (body, said) in [
        (r#"{"message":"hi"}"#, "Validation failed. Details: 'chatId' is required"),
        (
            r#"{"chatId":"1@c.us","message":"hi"}"#,
            "Validation failed. Details: 'chatId': invalid phone number",
        ),
        (r#"{"chatId":"15550002222@c.us"}"#, "Validation failed. Details: 'message' is required"),
    ] {
        let answer = send(&server, &instance, body).await;
        assert_eq!((answer.status, answer.json()["message"].as_str()), (400, Some(said)));
    }
    let online = server.online().await;
    let ban = LinkEvent::Ended(EndReason::TemporaryBan { expires_in: None });
    server.link.tell(online.id, ban).await;
    reaches(&server.gateway, online.id, StateName::Suspended).await;
    let answer = send(&server, &online, MESSAGE).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["message"], "Your account is suspended");
}
