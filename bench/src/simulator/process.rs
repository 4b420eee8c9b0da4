//! The simulator as a process, what it needs, and its control API.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until};

/// Linux counts the time of processes in these, on every machine that it runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running simulator, which ends with this.
#[derive(Debug)]
pub(crate) struct Process {
    _child: Child,
    id: u32,
    pub(crate) chat: String,
    control: String,
}

/// What a process has needed so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    cpu_s: f64,
}

/// What a process has needed in some time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    pub(crate) cores: f64,
    /// The most that it has ever had in memory.
    pub(crate) megabytes: f64,
    pub(crate) seconds: f64,
}

impl Process {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let mut child = Command::new(own)
            .arg("simulator-process")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let id = child.id().context("it runs")?;
        let said = child.stdout.take().context("it has an output")?;
        let line = BufReader::new(said).lines().next_line().await?.context("it says where")?;
        let (chat, control) = line.split_once(' ').context("two addresses")?;
        let (chat, control) = (chat.to_owned(), control.to_owned());
        Ok(Self { _child: child, id, chat, control })
    }

    /// What it needs in this time, while nothing is asked of it from here.
    pub(crate) async fn measure(&self, time: Duration) -> anyhow::Result<Usage> {
        let (before, begun) = (self.reading().await?, Instant::now());
        sleep_until(begun + time).await;
        self.since(before, begun.elapsed()).await
    }

    pub(crate) async fn reading(&self) -> anyhow::Result<Reading> {
        let stat = tokio::fs::read_to_string(format!("/proc/{}/stat", self.id)).await?;
        // Behind the name, which may hold anything: the 14th and 15th field of all.
        let (_, fields) = stat.rsplit_once(')').context("a name")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        let ticks: f64 = ticks.sum::<Result<f64, _>>()?;
        Ok(Reading { cpu_s: ticks / TICKS_PER_SECOND })
    }

    pub(crate) async fn since(&self, before: Reading, time: Duration) -> anyhow::Result<Usage> {
        let now = self.reading().await?;
        let status = tokio::fs::read_to_string(format!("/proc/{}/status", self.id)).await?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|peak| peak.split_whitespace().next()).context("a peak")?;
        let seconds = time.as_secs_f64();
        Ok(Usage {
            cores: (now.cpu_s - before.cpu_s) / seconds,
            megabytes: kilobytes.parse::<f64>()? * 1_024.0 / 1_000_000.0,
            seconds,
        })
    }

    /// What the oracle has to say.
    pub(crate) async fn violations(&self) -> anyhow::Result<String> {
        let oracle: serde_json::Value = serde_json::from_str(&self.call("GET /oracle", "").await?)?;
        Ok(oracle["violations"].to_string())
    }

    /// Calls the control API, which must do what it is asked; its answer's body.
    pub(crate) async fn call(&self, request: &str, body: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(&self.control).await?;
        let head = format!(
            "{request} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: \
             application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.control,
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").context("an answer")?;
        if !head.starts_with("HTTP/1.1 2") {
            bail!("{request}: {}", head.lines().next().unwrap_or_default());
        }
        Ok(body.to_owned())
    }
}
