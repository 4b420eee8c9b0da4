//! What people say of instances, and finding them by it.

use serde_json::Value;
use waygate_core::instance::state::StateName;
use waygate_core::scope::Scope;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_played::link::account;

use crate::server::Server;

#[tokio::test(start_paused = true)]
async fn a_name_and_an_expected_number_are_given_changed_and_taken_away() {
    let server = Server::start().await;
    let body = r#"{"name":"Shop","phone":"+1 555 000-2222"}"#;
    let created = server.post("/instances", body).await;
    insta::assert_snapshot!(created.shown(), @r#"201 {"id":"<uuid>","number":<number>,"name":"Shop","phone":"15550002222","account_id":"<uuid>","created_at":"2026-03-01T10:20:30.456Z","state":{"name":"unlinked","since":"2026-03-01T10:20:30.456Z","linked":false,"reason":null,"next_try_at":null},"whatsapp":null,"green_api":{"id_instance":<number>,"api_token_instance":"<token>"},"hypersender":{"instance_uuid":"<uuid>","access_token":"<token>"}}"#);
    let path = format!("/instances/{}", created.text("id"));
    let changed = server.send("PATCH", &path, r#"{"name":"Bakery"}"#).await;
    insta::assert_snapshot!(changed.shown(), @r#"200 {"id":"<uuid>","number":<number>,"name":"Bakery","phone":"15550002222","account_id":"<uuid>","created_at":"2026-03-01T10:20:30.456Z","state":{"name":"unlinked","since":"2026-03-01T10:20:30.456Z","linked":false,"reason":null,"next_try_at":null},"whatsapp":null}"#);
    let changed = server.send("PATCH", &path, r#"{"phone":15550003333}"#).await;
    assert_eq!(
        (changed.text("name"), changed.text("phone")),
        ("Bakery".into(), "15550003333".into())
    );
    let changed = server.send("PATCH", &path, r#"{"phone":null,"name":""}"#).await.json();
    assert_eq!((&changed["name"], &changed["phone"]), (&"".into(), &Value::Null));
    let same = server.send("PATCH", &path, r#"{"name":null}"#).await;
    assert_eq!((same.status, same.json()["name"].as_str()), (200, Some("")));
    assert_eq!(server.get(&path).await.json()["phone"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_of_an_instance_is_refused_and_nothing_is_changed() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let before = server.get(&instance.path("")).await.to_string();
    let long = format!(r#"{{"name":"{}"}}"#, "n".repeat(201));
    let mut told = Vec::new();
    for body in [
        r#"{"phone":"12"}"#,
        r#"{"name":"x","phone":"call me"}"#,
        r#"{"name":7}"#,
        r#"{"state":"online"}"#,
        long.as_str(),
    ] {
        let answer = server.send("PATCH", &instance.path(""), body.to_owned()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{body}");
        told.push(answer.text("detail"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    `phone` cannot be used: a phone number has 7 to 15 digits and begins with the country's code
    `phone` cannot be used: a phone number has 7 to 15 digits and begins with the country's code
    `name` must be a string
    there is no field `state`
    the name is longer than 200 characters
    "#);
    assert_eq!(server.get(&instance.path("")).await.to_string(), before);
}

#[tokio::test(start_paused = true)]
async fn the_tokens_that_an_instance_shows_open_it_in_the_vendors_contracts() {
    let server = Server::start().await;
    let created = server.post("/instances", "").await;
    let shown = server.get(&format!("/instances/{}", created.text("id"))).await;
    for (answer, what) in [(&created, "created"), (&shown, "shown")] {
        let answer = answer.json();
        for (kind, pointer) in [
            (TokenKind::Instance, "/green_api/api_token_instance"),
            (TokenKind::Hypersender, "/hypersender/access_token"),
        ] {
            let text = TokenText::new(answer.pointer(pointer).unwrap().as_str().unwrap());
            let grant = server.gateway.authenticate(kind, &text).await.unwrap().unwrap();
            let instance = grant.instance.unwrap().id.to_string();
            assert_eq!(instance, created.text("id"), "{what}");
        }
        assert_eq!(answer["hypersender"]["instance_uuid"], answer["id"], "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_shows_what_is_asked_for() {
    let server = Server::start().await;
    let online = server.online().await;
    let make = async |body: &str| server.post("/instances", body).await.text("id");
    let bakery = make(r#"{"name":"Bakery North","phone":"15550004444"}"#).await;
    let south = make(r#"{"name":"bakery south"}"#).await;
    let linked = account().phone;
    let everything = format!("name=SHOP&phone={linked}&state=online&linked=true");
    for (query, expected) in [
        ("", vec![online.id.to_string(), bakery.clone(), south.clone()]),
        ("name=BAKERY", vec![bakery.clone(), south.clone()]),
        ("name=north", vec![bakery.clone()]),
        ("name=%25", vec![]),
        ("phone=15550004444", vec![bakery.clone()]),
        ("phone=%2B1%20555%20000-4444", vec![bakery.clone()]),
        (&format!("phone={linked}"), vec![online.id.to_string()]),
        ("phone=15550009999", vec![]),
        ("state=unlinked", vec![bakery.clone(), south.clone()]),
        ("state=online", vec![online.id.to_string()]),
        ("linked=true", vec![online.id.to_string()]),
        ("linked=false&name=south", vec![south.clone()]),
        (&everything, vec![online.id.to_string()]),
    ] {
        let listed = server.get(&format!("/instances?{query}")).await.json();
        let ids: Vec<&str> = listed["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
    let first = server.get("/instances?name=bakery&limit=1").await.json();
    assert_eq!(first["data"][0]["id"], bakery);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = server.get(&format!("/instances?name=bakery&limit=1&cursor={cursor}")).await.json();
    assert_eq!((&rest["data"][0]["id"], &rest["next_cursor"]), (&south.into(), &().into()));
}

#[tokio::test(start_paused = true)]
async fn what_no_instance_can_be_like_is_refused() {
    let server = Server::start().await;
    let mut told = Vec::new();
    for query in ["phone=12", "phone=", "state=asleep", "state=Online", "linked=1", "linked="] {
        let answer = server.get(&format!("/instances?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        told.push(answer.text("detail"));
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    `phone` cannot be used: a phone number has 7 to 15 digits and begins with the country's code
    `phone` cannot be used: a phone number has 7 to 15 digits and begins with the country's code
    `state` is not the name of a state
    `state` is not the name of a state
    `linked` must be true or false
    `linked` must be true or false
    "#);
    let reader = server.key_for([Scope::Read]).await;
    assert_eq!(server.send_as(&reader, "GET", "/instances?name=x", "").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn another_phone_than_the_one_that_is_meant_is_logged_out_and_everybody_is_told() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (id, path) = (instance.id, instance.path("/linking-attempts"));
    let meant = server.send("PATCH", &instance.path(""), r#"{"phone":"15550002222"}"#).await;
    assert_eq!(meant.status, 200);
    let attempt = server.post(&path, r#"{"method":"qr"}"#).await.text("id");
    server.link.show(id, "2@code").await;
    server.link.link(id).await;
    server.settle(id, StateName::Unlinked).await;
    assert_eq!((server.link.logouts(), server.link.forgotten()), (1, 1));
    let ended = server.get(&format!("{path}/{attempt}?wait=10&after=3")).await.json();
    assert_eq!((&ended["step"], &ended["failure"]), (&"failed".into(), &"wrong_phone".into()));
    let why =
        "another phone than the one that is meant to be linked accepted, and was logged out again";
    assert_eq!(ended["reason"], why);
    let shown = server.get(&instance.path("")).await.json();
    assert_eq!((&shown["state"]["reason"], &shown["whatsapp"]), (&why.into(), &Value::Null));
    let history = server.get(&instance.path("/state-history?limit=1")).await.json();
    let change = &history["data"][0];
    assert_eq!((&change["to"], &change["cause"]), (&"unlinked".into(), &"wrong_phone".into()));
    assert_eq!(change["whatsapp"]["phone"], account().phone, "whose it was is worth knowing");
    // The right one may come.
    let meant = format!(r#"{{"phone":"{}"}}"#, account().phone);
    assert_eq!(server.send("PATCH", &instance.path(""), meant).await.status, 200);
    server.post(&path, r#"{"method":"qr"}"#).await;
    server.link.show(id, "2@other").await;
    server.link.link(id).await;
    server.settle(id, StateName::Online).await;
}

/// What is said of an instance later on does not touch a link that stands.
#[tokio::test(start_paused = true)]
async fn an_account_that_is_linked_stays_linked_whatever_number_is_meant_from_then_on() {
    let server = Server::start().await;
    let instance = server.online().await;
    server.send("PATCH", &instance.path(""), r#"{"phone":"15550002222"}"#).await;
    assert_eq!(server.post(&instance.path("/restart"), "").await.status, 200);
    server.settle(instance.id, StateName::Connecting).await;
    server.link.log_in(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
}
