//! What is pushed to `webhookUrl`.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use waygate_core::port::link::{Deed, LinkEvent};
use waygate_core::port::outbound::{Letter, Outbound, Reply, Undelivered};
use waygate_core::reason::EndReason;
use waygate_dialect_greenapi::push;
use waygate_engine::pusher::Wordings;

use super::news::{BOTH, link_account, with_news};
use crate::server::Server;

/// A receiver that takes everything.
#[derive(Clone, Default)]
struct Receiver(watch::Sender<Vec<Letter>>);

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

impl Outbound for Receiver {
    fn post(&self, letter: Letter) -> Deed<'_, Result<Reply, Undelivered>> {
        self.0.send_modify(|letters| letters.push(letter));
        Box::pin(async { Ok(Reply { status: 200, retry_after: None, body: Vec::new() }) })
    }
}

impl Receiver {
    fn of(server: &Server) -> Self {
        let receiver = Self::default();
        let wordings = Wordings { notification: push, envelope: |_| None };
        server.gateway.push_notifications(Arc::new(receiver.clone()), wordings);
        receiver
    }

    async fn hears(&self, count: usize) -> Vec<Letter> {
        let mut letters = self.0.subscribe();
        letters.wait_for(|letters| letters.len() >= count).await.unwrap().clone()
    }
}

fn body(letter: &Letter) -> Value {
    serde_json::from_slice(&letter.body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_pushed_is_what_would_be_received() {
    let server = Server::start().await;
    let fetched = with_news(&server, BOTH).await;
    let receiver = Receiver::of(&server);
    let set = r#"{"webhookUrl":"https://hooks.example/1","webhookUrlToken":"abc","stateWebhook":"yes","statusInstanceWebhook":"yes"}"#;
    let pushed = server.instance().await;
    server.post(&pushed, "setSettings", set).await;
    link_account(&server, &pushed).await;
    for letter in receiver.hears(2).await {
        assert_eq!(letter.url, "https://hooks.example/1");
        let headers: Vec<_> = letter.headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let json = ("content-type", "application/json; charset=utf-8");
        assert_eq!(headers, [json, ("authorization", "Bearer abc")]);
        let answer = server.get(&fetched, "receiveNotification").await.json();
        let mut received = answer["body"].clone();
        received["instanceData"]["idInstance"] =
            body(&letter)["instanceData"]["idInstance"].clone();
        received["timestamp"] = body(&letter)["timestamp"].clone();
        assert_eq!(body(&letter), received, "field by field, and in this order");
        let receipt = answer["receiptId"].to_string();
        server.send("DELETE", &fetched.receipt(&receipt), "").await;
    }
    let count = server.get(&pushed, "getWebhooksCount").await;
    assert_eq!(count.told(), r#"200 {"count":0}"#);
}

#[tokio::test(start_paused = true)]
async fn each_kind_is_pushed_while_its_switch_is_on_and_nothing_without_an_address() {
    let server = Server::start().await;
    let receiver = Receiver::of(&server);
    let instance = server.instance().await;
    let set = r#"{"webhookUrl":"https://hooks.example/1","stateWebhook":"yes"}"#;
    server.post(&instance, "setSettings", set).await;
    link_account(&server, &instance).await;
    receiver.hears(1).await;
    let other = r#"{"stateWebhook":"no","statusInstanceWebhook":"yes"}"#;
    server.post(&instance, "setSettings", other).await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    let heard = receiver.hears(2).await;
    let kinds: Vec<_> = heard.iter().map(|it| body(it)["typeWebhook"].clone()).collect();
    assert_eq!(kinds, ["stateInstanceChanged", "statusInstanceChanged"]);
    server.post(&instance, "setSettings", r#"{"webhookUrl":""}"#).await;
    server.link.log_in(instance.id).await;
    let received = server.get(&instance, "receiveNotification").await.json();
    assert_eq!(received["body"]["statusInstance"], "online");
    assert_eq!(receiver.hears(2).await.len(), 2);
}
