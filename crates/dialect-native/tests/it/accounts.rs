//! Accounts: opened, shown, renamed, closed, by whoever has the operator's right.

use waygate_core::scope::Scope;
use waygate_core::secret::TokenText;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn an_account_is_opened_shown_renamed_and_closed() {
    let server = Server::start().await;
    let opened = server.operate("POST", "/accounts", r#"{"name":"Bakery"}"#).await;
    insta::assert_snapshot!(opened.shown(), @r#"201 {"id":"<uuid>","name":"Bakery","opened_at":"2026-03-01T10:20:30.456Z","closed_at":null}"#);
    let path = format!("/accounts/{}", opened.text("id"));
    assert_eq!(opened.header("location"), Some(format!("/api/v1{path}").as_str()));
    assert_eq!(server.operate("GET", &path, "").await.body(), opened.body());
    let renamed = server.operate("PATCH", &path, r#"{"name":"Bakery and Son"}"#).await;
    insta::assert_snapshot!(renamed.shown(), @r#"200 {"id":"<uuid>","name":"Bakery and Son","opened_at":"2026-03-01T10:20:30.456Z","closed_at":null}"#);
    let closed = server.operate("DELETE", &path, "").await;
    assert_eq!((closed.status, closed.body()), (204, ""));
    let listed = server.operate("GET", "/accounts", "").await;
    insta::assert_snapshot!(listed.shown(), @r#"200 {"data":[{"id":"<uuid>","name":"main","opened_at":"2026-03-01T10:20:30.456Z","closed_at":null},{"id":"<uuid>","name":"Bakery and Son","opened_at":"2026-03-01T10:20:30.456Z","closed_at":"2026-03-01T10:20:30.456Z"}]}"#);
    for (verb, body) in [("PATCH", r#"{"name":"Again"}"#), ("DELETE", "")] {
        let answer = server.operate(verb, &path, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{verb}");
    }
    assert_eq!(server.operate("GET", &path, "").await.text("name"), "Bakery and Son");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_has_instances_stays_open() {
    let server = Server::start().await;
    let (id, key) = server.stranger().await;
    let instance = server.instance_of(id).await;
    let path = format!("/accounts/{id}");
    insta::assert_snapshot!(server.operate("DELETE", &path, "").await, @r#"409 {"type":"about:blank","title":"Conflict","status":409,"code":"wrong_state","detail":"the account still has instances"}"#);
    assert_eq!(server.send_as(&key, "DELETE", &instance.path(""), "").await.status, 204);
    assert_eq!(server.operate("DELETE", &path, "").await.status, 204);
    assert_eq!(server.send_as(&key, "GET", "/instances", "").await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_needed_and_nobody_elses() {
    let server = Server::start().await;
    let (stranger, _key) = server.stranger().await;
    let path = format!("/accounts/{stranger}");
    let mut told = Vec::new();
    for (verb, path) in [("POST", "/accounts"), ("PATCH", path.as_str())] {
        for body in [
            String::new(),
            r#"{"name":null}"#.to_owned(),
            r#"{"name":""}"#.to_owned(),
            format!(r#"{{"name":"{}"}}"#, "n".repeat(101)),
            r#"{"name":"main"}"#.to_owned(),
        ] {
            let answer = server.operate(verb, path, &body).await;
            told.push(format!("{verb} {} {}", answer.status, answer.text("detail")));
        }
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    POST 400 `name` is needed
    POST 400 `name` is needed
    POST 400 an account's name has 1 to 100 characters
    POST 400 an account's name has 1 to 100 characters
    POST 409 an account has or had this name
    PATCH 400 `name` is needed
    PATCH 400 `name` is needed
    PATCH 400 an account's name has 1 to 100 characters
    PATCH 400 an account's name has 1 to 100 characters
    PATCH 409 an account has or had this name
    "#);
    let nobody = "/accounts/67e55044-10b1-426f-9247-bb680e5fe0c8";
    for (verb, body) in [("GET", ""), ("PATCH", r#"{"name":"Shop"}"#), ("DELETE", "")] {
        let answer = server.operate(verb, nobody, body).await;
        assert_eq!(
            (answer.status, answer.text("detail").as_str()),
            (404, "there is no such account")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_the_operators_right_makes_a_tenant_by_the_network_alone() {
    let server = Server::start().await;
    let admin = server.key_for(Scope::ALL).await;
    let opened = server.send_as(&admin, "POST", "/accounts", r#"{"name":"Bakery"}"#).await;
    assert_eq!(opened.status, 201);
    let wish = r#"{"kind":"native","account":"Bakery","scopes":["read","manage","link"]}"#;
    let issued = server.send_as(&admin, "POST", "/tokens", wish).await;
    assert_eq!(issued.text("account_id"), opened.text("id"));
    let key = TokenText::new(issued.text("token"));
    let created = server.send_as(&key, "POST", "/instances", "").await;
    assert_eq!(created.text("account_id"), opened.text("id"));
    insta::assert_snapshot!(server.get("/accounts").await, @r#"403 {"type":"about:blank","title":"Forbidden","status":403,"code":"forbidden","detail":"the token may not do this: it needs the scope `admin`"}"#);
}
