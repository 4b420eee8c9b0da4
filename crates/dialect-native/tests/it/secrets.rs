//! No secret reaches the log: every route with canaries, everything captured.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use serde_json::Value;
use waygate_dialect_native::{ROUTES, Verb};
use waygate_played::captured::Captured;
use waygate_played::deadline::within;
use waygate_played::link::{account, pairing_code};

use crate::server::{Server, read};

#[tokio::test(start_paused = true)]
async fn tokens_tickets_codes_and_numbers_are_in_no_line_of_the_log() {
    let log = Captured::start();
    let server = Server::start().await;
    let (showing, online) = (server.instance().await, server.online().await);
    let page = server.page(showing.id).await;
    let phone = "15550003333";
    let body = format!(r#"{{"method":"code","phone":"{phone}"}}"#);
    let begun = server.post(&showing.path("/linking-attempts"), &body).await.text("id");
    server.link.show(showing.id, "2@canarycode").await;
    assert_eq!(server.link.asked(showing.id).await.digits(), phone);
    server.link.tell(showing.id, pairing_code("CANARY77")).await;
    let attempt = showing.path(&format!("/linking-attempts/{begun}"));
    let polled = within(server.get(&format!("{attempt}?wait=60&after=2"))).await;
    assert!(polled.body().contains("CANARY77"), "{polled}");
    let mut canaries = vec!["canary".to_owned(), phone.to_owned(), account().phone];
    let texts = [&server.key, &page.ticket, &page.pass, &showing.token, &online.token];
    canaries.extend(texts.map(|text| text.expose().to_owned()));
    // What removes, last.
    let (last, routes): (Vec<_>, Vec<_>) =
        ROUTES.iter().partition(|route| route.verb() == Verb::Delete);
    for route in routes.into_iter().chain(last) {
        let path = route.template().replace("{instance}", &online.id.to_string());
        let path = path.replace("{ticket}", page.ticket.expose()).replace("{attempt}", &begun);
        let verb = route.verb().as_str();
        for (verb, path, body) in [
            (verb, path.clone(), r#"{"kind":"native"}"#.to_owned()),
            (verb, path.clone(), r#"{"name":"canary"}"#.to_owned()),
            (verb, path.clone(), r#"{"green_id":1,"green_token":"canarycanarycanary"}"#.to_owned()),
            (verb, path.clone(), r#"{"method":"code","phone":"15550003333"}"#.to_owned()),
            (verb, path.clone(), r#"{"canary":"canary"}"#.to_owned()),
            (verb, path.clone(), "canary".to_owned()),
            (verb, path.clone(), "c".repeat(300_000)),
            ("CANARY", path.clone(), String::new()),
            (verb, format!("{path}?canary=canary"), String::new()),
            (verb, format!("{path}/canary"), String::new()),
        ] {
            for door in [&server.keyed, &server.operator] {
                let request = Request::builder()
                    .method(verb)
                    .uri(&path)
                    .header("authorization", format!("Bearer {}", server.key.expose()))
                    .header("cookie", page.cookie())
                    .header("content-type", "application/json")
                    .body(Body::from(body.clone()));
                let response = door.answer(request.unwrap(), Duration::from_secs(2)).await;
                canaries.extend(told_token(response).await);
            }
            tokio::time::advance(Duration::from_millis(500)).await;
        }
    }
    let text = log.text();
    assert!(text.contains("/api/v1/instances/{instance}/linking-attempts"), "routes are logged");
    assert!(text.contains("/link/{ticket}/instance"), "those of the page too");
    assert!(text.contains(&online.id.to_string()), "instances are logged");
    assert!(text.len() > 100_000, "it was captured");
    assert!(canaries.len() > 20, "tokens and tickets were told");
    let lower = text.to_lowercase();
    for canary in canaries.iter().map(|canary| canary.to_lowercase()) {
        let line = lower.lines().find(|line| line.contains(&canary));
        assert_eq!(line, None, "of {canary}");
    }
    assert_eq!(server.keyed.panics() + server.operator.panics(), 0);
}

/// The token, the path of a ticket or the code that an answer tells.
async fn told_token(response: Response) -> Option<String> {
    let body: Value = serde_json::from_slice(&read(response).await.bytes).ok()?;
    let instances = body.pointer("/green_api/api_token_instance");
    let told = body.get("token").or(instances).or(body.get("path"))?;
    Some(told.as_str()?.trim_start_matches("/link/").to_owned())
}
