//! Data directories of earlier versions, which kept the keys of each account in a file of the library's own:
//! the account stays linked, and its keys are in the vault from then on.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::green_client::{Credentials, Server, partner_token};
use crate::process::{Build, LIMIT, argument, run};
use crate::simulator::{NUMBER, Simulator};

/// The library by itself links an account, and leaves this file.
async fn link(simulator: &Simulator, file: &Path) {
    let binary = Build::Sandbox.path().with_file_name("waygate-library-client");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mut client = Command::new(binary);
    client.arg(simulator.url()).arg(file).kill_on_drop(true);
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(client.stdout.take().unwrap()).lines();
    let linked = tokio::time::timeout(LIMIT, async {
        let mut is_scanned = false;
        while let Some(line) = told.next_line().await.unwrap() {
            let told: Value = serde_json::from_str(&line).unwrap();
            if let (Some(code), false) = (told["code"].as_str(), is_scanned) {
                let (status, answer) = simulator.scan(code).await;
                assert_eq!(status, 200, "{answer}");
                is_scanned = true;
            }
            if told == json!("online") {
                return;
            }
        }
    });
    linked.await.expect("it is online");
    let mut wishes = client.stdin.take().unwrap();
    wishes.write_all(b"{\"do\":\"close\"}\n").await.unwrap();
    drop(wishes);
    let ended = tokio::time::timeout(LIMIT, client.wait()).await;
    assert!(ended.expect("it ends").unwrap().success());
}

fn key_file(directory: &Path, instance: &str) -> PathBuf {
    directory.join("keys").join(format!("{instance}.sqlite"))
}

/// The only instance is linked without a new code, and nothing is left of the file.
async fn stays_linked(simulator: &Simulator, directory: &Path, file: &Path) {
    let partner = partner_token(directory, &simulator.settings()).await;
    let unlimited = [("WAYGATE_GREENAPI__RATE_LIMITS", "off".to_owned())];
    for _start in 0..2 {
        let server = Server::start(simulator, directory, &partner, &unlimited).await;
        let listed = server.partner("GET", "getInstances", &json!({})).await;
        let shop = Credentials {
            number: listed[0]["idInstance"].as_u64().unwrap(),
            token: listed[0]["apiTokenInstance"].as_str().unwrap().to_owned(),
        };
        server.reaches(&shop, "authorized").await;
        let settings = server.get(&shop, "getSettings").await;
        assert_eq!(settings["wid"], format!("{NUMBER}@c.us"));
        assert!(!file.try_exists().unwrap());
        let ended = server.process.terminate().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let devices = simulator.get(&format!("/phones/{NUMBER}")).await;
    assert_eq!(devices["devices"].as_array().unwrap().len(), 1, "{devices}");
}

#[tokio::test]
async fn an_instance_whose_keys_are_in_a_file_stays_linked() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let directory = argument(place.path());
    let create = ["instance", "create", "--name", "shop", "--output", "json"];
    let create = [&create[..], &["--data-dir", directory]].concat();
    let created = run(Build::Sandbox, &create, &simulator.settings()).await;
    assert_eq!(created.code, Some(0), "{created:?}");
    let created: Value = serde_json::from_str(&created.stdout).unwrap();
    let file = key_file(place.path(), created["id"].as_str().unwrap());
    link(&simulator, &file).await;
    stays_linked(&simulator, place.path(), &file).await;
}

#[tokio::test]
async fn a_directory_of_before_the_list_of_instances_keeps_its_link() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let file = key_file(place.path(), "0f66d174-44b0-42ee-a5bd-d2a1bacf735b");
    link(&simulator, &file).await;
    stays_linked(&simulator, place.path(), &file).await;
}
