//! A data directory and the commands on it, while a server uses it and while none does.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test code")]

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{
    Build, Ended, LIMIT, Running, argument, run, run_with_input, start, start_on_terminal,
};
use crate::simulator::Simulator;

/// How a command reaches a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A server uses it, and answers.
    Served,
    /// Nobody does, so the command uses it itself.
    Alone,
}

pub(crate) const WAYS: [Way; 2] = [Way::Served, Way::Alone];

/// A data directory with its world.
#[derive(Debug)]
pub(crate) struct Operator {
    pub(crate) simulator: Simulator,
    pub(crate) directory: PathBuf,
    pub(crate) server: Option<Running>,
    place: TempDir,
}

impl Operator {
    pub(crate) async fn start(way: Way) -> Self {
        Self::start_in(way, "data").await
    }

    /// One whose directory has this name.
    pub(crate) async fn start_in(way: Way, name: &str) -> Self {
        let (simulator, place) = (Simulator::start().await, tempfile::tempdir().unwrap());
        let directory = place.path().join(name);
        let mut operator = Self { simulator, directory, server: None, place };
        if way == Way::Served {
            operator.serve(&[]).await;
        }
        operator
    }

    /// A directory beside the data.
    pub(crate) fn place(&self) -> &Path {
        self.place.path()
    }

    /// Starts the server, and gives its address.
    pub(crate) async fn serve(&mut self, more: &[(&'static str, String)]) -> String {
        let settings = [&self.simulator.settings()[..], more].concat();
        let arguments = ["serve", "--data-dir", argument(&self.directory)];
        let server = start(Build::Sandbox, &arguments, &settings);
        let said = server.says("running ").await;
        let (_, rest) = said.split_once("listening on ").expect("an address");
        let address = rest.lines().next().unwrap().to_owned();
        self.server = Some(server);
        address
    }

    pub(crate) fn server(&mut self) -> Running {
        self.server.take().expect("a server")
    }

    /// A command on this directory.
    pub(crate) fn arguments<'a>(&'a self, command: &[&'a str]) -> Vec<&'a str> {
        [command, &["--data-dir", argument(&self.directory)]].concat()
    }

    /// Where to find WhatsApp: a command needs it only when it uses the directory itself.
    fn settings(&self) -> Vec<(&'static str, String)> {
        if self.server.is_some() { vec![] } else { self.simulator.settings() }
    }

    /// Runs a command, which may fail.
    pub(crate) async fn tries(&self, command: &[&str]) -> Ended {
        run(Build::Sandbox, &self.arguments(command), &self.settings()).await
    }

    /// The same, with something on standard input.
    pub(crate) async fn tries_with_input(&self, command: &[&str], input: &str) -> Ended {
        let arguments = self.arguments(command);
        run_with_input(Build::Sandbox, &arguments, &self.settings(), input).await
    }

    /// Runs a command that must succeed without a word of complaint; gives what it printed.
    pub(crate) async fn runs(&self, command: &[&str]) -> String {
        let ended = self.tries(command).await;
        assert_eq!(ended.code, Some(0), "{command:?}: {ended:?}");
        assert_eq!(ended.stderr, "", "{command:?}");
        ended.stdout
    }

    /// The same for a command that prints JSON.
    pub(crate) async fn reads(&self, command: &[&str]) -> Value {
        let printed = self.runs(&[command, &["--output", "json"]].concat()).await;
        serde_json::from_str(&printed).expect("JSON")
    }

    /// Runs a command that must end with this code, a sentence on standard error, and nothing on
    /// standard output; gives the sentence.
    pub(crate) async fn fails(&self, command: &[&str], code: i32) -> String {
        let ended = self.tries(command).await;
        assert_eq!(ended.code, Some(code), "{command:?}: {ended:?}");
        assert_eq!(ended.stdout, "", "{command:?}");
        assert!(!ended.stderr.is_empty(), "{command:?}");
        ended.stderr
    }

    /// Starts a command that takes its time.
    pub(crate) fn starts(&self, command: &[&str]) -> Running {
        start(Build::Sandbox, &self.arguments(command), &self.settings())
    }

    /// The same, on a terminal.
    pub(crate) fn starts_on_terminal(&self, command: &[&str]) -> Running {
        start_on_terminal(Build::Sandbox, &self.arguments(command), &self.settings())
    }

    /// Creates an instance, and gives its `idInstance`.
    pub(crate) async fn creates(&self) -> String {
        let created = self.reads(&["instance", "create", "--name", "shop"]).await;
        created["number"].to_string()
    }

    /// Asks again until the instance is connected; without a server none is for long.
    pub(crate) async fn is_online(&self, number: &str) {
        if self.server.is_some() {
            self.is_in_state(number, "online").await;
        }
    }

    /// Asks again until the instance is in this state.
    pub(crate) async fn is_in_state(&self, number: &str, name: &str) {
        let reached = tokio::time::timeout(LIMIT, async {
            while self.state(number).await["name"] != name {}
        });
        reached.await.expect("never in that state");
    }

    /// The state of an instance, as the API calls it.
    pub(crate) async fn state(&self, number: &str) -> Value {
        self.reads(&["instance", "show", number]).await["state"].clone()
    }
}
