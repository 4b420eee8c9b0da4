//! The process is killed while an account is written to: what WhatsApp has heard an acknowledgement of is
//! in the journal, in order and once. `POWER_CUT_SEED` repeats a run, `KILLS_UNDER_LOAD` kills more often.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::green_client::{Credentials, Server, partner_token};
use crate::power_cut::setting;
use crate::process::{Build, LIMIT, argument, run};
use crate::simulator::{NUMBER, Simulator};

const WRITER: &str = "15550002222";

/// Messages between two kills.
const LOAD: usize = 25;

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
    let unlimited = [("WAYGATE_GREENAPI__RATE_LIMITS", "off".to_owned())];
    Server::start(simulator, directory, partner, &unlimited).await
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
async fn what_was_acknowledged_is_in_the_journal_whenever_the_process_is_killed() {
    let seed = setting("POWER_CUT_SEED").unwrap_or_else(rand::random);
    let kills: u32 = setting("KILLS_UNDER_LOAD").unwrap_or(20);
    let mut chance = StdRng::seed_from_u64(seed);
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    simulator.adds_phone(WRITER).await;
    let partner = partner_token(place.path(), &simulator.settings()).await;
    let key = native_key(&simulator, place.path()).await;
    let mut server = serve(&simulator, place.path(), &partner).await;
    linked(&simulator, &server).await;
    let mut reader =
        Reader { key, instance: String::new(), cursor: "0".to_owned(), ids: Vec::new() };
    let listed = reader.ask(&server, "/api/v1/instances").await;
    listed["data"][0]["id"].as_str().expect("an instance").clone_into(&mut reader.instance);

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
