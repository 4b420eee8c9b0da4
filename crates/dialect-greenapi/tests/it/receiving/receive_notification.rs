use std::time::Duration;

use tokio::time::Instant;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;

use super::news::{BOTH, STATE, link_account, with_news};
use crate::server::{Instance, Server};

async fn receive(server: &Server, instance: &Instance) -> String {
    let answer = server.get(instance, "receiveNotification").await;
    answer.told().replace(&instance.number.to_string(), "1105600123")
}

#[tokio::test(start_paused = true)]
async fn the_same_notification_comes_until_it_is_deleted_and_then_the_next_one() {
    let server = Server::start().await;
    let instance = with_news(&server, BOTH).await;
    for _again in 0..2 {
        let told = receive(&server, &instance).await;
        insta::allow_duplicates!(
            insta::assert_snapshot!(told, @r#"200 {"receiptId":1,"body":{"typeWebhook":"stateInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1772360430,"stateInstance":"authorized"}}"#)
        );
    }
    server.send("DELETE", &instance.receipt("1"), "").await;
    let told = receive(&server, &instance).await;
    insta::assert_snapshot!(told, @r#"200 {"receiptId":2,"body":{"typeWebhook":"statusInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1772360430,"statusInstance":"online"}}"#);
    server.send("DELETE", &instance.receipt("2"), "").await;
    let told = receive(&server, &instance).await;
    insta::assert_snapshot!(told, @"200 null");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_lost_is_told_with_whose_it_was() {
    let server = Server::start().await;
    let instance = with_news(&server, STATE).await;
    server.send("DELETE", &instance.receipt("1"), "").await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    server.settle(instance.id, StateName::Unlinked).await;
    let told = receive(&server, &instance).await;
    insta::assert_snapshot!(told, @r#"200 {"receiptId":2,"body":{"typeWebhook":"stateInstanceChanged","instanceData":{"idInstance":1105600123,"wid":"15550001111@c.us","typeInstance":"whatsapp"},"timestamp":1772360430,"stateInstance":"notAuthorized"}}"#);
}

#[tokio::test(start_paused = true)]
async fn what_is_switched_off_does_not_come() {
    let server = Server::start().await;
    for (settings, waiting) in [
        (r#"{"stateWebhook":"no"}"#, 0),
        (r#"{"incomingWebhook":"yes","outgoingWebhook":"yes","deviceWebhook":"yes"}"#, 0),
        (STATE, 1),
        (r#"{"statusInstanceWebhook":"yes"}"#, 1),
        (BOTH, 2),
    ] {
        let instance = with_news(&server, settings).await;
        let count = server.get(&instance, "getWebhooksCount").await;
        assert_eq!(count.told(), format!("200 {{\"count\":{waiting}}}"), "{settings}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_waits_as_long_as_it_says_within_bounds_for_the_four_bytes_of_null() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for (query, seconds) in [
        ("", 5),
        ("?receiveTimeout=", 5),
        ("?receiveTimeout=5", 5),
        ("?receiveTimeout=20", 20),
        ("?receiveTimeout=60", 60),
        ("?receiveTimeout=1", 5),
        ("?receiveTimeout=-1", 5),
        ("?receiveTimeout=3600", 60),
        ("?other=7", 5),
    ] {
        let begun = Instant::now();
        let path = format!("{}{query}", instance.path("receiveNotification"));
        let answer = server.send("GET", &path, "").await;
        assert_eq!((answer.told().as_str(), begun.elapsed().as_secs()), ("200 null", seconds));
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    }
    let path = format!("{}?receiveTimeout=soon", instance.path("receiveNotification"));
    let refused = server.send("GET", &path, "").await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json()["message"],
        "Validation failed. Details: 'receiveTimeout' must be a number"
    );
}

#[tokio::test(start_paused = true)]
async fn everybody_who_waits_gets_the_notification_at_once() {
    let server = Server::start().await;
    let instance = server.instance().await;
    server.post(&instance, "setSettings", STATE).await;
    let begun = Instant::now();
    let path = format!("{}?receiveTimeout=60", instance.path("receiveNotification"));
    let (one, other, ()) = tokio::join!(
        server.send("GET", &path, ""),
        server.send("GET", &path, ""),
        link_account(&server, &instance)
    );
    assert_eq!((one.status, one.json()["receiptId"].as_u64()), (200, Some(1)));
    assert_eq!(one.body, other.body);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn nothing_can_be_fetched_while_a_webhook_is_set_and_the_refusal_takes_its_time() {
    let server = Server::start().await;
    let instance = with_news(&server, STATE).await;
    let set = r#"{"webhookUrl":"https://hooks.example/1"}"#;
    server.post(&instance, "setSettings", set).await;
    let begun = Instant::now();
    let told = receive(&server, &instance).await;
    insta::assert_snapshot!(told, @r#"400 {"statusCode":400,"timestamp":"2026-03-01T10:20:31.456Z","path":"/waInstance1105600123/receiveNotification/<TOKEN>","message":"Message cannot be received because custom webhook url is set. To receive notifications here, clear webhookUrl in the settings"}"#);
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    server.post(&instance, "setSettings", r#"{"webhookUrl":""}"#).await;
    assert_eq!(server.get(&instance, "receiveNotification").await.json()["receiptId"], 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_by_a_token_that_is_renewed_is_told_nothing_any_more() {
    let server = Server::start().await;
    let instance = server.instance().await;
    server.post(&instance, "setSettings", STATE).await;
    let begun = Instant::now();
    let path = format!("{}?receiveTimeout=60", instance.path("receiveNotification"));
    let renew = async {
        server.gateway.renew_instance_token(instance.id).await.unwrap();
        link_account(&server, &instance).await;
    };
    let (answer, ()) = tokio::join!(server.send("GET", &path, ""), renew);
    assert_eq!(answer.told(), "401 ");
    assert!(begun.elapsed() < Duration::from_secs(5));
}
