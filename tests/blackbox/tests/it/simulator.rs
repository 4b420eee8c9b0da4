//! `waygate sim` as a process of its own, steered over its control API.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::process::{Build, LIMIT, Running, start};

/// A running simulator.
#[derive(Debug)]
pub(crate) struct Simulator {
    chat: String,
    control: String,
    http: reqwest::Client,
    /// What the test makes it refuse, by the oracle's names of the kinds.
    provoked: Mutex<Vec<&'static str>>,
    _process: Running,
}

/// No test ends without the oracle being asked: whatever it has found, and the test has not said to
/// provoke, fails it.
impl Drop for Simulator {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let oracle = oracle_of(&self.control).expect("it can be asked at the end");
        let provoked = self.provoked.lock().unwrap();
        let is_provoked = |violation: &Value| {
            let detail = violation["detail"].as_str().unwrap_or_default();
            provoked.iter().any(|kind| detail.starts_with(&format!("refused {kind} ")))
        };
        let violations = oracle["violations"].as_array().expect("a list");
        let found: Vec<_> = violations.iter().filter(|it| !is_provoked(it)).collect();
        assert!(found.is_empty(), "what the oracle has found: {found:?}");
    }
}

/// Asks without a runtime, which may have ended.
fn oracle_of(control: &str) -> std::io::Result<Value> {
    let mut stream = TcpStream::connect(control)?;
    stream.set_read_timeout(Some(LIMIT))?;
    write!(stream, "GET /oracle HTTP/1.1\r\nhost: {control}\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok(serde_json::from_str(body)?)
}

pub(crate) const NUMBER: &str = "15550001111";

impl Simulator {
    /// One on addresses of its own, with one phone.
    pub(crate) async fn start() -> Self {
        let arguments = ["sim", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"];
        let process = start(Build::Sandbox, &arguments, &[]);
        let said = process.says("control API at").await;
        let address = |before: &str| -> String {
            let (_, rest) = said.split_once(before).expect("an address");
            rest.split(['/', ';', ',', ' ']).next().unwrap().to_owned()
        };
        let (chat, control) = (address("ws://"), address("control API at http://"));
        // A client is not made without a TLS provider, though nothing here speaks TLS. That there
        // is one already is fine.
        drop(rustls::crypto::ring::default_provider().install_default());
        let (http, provoked) = (reqwest::Client::new(), Mutex::default());
        let simulator = Self { chat, control, http, provoked, _process: process };
        simulator.adds_phone(NUMBER).await;
        simulator
    }

    /// Says that the test makes it refuse this kind of thing, which therefore does not fail the test.
    pub(crate) fn is_provoked_to_refuse(&self, kind: &'static str) {
        self.provoked.lock().unwrap().push(kind);
    }

    pub(crate) async fn adds_phone(&self, number: &str) {
        let (status, answer) = self.post("/phones", &json!({ "number": number })).await;
        assert_eq!(status, 201, "{answer}");
    }

    /// The settings that point a gateway at it.
    /// Where clients connect to.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ws/chat", self.chat)
    }

    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("WAYGATE_WHATSAPP__URL", self.url()),
            ("WAYGATE_WHATSAPP__VERSION_URL", format!("http://{}/sw.js", self.chat)),
        ]
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("http://{}{path}", self.control);
        let answer = self.http.post(url).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.control);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Waits until a count of the report is larger than in the one before.
    pub(crate) async fn counts_more(&self, what: &str, before: &Value) {
        let grown = tokio::time::timeout(LIMIT, async {
            while self.get("/report").await[what].as_u64() <= before[what].as_u64() {}
        });
        grown.await.expect("the count never grew");
    }

    /// Does something that WhatsApp does only when something is wrong.
    pub(crate) async fn plants(&self, fault: &Value) {
        let url = format!("http://{}/faults", self.control);
        let answer = self.http.post(url).json(fault).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }

    /// The phone scans this text.
    pub(crate) async fn scan(&self, text: &str) -> (u16, Value) {
        self.scan_on(NUMBER, text).await
    }

    /// The phone with this number scans this text.
    pub(crate) async fn scan_on(&self, number: &str, text: &str) -> (u16, Value) {
        self.post(&format!("/phones/{number}/scan"), &json!({ "qr": text })).await
    }

    /// The phone types this code.
    pub(crate) async fn types(&self, code: &str) -> (u16, Value) {
        self.type_on(NUMBER, code).await
    }

    /// This code is typed on the phone with this number.
    pub(crate) async fn type_on(&self, number: &str, code: &str) -> (u16, Value) {
        self.post(&format!("/phones/{number}/enter-code"), &json!({ "code": code })).await
    }

    /// Waits until the phone has no linked device.
    pub(crate) async fn has_no_devices(&self) {
        let path = format!("/phones/{NUMBER}");
        let gone = tokio::time::timeout(LIMIT, async {
            while self.get(&path).await["devices"] != json!([]) {}
        });
        gone.await.expect("a device is still linked");
    }

    /// The phone removes all its devices.
    pub(crate) async fn unlink(&self) {
        self.unlink_on(NUMBER).await;
    }

    /// The phone with this number removes all its devices.
    pub(crate) async fn unlink_on(&self, number: &str) {
        let (status, answer) = self.post(&format!("/phones/{number}/unlink"), &json!({})).await;
        assert_eq!(status, 200, "{answer}");
    }
}
