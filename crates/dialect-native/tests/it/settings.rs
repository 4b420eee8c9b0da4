//! The settings of an instance.

use waygate_core::scope::Scope;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn what_is_named_is_changed_and_the_secret_is_never_shown() {
    let server = Server::start().await;
    let path = server.instance().await.path("/settings");
    insta::assert_snapshot!(server.get(&path).await, @r#"200 {"webhook_url":null,"webhook_token_set":false,"webhook_form":"notification","send_pause_ms":500,"typing_level":0,"api_messages":false,"blocks":false,"connection_changes":false,"deletions":false,"device_info":false,"edits":false,"hidden_ids":false,"incoming_calls":false,"incoming_messages":false,"keep_online":false,"link_preview":true,"mark_read":false,"mark_read_on_reply":false,"message_history":false,"outgoing_calls":false,"outgoing_status":false,"phone_messages":false,"polls":false,"state_changes":false}"#);
    let body = r#"{
        "webhook_url": "https://receiver.example/hook", "webhook_token": "canary", "webhook_form": "envelope",
        "send_pause_ms": 1500, "typing_level": 3, "incoming_messages": true, "link_preview": false
    }"#;
    let changed = server.send("PATCH", &path, body.to_owned()).await;
    insta::assert_snapshot!(changed, @r#"200 {"webhook_url":"https://receiver.example/hook","webhook_token_set":true,"webhook_form":"envelope","send_pause_ms":1500,"typing_level":3,"api_messages":false,"blocks":false,"connection_changes":false,"deletions":false,"device_info":false,"edits":false,"hidden_ids":false,"incoming_calls":false,"incoming_messages":true,"keep_online":false,"link_preview":false,"mark_read":false,"mark_read_on_reply":false,"message_history":false,"outgoing_calls":false,"outgoing_status":false,"phone_messages":false,"polls":false,"state_changes":false}"#);
    let one = server.send("PATCH", &path, r#"{"polls":true}"#).await.json();
    assert_eq!((&one["polls"], &one["incoming_messages"]), (&true.into(), &true.into()));
    let cleared = server.send("PATCH", &path, r#"{"webhook_url":null,"webhook_token":null}"#).await;
    let cleared = cleared.json();
    assert_eq!(
        (&cleared["webhook_url"], &cleared["webhook_token_set"]),
        (&().into(), &false.into())
    );
    assert_eq!(server.get(&path).await.json(), cleared);
}

#[tokio::test(start_paused = true)]
async fn both_dialects_mean_the_same_settings() {
    let server = Server::start().await;
    let instance = server.instance().await;
    server.send("PATCH", &instance.path("/settings"), r#"{"webhook_token":"canary"}"#).await;
    let settings = server.gateway.settings(instance.id).await.unwrap();
    assert_eq!(settings.webhook_token, "canary");
    let changed = server.gateway.change_settings(instance.id, |settings| settings.typing_level = 7);
    changed.await.unwrap();
    assert_eq!(server.get(&instance.path("/settings")).await.json()["typing_level"], 7);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_set_is_refused_as_a_whole() {
    let server = Server::start().await;
    let path = server.instance().await.path("/settings");
    let before = server.get(&path).await.to_string();
    let long = format!(r#"{{"webhook_token":"{}"}}"#, "t".repeat(2049));
    let mut told = Vec::new();
    for body in [
        r#"{"polls":true,"webhook_url":"ftp://receiver.example"}"#,
        r#"{"webhook_url":"receiver.example"}"#,
        r#"{"webhook_url":"http://[::ffff:127.0.0.1]/"}"#,
        r#"{"webhook_url":"http://metadata.google.internal/"}"#,
        r#"{"webhook_url":"https://ann@receiver.example/"}"#,
        r#"{"webhook_url":"https://receiver.example:22/"}"#,
        r#"{"polls":true,"send_pause_ms":499}"#,
        r#"{"send_pause_ms":600001}"#,
        r#"{"typing_level":11}"#,
        r#"{"polls":"yes"}"#,
        r#"{"webhook_token_set":true}"#,
        long.as_str(),
    ] {
        let answer = server.send("PATCH", &path, body.to_owned()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{body}");
        told.push(answer.text("detail"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    `webhook_url` must be an address that begins with http:// or https://
    `webhook_url` must be an address that begins with http:// or https://
    `webhook_url` must not lead to a local, private or reserved address that `outbound.allow` of the gateway does not name
    `webhook_url` must not lead to a local, private or reserved address that `outbound.allow` of the gateway does not name
    `webhook_url` must not hold a user name or a password
    `webhook_url` must not name a port that `outbound.ports` of the gateway does not permit
    `send_pause_ms` must be a whole number from 500 to 600000
    `send_pause_ms` must be a whole number from 500 to 600000
    `typing_level` must be a whole number from 0 to 10
    `polls` must be true or false
    there is no field `webhook_token_set`
    `webhook_token` is longer than 2048 bytes
    "#);
    assert_eq!(server.get(&path).await.to_string(), before);
}

#[tokio::test(start_paused = true)]
async fn an_address_may_be_a_secret_so_to_read_instances_is_not_enough() {
    let server = Server::start().await;
    let path = server.instance().await.path("/settings");
    let reader = server.key_for([Scope::Read]).await;
    assert_eq!(server.send_as(&reader, "GET", &path, "").await.status, 403);
}
