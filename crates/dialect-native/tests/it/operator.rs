//! The operator's door: no token, everything in sight.

use waygate_core::scope::Scope;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn the_operators_right_shows_by_the_network_what_the_operator_sees() {
    let server = Server::start().await;
    let (stranger, _key) = server.stranger().await;
    let foreign = server.instance_of(stranger).await;
    let admin = server.key_for([Scope::Read, Scope::Manage, Scope::Admin]).await;
    let shown = server.send_as(&admin, "GET", &foreign.path(""), "").await;
    assert_eq!((shown.status, shown.text("id")), (200, foreign.id.to_string()));
    let all = server.send_as(&admin, "GET", "/instances", "").await.json();
    assert_eq!(all["data"].as_array().unwrap().len(), 1);
    let body = r#"{"account":"other"}"#;
    let created = server.send_as(&admin, "POST", "/instances", body).await;
    assert_eq!((created.status, created.text("account_id")), (201, stranger.to_string()));
    for name in ["main", "other"] {
        let path = format!("/instances?account={name}");
        let listed = server.send_as(&admin, "GET", &path, "").await.json();
        assert_eq!(listed["data"].as_array().unwrap().len(), if name == "main" { 0 } else { 2 });
    }
    let nobody = server.send_as(&admin, "GET", "/instances?account=nobody", "").await;
    assert_eq!((nobody.status, nobody.code().as_str()), (404, "not_found"));
    let tenant = server.get("/instances?account=main").await;
    insta::assert_snapshot!(tenant, @r#"400 {"type":"about:blank","title":"Bad Request","status":400,"code":"invalid","detail":"there is no parameter `account`"}"#);
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
