//! Tokens, codes and numbers through every route, and then a search of everything that is left.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::path::Path;

use serde_json::json;

use crate::drawing;
use crate::green_client::{Credentials, Server, partner_token};
use crate::operator::{Operator, Way};
use crate::simulator::{NUMBER, Simulator};

const GET: [&str; 9] = [
    "qr",
    "getStateInstance",
    "getStatusInstance",
    "getSettings",
    "getWaSettings",
    "getStateInstanceHistory",
    "getDeviceInfo",
    "reboot",
    "logout",
];

#[tokio::test]
async fn no_route_writes_a_token_a_code_or_a_number_into_the_log() {
    let simulator = Simulator::start().await;
    for format in ["text", "json"] {
        let place = tempfile::tempdir().unwrap();
        let partner = partner_token(place.path(), &simulator.settings()).await;
        let more = [
            ("WAYGATE_GREENAPI__RATE_LIMITS", "off".to_owned()),
            ("WAYGATE_LOG__LEVEL", "debug".to_owned()),
            ("WAYGATE_LOG__FORMAT", format.to_owned()),
        ];
        let server = Server::start(&simulator, place.path(), &partner, &more).await;
        let shop = server.create().await;
        let code = server.code(&shop).await;
        let (status, answer) = simulator.scan(&code).await;
        assert_eq!(status, 200, "{answer}");
        server.reaches(&shop, "authorized").await;

        let mut secrets = vec![NUMBER.to_owned(), partner.clone(), shop.token.clone()];
        secrets.extend(code.split([',', '#']).filter(|it| it.len() > 8).map(str::to_owned));
        let hook = json!({
            "webhookUrl": "https://receiver.example/canary-address",
            "webhookUrlToken": "canary-token",
        });
        secrets.push("canary".into());
        for path in ["/waInstance", "//waInstance", "/v1/waInstance"] {
            let path = format!("{path}{}/setSettings/{}", shop.number, shop.token);
            assert_eq!(server.ask(server.request("POST", &path).json(&hook)).await.status, 200);
        }
        for method in GET {
            server.get(&shop, method).await;
            call_wrongly(&server, &shop, method).await;
        }
        let renewed = server.get(&shop, "updateApiToken").await;
        secrets.push(renewed["apiTokenInstance"].as_str().unwrap().to_owned());
        server.partner("GET", "getInstances", &json!({})).await;
        let body = json!({ "idInstance": shop.number });
        server.partner("POST", "deleteInstanceAccount", &body).await;

        let ended = server.process.terminate().await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains("getStateInstance"), "there is an access log");
        for secret in &secrets {
            assert!(!ended.stdout.contains(secret.as_str()), "on standard output: {secret}");
            assert!(!ended.stderr.contains(secret.as_str()), "in the log: {secret}");
        }
        assert_not_in_files(place.path(), &["gac.", shop.token.as_str(), "canary"]);
    }
}

#[tokio::test]
async fn no_command_and_no_call_of_one_writes_a_secret_into_a_log() {
    for (way, format) in [(Way::Served, "text"), (Way::Served, "json"), (Way::Alone, "text")] {
        let mut operator = Operator::start(Way::Alone).await;
        let log = [
            ("WAYGATE_LOG__LEVEL", "debug".to_owned()),
            ("WAYGATE_LOG__FORMAT", format.to_owned()),
        ];
        if way == Way::Served {
            operator.serve(&log).await;
        }
        let seen = use_every_command(&operator).await;
        let mut logs = seen.logs;
        if let Some(server) = operator.server.take() {
            let ended = server.terminate().await;
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            assert!(ended.stderr.contains("request answered"), "there is an access log");
            logs.push(ended.stderr);
        }
        assert!(logs.iter().any(|log| log.contains("DEBUG")), "there are logs");
        for secret in &seen.secrets {
            for log in &logs {
                assert!(!log.contains(secret.as_str()), "{way:?}, in a log: {secret}: {log}");
            }
        }
        let stored = [seen.secrets[0].as_str(), seen.secrets[1].as_str(), "wg_"];
        assert_not_in_files(&operator.directory, &stored);
    }
}

/// What commands were given or printed that nobody else may see, and what they logged.
#[derive(Debug, Default)]
struct Seen {
    secrets: Vec<String>,
    logs: Vec<String>,
}

async fn use_every_command(operator: &Operator) -> Seen {
    const LOG: [&str; 2] = ["--log-level", "debug"];
    let mut seen = Seen::default();
    let moved_in = "canary-0123456789abcdef0123456789abcdef";
    let create = ["instance", "create", "--green-id", "7103", "--green-token", moved_in];
    for (command, code) in [(&create[..], 0), (&create, 2), (&["instance", "create"], 0)] {
        let ended = operator.tries(&[command, &LOG].concat()).await;
        assert_eq!(ended.code, Some(code), "{ended:?}");
        seen.logs.push(ended.stderr);
    }
    seen.secrets.push(moved_in.to_owned());
    let token =
        operator.tries(&[&["token", "create", "--kind", "native"][..], &LOG].concat()).await;
    seen.secrets.push(token.stdout.trim().to_owned());
    seen.logs.push(token.stderr);

    let typed = ["instance", "link", "7103", "--phone", NUMBER];
    let linking = operator.starts(&[&typed[..], &LOG].concat());
    let code = drawing::typed_code(&linking.says(" s left").await);
    seen.secrets.extend([code.clone(), NUMBER.to_owned()]);
    let (status, answer) = operator.simulator.types(&code).await;
    assert_eq!(status, 200, "{answer}");
    seen.logs.push(linking.ends().await.stderr);
    for command in [["instance", "show", "7103"], ["instance", "logout", "7103"]] {
        seen.logs.push(operator.tries(&[&command[..], &LOG].concat()).await.stderr);
    }
    let linking = operator.starts(&[&["instance", "link", "7103"][..], &LOG].concat());
    let code = drawing::last_code(&linking.says("code 1, ").await);
    seen.secrets.extend(code.split([',', '#']).filter(|it| it.len() > 8).map(str::to_owned));
    let (status, answer) = operator.simulator.scan(&code).await;
    assert_eq!(status, 200, "{answer}");
    seen.logs.push(linking.ends().await.stderr);
    for command in [
        &["instance", "list"][..],
        &["instance", "restart", "7103"],
        &["token", "list"],
        &["instance", "delete", "7103", "--yes"],
    ] {
        let ended = operator.tries(&[command, &LOG].concat()).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        seen.logs.push(ended.stderr);
    }
    seen
}

/// With every verb, with and without the right token, and with a body that is no JSON.
async fn call_wrongly(server: &Server, shop: &Credentials, method: &str) {
    for verb in ["GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD"] {
        for token in [shop.token.as_str(), "canary-that-is-not-a-token"] {
            let path = format!("/waInstance{}/{method}/{token}?canary=1", shop.number);
            server.ask(server.request(verb, &path).body("{\"canary\":")).await;
        }
    }
}

fn assert_not_in_files(directory: &Path, secrets: &[&str]) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} in {}", path.display());
        }
    }
}
