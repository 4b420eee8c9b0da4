//! Tokens, codes and numbers through every route, and then a search of everything that is left.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::path::Path;

use serde_json::json;

use crate::green_client::{Credentials, Server, partner_token};
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
            "webhookUrl": "http://127.0.0.1:1/canary-address",
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
