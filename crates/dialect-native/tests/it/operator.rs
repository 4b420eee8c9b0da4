//! The operator's door: no token, everything in sight.

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn accounts_are_shown_to_the_operator_only() {
    let server = Server::start().await;
    server.stranger().await;
    insta::assert_snapshot!(server.operate("GET", "/accounts", "").await.shown(), @r#"200 {"data":[{"id":"<uuid>","name":"main","opened_at":"2026-03-01T10:20:30.456Z"},{"id":"<uuid>","name":"other","opened_at":"2026-03-01T10:20:30.456Z"}]}"#);
    insta::assert_snapshot!(server.get("/accounts").await, @r#"404 {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"there is nothing at this address"}"#);
}

#[tokio::test(start_paused = true)]
async fn what_is_created_belongs_to_the_account_that_is_named_or_to_the_first() {
    let server = Server::start().await;
    let (stranger, key) = server.stranger().await;
    for (body, owner) in [
        ("", server.account),
        (r#"{"account":"main"}"#, server.account),
        (r#"{"account":"other"}"#, stranger),
    ] {
        let created = server.operate("POST", "/instances", body).await;
        assert_eq!((created.status, created.text("account_id")), (201, owner.to_string()));
    }
    let issued = server.operate("POST", "/tokens", r#"{"kind":"native","account":"other"}"#).await;
    assert_eq!(issued.status, 201);
    let nobody = server.operate("POST", "/instances", r#"{"account":"nobody"}"#).await;
    insta::assert_snapshot!(nobody, @r#"404 {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"there is no such account"}"#);
    let own = server.send_as(&key, "GET", "/instances", "").await.json();
    assert_eq!(own["data"].as_array().unwrap().len(), 1, "a tenant sees his own");
    let all = server.operate("GET", "/instances", "").await.json();
    assert_eq!(all["data"].as_array().unwrap().len(), 3);
    let tokens = server.operate("GET", "/tokens", "").await.json();
    assert_eq!(tokens["data"].as_array().unwrap().len(), 3, "of both accounts");
    let id = issued.text("id");
    assert_eq!(server.operate("DELETE", &format!("/tokens/{id}"), "").await.status, 204);
}

#[tokio::test(start_paused = true)]
async fn every_instance_is_found_by_id_and_by_number() {
    let server = Server::start().await;
    let (stranger, _key) = server.stranger().await;
    let instance = server.instance_of(stranger).await;
    for id in [instance.id.to_string(), instance.number.to_string()] {
        let answer = server.operate("GET", &format!("/instances/{id}"), "").await;
        assert_eq!((answer.status, answer.text("id")), (200, instance.id.to_string()));
    }
    let begun =
        server.operate("POST", &instance.path("/linking-attempts"), r#"{"method":"qr"}"#).await;
    assert_eq!(begun.status, 201, "{begun}");
    assert_eq!(server.operate("DELETE", &instance.path(""), "").await.status, 204);
    assert_eq!(server.operate("GET", &instance.path(""), "").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn the_operator_is_not_counted() {
    let server = Server::start().await;
    for _ in 0..200 {
        assert_eq!(server.operate("GET", "/tokens", "").await.status, 200);
    }
}
