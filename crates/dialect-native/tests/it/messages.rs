//! Messages that are accepted, the queue in which they wait, and what becomes of them.

use std::time::Duration;

use waygate_core::event::{EventName, Sequence};
use waygate_core::message::MessageId;
use waygate_core::message::address::Address;
use waygate_core::scope::Scope;
use waygate_engine::events::EventsWanted;

use crate::server::{Answer, Instance, Server};

const MESSAGE: &str = r#"{"chat":"15550002222","text":"canary"}"#;

async fn send(server: &Server, instance: &Instance, body: &str) -> Answer {
    server.post(&instance.path("/messages"), body).await
}

/// As it is shown, but for these ids of messages.
fn shown(answer: &Answer, ids: &[&str]) -> String {
    ids.iter()
        .zip(1..)
        .fold(answer.shown(), |told, (id, place)| told.replace(id, &format!("<message {place}>")))
}

#[tokio::test(start_paused = true)]
async fn a_message_is_accepted_with_its_id_and_waits_until_it_is_given_up() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let accepted = send(&server, &instance, MESSAGE).await;
    let id = accepted.text("id");
    insta::assert_snapshot!(shown(&accepted, &[&id]), @r#"202 {"id":"<message 1>","chat":"15550002222@s.whatsapp.net","status":"queued","failure":null,"code":null,"by_api":true,"by":null,"at":"2026-03-01T10:20:30.456Z"}"#);
    let path = accepted.header("location").unwrap().trim_start_matches("/api/v1").to_owned();
    assert_eq!(path, instance.path(&format!("/messages/{id}")));
    let quoting = r#"{"chat":"120363000000000000@g.us","text":"all","quote":{"id":"3EB0","sender":15550003333}}"#;
    let other = send(&server, &instance, quoting).await.text("id");
    let queue = server.get(&instance.path("/messages/queue")).await;
    insta::assert_snapshot!(shown(&queue, &[&id, &other]), @r#"200 {"data":[{"id":"<message 1>","chat":"15550002222@s.whatsapp.net","text":"canary","quote":null,"accepted_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-02T10:20:30.456Z"},{"id":"<message 2>","chat":"120363000000000000@g.us","text":"all","quote":{"id":"3EB0","sender":"15550003333@s.whatsapp.net"},"accepted_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-02T10:20:30.456Z"}],"count":2}"#);
    let first = server.get(&instance.path("/messages/queue?limit=1")).await.json();
    assert_eq!((first["data"].as_array().unwrap().len(), &first["count"]), (1, &2.into()));
    let cleared = server.send("DELETE", &instance.path("/messages/queue"), "").await;
    insta::assert_snapshot!(cleared.shown(), @r#"200 {"cleared":2}"#);
    let stands = server.get(&path).await;
    insta::assert_snapshot!(shown(&stands, &[&id]), @r#"200 {"id":"<message 1>","chat":"15550002222@s.whatsapp.net","status":"failed","failure":"cleared","code":null,"by_api":true,"by":null,"at":"2026-03-01T10:20:30.456Z"}"#);
    assert_eq!(server.get(&instance.path("/messages/queue")).await.json()["count"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_goes_to_whatsapp_and_its_status_goes_on() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.gateway.start_instances().await.unwrap();
    let id = send(&server, &instance, MESSAGE).await.text("id");
    let sent = server.link.sent(1).await;
    assert_eq!(sent[0].1.id, MessageId(id.as_str().into()));
    assert_eq!(sent[0].1.chat, Address::person("15550002222").unwrap());
    let names = [EventName::MessageStatus].into();
    let wanted = EventsWanted { after: Sequence(0), names, limit: 1 };
    server.gateway.next_events(instance.id, wanted, Duration::from_secs(60)).await.unwrap();
    let stands = server.get(&instance.path(&format!("/messages/{id}"))).await;
    assert_eq!(stands.text("status"), "sent");
}

#[tokio::test(start_paused = true)]
async fn a_chat_is_a_number_or_an_address() {
    let server = Server::start().await;
    let instance = server.instance().await;
    for (chat, address) in [
        (r#""+1 (555) 000-2222""#, "15550002222@s.whatsapp.net"),
        ("15550002222", "15550002222@s.whatsapp.net"),
        (r#""15550002222@s.whatsapp.net""#, "15550002222@s.whatsapp.net"),
        (r#""98765432101234@lid""#, "98765432101234@lid"),
        (r#""120363000000000000@g.us""#, "120363000000000000@g.us"),
    ] {
        let body = format!(r#"{{"chat":{chat},"text":"b"}}"#);
        assert_eq!(send(&server, &instance, &body).await.text("chat"), address);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_is_refused_and_says_why() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let mut told = Vec::new();
    for body in [
        r#"{"text":"b"}"#,
        r#"{"chat":"15550002222"}"#,
        r#"{"chat":"15550002222","text":""}"#,
        r#"{"chat":"15550002222","text":5}"#,
        r#"{"chat":"15550002222@c.us","text":"b"}"#,
        r#"{"chat":"123456","text":"b"}"#,
        r#"{"chat":"123456@s.whatsapp.net","text":"b"}"#,
        r#"{"chat":"status@broadcast","text":"b"}"#,
        r#"{"chat":"15550002222","text":"b","quote":{}}"#,
        r#"{"chat":"15550002222","text":"b","quote":{"id":"a b"}}"#,
        r#"{"chat":"15550002222","text":"b","quote":{"id":"3EB0","sender":"1-2@g.us"}}"#,
        r#"{"chat":"15550002222","text":"b","to":"x"}"#,
    ] {
        let answer = send(&server, &instance, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{body}");
        told.push(answer.text("detail"));
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    `chat` is needed
    `text` is needed
    the text is empty
    `text` must be a string
    `chat` cannot be used: this is no address of a person, a group, a channel or a list
    `chat` cannot be used: a phone number has 7 to 15 digits and begins with the country's code
    a phone number has 7 to 15 digits and begins with the country's code
    messages can be sent to people and to groups
    `id` is needed
    `id` must be a message's id
    `sender` must be a person
    there is no field `to`
    ");
    let unknown = server.get(&instance.path("/messages/3EB0000102030405FEFFAA")).await;
    insta::assert_snapshot!(unknown, @r#"404 {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"there is no such message"}"#);
}

#[tokio::test(start_paused = true)]
async fn who_may_only_send_sends_and_who_may_only_read_does_not() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let [sender, reader] = [Scope::Send, Scope::Read].map(|scope| server.key_for([scope]));
    let (sender, reader) = (sender.await, reader.await);
    let path = instance.path("/messages");
    assert_eq!(server.send_as(&sender, "POST", &path, MESSAGE).await.status, 202);
    assert_eq!(server.send_as(&reader, "POST", &path, MESSAGE).await.status, 403);
    let queue = instance.path("/messages/queue");
    assert_eq!(server.send_as(&reader, "GET", &queue, "").await.status, 200);
    assert_eq!(server.send_as(&sender, "GET", &queue, "").await.status, 403);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_sent_twice_with_one_key_is_accepted_once() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (key, path) = (&server.key, instance.path("/messages"));
    let first = server.post_once(key, &path, "k", MESSAGE).await;
    let again = server.post_once(key, &path, "k", MESSAGE).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((first.body(), first.header("location")), (again.body(), again.header("location")));
    assert_eq!(server.get(&instance.path("/messages/queue")).await.json()["count"], 1);
}
