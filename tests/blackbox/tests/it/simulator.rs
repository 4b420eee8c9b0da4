//! `waygate sim` as a process of its own, steered over its control API.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use serde_json::{Value, json};

use crate::process::{Build, LIMIT, Running, start};

/// A running simulator.
#[derive(Debug)]
pub(crate) struct Simulator {
    chat: String,
    control: String,
    http: reqwest::Client,
    _process: Running,
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
        let simulator = Self { chat, control, http: reqwest::Client::new(), _process: process };
        simulator.adds_phone(NUMBER).await;
        simulator
    }

    pub(crate) async fn adds_phone(&self, number: &str) {
        let (status, answer) = self.post("/phones", &json!({ "number": number })).await;
        assert_eq!(status, 201, "{answer}");
    }

    /// The settings that point a gateway at it.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("WAYGATE_WHATSAPP__URL", format!("ws://{}/ws/chat", self.chat)),
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
