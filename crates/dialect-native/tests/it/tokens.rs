//! Tokens: issued, listed, revoked.

use std::time::Duration;

use waygate_core::scope::Scope;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_engine::accounts::NewToken;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn a_new_token_is_shown_once_and_works() {
    let server = Server::start().await;
    let issued = server.post("/tokens", r#"{"kind":"native"}"#).await;
    insta::assert_snapshot!(issued.shown(), @r#"201 {"id":"<token id>","kind":"native","name":"","scopes":["read","link","send","manage","tokens"],"account_id":"<uuid>","issued_at":"2026-03-01T10:20:30.456Z","expires_at":null,"revoked_at":null,"token":"<token>"}"#);
    let token = TokenText::new(issued.text("token"));
    let listed = server.send_as(&token, "GET", "/tokens", "").await;
    assert!(!listed.body().contains(token.expose()));
    insta::assert_snapshot!(listed.shown(), @r#"200 {"data":[{"id":"<token id>","kind":"native","name":"","scopes":["read","link","send","manage","tokens"],"account_id":"<uuid>","issued_at":"2026-03-01T10:20:30.456Z","expires_at":null,"revoked_at":null},{"id":"<token id>","kind":"native","name":"","scopes":["read","link","send","manage","tokens"],"account_id":"<uuid>","issued_at":"2026-03-01T10:20:30.456Z","expires_at":null,"revoked_at":null}]}"#);
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
async fn a_token_has_the_name_the_rights_and_the_end_that_were_asked_for() {
    let server = Server::start().await;
    let body = r#"{"kind":"native","name":"Monitoring","scopes":["link","read"],"expires_in":60}"#;
    let issued = server.post("/tokens", body).await;
    insta::assert_snapshot!(issued.shown(), @r#"201 {"id":"<token id>","kind":"native","name":"Monitoring","scopes":["read","link"],"account_id":"<uuid>","issued_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-01T10:21:30.456Z","revoked_at":null,"token":"<token>"}"#);
    let path = format!("/tokens/{}", issued.text("id"));
    assert_eq!(issued.header("location"), Some(format!("/api/v1{path}").as_str()));
    let shown = server.get(&path).await;
    assert!(!shown.body().contains(&issued.text("token")));
    insta::assert_snapshot!(shown.shown(), @r#"200 {"id":"<token id>","kind":"native","name":"Monitoring","scopes":["read","link"],"account_id":"<uuid>","issued_at":"2026-03-01T10:20:30.456Z","expires_at":"2026-03-01T10:21:30.456Z","revoked_at":null}"#);
    let key = TokenText::new(issued.text("token"));
    assert_eq!(server.send_as(&key, "GET", "/instances", "").await.status, 200);
    assert_eq!(server.send_as(&key, "POST", "/instances", "").await.status, 403);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(server.send_as(&key, "GET", "/instances", "").await.status, 401, "it has expired");
    let body = r#"{"kind":"partner","expires_at":"2026-03-02T00:00:00+01:00"}"#;
    let issued = server.post("/tokens", body).await;
    assert_eq!(issued.text("expires_at"), "2026-03-01T23:00:00.000Z");
}

#[tokio::test(start_paused = true)]
async fn rights_and_ends_that_cannot_be_are_refused() {
    let server = Server::start().await;
    let mut told = Vec::new();
    for fields in [
        r#""scopes":[]"#,
        r#""scopes":["read","fly"]"#,
        r#""scopes":["read","read"]"#,
        r#""scopes":"read""#,
        r#""expires_in":0"#,
        r#""expires_in":315360001"#,
        r#""expires_in":"60""#,
        r#""expires_at":"2026-03-01T10:20:30.456Z""#,
        r#""expires_at":"tomorrow""#,
        r#""expires_in":60,"expires_at":"2026-04-01T00:00:00Z""#,
    ] {
        let answer = server.post("/tokens", &format!(r#"{{"kind":"native",{fields}}}"#)).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{fields}");
        told.push(answer.text("detail"));
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let body = r#"{"kind":"partner","scopes":["read"]}"#;
    told.push(server.post("/tokens", body).await.text("detail"));
    let body = format!(r#"{{"kind":"native","name":"{}"}}"#, "n".repeat(101));
    told.push(server.post("/tokens", &body).await.text("detail"));
    insta::assert_snapshot!(told.join("\n"), @r#"
    `scopes` names none
    `scopes` cannot be used: a scope is read, link, send, manage, tokens or admin
    `scopes` must be a list of different strings
    `scopes` must be a list of different strings
    `expires_in` must be a whole number from 1 to 315360000
    `expires_in` must be a whole number from 1 to 315360000
    `expires_in` must be a whole number from 1 to 315360000
    `expires_at` must be ahead
    `expires_at` must be a time as in RFC 3339
    `expires_in` and `expires_at` exclude each other
    `scopes` goes with the kind `native` only
    the name is longer than 100 characters
    "#);
}

#[tokio::test(start_paused = true)]
async fn nobody_gives_away_a_right_that_he_has_not() {
    let server = Server::start().await;
    let few = server.key_for([Scope::Read, Scope::Tokens]).await;
    for (body, status) in [
        (r#"{"kind":"native","scopes":["read"]}"#, 201),
        (r#"{"kind":"native","scopes":["read","tokens"]}"#, 201),
        (r#"{"kind":"native","scopes":["read","link"]}"#, 403),
        (r#"{"kind":"native"}"#, 403),
        (r#"{"kind":"partner"}"#, 403),
        (r#"{"kind":"hypersender"}"#, 403),
    ] {
        let answer = server.send_as(&few, "POST", "/tokens", body).await;
        assert_eq!(answer.status, status, "{body}");
    }
    let admin = r#"{"kind":"native","scopes":["admin"]}"#;
    insta::assert_snapshot!(server.post("/tokens", admin).await, @r#"403 {"type":"about:blank","title":"Forbidden","status":403,"code":"forbidden","detail":"the scope `admin` is not yours to give"}"#);
    let issued = server.operate("POST", "/tokens", admin).await;
    assert_eq!(issued.status, 201, "the operator has every right");
    let further = TokenText::new(issued.text("token"));
    assert_eq!(server.send_as(&further, "GET", "/accounts", "").await.status, 200);
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
        for verb in ["GET", "DELETE"] {
            // A revoked one is shown to its owner.
            if verb == "DELETE" || id != revoked_id.to_string() {
                told.push(server.send(verb, &format!("/tokens/{id}"), "").await.to_string());
            }
        }
    }
    told.dedup();
    insta::assert_snapshot!(told.join("\n"), @r#"404 {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"there is no such token"}"#);
    assert_eq!(server.send_as(&key, "GET", "/tokens", "").await.status, 200, "it still works");
}
