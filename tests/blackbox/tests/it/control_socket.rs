//! The control socket of a running server, as a file and as a way to it.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::operator::{Operator, Way};
use crate::process::{Build, argument, run};

#[tokio::test]
async fn the_socket_is_its_owners_alone_and_goes_when_the_server_ends() {
    let mut operator = Operator::start(Way::Served).await;
    let socket = operator.directory.join("control.sock");
    let found = std::fs::metadata(&socket).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    let ended = operator.server().terminate().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!socket.try_exists().unwrap());
    assert!(!operator.directory.join("control.new").try_exists().unwrap());
}

#[tokio::test]
async fn what_a_killed_server_leaves_stops_neither_commands_nor_the_next_server() {
    let mut operator = Operator::start(Way::Served).await;
    let number = operator.creates().await;
    operator.server().kill().await;
    assert!(operator.directory.join("control.sock").try_exists().unwrap());
    assert_eq!(operator.state(&number).await["name"], "pending");
    operator.serve(&[]).await;
    assert_eq!(operator.state(&number).await["name"], "unlinked", "the server answers");
    let mode = std::fs::metadata(operator.directory.join("control.sock")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_second_server_and_a_command_that_nobody_answers_find_the_directory_in_use() {
    let operator = Operator::start(Way::Served).await;
    let serve = ["serve", "--data-dir", argument(&operator.directory)];
    let ended = run(Build::Sandbox, &serve, &operator.simulator.settings()).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("is used by another waygate (process "), "{ended:?}");
    operator.runs(&["instance", "list"]).await;

    std::fs::remove_file(operator.directory.join("control.sock")).unwrap();
    let list = ["instance", "list", "--data-dir", argument(&operator.directory)];
    let ended = run(Build::Sandbox, &list, &operator.simulator.settings()).await;
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("does not answer commands"), "{ended:?}");
}

#[tokio::test]
async fn a_data_directory_may_have_a_longer_path_than_sockets_may() {
    let mut operator = Operator::start_in(Way::Served, &"deep".repeat(50)).await;
    let number = operator.creates().await;
    assert_eq!(operator.state(&number).await["name"], "unlinked", "the server answers");
    let ended = operator.server().terminate().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("socket"), "nothing to complain about: {ended:?}");
    assert!(!operator.directory.join("control.sock").try_exists().unwrap());
}

#[tokio::test]
async fn the_socket_serves_the_native_api_alone_and_whoever_serves_it_survives_nonsense() {
    let operator = Operator::start(Way::Served).await;
    let number = operator.creates().await;
    for (request, begin) in [
        ("GET /api/v1/instances HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", "HTTP/1.1 200"),
        (
            "GET /partner/getInstances/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
            "HTTP/1.1 404",
        ),
        ("\0\0\0\r\n\r\n", ""),
    ] {
        let mut socket =
            UnixStream::connect(operator.directory.join("control.sock")).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![];
        // The server may also hang up without a word.
        drop(socket.read_to_end(&mut answer).await);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(begin), "{request:?}: {answer}");
    }
    assert_eq!(operator.state(&number).await["name"], "unlinked");
}

#[tokio::test]
async fn over_the_network_the_same_api_asks_for_a_token_that_can_be_revoked() {
    let mut operator = Operator::start(Way::Alone).await;
    let address = operator.serve(&[]).await;
    let number = operator.creates().await;
    let token = operator.runs(&["token", "create", "--kind", "native"]).await;
    let (http, url) = (reqwest::Client::new(), format!("{address}/api/v1/instances"));
    assert_eq!(http.get(&url).send().await.unwrap().status(), 401);
    let asked = || http.get(&url).bearer_auth(token.trim()).send();
    let answer = asked().await.unwrap();
    assert_eq!(answer.status(), 200);
    let listed: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(listed["data"][0]["number"].to_string(), number);
    let id = operator.reads(&["token", "list"]).await["data"][0]["id"].clone();
    operator.runs(&["token", "revoke", id.as_str().unwrap()]).await;
    assert_eq!(asked().await.unwrap().status(), 401);
}
