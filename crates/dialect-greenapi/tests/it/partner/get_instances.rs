//! `getInstances`: the account's own, removed ones too.

use waygate_core::token::TokenKind;
use waygate_engine::accounts::NewToken;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn every_field_of_every_instance_is_told() {
    let server = Server::start().await;
    let kept = server.instance().await;
    let removed = server.instance().await;
    server.gateway.remove_instance(removed.id).await.unwrap();
    let mut told = server.partner("GET", "getInstances", "").await.told();
    for (instance, number, token) in
        [(&kept, "1105600001", "FIRST"), (&removed, "1105600002", "SECOND")]
    {
        told = told.replace(&instance.number.to_string(), number);
        told = told.replace(instance.token.expose(), token);
    }
    insta::assert_snapshot!(
        told.replace("},{", "},\n{"),
        @r#"
    200 [{"idInstance":1105600001,"name":"Shop","typeInstance":"whatsapp","typeAccount":"","partnerUserUiid":"","timeCreated":"2026-03-01T10:20:30","timeDeleted":"0001-01-01T00:00:00","apiTokenInstance":"FIRST","deleted":false,"tariff":"PARTNER","isFree":false,"isPartner":true,"expirationDate":"2099-12-31T23:59:59","isExpired":false},
    {"idInstance":1105600002,"name":"Shop","typeInstance":"whatsapp","typeAccount":"","partnerUserUiid":"","timeCreated":"2026-03-01T10:20:30","timeDeleted":"2026-03-01T10:20:30","apiTokenInstance":"SECOND","deleted":true,"tariff":"PARTNER","isFree":false,"isPartner":true,"expirationDate":"2099-12-31T23:59:59","isExpired":false}]
    "#
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_renewed_is_the_one_that_is_told() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let token = server.get(&instance, "updateApiToken").await.json()["apiTokenInstance"].clone();
    let listed = server.partner("GET", "getInstances", "").await.json();
    assert_eq!(listed[0]["apiTokenInstance"], token);
}

#[tokio::test(start_paused = true)]
async fn another_accounts_instances_are_not_told() {
    let server = Server::start().await;
    server.instance().await;
    let other = server.link.other_account().await;
    let token =
        server.gateway.issue_token(NewToken::new(TokenKind::Partner, other)).await.unwrap().text;
    let path = format!("/partner/getInstances/{}", token.expose());
    assert_eq!(server.send("GET", &path, "").await.told(), "200 []");
}
