//! Commands on a server elsewhere, which they reach over the network with a token.
#![expect(clippy::unwrap_used, reason = "test code")]

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::operator::{Operator, Way};
use crate::process::{Build, Ended, run, run_with_input, start};

/// A server, and somebody who has only its address and a token.
struct Elsewhere {
    operator: Operator,
    address: String,
    token: String,
}

impl Elsewhere {
    async fn start() -> Self {
        let mut operator = Operator::start(Way::Alone).await;
        let address = operator.serve(&[]).await;
        let token = operator.runs(&["token", "create", "--kind", "native"]).await;
        Self { operator, address, token: token.trim_end().to_owned() }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![("WAYGATE_SERVER", self.address.clone()), ("WAYGATE_TOKEN", self.token.clone())]
    }

    async fn tries(&self, command: &[&str]) -> Ended {
        run(Build::Default, command, &self.settings()).await
    }

    async fn runs(&self, command: &[&str]) -> String {
        let ended = self.tries(command).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{command:?}: {ended:?}");
        ended.stdout
    }

    async fn reads(&self, command: &[&str]) -> Value {
        let printed = self.runs(&[command, &["--output", "json"]].concat()).await;
        serde_json::from_str(&printed).unwrap()
    }

    async fn is_in_state(&self, number: &str, name: &str) {
        self.operator.is_in_state(number, name).await;
    }
}

#[tokio::test]
async fn an_instance_is_created_linked_and_deleted_on_a_server_elsewhere() {
    let elsewhere = Elsewhere::start().await;
    let created = elsewhere.reads(&["instance", "create", "--name", "shop"]).await;
    let number = created["number"].to_string();
    let shown = elsewhere.runs(&["instance", "show", &number]).await;
    assert!(shown.contains(&format!("apiUrl:            {}\n", elsewhere.address)), "{shown}");
    let table = elsewhere.runs(&["instance", "list"]).await;
    assert!(table.contains(&number) && table.contains(" shop "), "{table}");

    let link = start(Build::Default, &["instance", "link", &number], &elsewhere.settings());
    let code = crate::drawing::last_code(&link.says("code 1, ").await);
    let (status, answer) = elsewhere.operator.simulator.scan(&code).await;
    assert_eq!(status, 200, "{answer}");
    let ended = link.ends().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    elsewhere.is_in_state(&number, "online").await;

    elsewhere.runs(&["instance", "restart", &number]).await;
    elsewhere.is_in_state(&number, "online").await;
    elsewhere.runs(&["instance", "logout", &number]).await;
    elsewhere.operator.simulator.has_no_devices().await;
    elsewhere.runs(&["instance", "delete", &number, "--yes"]).await;
    let listed = elsewhere.reads(&["instance", "list"]).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 0, "{listed}");
}

#[tokio::test]
async fn tokens_are_issued_and_revoked_on_a_server_elsewhere() {
    let elsewhere = Elsewhere::start().await;
    let second = elsewhere.runs(&["token", "create", "--kind", "partner"]).await;
    assert!(second.starts_with("gac."), "{second}");
    let table = elsewhere.runs(&["token", "list"]).await;
    assert_eq!(table.lines().count(), 3, "{table}");
    let listed = elsewhere.reads(&["token", "list"]).await;
    let own = listed["data"][0]["id"].as_str().unwrap();
    // The last that it does.
    elsewhere.runs(&["token", "revoke", own]).await;
    let ended = elsewhere.tries(&["token", "list"]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("the token is unknown, revoked"), "{ended:?}");
}

#[tokio::test]
async fn a_token_comes_from_the_command_line_a_file_or_standard_input() {
    let elsewhere = Elsewhere::start().await;
    let list = ["instance", "list", "--server", &elsewhere.address];
    let file = elsewhere.operator.place().join("token");
    std::fs::write(&file, format!("{}\n", elsewhere.token)).unwrap();
    let path = file.to_str().unwrap();
    for from in [["--token", &elsewhere.token], ["--token-file", path]] {
        let ended = run(Build::Default, &[&list[..], &from].concat(), &[]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let piped = [&list[..], &["--token", "-"]].concat();
    let ended = run_with_input(Build::Default, &piped, &[], &elsewhere.token).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    // The directory that is named is meant, whatever the environment says.
    let alone = Operator::start(Way::Alone).await;
    let list = alone.arguments(&["instance", "list"]);
    let ended = run(Build::Default, &list, &elsewhere.settings()).await;
    assert_eq!(ended.code, Some(4), "{ended:?}");
}

/// The form of a token, and nothing behind it.
const CANARY: &str = "wg_a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5694331cd";
const PAGE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>";
const MOVED: &str = "HTTP/1.1 301 Moved Permanently\r\nlocation: http://127.0.0.1:1/\r\n\
                     content-length: 0\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_server_elsewhere_that_cannot_be_used_is_told_by_its_address_and_never_by_the_token() {
    let foreign = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", foreign.local_addr().unwrap());
    let answers = async |answer: &'static str| {
        let (mut stream, _) = foreign.accept().await.unwrap();
        let _asked = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
    };
    for (answer, code, words) in [
        (Some(PAGE), 2, "is no Waygate"),
        (Some(MOVED), 2, "leads elsewhere"),
        (None, 6, "cannot be reached"),
    ] {
        let server = if answer.is_some() { address.as_str() } else { "http://127.0.0.1:1" };
        let list = ["instance", "list", "--server", server, "--token", CANARY];
        let answered = async {
            if let Some(answer) = answer {
                answers(answer).await;
            }
        };
        let (ended, ()) = tokio::join!(run(Build::Default, &list, &[]), answered);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.stderr.contains(words) && ended.stderr.contains(server), "{ended:?}");
        assert!(!ended.stderr.contains(CANARY), "{ended:?}");
    }
    let clear = ["instance", "list", "--server", "http://wa.example.org", "--token", CANARY];
    let ended = run(Build::Default, &clear, &[]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("in clear") && !ended.stderr.contains(CANARY), "{ended:?}");
}

#[tokio::test]
async fn a_shell_completes_commands_by_the_script_that_is_printed() {
    for (shell, words) in [("bash", "complete -F _waygate"), ("zsh", "#compdef waygate")] {
        let ended = run(Build::Default, &["completion", shell], &[]).await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains(words) && ended.stdout.contains("quickstart"), "{shell}");
    }
    let ended = run(Build::Default, &["completion", "abacus"], &[]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
}
