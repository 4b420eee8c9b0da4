//! A client of the GREEN-API dialect, as simple as a user's script.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use serde_json::{Value, json};
use waygate_testkit::picture::read_code;

use crate::process::{Build, LIMIT, Running, argument, run, start};
use crate::simulator::Simulator;

/// What a call got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) json: Value,
}

/// A server with a partner's token.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: Running,
    pub(crate) address: String,
    partner: String,
    http: reqwest::Client,
}

/// One instance's credentials.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) number: u64,
    pub(crate) token: String,
}

/// Issues a partner's token on a data directory that nobody uses.
pub(crate) async fn partner_token(
    directory: &std::path::Path,
    settings: &[(&str, String)],
) -> String {
    let arguments = ["token", "create", "--kind", "partner", "--data-dir", argument(directory)];
    let ended = run(Build::Sandbox, &arguments, settings).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let token = ended.stdout.trim().to_owned();
    assert!(token.starts_with("gac.") && ended.stdout.lines().count() == 1, "{ended:?}");
    token
}

impl Server {
    /// Serves a data directory against the simulator.
    pub(crate) async fn start(
        simulator: &Simulator,
        directory: &std::path::Path,
        partner: &str,
        more: &[(&'static str, String)],
    ) -> Self {
        let settings = [&simulator.settings()[..], more].concat();
        let arguments = ["serve", "--data-dir", argument(directory)];
        let process = start(Build::Sandbox, &arguments, &settings);
        let said = process.says("running ").await;
        let (_, rest) = said.split_once("listening on http://").expect("an address");
        let address = rest.lines().next().unwrap().to_owned();
        let http = reqwest::Client::builder().timeout(LIMIT).build().unwrap();
        Self { process, address, partner: partner.to_owned(), http }
    }

    pub(crate) async fn ask(&self, request: reqwest::RequestBuilder) -> Answer {
        self.tries(request).await.unwrap()
    }

    /// The same, where the connection may break.
    pub(crate) async fn tries(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, reqwest::Error> {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, text, json })
    }

    pub(crate) fn request(&self, verb: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        self.http.request(verb.parse().unwrap(), url)
    }

    pub(crate) async fn partner(&self, verb: &str, method: &str, body: &Value) -> Value {
        let path = format!("/partner/{method}/{}", self.partner);
        let answer = self.ask(self.request(verb, &path).json(body)).await;
        assert_eq!(answer.status, 200, "{method}: {answer:?}");
        answer.json
    }

    pub(crate) async fn create(&self) -> Credentials {
        let created = self.partner("POST", "createInstance", &json!({ "name": "shop" })).await;
        let token = created["apiTokenInstance"].as_str().unwrap().to_owned();
        Credentials { number: created["idInstance"].as_u64().unwrap(), token }
    }

    /// A call that must succeed.
    pub(crate) async fn get(&self, who: &Credentials, method: &str) -> Value {
        let path = format!("/waInstance{}/{method}/{}", who.number, who.token);
        let answer = self.ask(self.request("GET", &path)).await;
        assert_eq!(answer.status, 200, "{method}: {answer:?}");
        answer.json
    }

    /// The text of the code that `qr` shows.
    pub(crate) async fn code(&self, who: &Credentials) -> String {
        let answer = self.get(who, "qr").await;
        assert_eq!(answer["type"], "qrCode", "{answer}");
        read_code(answer["message"].as_str().unwrap())
    }

    /// Asks again until the instance is online or unlinked, and gives its state.
    pub(crate) async fn settles(&self, who: &Credentials) -> String {
        let settled = tokio::time::timeout(LIMIT, async {
            loop {
                let state = self.get(who, "getStateInstance").await["stateInstance"].take();
                let status = self.get(who, "getStatusInstance").await["statusInstance"].take();
                if state == "notAuthorized" || (state == "authorized" && status == "online") {
                    return state.as_str().unwrap().to_owned();
                }
            }
        });
        settled.await.expect("never settled")
    }

    /// Asks again until the state is this.
    pub(crate) async fn reaches(&self, who: &Credentials, state: &str) {
        let wanted = json!({ "stateInstance": state });
        let reached = tokio::time::timeout(LIMIT, async {
            while self.get(who, "getStateInstance").await != wanted {}
        });
        reached.await.unwrap_or_else(|_| panic!("never {state}"));
    }
}
