//! A websocket client that sends exactly the frames that a test writes (RFC 6455, 5.2).

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::DEADLINE;

pub(crate) const TEXT: u8 = 1;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// Set in the first byte of a message's last frame.
pub(crate) const FIN: u8 = 0x80;

const MASK: [u8; 4] = [1, 2, 3, 4];

/// A request that is right, but for the headers of a test.
pub(crate) fn request(path: &str, headers: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    )
}

/// One frame as a client sends it.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(first, payload.len(), 0x80);
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The head of a frame up to its mask.
pub(crate) fn head(first: u8, length: usize, mask_bit: u8) -> Vec<u8> {
    let mut head = vec![first];
    match length {
        0..=125 => head.push(u8::try_from(length).unwrap() | mask_bit),
        126..=0xffff => {
            head.push(0x7e | mask_bit);
            head.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            head.push(0x7f | mask_bit);
            head.extend(u64::try_from(length).unwrap().to_be_bytes());
        }
    }
    head
}

#[derive(Debug)]
pub(crate) struct Frames {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Frames {
    /// Connects and opens a session.
    pub(crate) async fn open(address: SocketAddr, path: &str) -> Self {
        let mut client = Self::connect(address).await;
        client.send(request(path, "")).await;
        client.opened().await;
        client
    }

    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), unread: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let written = self.stream.write_all(bytes.as_ref());
        tokio::time::timeout(DEADLINE, written).await.expect("the server reads").unwrap();
    }

    /// Sends what the server may not want any more.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let written = self.stream.write_all(bytes.as_ref());
        tokio::time::timeout(DEADLINE, written).await.expect("the server reads").is_ok()
    }

    /// Reads the head of a 101.
    pub(crate) async fn opened(&mut self) {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.read().await > 0, "closed in the head of an answer");
        };
        let head = String::from_utf8(self.unread.drain(..end).collect()).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    }

    /// Whether a 101 comes, and not the end of the connection.
    pub(crate) async fn was_opened(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.unread);
        let read =
            tokio::time::timeout(DEADLINE, read).await.expect("the server answers or closes");
        read.is_ok_and(|count| count > 0)
    }

    /// The server's next frame: its first byte and what it holds. Short ones only.
    pub(crate) async fn frame(&mut self) -> (u8, Vec<u8>) {
        loop {
            if let [first, length, rest @ ..] = self.unread.as_slice()
                && rest.len() >= usize::from(*length)
            {
                assert!(*length <= 125, "a long frame, or a masked one");
                let frame = (*first, rest.iter().take(usize::from(*length)).copied().collect());
                self.unread.drain(..2 + usize::from(*length));
                return frame;
            }
            assert!(self.read().await > 0, "closed after {:?}", self.unread);
        }
    }

    /// Reads the server's close and tells its code.
    pub(crate) async fn close_code(&mut self) -> u16 {
        let (first, payload) = self.frame().await;
        assert_eq!(first, FIN | CLOSE);
        u16::from_be_bytes(payload[..2].try_into().unwrap())
    }

    /// Waits for the server to close the connection, with nothing more and without a reset.
    pub(crate) async fn closed(&mut self) {
        assert_eq!(self.read().await, 0, "{:?} came", self.unread);
        assert_eq!(self.unread, b"");
    }

    async fn read(&mut self) -> usize {
        let read = self.stream.read_buf(&mut self.unread);
        tokio::time::timeout(DEADLINE, read).await.expect("the server sends or closes").unwrap()
    }
}
