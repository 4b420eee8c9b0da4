//! `setSettings`: what is set acts at once. Values are tested beside their table.

use serde_json::json;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn what_is_set_is_read_at_once_and_the_rest_stays() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let before = server.get(&instance, "getSettings").await.json();
    let body =
        r#"{"webhookUrl":"https://example.com/hook","stateWebhook":"yes","linkPreview":false}"#;
    insta::assert_snapshot!(
        server.post(&instance, "setSettings", body).await,
        @r#"200 {"saveSettings":true}"#
    );
    let mut expected = before;
    expected["webhookUrl"] = json!("https://example.com/hook");
    expected["stateWebhook"] = json!("yes");
    expected["linkPreview"] = json!("no");
    assert_eq!(server.get(&instance, "getSettings").await.json(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_client_may_send_back_what_it_got() {
    let server = Server::start().await;
    let instance = server.online().await;
    let settings = server.get(&instance, "getSettings").await;
    let answer = server.post(&instance, "SetSettings", &settings.body).await;
    assert_eq!(answer.told(), r#"200 {"saveSettings":true}"#);
    assert_eq!(server.get(&instance, "getSettings").await.body, settings.body);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_changed_by_a_body_with_one_bad_value() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let before = server.get(&instance, "getSettings").await.body;
    for (body, details) in [
        (
            r#"{"stateWebhook":"yes","autoTyping":99}"#,
            "'autoTyping' must be less than or equal to 10",
        ),
        (r#"{"stateWebhook":"yes","zebra":1}"#, "'zebra' is not allowed"),
        ("{}", "'value' must have at least 1 key"),
        ("", "'value' must have at least 1 key"),
    ] {
        let answer = server.post(&instance, "setSettings", body).await;
        assert_eq!(answer.status, 400);
        let message = format!("Validation failed. Details: {details}");
        assert_eq!(answer.json()["message"], message);
    }
    assert_eq!(server.get(&instance, "getSettings").await.body, before);
}
