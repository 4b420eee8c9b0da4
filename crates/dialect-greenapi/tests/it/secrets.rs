//! No secret reaches the log: every method with canaries, everything captured.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use waygate_dialect_greenapi::METHODS;
use waygate_played::captured::Captured;
use waygate_played::link::account;

use crate::server::{Server, verb};
use crate::socket::Sockets;

#[tokio::test(start_paused = true)]
async fn tokens_codes_and_numbers_are_in_no_line_of_the_log() {
    let log = Captured::start();
    let server = Server::start().await;
    let code = "2@canarycode,second,third";
    let showing = server.showing(code).await;
    let online = server.online().await;
    let mut canaries = vec![
        "canary".to_owned(),
        account().phone,
        server.partner.expose().to_owned(),
        showing.token.expose().to_owned(),
        online.token.expose().to_owned(),
    ];
    let picture = server.get(&showing, "qr").await.json()["message"].to_string();
    canaries.push(picture.get(1..200).unwrap().to_owned());
    let phone = "15550007777";
    canaries.push(phone.to_owned());
    let paired = server.instance().await;
    let body = format!("{{\"phoneNumber\":{phone}}}");
    let asked = server.post(&paired, "getAuthorizationCode", &body);
    let dials = server.link.dials();
    let (answer, ()) = tokio::join!(asked, server.link.pair(paired.id, dials + 1, "CANARY12"));
    assert_eq!(answer.json()["code"], "CANARY12");
    let page = server.send("GET", &showing.page(), "").await;
    canaries.push(page.header("location").unwrap().trim_start_matches("/link/").to_owned());
    let settings = r#"{"webhookUrl":"https://canary.example/","webhookUrlToken":"canary"}"#;
    for instance in [&showing, &online] {
        let (last, methods): (Vec<_>, Vec<_>) =
            METHODS.iter().partition(|method| method.name() == "updateApiToken");
        for method in methods.into_iter().chain(last) {
            let path = server.path(method, instance);
            for (verb, path, body) in [
                (verb(method), path.clone(), settings.to_owned()),
                (verb(method), path.clone(), "{\"canary\":\"canary\"}".to_owned()),
                (verb(method), path.clone(), "canary".to_owned()),
                (verb(method), path.clone(), "c".repeat(6_000_000)),
                ("DELETE", path.clone(), String::new()),
                ("CANARY", path.clone(), String::new()),
                ("OPTIONS", path.clone(), String::new()),
                ("GET", format!("{path}canary?canary=canary"), String::new()),
                ("GET", path.replace("/waInstance", "/waInstancecanary"), String::new()),
            ] {
                canaries.extend(told_token(&server.send(verb, &path, body).await.body));
            }
            let request = Request::get(&path).body(Body::empty()).unwrap();
            drop(server.site.answer(request, Duration::ZERO).await);
        }
    }
    let text = log.text();
    assert!(text.contains("/waInstance{idInstance}/qr/{apiTokenInstance}"), "routes are logged");
    assert!(text.contains(&online.id.to_string()), "instances are logged");
    assert!(text.len() > 100_000, "it was captured");
    let lower = text.to_lowercase();
    for canary in canaries.iter().map(|canary| canary.to_lowercase()) {
        let line = lower.lines().find(|line| line.contains(&canary));
        assert_eq!(line, None, "of {canary}");
    }
    assert_eq!(server.site.panics(), 0);
}

/// The token that an answer tells.
fn told_token(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(body.get("apiTokenInstance")?.as_str()?.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_session_tells_the_log_no_token_code_or_number() {
    let log = Captured::start();
    let server = Server::start().await;
    let instance = server.showing("2@canarycode").await;
    let settings = r#"{"webhookUrl":"https://canary.example/"}"#;
    assert_eq!(server.post(&instance, "setSettings", settings).await.status, 200);
    let sockets = Sockets::open(&server).await;
    let mut client = sockets.begin(&instance.path("scanqrcode")).await;
    client.say("canary").await;
    let picture = client.text().await;
    server.link.link(instance.id).await;
    assert!(client.text().await.contains("canary.example"));
    client.closed().await;
    let text = log.text();
    assert!(text.contains("/waInstance{idInstance}/scanqrcode/{apiTokenInstance}"), "it is logged");
    assert!(text.contains("accountData"), "and how it ended");
    for canary in
        ["canary", instance.token.expose(), &account().phone, picture.get(40..200).unwrap()]
    {
        let line = text.lines().find(|line| line.to_lowercase().contains(&canary.to_lowercase()));
        assert_eq!(line, None, "of {canary}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_repeat_no_token() {
    let server = Server::start().await;
    let instance = server.showing("2@canary").await;
    for method in METHODS {
        let path = server.path(method, &instance);
        for (verb, path) in [
            ("DELETE", path.clone()),
            ("POST", path.clone()),
            ("GET", format!("{path}/{}", instance.token.expose())),
            ("GET", path.replace('/', "/nothing/")),
            ("GET", path.replacen("/waInstance", "/waInstance0", 1)),
        ] {
            let answer = server.send(verb, &path, "{").await;
            if answer.status != 200 {
                assert!(!answer.body.contains(instance.token.expose()), "{answer}");
                assert!(!answer.body.contains(server.partner.expose()), "{answer}");
            }
        }
    }
}
