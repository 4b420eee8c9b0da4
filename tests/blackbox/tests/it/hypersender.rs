//! Hypersender's API over real sockets: the course that the vendor's page describes, from a new QR code
//! to `WORKING`, against the simulator.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use waygate_testkit::picture::read_code;

use crate::green_client::{Answer, Server, partner_token};
use crate::process::{Build, LIMIT, argument, run, start};
use crate::simulator::{NUMBER, Simulator};

/// A UUID that nothing has.
const UNKNOWN: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

/// A client with the token of an account, as simple as a user's script.
struct Client {
    server: Server,
    token: String,
}

/// What `create-instance` has told.
struct Created {
    id: String,
    token: String,
    code: String,
}

/// How many codes are scanned one after the other; the nightly run scans more.
#[expect(clippy::disallowed_methods, reason = "`cargo xtask test` says how many")]
fn scans() -> u32 {
    let text = std::env::var("NEW_CODES").ok();
    text.map_or(5, |text| text.parse().expect("NEW_CODES is a number"))
}

fn unlimited() -> [(&'static str, String); 1] {
    [("WAYGATE_HYPERSENDER__RATE_LIMITS", "off".to_owned())]
}

async fn account_token(directory: &Path, settings: &[(&str, String)]) -> String {
    let arguments = ["token", "create", "--kind", "hypersender", "--data-dir", argument(directory)];
    let ended = run(Build::Sandbox, &arguments, settings).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout.trim().to_owned()
}

impl Client {
    async fn start(
        simulator: &Simulator,
        directory: &Path,
        more: &[(&'static str, String)],
    ) -> Self {
        let token = account_token(directory, &simulator.settings()).await;
        let partner = partner_token(directory, &simulator.settings()).await;
        Self { server: Server::start(simulator, directory, &partner, more).await, token }
    }

    async fn call(&self, token: &str, verb: &str, path: &str, body: Option<&Value>) -> Answer {
        let request = self.server.request(verb, &format!("/api/whatsapp/v2/{path}"));
        let request = request.bearer_auth(token).header("accept", "application/json");
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.server.ask(request).await
    }

    /// Sends a request whose headers are looked at.
    async fn head(&self, token: &str, verb: &str, path: &str) -> reqwest::Response {
        let request = self.server.request(verb, &format!("/api/whatsapp/v2/{path}"));
        request.bearer_auth(token).send().await.unwrap()
    }

    async fn create(&self, name: &str) -> Created {
        let wish = json!({ "phone": format!("+{NUMBER}"), "name": name });
        let answer = self.call(&self.token, "POST", "create-instance", Some(&wish)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let (told, text) = (answer.json, |value: &Value| value.as_str().unwrap().to_owned());
        assert_eq!(told["status"], "SCAN_QR_CODE");
        Created {
            id: text(&told["id"]),
            token: text(&told["access_token"]),
            code: read_code(told["qr_code"].as_str().unwrap()),
        }
    }

    async fn new_code(&self, of: &Created) -> Answer {
        let path = format!("{}/request-new-qr-code", of.id);
        self.call(&of.token, "POST", &path, None).await
    }

    async fn health(&self, of: &Created) -> Value {
        let answer = self.call(&of.token, "GET", &format!("{}/health", of.id), None).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json
    }

    /// Asks again until the status is this.
    async fn reaches(&self, of: &Created, status: &str) -> Value {
        let reached = tokio::time::timeout(LIMIT, async {
            loop {
                let health = self.health(of).await;
                if health["status"] == status {
                    return health;
                }
            }
        });
        reached.await.expect("the status never came")
    }
}

#[tokio::test]
async fn hypersender_a_new_code_is_shown_scanned_and_the_instance_works() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    // As it is shipped, limits and all: the health is asked for no more often than they allow.
    let client = Client::start(&simulator, place.path(), &[]).await;
    let shop = client.create("shop").await;
    let answer = client.new_code(&shop).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let fields = ["id", "name", "phone", "service_type", "status", "qr_code", "access_token"];
    let places: Vec<_> =
        fields.iter().map(|name| answer.text.find(&format!("\"{name}\":"))).collect();
    assert!(places.is_sorted() && places[0] == Some(1), "in the order of the page: {answer:?}");
    assert_eq!(answer.json["access_token"], shop.token.as_str());
    let fresh = read_code(answer.json["qr_code"].as_str().unwrap());
    assert_ne!(fresh, shop.code);

    let again = client.head(&shop.token, "POST", &format!("{}/request-new-qr-code", shop.id)).await;
    assert_eq!(again.status(), 429);
    let wait: u64 = again.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(again.headers()["x-ratelimit-limit"], "1");
    assert_eq!(again.headers()["x-ratelimit-remaining"], "0");
    assert!(again.headers().contains_key("x-ratelimit-reset"));
    let told = again.text().await.unwrap();
    assert_eq!(told, r#"{"message":"Too many requests. Please try again later."}"#);

    let unknown = client.head(&shop.token, "POST", &format!("{UNKNOWN}/request-new-qr-code")).await;
    assert_eq!(unknown.status(), 404);
    assert_eq!(unknown.text().await.unwrap(), r#"{"message":"Resource not found."}"#);

    let (status, answer) = simulator.scan(&fresh).await;
    assert_eq!(status, 200, "{answer}");
    // The list has no limit.
    let works = tokio::time::timeout(LIMIT, async {
        while client.call(&client.token, "GET", "instances?filter[status]=WORKING", None).await.json
            == json!([])
        {}
    });
    works.await.expect("it never worked");
    let health = client.health(&shop).await;
    assert_eq!(health["status"], "WORKING");
    assert_eq!(health["instance_id"], shop.id.as_str());
    assert_eq!(health["connected_at"].as_str().unwrap().len(), "2026-11-21T09:30:00".len());
    let listed = client.call(&client.token, "GET", "instances", None).await.json;
    assert_eq!(listed[0]["access_token"], shop.token.as_str());
    assert_eq!(client.server.process.terminate().await.code, Some(0));
    assert_eq!(simulator.get("/report").await["unknown"], json!({}));
}

#[tokio::test]
async fn hypersender_every_new_code_is_another_one_that_a_phone_accepts() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let client = Client::start(&simulator, place.path(), &unlimited()).await;
    let shop = client.create("shop").await;
    let mut codes = BTreeSet::from([shop.code.clone()]);
    for _ in 0..scans() {
        let answer = client.new_code(&shop).await;
        let code = read_code(answer.json["qr_code"].as_str().unwrap_or_default());
        let (status, scanned) = simulator.scan(&code).await;
        assert_eq!(status, 200, "{scanned}");
        assert!(codes.insert(code), "it was shown before");
        client.reaches(&shop, "WORKING").await;
        let answer = client.new_code(&shop).await;
        assert_eq!((answer.status, &answer.json["status"]), (200, &json!("WORKING")));
        assert_eq!(answer.json.get("qr_code"), None, "a link that works is left alone");
        simulator.unlink().await;
        client.reaches(&shop, "FAILED").await;
    }
    // With those of before, more than anybody else may ask for within an hour.
    for _ in 0..10 {
        let answer = client.new_code(&shop).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(codes.insert(read_code(answer.json["qr_code"].as_str().unwrap())));
    }
}

#[tokio::test]
async fn hypersender_a_restart_keeps_the_account_and_a_power_cut_the_token() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let client = Client::start(&simulator, place.path(), &unlimited()).await;
    let shop = client.create("shop").await;
    assert_eq!(simulator.scan(&shop.code).await.0, 200);
    client.reaches(&shop, "WORKING").await;
    let answer = client.call(&shop.token, "POST", &format!("{}/restart", shop.id), None).await;
    assert_eq!(answer.text, r#"{"message":"WhatsApp instance restarted successfully."}"#);
    client.reaches(&shop, "WORKING").await;
    let Client { server, token } = client;
    server.process.kill().await;
    let server = Server::start(&simulator, place.path(), "", &unlimited()).await;
    let client = Client { server, token };
    client.reaches(&shop, "WORKING").await;
    let again = json!({ "phone": format!("+{NUMBER}"), "name": "shop" });
    let answer = client.call(&client.token, "POST", "create-instance", Some(&again)).await;
    assert_eq!(answer.status, 422, "{answer:?}");
}

#[tokio::test]
async fn hypersender_quickstart_prints_credentials_that_work() {
    let running = start(Build::Sandbox, &["quickstart", "--sandbox", "--scan-after", "60"], &[]);
    let said = running.says("code 1, ").await;
    let told = |label: &str| {
        let (_, rest) = said.split_once(&format!("Hypersender {label}: ")).expect("it is printed");
        rest.lines().next().unwrap().to_owned()
    };
    drop(rustls::crypto::ring::default_provider().install_default());
    let url = format!("{}/{}/health", told("base URL"), told("instance"));
    let request = reqwest::Client::new().get(url).bearer_auth(told("access token"));
    let health: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(health["status"], "SCAN_QR_CODE");
    assert_eq!(running.interrupt().await.code, Some(0));
}
