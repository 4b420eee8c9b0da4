//! A client that sends exactly what a test writes, whether or not it is HTTP.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long an answer may take, whatever was asked.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

/// How much of what was sent a failure repeats, in bytes.
const SHOWN_MAX: usize = 200;

const CHUNK_BYTES: usize = 16 * 1024;

/// A request, right as HTTP though maybe not otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    verb: String,
    head: String,
    body: Option<Vec<u8>>,
}

impl Request {
    pub(crate) fn new(verb: &str, path: &str) -> Self {
        let head = format!("{verb} {path} HTTP/1.1\r\nHost: gate.example\r\n");
        Self { verb: verb.to_owned(), head, body: None }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&[name, ": ", value, "\r\n"].concat());
        self
    }

    /// One with a body, whose length it tells.
    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let announced = self.header("Content-Length", &body.len().to_string());
        Self { body: Some(body), ..announced }
    }

    /// One with a body in chunks.
    pub(crate) fn chunked(self, body: &[u8]) -> Self {
        let mut chunks = vec![];
        for chunk in body.chunks(CHUNK_BYTES) {
            chunks.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            chunks.extend(chunk);
            chunks.extend(b"\r\n");
        }
        chunks.extend(b"0\r\n\r\n");
        Self { body: Some(chunks), ..self.header("Transfer-Encoding", "chunked") }
    }

    /// What is sent before the body.
    pub(crate) fn head(&self) -> Vec<u8> {
        [&self.head, "\r\n"].concat().into_bytes()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.head(), self.body.clone().unwrap_or_default()].concat()
    }

    pub(crate) fn verb(&self) -> &str {
        &self.verb
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Status line and headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Status and body in one.
    pub(crate) fn told(&self) -> String {
        format!("{} {}", self.status, self.body)
    }

    /// The reply at the front, if it is there whole, and how long it is.
    fn parse(verb: &str, bytes: &[u8]) -> Option<(Self, usize)> {
        const END: &[u8] = b"\r\n\r\n";
        let end = END.len() + bytes.windows(END.len()).position(|window| window == END)?;
        let mut reply = Self::of_head(text(bytes.get(..end)?));
        let length = match (verb, reply.status) {
            ("HEAD", _) | (_, 100..200 | 204 | 304) => 0,
            _ => reply.length(),
        };
        reply.body = text(bytes.get(end..end + length)?);
        Some((reply, end + length))
    }

    fn of_head(head: String) -> Self {
        let line = head.strip_prefix("HTTP/1.1 ").or_else(|| head.strip_prefix("HTTP/1.0 "));
        let status = line.and_then(|line| line.get(..3)).and_then(|status| status.parse().ok());
        Self { status: status.expect("a status line"), head, body: String::new() }
    }

    fn length(&self) -> usize {
        self.header("content-length").expect("a length").parse().expect("a number")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A connection.
#[derive(Debug)]
pub(crate) struct RawClient {
    stream: TcpStream,
    unread: Vec<u8>,
    /// How it began to speak.
    said: Vec<u8>,
}

impl RawClient {
    pub(crate) async fn connect(address: &str) -> Self {
        let connected = tokio::time::timeout(DEADLINE, TcpStream::connect(address)).await;
        let stream = connected.expect("a connection in time").expect("a connection");
        Self { stream, unread: vec![], said: vec![] }
    }

    /// Sends this. A server that has refused it half read may hang up; then what it said counts.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let room = SHOWN_MAX.saturating_sub(self.said.len()).min(bytes.len());
        self.said.extend(&bytes[..room]);
        let sent = tokio::time::timeout(DEADLINE, self.stream.write_all(bytes)).await;
        drop(sent.unwrap_or_else(|_| panic!("nobody reads: {}", self.shown())));
    }

    /// Says that nothing more follows.
    pub(crate) async fn finish(&mut self) {
        drop(self.stream.shutdown().await);
    }

    /// The next answer to this verb, an interim one too; `None` when the server hangs up instead.
    pub(crate) async fn reply(&mut self, verb: &str) -> Option<Reply> {
        loop {
            if let Some((reply, length)) = Reply::parse(verb, &self.unread) {
                self.unread.drain(..length);
                return Some(reply);
            }
            if !self.reads_on(DEADLINE).await {
                assert_eq!(self.unread, b"", "half an answer: {}", self.shown());
                return None;
            }
        }
    }

    /// All answers until the server hangs up, and what is behind the last of them.
    pub(crate) async fn until_closed(&mut self, within: Duration) -> (Vec<Reply>, Vec<u8>) {
        let ends = tokio::time::Instant::now() + within;
        while self.reads_on(ends.duration_since(tokio::time::Instant::now())).await {}
        let (mut replies, mut rest) = (vec![], &self.unread[..]);
        while rest.starts_with(b"HTTP/") {
            let whole = Reply::parse("", rest);
            let (reply, length) = whole.unwrap_or_else(|| panic!("half an answer: {rest:?}"));
            replies.push(reply);
            rest = &rest[length..];
        }
        (replies, rest.to_vec())
    }

    /// What has come and is in no answer that was read.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Waits so long for the server to say something more; whether it has not hung up.
    pub(crate) async fn hears(&mut self, within: Duration) -> bool {
        let read = tokio::time::timeout(within, self.stream.read_buf(&mut self.unread)).await;
        read.is_err() || read.is_ok_and(|read| read.is_ok_and(|count| count > 0))
    }

    /// The same, where something must come.
    async fn reads_on(&mut self, within: Duration) -> bool {
        let read = tokio::time::timeout(within, self.stream.read_buf(&mut self.unread)).await;
        let read = read.unwrap_or_else(|_| {
            panic!("neither an answer nor an end: {}; so far {:?}", self.shown(), self.unread)
        });
        // A connection that is reset is over too.
        read.is_ok_and(|count| count > 0)
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.said).into_owned()
    }
}

/// Sends a request on a connection of its own.
pub(crate) async fn ask(address: &str, request: &Request) -> Reply {
    let mut client = RawClient::connect(address).await;
    client.send(&request.bytes()).await;
    let reply = client.reply(request.verb()).await;
    reply.unwrap_or_else(|| panic!("no answer to {}", client.shown()))
}

/// Whether a text is this pattern, in which `*` stands for anything.
pub(crate) fn is_like(text: &str, pattern: &str) -> bool {
    let Some((first, pattern)) = pattern.split_once('*') else { return text == pattern };
    let Some(rest) = text.strip_prefix(first) else { return false };
    let mut ends = (0..=rest.len()).filter_map(|at| rest.get(at..));
    ends.any(|end| is_like(end, pattern))
}
