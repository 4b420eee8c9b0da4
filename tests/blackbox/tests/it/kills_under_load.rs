//! The process is killed while an account is written to: what WhatsApp has heard an acknowledgement of is
//! in the journal, in order and once, and receivers hear of all of it and of nothing else: a webhook
//! endpoint, and whoever has GREEN-API's notifications pushed to him, in order too. What they hear of twice
//! is the same, word for word. `POWER_CUT_SEED` repeats a run, `KILLS_UNDER_LOAD` kills more often.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use std::collections::BTreeMap;
use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::green_client::{Credentials, Server, partner_token};
use crate::power_cut::setting;
use crate::process::{Build, LIMIT, argument, run};
use crate::receiver::{Posted, Receiver};
use crate::simulator::{NUMBER, Simulator};

const WRITER: &str = "15550002222";

/// Messages between two kills.
const LOAD: usize = 25;

/// Where a receiver hears of events, and where of notifications.
const HOOK: &str = "/hook";
const PUSHED: &str = "/pushed";

/// Reads journals.
struct Reader {
    key: String,
    instance: String,
    cursor: String,
    /// The ids of all that was read.
    ids: Vec<String>,
}

impl Reader {
    async fn ask(&self, server: &Server, path: &str) -> Value {
        let request = server.request("GET", path).bearer_auth(&self.key);
        let answer = server.ask(request).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json
    }

    /// Has every message posted to a receiver, in both ways.
    async fn tells(&self, server: &Server, shop: &Credentials, receiver: &Receiver) {
        let hook = json!({
            "url": format!("{}{HOOK}", receiver.base), "events": ["message_received"],
        });
        let request = server.request("POST", "/api/v1/webhook-endpoints").bearer_auth(&self.key);
        let added = server.ask(request.json(&hook)).await;
        assert_eq!(added.status, 201, "{added:?}");
        let path = format!("/waInstance{}/setSettings/{}", shop.number, shop.token);
        let push = json!({
            "webhookUrl": format!("{}{PUSHED}", receiver.base), "incomingWebhook": "yes",
        });
        let set = server.ask(server.request("POST", &path).json(&push)).await;
        assert_eq!(set.status, 200, "{set:?}");
    }

    /// Reads on until so many messages were read.
    async fn reads(&mut self, server: &Server, count: usize) {
        let all = tokio::time::timeout(LIMIT, async {
            while self.ids.len() < count {
                let path = format!(
                    "/api/v1/instances/{}/events?kind=message_received&wait=10&limit=500&cursor={}",
                    self.instance, self.cursor
                );
                let page = self.ask(server, &path).await;
                let messages = page["data"].as_array().unwrap();
                let id = |event: &Value| event["data"]["id"].as_str().unwrap().to_owned();
                self.ids.extend(messages.iter().map(id));
                page["next_cursor"].as_str().unwrap().clone_into(&mut self.cursor);
            }
        });
        let read = all.await;
        assert!(read.is_ok(), "{} of {count} messages are in the journal", self.ids.len());
    }
}

async fn serve(simulator: &Simulator, directory: &Path, partner: &str) -> Server {
    let more = [
        ("WAYGATE_GREENAPI__RATE_LIMITS", "off".to_owned()),
        ("WAYGATE_OUTBOUND__ALLOW", "127.0.0.1".to_owned()),
    ];
    Server::start(simulator, directory, partner, &more).await
}

/// The ids of messages that were posted to this path, in the order in which they came first.
fn told(heard: &[Posted], path: &str) -> Vec<String> {
    let mut bodies: BTreeMap<String, &[u8]> = BTreeMap::new();
    let mut ids = Vec::new();
    for posted in heard.iter().filter(|posted| posted.line.starts_with(&format!("POST {path} "))) {
        let body = posted.json();
        let (id, name) = if path == HOOK {
            (&body["data"]["id"], posted.headers["webhook-id"].to_str().unwrap().to_owned())
        } else {
            (&body["idMessage"], body["idMessage"].to_string())
        };
        // Not all that is pushed is a message.
        let Some(id) = id.as_str() else { continue };
        match bodies.insert(name, &posted.body) {
            Some(before) => assert_eq!(before, posted.body, "what comes again is the same"),
            None => ids.push(id.to_owned()),
        }
    }
    ids
}

/// Waits until both ways have told of all these, and of nothing else.
async fn hears_of_all(receiver: &Receiver, written: &[String], seed: u64) {
    let all = |heard: &[Posted]| {
        [HOOK, PUSHED].iter().all(|path| told(heard, path).len() >= written.len())
    };
    let heard = receiver.hears(all).await;
    assert_eq!(told(&heard, PUSHED), written, "seed {seed}: pushed, in order");
    // Webhooks go side by side.
    let [mut hooked, mut wanted] = [told(&heard, HOOK), written.to_vec()];
    hooked.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(hooked, wanted, "seed {seed}: to the endpoint");
}

async fn native_key(simulator: &Simulator, directory: &Path) -> String {
    let create = ["token", "create", "--kind", "native", "--data-dir", argument(directory)];
    let ended = run(Build::Sandbox, &create, &simulator.settings()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout.trim().to_owned()
}

/// The writer writes so many texts, one after the other; their ids.
async fn write(simulator: &Simulator, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        let text = json!({ "to": NUMBER, "text": format!("message {number}") });
        let (status, sent) = simulator.post(&format!("/phones/{WRITER}/send"), &text).await;
        assert_eq!(status, 200, "{sent}");
        ids.push(sent["id"].as_str().unwrap().to_owned());
    }
    ids
}

async fn linked(simulator: &Simulator, server: &Server) -> Credentials {
    let shop = server.create().await;
    let (status, answer) = simulator.scan(&server.code(&shop).await).await;
    assert_eq!(status, 200, "{answer}");
    server.reaches(&shop, "authorized").await;
    shop
}

#[tokio::test]
async fn what_was_acknowledged_is_told_to_all_whenever_the_process_is_killed() {
    let seed = setting("POWER_CUT_SEED").unwrap_or_else(rand::random);
    let kills: u32 = setting("KILLS_UNDER_LOAD").unwrap_or(20);
    let mut chance = StdRng::seed_from_u64(seed);
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    simulator.adds_phone(WRITER).await;
    let partner = partner_token(place.path(), &simulator.settings()).await;
    let key = native_key(&simulator, place.path()).await;
    let mut server = serve(&simulator, place.path(), &partner).await;
    let shop = linked(&simulator, &server).await;
    let receiver = Receiver::start().await;
    let mut reader =
        Reader { key, instance: String::new(), cursor: "0".to_owned(), ids: Vec::new() };
    let listed = reader.ask(&server, "/api/v1/instances").await;
    listed["data"][0]["id"].as_str().expect("an instance").clone_into(&mut reader.instance);
    reader.tells(&server, &shop, &receiver).await;

    let began = Instant::now();
    let mut written = write(&simulator, LOAD).await;
    reader.reads(&server, written.len()).await;
    let whole = began.elapsed();
    for kill in 1..=kills {
        let moment = whole.mul_f64(chance.random_range(0.0..1.1));
        let (ids, ()) = tokio::join!(write(&simulator, LOAD), server.process.kill_after(moment));
        written.extend(ids);
        assert_eq!(server.process.ends().await.code, None);
        server = serve(&simulator, place.path(), &partner).await;
        reader.reads(&server, written.len()).await;
        assert_eq!(reader.ids, written, "seed {seed}, kill {kill}, after {moment:?} of {whole:?}");
    }
    // Nothing follows that is told a second time.
    reader.reads(&server, written.len()).await;
    hears_of_all(&receiver, &written, seed).await;
    has_acknowledged_all(&simulator).await;
    let oracle = simulator.get("/oracle").await;
    assert_eq!(oracle["violations"], json!([]), "seed {seed}: {oracle}");
}

/// Waits until WhatsApp keeps nothing any more for the instance.
async fn has_acknowledged_all(simulator: &Simulator) {
    let path = format!("/phones/{NUMBER}");
    let all = tokio::time::timeout(LIMIT, async {
        while simulator.get(&path).await["devices"][0]["queued"] != json!(0) {}
    });
    all.await.expect("all of it is acknowledged");
}
