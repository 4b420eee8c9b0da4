//! No secret reaches the log: every route with canaries, everything captured.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use waygate_dialect_hypersender::ROUTES;
use waygate_played::captured::Captured;
use waygate_played::link::account;

use crate::server::{BASE, Server, path};

#[tokio::test(start_paused = true)]
async fn tokens_codes_numbers_and_names_are_in_no_line_of_the_log() {
    let log = Captured::start();
    let server = Server::start().await;
    let showing = server.instance_named("canary name").await;
    server.show(&showing, "2@canarycode,second,third").await;
    let online = server.online().await;
    let dials = server.link.dials();
    let show = async {
        server.link.dialled(dials + 1).await;
        server.link.show(showing.id, "2@canaryfresh").await;
    };
    let (answer, ()) = tokio::join!(server.call("POST", &showing, "request-new-qr-code"), show);
    let picture = answer.json()["qr_code"].as_str().unwrap().to_owned();
    let mut canaries = vec![
        "canary".to_owned(),
        account().phone,
        "15550001111".to_owned(),
        "15550107777".to_owned(),
        server.token.expose().to_owned(),
        showing.token.expose().to_owned(),
        online.token.expose().to_owned(),
        picture.get(..200).unwrap().to_owned(),
    ];
    let body =
        r#"{"phone":"+15550107777","name":"canary","webhook_url":"https://canary.example/"}"#;
    let created = server.create(body).await;
    canaries.push(created.json()["access_token"].as_str().unwrap().to_owned());
    for instance in [&showing, &online] {
        for route in ROUTES {
            let path = path(route, instance);
            for (verb, path, body) in [
                (route.verb().as_str(), path.clone(), body.to_owned()),
                (route.verb().as_str(), path.clone(), "canary".to_owned()),
                (route.verb().as_str(), path.clone(), "c".repeat(1_000_000)),
                ("DELETE", path.clone(), String::new()),
                ("CANARY", path.clone(), String::new()),
                ("OPTIONS", path.clone(), String::new()),
                ("GET", format!("{path}?filter[canary]=canary"), String::new()),
                ("GET", format!("{path}/canary"), String::new()),
                ("GET", path.replace(BASE, "/api/whatsapp/v2/canary"), String::new()),
            ] {
                server.send(&server.token, verb, &path, body).await;
            }
            let request = Request::get(&path).header("authorization", "Bearer 1|canary");
            drop(server.site.answer(request.body(Body::empty()).unwrap(), Duration::ZERO).await);
        }
    }
    let text = log.text();
    assert!(text.contains("/api/whatsapp/{version}/{instance}/health"), "routes are logged");
    assert!(text.contains(&online.id.to_string()), "instances are logged");
    assert!(text.len() > 50_000, "it was captured");
    let lower = text.to_lowercase();
    for canary in canaries.iter().map(|canary| canary.to_lowercase()) {
        let line = lower.lines().find(|line| line.contains(&canary));
        assert_eq!(line, None, "of {canary}");
    }
    assert_eq!(server.site.panics(), 0);
}

#[tokio::test(start_paused = true)]
async fn errors_repeat_no_token_and_no_path() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let token = instance.token.expose();
    for path in [
        format!("{BASE}/{}/health", token.replace('|', "%7C")),
        format!("{BASE}/{}", token.replace('|', "%7C")),
        format!("{BASE}/instances?filter[{}]=x", token.replace('|', "%7C")),
    ] {
        for verb in ["GET", "DELETE"] {
            let answer = server.send(&server.token, verb, &path, "").await;
            assert!(answer.status >= 400);
            let secret = token.split_once('|').unwrap().1;
            assert!(!answer.body.contains(secret.get(..12).unwrap()), "{answer}");
        }
    }
}
