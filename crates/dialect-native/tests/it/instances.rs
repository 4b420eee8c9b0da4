//! Instances: created, listed, told to do things, removed.

use std::time::Duration;

use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn a_new_instance_is_told_whole_and_can_be_found_at_its_location() {
    let server = Server::start().await;
    let answer = server.post("/instances", r#"{"name":"Shop"}"#).await;
    insta::assert_snapshot!(answer.shown(), @r#"201 {"id":"<uuid>","number":<number>,"name":"Shop","phone":null,"account_id":"<uuid>","created_at":"2026-03-01T10:20:30.456Z","state":{"name":"unlinked","since":"2026-03-01T10:20:30.456Z","linked":false,"reason":null,"next_try_at":null},"whatsapp":null,"green_api":{"id_instance":<number>,"api_token_instance":"<token>"},"hypersender":{"instance_uuid":"<uuid>","access_token":"<token>"}}"#);
    let location = format!("/api/v1/instances/{}", answer.text("id"));
    assert_eq!(answer.header("location"), Some(location.as_str()));
    let found = server.get(&format!("/instances/{}", answer.text("id"))).await;
    assert_eq!((found.status, found.json()), (200, answer.json()));
    let numbered = server.get(&format!("/instances/{}", answer.json()["number"])).await;
    assert_eq!((numbered.status, numbered.json()), (200, answer.json()));
    let token = TokenText::new(answer.json()["green_api"]["api_token_instance"].as_str().unwrap());
    let grant = server.gateway.authenticate(TokenKind::Instance, &token).await.unwrap();
    assert!(grant.is_some(), "its token works");
}

#[tokio::test(start_paused = true)]
async fn an_instance_without_a_name_has_an_empty_one() {
    let server = Server::start().await;
    for body in ["", "{}", r#"{"name":null,"green_id":null,"green_token":null}"#] {
        let answer = server.post("/instances", body).await;
        assert_eq!((answer.status, answer.text("name")), (201, String::new()), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_and_a_token_from_elsewhere_are_taken_over_once() {
    let server = Server::start().await;
    let token = "d75b3a66374942c5b3c019c698abc2067e151558acbd412345";
    for (id, status) in [("1101000001", 201), ("\"1101000001\"", 409), ("1101000002", 409)] {
        let body = format!(r#"{{"green_id":{id},"green_token":"{token}"}}"#);
        let answer = server.post("/instances", &body).await;
        assert_eq!(answer.status, status, "{answer}");
        if status == 201 {
            let kept = answer.json()["green_api"].clone();
            assert_eq!(kept["id_instance"], 1_101_000_001_u64);
            assert_eq!(kept["api_token_instance"], token);
        } else {
            insta::allow_duplicates!(
                insta::assert_snapshot!(answer, @r#"409 {"type":"about:blank","title":"Conflict","status":409,"code":"conflict","detail":"an instance with this number or this token exists, or existed"}"#)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_used_creates_nothing_and_is_named() {
    let server = Server::start().await;
    let long = format!(r#"{{"name":"{}"}}"#, "n".repeat(201));
    let mut told = Vec::new();
    for body in [
        r#"{"name":5}"#,
        long.as_str(),
        r#"{"green_id":1101000001}"#,
        r#"{"green_token":"canarycanarycanary"}"#,
        r#"{"green_id":0,"green_token":"canarycanarycanary"}"#,
        r#"{"green_id":"1234567890123","green_token":"canarycanarycanary"}"#,
        r#"{"green_id":1.5,"green_token":"canarycanarycanary"}"#,
        r#"{"green_id":1,"green_token":"canary"}"#,
        r#"{"green_id":1,"green_token":"canary/canary/canary"}"#,
        r#"{"zebra":"canary"}"#,
        r#"{"account":"main"}"#,
        r#"{"name":"canary","name":"canary"}"#,
        r#"{"name":"canary"#,
        "[]",
    ] {
        let answer = server.post("/instances", body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{body}");
        assert!(!answer.body().contains("canary"), "{answer}");
        told.push(answer.text("detail"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    `name` must be a string
    the name is longer than 200 characters
    `green_id` and `green_token` come together or not at all
    `green_id` and `green_token` come together or not at all
    `green_id` cannot be used: an instance's number has 1 to 12 digits and does not begin with 0
    `green_id` cannot be used: an instance's number has 1 to 12 digits and does not begin with 0
    `green_id` must be a string or an integer
    `green_token` cannot be used: a token has 16 to 80 letters, digits, `.`, `_` or `-`
    `green_token` cannot be used: a token has 16 to 80 letters, digits, `.`, `_` or `-`
    there is no field `zebra`
    there is no field `account`
    the body cannot be read: a key occurs twice
    the body cannot be read: the text ends too early
    the body cannot be read: the text is not a JSON object
    "#);
    assert_eq!(server.get("/instances").await.json()["data"].as_array().unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_list_is_read_page_by_page_in_the_order_of_creation() {
    let server = Server::start().await;
    insta::assert_snapshot!(server.get("/instances").await, @r#"200 {"data":[],"next_cursor":null}"#);
    let mut created = Vec::new();
    for _ in 0..5 {
        created.push(server.instance().await.id.to_string());
    }
    let (stranger, _key) = server.stranger().await;
    server.instance_of(stranger).await;
    let (mut listed, mut pages, mut query) = (Vec::new(), 0, "?limit=2".to_owned());
    loop {
        let page = server.get(&format!("/instances{query}")).await.json();
        let data = page["data"].as_array().unwrap();
        listed.extend(data.iter().map(|it| it["id"].as_str().unwrap().to_owned()));
        assert!(data.iter().all(|it| it.get("green_api").is_none()), "no token in a list");
        pages += 1;
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        if pages == 1 {
            // The page's last one goes while it is read.
            let gone = server.send("DELETE", &format!("/instances/{}", created[1]), "").await;
            assert_eq!((gone.status, gone.body()), (204, ""));
        }
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!((listed, pages), (created, 3));
    for query in ["?limit=0", "?limit=501", "?limit=x", "?cursor=x", "?page=2", "?limit=1&limit=1"]
    {
        let answer = server.get(&format!("/instances{query}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{query}");
    }
    let foreign = "?cursor=67e55044-10b1-426f-9247-bb680e5fe0c8";
    insta::assert_snapshot!(server.get(&format!("/instances{foreign}")).await, @r#"400 {"type":"about:blank","title":"Bad Request","status":400,"code":"invalid","detail":"`cursor` is not one that this list gave"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_foreign_an_unknown_and_a_removed_instance_are_alike() {
    let server = Server::start().await;
    let (stranger, _key) = server.stranger().await;
    let foreign = server.instance_of(stranger).await;
    let removed = server.instance().await;
    assert_eq!(server.send("DELETE", &removed.path(""), "").await.status, 204);
    let mut told = Vec::new();
    for id in [
        foreign.id.to_string(),
        foreign.number.to_string(),
        removed.id.to_string(),
        removed.number.to_string(),
        "67e55044-10b1-426f-9247-bb680e5fe0c8".to_owned(),
        "4242424242".to_owned(),
        "0".to_owned(),
        "-1".to_owned(),
        "x".repeat(5000),
        "%36".to_owned(),
        "..".to_owned(),
    ] {
        for (verb, rest) in [("GET", ""), ("DELETE", ""), ("POST", "/stop"), ("POST", "/logout")] {
            told.push(server.send(verb, &format!("/instances/{id}{rest}"), "").await.to_string());
        }
    }
    told.dedup();
    insta::assert_snapshot!(told.join("\n"), @r#"404 {"type":"about:blank","title":"Not Found","status":404,"code":"not_found","detail":"there is no such instance"}"#);
    let stays = server.gateway.instance(foreign.id).await.unwrap().unwrap();
    assert_eq!(stays.removed_at, None);
}

#[tokio::test(start_paused = true)]
async fn a_linked_instance_tells_its_account_and_is_logged_out() {
    let server = Server::start().await;
    let instance = server.online().await;
    insta::assert_snapshot!(server.get(&instance.path("")).await.shown(), @r#"200 {"id":"<uuid>","number":<number>,"name":"Shop","phone":null,"account_id":"<uuid>","created_at":"2026-03-01T10:20:30.456Z","state":{"name":"online","since":"2026-03-01T10:20:30.456Z","linked":true,"reason":null,"next_try_at":null},"whatsapp":{"phone":"15550001111","device":3,"push_name":"Ann"},"green_api":{"id_instance":<number>,"api_token_instance":"<token>"},"hypersender":{"instance_uuid":"<uuid>","access_token":"<token>"}}"#);
    insta::assert_snapshot!(server.post(&instance.path("/logout"), "").await.shown(), @r#"200 {"id":"<uuid>","number":<number>,"name":"Shop","phone":null,"account_id":"<uuid>","created_at":"2026-03-01T10:20:30.456Z","state":{"name":"unlinked","since":"2026-03-01T10:20:30.456Z","linked":false,"reason":null,"next_try_at":null},"whatsapp":null,"whatsapp_told":true}"#);
    assert_eq!(server.link.logouts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_logout_tells_whether_whatsapp_was_told() {
    let server = Server::start().await;
    let told = async |path: &str| server.post(path, "").await.json()["whatsapp_told"].clone();
    let unlinked = server.instance().await;
    assert_eq!(told(&unlinked.path("/logout")).await, true, "there was nothing to tell");
    let online = server.online().await;
    server.link.lose_logouts();
    assert_eq!(told(&online.path("/logout")).await, false);
}

#[tokio::test(start_paused = true)]
async fn an_instance_rests_until_it_is_started() {
    let server = Server::start().await;
    let instance = server.online().await;
    for (deed, state) in
        [("/stop", "stopped"), ("/start", "connecting"), ("/restart", "connecting")]
    {
        let answer = server.post(&instance.path(deed), "{}").await;
        assert_eq!(answer.status, 200, "{deed}");
        assert_eq!(answer.json()["state"]["name"], state, "{deed}");
        assert_eq!(answer.json()["state"]["linked"], true, "{deed}");
    }
    let answer = server.post(&instance.path("/stop"), r#"{"force":true}"#).await;
    insta::assert_snapshot!(answer, @r#"400 {"type":"about:blank","title":"Bad Request","status":400,"code":"invalid","detail":"there is no field `force`"}"#);
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_the_way_is_told_in_words_with_the_next_try() {
    let server = Server::start().await;
    let ban = EndReason::TemporaryBan { expires_in: Some(Duration::from_secs(3600)) };
    let mut told = Vec::new();
    for (end, state) in [
        (EndReason::Closed, StateName::Offline),
        (ban, StateName::Suspended),
        (EndReason::Refused { code: 406 }, StateName::Banned),
        (EndReason::Refused { code: 411 }, StateName::Failed),
        (EndReason::DeviceRemoved, StateName::Unlinked),
    ] {
        let instance = server.online().await;
        server.link.tell(instance.id, LinkEvent::Ended(end)).await;
        server.settle(instance.id, state).await;
        let mut shown = server.get(&instance.path("")).await.json()["state"].clone();
        let has_try = shown["next_try_at"].take().is_string();
        if let Some(until) = shown.get_mut("suspended_until") {
            assert_eq!(until.take(), "2026-03-01T11:20:30.456Z");
        }
        shown["since"].take();
        told.push(format!("{shown} next try: {has_try}"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    {"linked":true,"name":"offline","next_try_at":null,"reason":"the connection was lost","since":null} next try: true
    {"linked":true,"name":"suspended","next_try_at":null,"reason":"WhatsApp banned the account for a time","since":null,"suspended_until":null} next try: true
    {"linked":false,"name":"banned","next_try_at":null,"reason":"WhatsApp banned the account","since":null} next try: false
    {"linked":true,"name":"failed","next_try_at":null,"reason":"the phone's WhatsApp must be updated","since":null} next try: false
    {"linked":false,"name":"unlinked","next_try_at":null,"reason":"the device was removed on the phone","since":null} next try: false
    "#);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_does_not_run_here_is_pending_and_can_do_nothing() {
    let server = Server::start().await;
    let instance = server.instance().await;
    // Another process's view of the same store.
    let idle = Server::beside(&server).await;
    let answer = idle.get(&instance.path("")).await;
    let pending = serde_json::json!({
        "name": "pending", "since": null, "linked": null, "reason": null, "next_try_at": null
    });
    assert_eq!((answer.status, answer.json()["state"].clone()), (200, pending));
    for (path, body) in
        [("/stop", ""), ("/linking-attempts", r#"{"method":"qr"}"#), ("/link-tickets", "")]
    {
        let answer = idle.post(&instance.path(path), body).await;
        insta::allow_duplicates!(
            insta::assert_snapshot!(answer, @r#"409 {"type":"about:blank","title":"Conflict","status":409,"code":"wrong_state","detail":"the instance does not run at the moment"}"#)
        );
    }
}
