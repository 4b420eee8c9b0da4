//! Webhooks, received over a real socket and verified by the library that receivers use.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::operator::{Operator, Way};
use crate::process::LIMIT;
use crate::receiver::Posted;

/// A request that a receiver has read and not answered yet.
struct Letter {
    headers: HeaderMap,
    body: Vec<u8>,
    stream: TcpStream,
}

impl Letter {
    /// The next one that comes.
    async fn next(listener: &TcpListener) -> Self {
        let (stream, _) = timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
        timeout(LIMIT, Self::read(stream)).await.unwrap()
    }

    async fn read(mut stream: TcpStream) -> Self {
        let read = Posted::read(&mut stream).await;
        let Posted { headers, body, .. } = read.expect("it was cut off");
        Self { headers, body, stream }
    }

    fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    fn is_signed_by(&self, secret: &str) -> bool {
        Webhook::new(secret).unwrap().verify(&self.body, &self.headers).is_ok()
    }

    async fn answer(mut self) {
        let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
        self.stream.write_all(answer).await.unwrap();
    }
}

/// The native API of a server.
struct Api {
    base: String,
    key: String,
}

impl Api {
    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/api/v1{path}", self.base);
        let request = http.request(method.parse().unwrap(), url).bearer_auth(&self.key).json(body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// A receiver that has worked and dies before it answers, a server that is killed, a secret that
/// changes.
#[tokio::test]
async fn an_event_outlives_its_receiver_and_its_server_and_verifies_all_the_while() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut operator = Operator::start(Way::Alone).await;
    let key = operator.runs(&["token", "create", "--kind", "native"]).await.trim().to_owned();
    let allow = [
        ("WAYGATE_OUTBOUND__ALLOW", "127.0.0.1".to_owned()),
        // What becomes of a delivery is asked for more often than a program may.
        ("WAYGATE_NATIVE__RATE_LIMITS", "off".to_owned()),
    ];
    let base = operator.serve(&allow).await;
    let mut api = Api { base, key };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let added = api.ask("POST", "/webhook-endpoints", &json!({ "url": url })).await;
    let (id, first) = (added["id"].as_str().unwrap(), added["secret"].as_str().unwrap());
    operator.creates().await;
    let lost = Letter::next(&listener).await;
    assert!(lost.is_signed_by(first));
    assert!(!lost.is_signed_by("whsec_AAAA"), "by nothing else");
    let (lost_id, lost_body) = (lost.id().to_owned(), lost.body.clone());
    drop(lost);
    operator.server().kill().await;

    api.base = operator.serve(&allow).await;
    loop {
        let letter = Letter::next(&listener).await;
        assert!(letter.is_signed_by(first));
        let is_again = letter.id() == lost_id;
        assert!(!is_again || letter.body == lost_body, "one id, one body");
        letter.answer().await;
        if is_again {
            break;
        }
    }
    let path = format!("/webhook-endpoints/{id}/rotate-secret");
    let rotated = api.ask("POST", &path, &json!({})).await;
    let second = rotated["secret"].as_str().unwrap();
    operator.creates().await;
    loop {
        let letter = Letter::next(&listener).await;
        let both = [first, second].map(|secret| letter.is_signed_by(secret));
        letter.answer().await;
        // One may have been on its way when the secret changed.
        if both == [true, true] {
            break;
        }
    }
    let path = format!("/webhook-endpoints/{id}/deliveries");
    let arrived = timeout(LIMIT, async {
        // What was answered is written down a moment later.
        while !has_arrived(&api.ask("GET", &path, &Value::Null).await, &lost_id) {}
    });
    arrived.await.unwrap();
}

fn has_arrived(told: &Value, webhook_id: &str) -> bool {
    let told = told["data"].as_array().unwrap();
    told.iter().any(|it| it["webhook_id"] == webhook_id && it["status"] == "arrived")
}
