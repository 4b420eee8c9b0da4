//! Webhook endpoints: added, changed, looked into, removed.

use std::time::Duration;

use serde_json::{Value, json};
use waygate_core::id::WebhookEndpointId;
use waygate_core::port::webhooks::{Room, Settling, Webhooks as _};
use waygate_core::webhook::{Attempt, DeliveryNumber};

use crate::server::{Answer, Server};

const BODY: &str = r#"{"url":"https://receiver.example/hook?token=a"}"#;

fn path(added: &Answer) -> String {
    format!("/webhook-endpoints/{}", added.text("id"))
}

/// A token may do ten of such things in each.
async fn next_second() {
    tokio::time::advance(Duration::from_secs(1)).await;
}

/// What was refused, in its words.
fn told(answer: &Answer) -> String {
    format!("{} {}", answer.status, answer.text("detail"))
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_added_with_a_secret_that_is_shown_once() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let body = json!({
        "url": "https://receiver.example/hook",
        "description": "Orders",
        "instances": [instance.id],
        "events": ["link_ticket", "state_changed"],
    });
    let added = server.post("/webhook-endpoints", &body.to_string()).await;
    assert_eq!(added.status, 201, "{added}");
    assert_eq!(added.header("location"), Some(format!("/api/v1{}", path(&added)).as_str()));
    let secret = added.text("secret");
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44);
    let shown = server.get(&path(&added)).await;
    for field in ["url", "description", "instances"] {
        assert_eq!(shown.json()[field], body[field], "{field}");
    }
    assert_eq!(shown.json()["events"], json!(["state_changed", "link_ticket"]));
    assert_eq!((&shown.json()["enabled"], &shown.json()["secret"]), (&json!(true), &Value::Null));
    let plain = server.post("/webhook-endpoints", BODY).await;
    assert_eq!(plain.json()["instances"], Value::Null);
    let listed = server.get("/webhook-endpoints").await;
    let ids: Vec<_> = listed.json()["data"].as_array().unwrap().clone();
    assert_eq!(
        ids.iter().map(|it| &it["id"]).collect::<Vec<_>>(),
        [&added.json()["id"], &plain.json()["id"]]
    );
    assert!(!listed.body().contains(&secret) && !listed.body().contains("whsec_"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_an_endpoint_is_refused_with_the_reason() {
    let server = Server::start().await;
    let mut refusals = Vec::new();
    for body in [
        "",
        r#"{"url":"receiver.example"}"#,
        r#"{"url":"http://127.0.0.1:8080/"}"#,
        r#"{"url":"http://[::ffff:a9fe:a9fe]/latest/meta-data"}"#,
        r#"{"url":"https://ann@receiver.example/"}"#,
        r#"{"url":"https://receiver.example:25/"}"#,
        r#"{"url":"https://receiver.example/","events":["flown"]}"#,
        r#"{"url":"https://receiver.example/","instances":["1"]}"#,
        r#"{"url":"https://receiver.example/","instances":["67e55044-10b1-426f-9247-bb680e5fe0c8"]}"#,
        r#"{"url":"https://receiver.example/","secret":"whsec_"}"#,
    ] {
        let answer = server.post("/webhook-endpoints", body).await;
        refusals.push(told(&answer));
    }
    next_second().await;
    let long = json!({"url": "https://receiver.example/", "description": "x".repeat(101)});
    refusals.push(told(&server.post("/webhook-endpoints", &long.to_string()).await));
    assert_eq!(
        refusals,
        [
            "400 `url` is needed",
            "400 `url` must be an address that begins with http:// or https://",
            "400 `url` must not lead to a local, private or reserved address that `outbound.allow` of the gateway does not name",
            "400 `url` must not lead to a local, private or reserved address that `outbound.allow` of the gateway does not name",
            "400 `url` must not hold a user name or a password",
            "400 `url` must not name a port that `outbound.ports` of the gateway does not permit",
            "400 `events` cannot be used: there is no kind `flown`",
            "400 `instances` cannot be used: an instance id is a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8",
            "400 one of the instances is not there, or is not this account's",
            "400 there is no field `secret`",
            "400 the description is longer than 100 characters",
        ]
    );
    assert_eq!(server.get("/webhook-endpoints").await.body(), r#"{"data":[]}"#);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_changed_field_by_field_and_gets_a_new_secret() {
    let server = Server::start().await;
    let added = server.post("/webhook-endpoints", BODY).await;
    let path = path(&added);
    let edit = r#"{"events":["state_changed"],"description":"Orders","enabled":false}"#;
    let changed = server.send("PATCH", &path, edit).await;
    let shown = changed.json();
    assert_eq!(shown["url"], added.json()["url"], "what is not named stays");
    assert_eq!(shown["events"], json!(["state_changed"]));
    assert_eq!(
        (&shown["enabled"], &shown["disabled_because"]),
        (&json!(false), &json!("by_owner"))
    );
    let edit = r#"{"events":null,"description":null,"enabled":true}"#;
    let shown = server.send("PATCH", &path, edit).await.json();
    assert_eq!((&shown["events"], &shown["description"]), (&Value::Null, &json!("")));
    assert_eq!((&shown["enabled"], &shown["disabled_at"]), (&json!(true), &Value::Null));
    let refused = server.send("PATCH", &path, r#"{"url":"http://10.0.0.1/"}"#).await;
    assert_eq!(refused.status, 400, "{refused}");
    let rotated = server.post(&format!("{path}/rotate-secret"), "").await;
    assert_eq!(rotated.status, 200, "{rotated}");
    assert_ne!(rotated.text("secret"), added.text("secret"));
    assert_eq!(server.send("DELETE", &path, "").await.status, 204);
    assert_eq!(server.get(&path).await.status, 404);
    assert_eq!(server.send("DELETE", &path, "").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn deliveries_are_told_page_by_page_and_dead_letters_are_sent_again() {
    let server = Server::start().await;
    let added = server.post("/webhook-endpoints", BODY).await;
    let path = path(&added);
    // What an instance goes through until it rests.
    server.online().await;
    let all = server.get(&format!("{path}/deliveries")).await.json();
    let all = all["data"].as_array().unwrap().clone();
    assert!(all.len() >= 3, "{all:?}");
    assert!(all.iter().all(|it| it["status"] == "due" && it["attempts"] == json!([])));
    let first = server.get(&format!("{path}/deliveries?limit=2")).await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = server.get(&format!("{path}/deliveries?limit=500&cursor={cursor}")).await.json();
    assert_eq!(rest["next_cursor"], Value::Null);
    let pages = [&first["data"], &rest["data"]].map(|page| page.as_array().unwrap().clone());
    assert_eq!(pages.concat(), all);

    let number = all[0]["number"].as_u64().unwrap();
    give_up(&server, number).await;
    let dead = server.get(&format!("{path}/deliveries?given_up=true")).await.json();
    assert_eq!(dead["data"].as_array().unwrap().len(), 1);
    let letter = &dead["data"][0];
    assert_eq!((&letter["number"], &letter["status"]), (&json!(number), &json!("given_up")));
    assert_eq!(letter["webhook_id"], all[0]["webhook_id"]);
    let tried = &letter["attempts"][0];
    assert_eq!((&tried["status"], &tried["answer"]), (&Value::Null, &Value::Null));
    assert_eq!((&tried["took_ms"], &tried["error"]), (&json!(15000), &json!("it was late")));

    let replay = format!("{path}/replay");
    for (body, wanted) in [
        (r#"{"numbers":[0]}"#.to_owned(), 0),
        (r#"{"until":"2020-01-01T00:00:00Z"}"#.to_owned(), 0),
        (format!(r#"{{"numbers":[{number}],"since":"2020-01-01T00:00:00Z"}}"#), 1),
        (String::new(), 0),
    ] {
        let answer = server.post(&replay, &body).await;
        assert_eq!(answer.body(), format!(r#"{{"replayed":{wanted}}}"#), "{body}");
    }
    next_second().await;
    let large = r#"{"numbers":[9007199254740992]}"#;
    for body in [r#"{"numbers":[-1]}"#, large, r#"{"numbers":"1"}"#, r#"{"since":"today"}"#] {
        assert_eq!(server.post(&replay, body).await.status, 400, "{body}");
    }
    for query in ["limit=0", "limit=501", "cursor=x", "given_up=maybe", "state=due"] {
        assert_eq!(server.get(&format!("{path}/deliveries?{query}")).await.status, 400, "{query}");
    }
    let id: WebhookEndpointId = added.text("id").parse().unwrap();
    let now = server.gateway.now();
    let due = server.link.store().due_deliveries(now, Room::of(500)).await.unwrap();
    assert!(due.iter().any(|it| it.number.0 == number && it.endpoint == id));
}

async fn give_up(server: &Server, number: u64) {
    let attempt = Attempt {
        at: server.gateway.now(),
        took_ms: 15_000,
        status: None,
        error: Some("it was late".to_owned()),
        answer: None,
    };
    let number = DeliveryNumber(number);
    server.link.store().settle_delivery(number, attempt, Settling::GivenUp).await.unwrap();
}
