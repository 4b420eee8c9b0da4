//! `waygate serve` over real sockets, by the calls that GREEN-API documents.

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::green_client::{Credentials, Server, partner_token};
use crate::process::{Build, argument, run};
use crate::simulator::Simulator;

/// A test asks more often than a user may.
fn unlimited() -> [(&'static str, String); 1] {
    [("WAYGATE_GREENAPI__RATE_LIMITS", "off".to_owned())]
}

async fn linked(simulator: &Simulator, server: &Server) -> Credentials {
    let shop = server.create().await;
    let (status, answer) = simulator.scan(&server.code(&shop).await).await;
    assert_eq!(status, 200, "{answer}");
    server.reaches(&shop, "authorized").await;
    shop
}

#[tokio::test]
async fn an_account_stays_linked_over_a_power_cut_and_a_restart_until_the_phone_unlinks_it() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let partner = partner_token(place.path(), &simulator.settings()).await;
    let server = Server::start(&simulator, place.path(), &partner, &unlimited()).await;
    let shop = linked(&simulator, &server).await;
    assert_eq!(server.get(&shop, "qr").await["type"], "alreadyLogged");
    server.process.kill().await;

    let server = Server::start(&simulator, place.path(), &partner, &unlimited()).await;
    server.reaches(&shop, "authorized").await;
    let settings = server.get(&shop, "getSettings").await;
    assert_eq!(settings["wid"], "15550001111@c.us");
    let ended = server.process.terminate().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");

    let server = Server::start(&simulator, place.path(), &partner, &unlimited()).await;
    server.reaches(&shop, "authorized").await;
    simulator.unlink().await;
    server.reaches(&shop, "notAuthorized").await;
    let (status, answer) = simulator.scan(&server.code(&shop).await).await;
    assert_eq!(status, 200, "a fresh code: {answer}");
    server.reaches(&shop, "authorized").await;
    assert_eq!(server.get(&shop, "logout").await, json!({ "isLogout": true }));
    server.reaches(&shop, "notAuthorized").await;
    let history = server.get(&shop, "getStateInstanceHistory").await;
    let told: Vec<_> = history.as_array().unwrap().iter().map(|it| &it["stateInstance"]).collect();
    let (on, off) = ("authorized", "notAuthorized");
    assert_eq!(told, [off, on, off, on, off], "over all three processes");
    let ended = server.process.interrupt().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let report = simulator.get("/report").await;
    assert_eq!(report["unknown"], json!({}), "{report}");
}

#[tokio::test]
async fn two_hundred_clients_see_one_code_by_one_connection() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let partner = partner_token(place.path(), &simulator.settings()).await;
    let server = Server::start(&simulator, place.path(), &partner, &unlimited()).await;
    let shop = server.create().await;
    let answers = join_all((0..200).map(|_| server.get(&shop, "qr"))).await;
    assert_eq!(answers[0]["type"], "qrCode");
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(simulator.get("/report").await["dials"], 1);
}

#[tokio::test]
async fn wrong_calls_get_the_documented_errors_and_the_server_goes_on() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let partner = partner_token(place.path(), &simulator.settings()).await;
    let server = Server::start(&simulator, place.path(), &partner, &unlimited()).await;
    let (shop, other) = (server.create().await, server.create().await);
    let (id, token) = (shop.number, &shop.token);
    let large = format!("{{\"webhookUrl\":\"{}\"}}", "x".repeat(200_000));
    for (verb, path, body, status, words) in [
        ("GET", format!("/waInstance{id}/qr/{}", "0".repeat(50)), "", 401, ""),
        ("GET", format!("/waInstance{id}/qr/{}", other.token), "", 403, ""),
        ("GET", format!("/waInstance9/qr/{token}"), "", 403, ""),
        ("GET", format!("/waInstance{id}/noSuchMethod/{token}"), "", 403, ""),
        ("GET", "/nothing/here".to_owned(), "", 404, ""),
        ("DELETE", format!("/waInstance{id}/qr/{token}"), "", 404, ""),
        ("POST", format!("/waInstance{id}/setSettings/{token}"), "{", 400, "JSON"),
        ("POST", format!("/waInstance{id}/setSettings/{token}"), "{}", 400, "Validation failed"),
        ("POST", format!("/waInstance{id}/setSettings/{token}"), &large, 413, "too large"),
    ] {
        let request = server.request(verb, &path).header("content-type", "application/json");
        let answer = server.ask(request.body(body.to_owned())).await;
        assert_eq!(answer.status, status, "{verb} {path}: {answer:?}");
        assert!(answer.text.contains(words), "{verb} {path}: {answer:?}");
        for secret in [token, &other.token] {
            assert!(!answer.text.contains(secret.as_str()), "{verb} {path}: {answer:?}");
        }
    }
    for garbage in
        ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n"]
    {
        let mut socket = tokio::net::TcpStream::connect(&server.address).await.unwrap();
        socket.write_all(garbage.as_bytes()).await.unwrap();
        let mut answer = vec![];
        // The server may also hang up without a word.
        drop(socket.read_to_end(&mut answer).await);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{garbage:?}: {answer}");
    }
    assert_eq!(server.get(&shop, "getStateInstance").await["stateInstance"], "notAuthorized");
}

#[tokio::test]
async fn the_published_rate_is_kept_unless_the_configuration_lifts_it() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let partner = partner_token(place.path(), &simulator.settings()).await;
    let server = Server::start(&simulator, place.path(), &partner, &[]).await;
    let shop = server.create().await;
    let path = format!("/waInstance{}/getStateInstance/{}", shop.number, shop.token);
    let calls = join_all((0..20).map(|_| server.ask(server.request("GET", &path)))).await;
    let refused = calls.iter().filter(|answer| answer.status == 429).count();
    assert!(refused >= 10, "{refused} of 20 were refused");
}

#[tokio::test]
async fn a_directory_in_use_and_an_address_in_use_are_named() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let partner = partner_token(place.path(), &simulator.settings()).await;
    let server = Server::start(&simulator, place.path(), &partner, &[]).await;
    let again = ["serve", "--data-dir", argument(place.path())];
    let ended = run(Build::Sandbox, &again, &simulator.settings()).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let elsewhere = tempfile::tempdir().unwrap();
    let serve = ["serve", "--listen", &server.address, "--data-dir", argument(elsewhere.path())];
    let ended = run(Build::Sandbox, &serve, &simulator.settings()).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("cannot listen on"), "{ended:?}");
    assert_eq!(elsewhere.path().read_dir().unwrap().count(), 0, "a mistake leaves no trace");
}

#[tokio::test]
async fn nothing_is_served_beyond_this_machine_without_a_master_key_of_ones_own() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("new");
    let arguments = ["serve", "--listen", "0.0.0.0:0", "--data-dir", argument(&directory)];
    let ended = run(Build::Default, &arguments, &[]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("secrets.master_key_file"), "{ended:?}");
    assert!(!directory.try_exists().unwrap());
}

#[tokio::test]
async fn an_unknown_account_is_not_found() {
    let place = tempfile::tempdir().unwrap();
    let directory = argument(place.path());
    let create = ["token", "create", "--kind", "partner"];
    let arguments = [&create[..], &["--account", "nobody", "--data-dir", directory]].concat();
    let ended = run(Build::Default, &arguments, &[]).await;
    assert_eq!(ended.code, Some(4), "{ended:?}");
    assert_eq!(ended.stdout, "");
}

#[tokio::test]
async fn a_lost_master_key_is_not_replaced_unseen() {
    let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
    let partner = partner_token(place.path(), &simulator.settings()).await;
    let (key, hidden) = (place.path().join("master.key"), place.path().join("hidden"));
    std::fs::rename(&key, &hidden).unwrap();
    let serve = ["serve", "--data-dir", argument(place.path())];
    let ended = run(Build::Sandbox, &serve, &simulator.settings()).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("master.key is missing"), "{ended:?}");
    assert!(ended.stderr.contains("secrets.master_key_file"), "what to do: {ended:?}");
    assert!(!key.try_exists().unwrap(), "no other key takes its place");
    std::fs::rename(&hidden, &key).unwrap();
    let server = Server::start(&simulator, place.path(), &partner, &[]).await;
    server.create().await;
}
