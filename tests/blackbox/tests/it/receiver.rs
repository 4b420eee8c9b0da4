//! Receivers of what is posted, and one that answers all of it at once and remembers it.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::process::LIMIT;

/// A request that was read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    /// Its first line.
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Posted {
    /// The next one on a connection; `None` when it is cut off before.
    pub(crate) async fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let head = loop {
            more(stream, &mut bytes).await?;
            let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                break bytes.drain(..end + 4).collect::<Vec<u8>>();
            }
        };
        let head = String::from_utf8(head).unwrap();
        let line = head.lines().next().unwrap_or_default().to_owned();
        let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let named = |(name, value): (&str, &str)| {
            (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
        };
        let headers: HeaderMap = lines.map(named).collect();
        let length: usize = headers["content-length"].to_str().unwrap().parse().unwrap();
        while bytes.len() < length {
            more(stream, &mut bytes).await?;
        }
        Some(Self { line, headers, body: bytes })
    }

    /// What it says.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let count = stream.read_buf(bytes).await.ok()?;
    (count > 0).then_some(())
}

/// A receiver that is always well.
#[derive(Debug)]
pub(crate) struct Receiver {
    /// Where it listens.
    pub(crate) base: String,
    heard: Arc<watch::Sender<Vec<Posted>>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::<watch::Sender<Vec<Posted>>>::default();
        let task = spawn(hear(listener, Arc::clone(&heard)));
        Self { base, heard, task }
    }

    /// All that was heard, once it is as wanted; what there is after too long a time.
    pub(crate) async fn hears(&self, wanted: impl Fn(&[Posted]) -> bool) -> Vec<Posted> {
        let mut heard = self.heard.subscribe();
        let enough = heard.wait_for(|posted| wanted(posted));
        drop(tokio::time::timeout(LIMIT, enough).await);
        self.heard.borrow().clone()
    }
}

async fn hear(listener: TcpListener, heard: Arc<watch::Sender<Vec<Posted>>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let heard = Arc::clone(&heard);
        drop(spawn(async move {
            let Some(posted) = Posted::read(&mut stream).await else { return };
            heard.send_modify(|all| all.push(posted));
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            // Whoever asked may have been killed.
            drop(stream.write_all(answer).await);
        }));
    }
}

#[expect(clippy::disallowed_methods, reason = "test code")]
fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::task::spawn(task)
}
