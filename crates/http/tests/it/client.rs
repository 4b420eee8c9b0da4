//! A client that sends exactly what a test writes.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Longer than any limit that these tests set; whoever waits for it has found a fault.
pub(crate) const DEADLINE: Duration = Duration::from_secs(8);

#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// One answer, in text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// With names in lower case, in the order they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Reads one answer from the front, if it is there whole. Every answer in these tests has a
    /// length.
    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let text = std::str::from_utf8(bytes).unwrap();
        let (head, rest) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().unwrap();
        let headers: Vec<_> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let (_, length) = headers.iter().find(|(name, _)| name == "content-length")?;
        let body = rest.get(..length.parse().unwrap())?.to_owned();
        let length = head.len() + 4 + body.len();
        Some((Self { status, headers, body }, length))
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), unread: Vec::new() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.stream.local_addr().unwrap()
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let written = self.stream.write_all(bytes.as_ref());
        tokio::time::timeout(DEADLINE, written).await.expect("the server reads").unwrap();
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        loop {
            if let Some((answer, length)) = Answer::parse(&self.unread) {
                self.unread.drain(..length);
                return answer;
            }
            let count = self.read().await.unwrap();
            assert!(count > 0, "closed after {:?}", String::from_utf8_lossy(&self.unread));
        }
    }

    /// Sends a request without a body and reads its answer.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        self.answer().await
    }

    /// Reads what comes until the server closes, and tells how long that took.
    pub(crate) async fn closed(&mut self) -> (Vec<Answer>, Duration) {
        let began = Instant::now();
        // A connection that was refused may also be reset.
        while self.read().await.is_ok_and(|count| count > 0) {}
        let mut answers = Vec::new();
        while let Some((answer, length)) = Answer::parse(&self.unread) {
            self.unread.drain(..length);
            answers.push(answer);
        }
        assert_eq!(self.unread, b"", "part of an answer");
        (answers, began.elapsed())
    }

    /// Everything that comes until the server closes, as it is.
    pub(crate) async fn raw_until_closed(&mut self) -> String {
        while self.read().await.unwrap() > 0 {}
        String::from_utf8(std::mem::take(&mut self.unread)).unwrap()
    }

    async fn read(&mut self) -> io::Result<usize> {
        let read = self.stream.read_buf(&mut self.unread);
        tokio::time::timeout(DEADLINE, read).await.expect("the server answers or closes")
    }
}
