//! The power fails while messages are sent: whatever was accepted arrives, and once. A failing run tells its
//! seed: `POWER_CUT_SEED` repeats it, and `SENDS_CUT` cuts more often.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;

use crate::green_client::{Credentials, Server, partner_token};
use crate::power_cut::setting;
use crate::process::LIMIT;
use crate::simulator::Simulator;

/// Whom the messages are for.
const OTHER: &str = "15550002222";

/// Messages that are accepted between two cuts.
const BETWEEN_CUTS: u32 = 5;

/// As long as sending these takes: the pause between two is half a second.
const CUT_WITHIN_MS: u64 = 2500;

#[tokio::test]
async fn every_accepted_message_arrives_once_however_often_the_power_fails() {
    let seed = setting("POWER_CUT_SEED").unwrap_or_else(rand::random);
    let cuts: u32 = setting("SENDS_CUT").unwrap_or(4);
    let mut chance = StdRng::seed_from_u64(seed);
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    simulator.adds_phone(OTHER).await;
    let partner = partner_token(place.path(), &simulator.settings()).await;
    let unlimited = [("WAYGATE_GREENAPI__RATE_LIMITS", "off".to_owned())];
    let serve = || Server::start(&simulator, place.path(), &partner, &unlimited);
    let mut server = serve().await;
    let shop = server.create().await;
    let (status, answer) = simulator.scan(&server.code(&shop).await).await;
    assert_eq!(status, 200, "{answer}");
    server.reaches(&shop, "authorized").await;
    let mut accepted = Vec::new();
    for _cut in 0..cuts {
        let moment = Duration::from_millis(chance.random_range(0..CUT_WITHIN_MS));
        let (more, ()) = tokio::join!(sends(&server, &shop), server.process.kill_after(moment));
        accepted.extend(more);
        assert_eq!(server.process.ends().await.code, None);
        server = serve().await;
    }
    accepted.extend(sends(&server, &shop).await);
    arrive(&simulator, &accepted, seed).await;
    let ended = server.process.terminate().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let oracle = simulator.get("/oracle").await;
    assert_eq!(oracle["violations"], json!([]), "seed {seed}");
}

/// The ids of messages that were accepted, until so many are or nobody answers any more.
async fn sends(server: &Server, shop: &Credentials) -> Vec<String> {
    let path = format!("/waInstance{}/sendMessage/{}", shop.number, shop.token);
    let mut accepted = Vec::new();
    for number in 0..BETWEEN_CUTS {
        let body = json!({"chatId": format!("{OTHER}@c.us"), "message": number.to_string()});
        let Ok(answer) = server.tries(server.request("POST", &path).json(&body)).await else {
            break;
        };
        assert_eq!(answer.status, 200, "{answer:?}");
        accepted.push(answer.json["idMessage"].as_str().unwrap().to_owned());
    }
    accepted
}

/// Waits until all of these are there. Of others, whose acceptance nobody heard of, there may be any.
async fn arrive(simulator: &Simulator, accepted: &[String], seed: u64) {
    let arrived = tokio::time::timeout(LIMIT, async {
        loop {
            let found = inbox(simulator).await;
            if accepted.iter().all(|id| found.contains_key(id)) {
                return found;
            }
        }
    });
    let found = arrived.await.unwrap_or_else(|_late| BTreeMap::new());
    for id in accepted {
        assert_eq!(found.get(id), Some(&1), "seed {seed}: {id} of {accepted:?} in {found:?}");
    }
    assert!(found.values().all(|count| *count == 1), "seed {seed}: {found:?}");
}

/// How often the receiver has each message.
async fn inbox(simulator: &Simulator) -> BTreeMap<String, u32> {
    let inbox = simulator.get(&format!("/phones/{OTHER}/inbox")).await;
    let mut found = BTreeMap::new();
    for message in inbox["messages"].as_array().unwrap() {
        *found.entry(message["id"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    found
}
