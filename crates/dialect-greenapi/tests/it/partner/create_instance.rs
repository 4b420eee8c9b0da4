//! `createInstance`: usable at once.

use waygate_core::port::registry::InstanceFilter;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;

use crate::server::{Answer, Instance, Server};

async fn created(server: &Server, body: &str) -> (Answer, Instance) {
    let answer = server.partner("POST", "createInstance", body).await;
    assert_eq!(answer.status, 200, "{answer}");
    let body = answer.json();
    let token = TokenText::new(body["apiTokenInstance"].as_str().unwrap());
    let number = body["idInstance"].to_string().parse().unwrap();
    let listed = server
        .gateway
        .list_instances(InstanceFilter::default(), TokenKind::Instance)
        .await
        .unwrap();
    let found = listed.iter().find(|listed| listed.record.number == number).unwrap();
    (answer, Instance { id: found.record.id, number, token })
}

#[tokio::test(start_paused = true)]
async fn a_new_instance_has_a_number_and_a_token_and_works() {
    let server = Server::start().await;
    let (answer, instance) = created(&server, "").await;
    let told = answer.told();
    let told = told.replace(&instance.number.to_string(), "1105600123");
    let told = told.replace(instance.token.expose(), "TOKEN");
    insta::assert_snapshot!(
        told,
        @r#"200 {"idInstance":1105600123,"apiTokenInstance":"TOKEN","typeInstance":"whatsapp"}"#
    );
    assert_eq!(instance.number.to_string().len(), 10);
    assert_eq!(instance.token.expose().len(), 50);
    assert_eq!(server.get(&instance, "getStateInstance").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_name_and_settings_are_kept() {
    let server = Server::start().await;
    let body = r#"{"name":"Shop","stateWebhook":"yes","delaySendMessagesMilliseconds":3000,
        "typeInstance":"whatsapp","typeAccount":"production","partnerUserUiid":"x"}"#;
    let (_answer, instance) = created(&server, body).await;
    let settings = server.get(&instance, "getSettings").await.json();
    assert_eq!(settings["stateWebhook"], "yes");
    assert_eq!(settings["delaySendMessagesMilliseconds"], 3000);
    let listed = server.partner("GET", "getInstances", "").await.json();
    assert_eq!(listed[0]["name"], "Shop");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_used_creates_nothing() {
    let server = Server::start().await;
    let long = format!(r#"{{"name":"{}"}}"#, "n".repeat(201));
    for (body, details) in [
        (r#"{"name":5}"#, "'name' must be a string"),
        (long.as_str(), "'name' length must be less than or equal to 200 characters long"),
        (r#"{"zebra":1}"#, "'zebra' is not allowed"),
        (r#"{"typeInstance":"telegram"}"#, "'typeInstance' must be [whatsapp]"),
    ] {
        let answer = server.partner("POST", "createInstance", body).await;
        assert_eq!(answer.status, 400, "{body}");
        let message = format!("Validation failed. Details: {details}");
        assert_eq!(answer.json()["message"], message);
        assert_eq!(answer.json()["path"], "/partner/createInstance/<TOKEN>");
    }
    assert_eq!(server.partner("GET", "getInstances", "").await.body, "[]");
}
