//! `deleteInstanceAccount`: removes one's own instance.

use waygate_core::token::TokenKind;
use waygate_engine::accounts::NewToken;

use crate::server::Server;

const DELETED: &str = r#"200 {"deleteInstanceAccount":true}"#;
const NOT_FOUND: &str = r#"200 {"code":404,"description":"Not found"}"#;

#[tokio::test(start_paused = true)]
async fn an_instance_is_unlinked_and_gone() {
    let server = Server::start().await;
    let instance = server.online().await;
    let body = format!(r#"{{"idInstance":{}}}"#, instance.number);
    assert_eq!(server.partner("POST", "deleteInstanceAccount", &body).await.told(), DELETED);
    assert_eq!(server.link.logouts(), 1);
    let answer = server.get(&instance, "getStateInstance").await;
    assert_eq!(answer.json()["message"], "Instance is deleted");
    let again = server.partner("POST", "deleteInstanceAccount", &body).await;
    assert_eq!(again.told(), NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_number_may_come_as_digits() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let body = format!(r#"{{"idInstance":"{}"}}"#, instance.number);
    assert_eq!(server.partner("POST", "deleteInstanceAccount", &body).await.told(), DELETED);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_and_an_unknown_instance_are_not_found_alike() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let other = server.link.other_account().await;
    let token =
        server.gateway.issue_token(NewToken::new(TokenKind::Partner, other)).await.unwrap().text;
    let path = format!("/partner/deleteInstanceAccount/{}", token.expose());
    for number in [instance.number.to_string(), "4242424242".into(), "-1".into(), "0".into()] {
        let body = format!(r#"{{"idInstance":{number}}}"#);
        assert_eq!(server.send("POST", &path, body).await.told(), NOT_FOUND, "{number}");
    }
    assert_eq!(server.get(&instance, "getStateInstance").await.status, 200, "it is still there");
}

#[tokio::test(start_paused = true)]
async fn a_number_must_be_given() {
    let server = Server::start().await;
    for (body, details) in [
        ("", "'idInstance' is required"),
        (r#"{"idInstance":"all"}"#, "'idInstance' must be a number"),
        (r#"{"idInstance":null}"#, "'idInstance' is required"),
    ] {
        let answer = server.partner("POST", "deleteInstanceAccount", body).await;
        assert_eq!(answer.status, 400);
        let message = format!("Validation failed. Details: {details}");
        assert_eq!(answer.json()["message"], message);
    }
}
