//! `create-instance`: an instance with its first code, in one call.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;
use waygate_core::instance::state::StateName;
use waygate_core::port::registry::InstanceFilter;
use waygate_core::secret::TokenText;
use waygate_dialect_hypersender::Settings;
use waygate_played::deadline::within;

use crate::picture::scanned;
use crate::server::{Answer, BASE, Instance, Server, unlimited};

const BODY: &str = r#"{"phone":"+15550001111","name":"Front desk"}"#;

/// Creates an instance and shows this code on its first connection.
async fn created(server: &Server, body: &str, code: &str) -> (Answer, Instance) {
    let dials = server.link.dials();
    let show = async {
        server.link.dialled(dials + 1).await;
        let newest = newest(server).await;
        server.link.show(newest, code).await;
    };
    let (answer, ()) = within(async { tokio::join!(server.create(body), show) }).await;
    let told = answer.json();
    let token = TokenText::new(told["access_token"].as_str().unwrap());
    let id = told["id"].as_str().unwrap().parse().unwrap();
    (answer, Instance { id, token })
}

async fn newest(server: &Server) -> InstanceId {
    let listed = server.gateway.instances(InstanceFilter::default()).await.unwrap();
    listed.last().unwrap().id
}

#[tokio::test(start_paused = true)]
async fn a_new_instance_comes_with_its_first_code_and_its_token() {
    let server = Server::start().await;
    let (answer, instance) = created(&server, BODY, "2@the,first,code").await;
    let picture = answer.json()["qr_code"].as_str().unwrap().to_owned();
    let told = answer.told_of(&instance).replace(&picture, "PNG");
    insta::assert_snapshot!(
        told,
        @r#"201 {"id":"UUID","name":"Front desk","phone":"+15550001111","service_type":"whatsapp","status":"SCAN_QR_CODE","qr_code":"PNG","access_token":"TOKEN","created_at":"2026-03-01T10:20:30"}"#
    );
    assert_eq!(scanned(&picture), "2@the,first,code");
    server.link.link(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
    let health = server.health(&instance).await;
    assert_eq!(health.json()["status"], "WORKING", "its token opens it");
}

#[tokio::test(start_paused = true)]
async fn what_a_client_sends_is_trimmed_and_kept() {
    let server = Server::start().await;
    let body = r#"{"phone":" +15550001111 ","name":"  Shop\t","webhook_url":" https://hooks.example/wa ","other":1}"#;
    let (answer, instance) = created(&server, body, "2@code").await;
    assert_eq!(answer.json()["name"], "Shop");
    assert_eq!(answer.json()["phone"], "+15550001111");
    let settings = server.gateway.settings(instance.id).await.unwrap();
    assert_eq!(settings.webhook_url, "https://hooks.example/wa");
    assert_eq!(settings.push_form.as_str(), "envelope");
    assert!(settings.switches.contains(&Switch::IncomingMessages), "everything is told there");
    assert!(!settings.switches.contains(&Switch::StateChanges), "but what its SDK refuses");
}

#[tokio::test(start_paused = true)]
async fn a_form_does_as_well_as_json() {
    let server = Server::with(Settings { code_within: Duration::ZERO, ..unlimited() }).await;
    let request = Request::post(format!("{BASE}/create-instance"))
        .header("authorization", format!("Bearer {}", server.token.expose()))
        .header("content-type", "application/x-www-form-urlencoded");
    let body = Body::from("phone=%2B15550001111&name=Front+desk&webhook_url=");
    let answer = server.answer(request.body(body).unwrap()).await;
    assert_eq!(answer.status, 201, "{answer}");
    assert_eq!(answer.json()["name"], "Front desk");
}

#[tokio::test(start_paused = true)]
async fn without_a_code_in_time_the_instance_is_told_all_the_same_and_can_ask_for_one() {
    let server = Server::start().await;
    let began = tokio::time::Instant::now();
    let answer = server.create(BODY).await;
    assert_eq!(began.elapsed(), Duration::from_secs(20));
    assert_eq!(answer.status, 201, "{answer}");
    let told = answer.json();
    assert!(told.get("qr_code").is_none(), "{answer}");
    assert_eq!(told["status"], "STARTING");
    let token = TokenText::new(told["access_token"].as_str().unwrap());
    let instance = Instance { id: told["id"].as_str().unwrap().parse().unwrap(), token };
    let dials = server.link.dials();
    let show = async {
        server.link.dialled(dials + 1).await;
        server.link.show(instance.id, "2@later").await;
    };
    let ask = server.call("POST", &instance, "request-new-qr-code");
    let (answer, ()) = within(async { tokio::join!(ask, show) }).await;
    assert_eq!(scanned(answer.json()["qr_code"].as_str().unwrap()), "2@later");
}

#[tokio::test(start_paused = true)]
async fn whoever_tries_again_does_not_get_a_second_instance() {
    let server = Server::with(Settings { code_within: Duration::ZERO, ..unlimited() }).await;
    let (first, second) = tokio::join!(server.create(BODY), server.create(BODY));
    let mut told = [first, second];
    told.sort_by_key(|answer| answer.status);
    assert_eq!(told.each_ref().map(|answer| answer.status), [201, 422]);
    insta::assert_snapshot!(
        told[1],
        @r#"422 {"message":"The name has already been taken.","errors":{"name":["The name has already been taken."]}}"#
    );
    let found = server.list("?filter[name]=Front%20desk").await.json();
    assert_eq!(found.as_array().unwrap().len(), 1, "it can be found by its name");
    assert_eq!(found[0]["id"], told[0].json()["id"]);
    let other = server.stranger().await;
    let answer = server.send(&other, "POST", &format!("{BASE}/create-instance"), BODY).await;
    assert_eq!(answer.status, 201, "another account may use the name: {answer}");
    let id = told[0].json()["id"].as_str().unwrap().parse().unwrap();
    server.gateway.remove_instance(id).await.unwrap();
    assert_eq!(server.create(BODY).await.status, 201, "a removed one does not keep its name");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_used_creates_nothing_and_is_told_field_by_field() {
    let server = Server::start().await;
    let long = "n".repeat(51);
    let mut told = Vec::new();
    for (phone, name, webhook_url) in [
        ("", "", ""),
        ("null", "null", "null"),
        (r#""+15550001111""#, "", ""),
        ("", r#""Shop""#, ""),
        (r#""15550001111""#, r#""Shop""#, ""),
        (r#""+1 555 010 0123""#, r#""Shop""#, ""),
        (r#""+0000000""#, r#""Shop""#, ""),
        (r#""+155501""#, r#""Shop""#, ""),
        (r#""+1555000111145678""#, r#""Shop""#, ""),
        ("15550001111", "7", "[]"),
        (r#""+15550001111""#, &format!("\"{long}\""), ""),
        (r#""+15550001111""#, r#""Shop""#, r#""hooks.example""#),
        (r#""+15550001111""#, r#""Shop""#, r#""http://hooks.example/""#),
        (r#""+15550001111""#, r#""Shop""#, r#""mailto:a@hooks.example""#),
        (r#""+15550001111""#, r#""Shop""#, r#""https://0x7f.1/""#),
        (r#""+15550001111""#, r#""Shop""#, r#""https://ann@hooks.example/""#),
        (r#""+15550001111""#, r#""Shop""#, r#""https://hooks.example:25/""#),
        (r#""x""#, &format!("\"{long}\""), r#""x""#),
    ] {
        let fields = [("phone", phone), ("name", name), ("webhook_url", webhook_url)];
        let fields = fields.iter().filter(|(_, value)| !value.is_empty());
        let fields: Vec<String> =
            fields.map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let body = format!("{{{}}}", fields.join(","));
        let answer = server.create(&body).await;
        told.push(format!("{}\n  {answer}", body.replace(&long, "51 characters")));
    }
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(server.list("").await.body, "[]");
    assert_eq!(server.link.dials(), 0);
}

#[tokio::test(start_paused = true)]
async fn fifty_characters_are_counted_and_not_bytes() {
    let server = Server::with(Settings { code_within: Duration::ZERO, ..unlimited() }).await;
    let name = "\u{e9}".repeat(50);
    let body = format!("{{\"phone\":\"+15550001111\",\"name\":\"{name}\"}}");
    assert_eq!(server.create(&body).await.status, 201);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_json_says_so() {
    let server = Server::start().await;
    for body in ["{", "[]", "nonsense", r#"{"name":"a","name":"b"}"#, "null"] {
        let told = r#"400 {"message":"The request body is not valid JSON."}"#;
        assert_eq!(server.create(body).await.told(), told, "{body}");
    }
    assert_eq!(server.create("").await.status, 422, "nothing is an empty form");
}
