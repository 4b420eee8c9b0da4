//! A server that strangers do their worst to, and what must be true of it afterwards.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::green_client::{Credentials, Server, partner_token};
use crate::process::{Build, argument, run};
use crate::raw_client::{Reply, Request, ask};
use crate::simulator::Simulator;

/// By how much the process may have grown in the end, in KiB. An allocator keeps what many requests at a
/// time once needed, which was never above a quarter of this.
const GROWTH_KIB_MAX: u64 = 64 * 1024;

/// Whatever is so long in a head may be somebody's token or ticket; no name of a method is.
const TOKEN_LENGTH_MIN: usize = 40;

/// What every answer of a surface says to browsers.
const SECURITY_HEADERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
];

/// A server without rate limits, whose log tells all it ever tells.
#[derive(Debug)]
pub(crate) struct Attacked {
    pub(crate) simulator: Simulator,
    pub(crate) address: String,
    pub(crate) partner: String,
    /// Keys of the native API.
    pub(crate) keys: Vec<String>,
    key_uses: AtomicUsize,
    /// Whose token the attacker has.
    pub(crate) shop: Credentials,
    /// Whose he has not, but for trying it on the shop.
    pub(crate) other: Credentials,
    /// One that was deleted.
    pub(crate) deleted: Credentials,
    pub(crate) server: Server,
    resident_kib: u64,
    _place: TempDir,
}

impl Attacked {
    pub(crate) async fn start() -> Self {
        Self::start_with_keys(1).await
    }

    /// One with so many keys of the native API.
    pub(crate) async fn start_with_keys(count: usize) -> Self {
        let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
        let partner = partner_token(place.path(), &simulator.settings()).await;
        let first_key = native_key(place.path(), &simulator.settings()).await;
        let more = [
            ("WAYGATE_GREENAPI__RATE_LIMITS", "off".to_owned()),
            ("WAYGATE_LOG__LEVEL", "debug".to_owned()),
        ];
        let server = Server::start(&simulator, place.path(), &partner, &more).await;
        let (shop, other, deleted) =
            (server.create().await, server.create().await, server.create().await);
        let body = json!({ "idInstance": deleted.number });
        server.partner("POST", "deleteInstanceAccount", &body).await;
        let address = server.address.clone();
        let keys = more_keys(&address, first_key, count).await;
        let resident_kib = resident_kib(server.process.id());
        Self {
            simulator,
            address,
            partner,
            keys,
            key_uses: AtomicUsize::new(0),
            shop,
            other,
            deleted,
            server,
            resident_kib,
            _place: place,
        }
    }

    /// One key after the other.
    pub(crate) fn key(&self) -> &str {
        &self.keys[self.key_uses.fetch_add(1, Ordering::Relaxed) % self.keys.len()]
    }

    /// An instance that nobody has done anything to.
    pub(crate) async fn create(&self) -> Credentials {
        self.server.create().await
    }

    /// Asks on a connection of its own, and holds the answer to what is true of every answer to a
    /// stranger.
    pub(crate) async fn ask(&self, request: &Request) -> Reply {
        let reply = ask(&self.address, request).await;
        assert_harmless(&reply, request);
        reply
    }

    /// The same for a request that is refused: the answer repeats no secret, and no number that the
    /// request did not name.
    pub(crate) async fn refuses(&self, request: &Request) -> Reply {
        let reply = self.ask(request).await;
        let (sent, answer) = (request.bytes(), [&*reply.head, &*reply.body].concat());
        for secret in self.secrets() {
            assert!(!answer.contains(&secret), "{secret} in {answer}");
        }
        for who in [&self.shop, &self.other, &self.deleted] {
            let number = who.number.to_string();
            let is_named = sent.windows(number.len()).any(|window| window == number.as_bytes());
            assert!(is_named || !answer.contains(&number), "{number} in {answer}");
        }
        reply
    }

    /// What no answer to a stranger and no line of the log may hold.
    fn secrets(&self) -> Vec<String> {
        let tokens = [&self.shop, &self.other, &self.deleted].map(|who| who.token.clone());
        [&tokens[..], &self.keys, std::slice::from_ref(&self.partner)].concat()
    }

    /// The attack is over: everything works, nothing has leaked, and the end is an orderly one.
    pub(crate) async fn survives(self) {
        let state = self.server.get(&self.other, "getStateInstance").await;
        assert_eq!(state, json!({ "stateInstance": "notAuthorized" }));
        let grown = resident_kib(self.server.process.id()).saturating_sub(self.resident_kib);
        assert!(grown < GROWTH_KIB_MAX, "it has grown by {grown} KiB");
        let report = self.simulator.get("/report").await;
        assert_eq!(report["unknown"], json!({}), "{report}");
        let secrets = self.secrets();
        let ended = self.server.process.terminate().await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        for line in ended.stderr.lines().chain(ended.stdout.lines()) {
            assert!(!line.to_lowercase().contains("panic"), "{line}");
            assert!(!line.contains("ERROR"), "{line}");
            for secret in &secrets {
                assert!(!line.contains(secret.as_str()), "{secret} in {line}");
            }
        }
        assert!(ended.stderr.contains("request answered"), "there is an access log");
    }

    /// How many connections the simulator has seen.
    pub(crate) async fn dials(&self) -> u64 {
        self.simulator.get("/report").await["dials"].as_u64().unwrap()
    }
}

/// Issues a key of the native API on a data directory that nobody uses.
async fn native_key(directory: &Path, settings: &[(&str, String)]) -> String {
    let arguments = ["token", "create", "--kind", "native", "--data-dir", argument(directory)];
    let ended = run(Build::Sandbox, &arguments, settings).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout.trim().to_owned()
}

/// So many keys, each of which has made a few of the others, as its own rate allows.
async fn more_keys(address: &str, first: String, count: usize) -> Vec<String> {
    const MADE_BY_EACH: usize = 5;
    let mut keys = vec![first];
    while keys.len() < count {
        let key = format!("Bearer {}", keys[(keys.len() - 1) / MADE_BY_EACH]);
        let issue = Request::new("POST", "/api/v1/tokens").header("Authorization", &key);
        let reply = ask(address, &issue.body(r#"{"kind":"native"}"#)).await;
        let issued: Value = serde_json::from_str(&reply.body).unwrap();
        keys.push(issued["token"].as_str().expect("a key").to_owned());
    }
    keys
}

/// What is true of every answer: no fault of ours, no token of the request, and the headers that keep it
/// from browsers and caches.
pub(crate) fn assert_harmless(reply: &Reply, request: &Request) {
    let shown = || (String::from_utf8_lossy(&request.head()).into_owned(), reply.clone());
    assert!(reply.status < 500, "{:?}", shown());
    for (name, value) in SECURITY_HEADERS {
        assert_eq!(reply.header(name), Some(value), "{name}: {:?}", shown());
    }
    let sent = String::from_utf8(request.head()).expect("text");
    for token in sent.split(is_between_words).filter(|word| word.len() >= TOKEN_LENGTH_MIN) {
        let is_repeated = reply.head.contains(token) || reply.body.contains(token);
        assert!(!is_repeated, "{token}: {:?}", shown());
    }
    let id = reply.header("x-request-id").unwrap_or_default();
    assert!(id.len() == 16 && id.bytes().all(|it| it.is_ascii_hexdigit()), "{:?}", shown());
}

fn is_between_words(character: char) -> bool {
    matches!(character, ' ' | '/' | '?' | '=' | '\r' | '\n')
}

/// How much memory a process holds, in KiB.
fn resident_kib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().strip_suffix(" kB").expect("in KiB").parse().unwrap()
}
