//! What reaches the log, and what never does.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use waygate_http::listener::Limits;

use crate::frames::{CLOSE, FIN, Frames, PING, TEXT, masked, request};
use crate::server::{BODY_BYTES_MAX, Server};

/// Stands for every token, name and text that a client may send.
const CANARY: &str = "canary7d3f";

/// All that anybody logs on this thread, at the lowest level, spans included.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn capture() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes().clone()).unwrap()
    }

    /// The one line about a request's end that holds all of these.
    fn answered(&self, words: &[&str]) -> String {
        let text = self.text();
        let is_meant = |line: &&str| {
            line.contains("request answered") && words.iter().all(|word| line.contains(word))
        };
        let lines: Vec<_> = text.lines().filter(is_meant).collect();
        assert_eq!(lines.len(), 1, "{words:?} in {text}");
        lines[0].to_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn limits() -> Limits {
    Limits {
        head: Duration::from_millis(300),
        handler: Duration::from_millis(600),
        ..Limits::default()
    }
}

/// Everything a client can write, and the answer it gets; `None` where it gets none.
fn requests() -> Vec<(String, Option<u16>)> {
    let headers = format!("Host: {CANARY}\r\nAuthorization: {CANARY}\r\nX-{CANARY}: {CANARY}\r\n");
    let get = |path: &str| format!("GET {path}?{CANARY}={CANARY} HTTP/1.1\r\n{headers}\r\n");
    let post = |length: usize, body: &str| {
        let line = format!("POST /api/json/{CANARY}?{CANARY} HTTP/1.1");
        format!("{line}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
    };
    let whole = |body: &str| post(body.len(), body);
    let key = format!("\"{CANARY}\":\"{CANARY}\"");
    vec![
        (get(&format!("/api/token/{CANARY}")), Some(200)),
        (get(&format!("//api//token//{CANARY}")), Some(200)),
        (get(&format!("/api/{CANARY}")), Some(404)),
        (get(&format!("/{CANARY}")), Some(404)),
        (get(&format!("http://{CANARY}/{CANARY}")), Some(404)),
        (get(&format!("/api/panic/{CANARY}")), Some(500)),
        (get(&format!("/api/never/{CANARY}")), Some(504)),
        (format!("{CANARY} /api/hello HTTP/1.1\r\n{headers}\r\n"), Some(405)),
        (format!("CONNECT {CANARY}:1 HTTP/1.1\r\n{headers}\r\n"), Some(404)),
        (format!("GET /{CANARY} HTTP/1.1\r\n{headers}{headers}\r\n"), Some(400)),
        (whole(&format!("{{{key}}}")), Some(200)),
        (whole(&format!("{{{key},{key}}}")), Some(400)),
        (whole(&format!("{{{CANARY}}}")), Some(400)),
        (whole(&format!("{{{key}")), Some(400)),
        (whole(&CANARY.repeat(BODY_BYTES_MAX)), Some(413)),
        (post(BODY_BYTES_MAX, CANARY), Some(408)),
        (format!("GET /{CANARY}\r\n\r\n"), Some(400)),
        (format!("GET /{CANARY} HTTP/1.1\r\n{CANARY}\r\n\r\n"), Some(400)),
        (format!("GET /{} HTTP/1.1\r\n\r\n", CANARY.repeat(4096)), Some(431)),
        (format!("GET /{CANARY} HTTP/1.1\r\n{headers}"), None),
    ]
}

#[tokio::test]
async fn nothing_a_client_writes_reaches_the_log() {
    let (log, _guard) = Log::capture();
    let server = Server::start(limits()).await;
    for (request, status) in requests() {
        let mut client = server.connect().await;
        client.send(&request).await;
        match status {
            Some(status) => assert_eq!(client.answer().await.status, status, "{request:.200}"),
            None => assert_eq!(client.closed().await.0, [], "{request:.200}"),
        }
    }
    let mut leaves = server.connect().await;
    leaves.send(format!("GET /api/wait?{CANARY} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
    server.entered.notified().await;
    drop(leaves);
    assert!(server.tasks.end_within(Duration::from_secs(2)).await);

    let text = log.text();
    assert!(!text.contains(CANARY), "{text}");
    assert!(!text.contains("127.0.0.1"), "an address is in {text}");
    // The log would not hold anything else either if it did not hold these.
    for expected in [
        "answering a request panicked",
        "a handler did not answer in time",
        "the client sent no HTTP",
        "it names no host, or more than one",
        "the client sent no request in time",
        "request abandoned",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in {text}");
    }
}

#[tokio::test]
async fn a_request_leaves_one_line_with_its_route_and_no_more() {
    let (log, _guard) = Log::capture();
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    let id = client.get("/api/token/x").await.header("x-request-id").unwrap().to_owned();
    let line = log.answered(&[&id]);
    for expected in [
        "DEBUG",
        r#"method="GET""#,
        r#"route="/api/token/{token}""#,
        "instance=07070707-0707-4707-8707-070707070707",
        "status=200",
        "elapsed_ms=",
    ] {
        assert!(line.contains(expected), "{expected} is not in {line}");
    }
    assert!(!line.contains("/second"), "the first name counts in {line}");
}

#[tokio::test]
async fn what_went_wrong_is_louder_than_what_went_well() {
    let (log, _guard) = Log::capture();
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    for (path, level) in [("/api/hello", "DEBUG"), ("/nobody", "INFO"), ("/api/panic/x", "WARN")] {
        let id = client.get(path).await.header("x-request-id").unwrap().to_owned();
        let line = log.answered(&[&id]);
        assert!(line.contains(level), "{line}");
    }
    let text = log.text();
    let panic = text.lines().find(|line| line.contains("answering a request panicked")).unwrap();
    assert!(panic.contains(r#"route="/api/panic/{token}""#), "{panic}");
    assert!(panic.contains("message_length="), "{panic}");
}

#[tokio::test]
async fn nothing_that_is_said_in_a_session_reaches_the_log() {
    let (log, _guard) = Log::capture();
    let mut server = Server::start(limits()).await;
    let headers = format!("X-{CANARY}: {CANARY}\r\nSec-WebSocket-Protocol: {CANARY}\r\n");
    let half = masked(TEXT, CANARY.as_bytes());
    for last in [
        masked(FIN | CLOSE, &[&1000_u16.to_be_bytes(), CANARY.as_bytes()].concat()),
        [half.clone(), half].concat(),
        masked(FIN | TEXT, format!("{CANARY}\u{0}").repeat(8192).as_bytes()),
        format!("\u{1}\u{1}{CANARY}").into_bytes(),
    ] {
        let mut client = Frames::connect(server.address).await;
        client.send(request(&format!("/api/ws/echo/{CANARY}?{CANARY}"), &headers)).await;
        client.opened().await;
        client.send(masked(FIN | TEXT, CANARY.as_bytes())).await;
        assert_eq!(client.frame().await.1, CANARY.as_bytes());
        client.send(masked(FIN | PING, CANARY.as_bytes())).await;
        assert_eq!(client.frame().await.1, CANARY.as_bytes());
        client.try_send(last).await;
        client.close_code().await;
        assert_eq!(server.note().await, "over after 1");
    }
    let mut panics = Frames::open(server.address, "/api/ws/panic").await;
    panics.send(masked(FIN | TEXT, CANARY.as_bytes())).await;
    assert_eq!(panics.close_code().await, 1011);
    let mut foreign = server.connect().await;
    let origin = format!("Origin: https://{CANARY}\r\n");
    foreign.send(request(&format!("/api/ws/echo/{CANARY}"), &origin)).await;
    assert_eq!(foreign.answer().await.status, 403);
    drop((panics, foreign));
    assert!(server.tasks.end_within(Duration::from_secs(2)).await);

    let text = log.text();
    assert!(!text.contains(CANARY), "{text}");
    let inside = text.lines().find(|line| line.contains("in the session")).unwrap();
    assert!(inside.contains(r#"route="/api/ws/{kind}""#), "{inside}");
    let panic = text.lines().find(|line| line.contains("answering a request panicked")).unwrap();
    assert!(panic.contains(r#"place="websocket" route="/api/ws/{kind}""#), "{panic}");
    for expected in ["the client closed it", "the client broke a rule", "a message came"] {
        assert!(text.contains(expected), "{expected:?} is not in {text}");
    }
}
