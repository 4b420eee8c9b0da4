//! Tokens: issued, listed, revoked.

use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_engine::accounts::NewToken;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn a_new_token_is_shown_once_and_works() {
    let server = Server::start().await;
    let issued = server.post("/tokens", r#"{"kind":"native"}"#).await;
    insta::assert_snapshot!(issued.shown(), @r#"201 {"id":"<token id>","kind":"native","token":"<token>","issued_at":"2026-03-01T10:20:30.456Z"}"#);
    let token = TokenText::new(issued.text("token"));
    let listed = server.send_as(&token, "GET", "/tokens", "").await;
    assert!(!listed.body().contains(token.expose()));
    insta::assert_snapshot!(listed.shown(), @r#"200 {"data":[{"id":"<token id>","kind":"native","account_id":"<uuid>","issued_at":"2026-03-01T10:20:30.456Z","revoked_at":null},{"id":"<token id>","kind":"native","account_id":"<uuid>","issued_at":"2026-03-01T10:20:30.456Z","revoked_at":null}]}"#);
    for kind in [TokenKind::Partner, TokenKind::Hypersender] {
        let body = format!(r#"{{"kind":"{}"}}"#, kind.as_str());
        let issued = server.post("/tokens", &body).await;
        assert_eq!((issued.status, issued.text("kind").as_str()), (201, kind.as_str()));
        let text = TokenText::new(issued.text("token"));
        let grant = server.gateway.authenticate(kind, &text).await.unwrap().unwrap();
        assert_eq!(grant.token.to_string(), issued.text("id"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_cannot_be_issued_is_refused() {
    let server = Server::start().await;
    for body in ["", r#"{"kind":"instance"}"#, r#"{"kind":"root"}"#] {
        let answer = server.post("/tokens", body).await;
        insta::allow_duplicates!(
            insta::assert_snapshot!(answer, @r#"400 {"type":"about:blank","title":"Bad Request","status":400,"code":"invalid","detail":"`kind` must be `native`, `partner` or `hypersender`"}"#)
        );
    }
    let answer = server.post("/tokens", r#"{"kind":"native","account":"main"}"#).await;
    insta::assert_snapshot!(answer, @r#"400 {"type":"about:blank","title":"Bad Request","status":400,"code":"invalid","detail":"there is no field `account`"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_token_may_revoke_itself_and_is_listed_as_revoked() {
    let server = Server::start().await;
    let issued = server.post("/tokens", r#"{"kind":"native"}"#).await;
    let token = TokenText::new(issued.text("token"));
    let path = format!("/tokens/{}", issued.text("id"));
    let revoked = server.send_as(&token, "DELETE", &path, "").await;
    assert_eq!((revoked.status, revoked.body()), (204, ""));
    assert_eq!(server.send_as(&token, "GET", "/tokens", "").await.status, 401);
    let listed = server.get("/tokens").await.json();
    assert_eq!(listed["data"][1]["revoked_at"], "2026-03-01T10:20:30.456Z");
    assert_eq!(listed["data"][0]["revoked_at"], serde_json::Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_an_unknown_and_a_revoked_token_are_alike() {
    let server = Server::start().await;
    let (_stranger, key) = server.stranger().await;
    let id = async |text: &TokenText| {
        let found = server.gateway.authenticate(TokenKind::Native, text).await.unwrap();
        found.unwrap().token
    };
    let revoked = server
        .gateway
        .issue_token(NewToken::new(TokenKind::Native, server.account))
        .await
        .unwrap()
        .text;
    let revoked_id = id(&revoked).await;
    server.gateway.revoke_token(server.account, revoked_id).await.unwrap();
    let mut told = Vec::new();
    for id in [
        id(&key).await.to_string(),
        revoked_id.to_string(),
        "0123456789abcdef".to_owned(),
        "latest".to_owned(),
        key.expose().to_owned(),
    ] {
        told.push(server.send("DELETE", &format!("/tokens/{id}"), "").await.to_string());
    }
    told.dedup();
    insta::assert_snapshot!(told.join("\n"), @r#"404 {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"there is no such token"}"#);
    assert_eq!(server.send_as(&key, "GET", "/tokens", "").await.status, 200, "it still works");
}
