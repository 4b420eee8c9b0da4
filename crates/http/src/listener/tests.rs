//! Connections in memory under a paused clock: each limit to the second. Real sockets are in
//! `tests/it`.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::{Notify, mpsc};

use super::*;
use crate::body;
use crate::site::{Failure, Surface};
use crate::websocket::{Handshake, Origins};

/// What a duplex holds in each direction, as a socket's buffers would.
const SOCKET_BYTES: usize = 16 * 1024;

const SECOND: Duration = Duration::from_secs(1);

type Accepted = io::Result<(DuplexStream, Option<PeerAddress>)>;

/// Connections that a test makes.
#[derive(Debug)]
struct Arrivals(mpsc::UnboundedReceiver<Accepted>);

impl Accept for Arrivals {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> Accepted {
        match self.0.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }
}

/// A listener and the test's end of it.
#[derive(Debug)]
struct Rig {
    arrivals: mpsc::UnboundedSender<Accepted>,
    tasks: Tasks,
    site: Site,
    /// Lets `/wait` answer.
    go_on: Arc<Notify>,
}

impl Rig {
    fn start(limits: Limits) -> Self {
        let go_on = Arc::new(Notify::new());
        let gate = Arc::clone(&go_on);
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/wait", get(move || async move { gate.notified().await }))
            .route("/large", get(|| async { vec![b'x'; 1024 * 1024] }))
            .route("/read", post(|body| async { body::read(body, 10, body::STALL).await.unwrap() }))
            .route("/broken", get(broken_body))
            .route("/session", get(session));
        let site = Site::new(vec![Surface {
            name: "test",
            claims: |_path| true,
            router,
            on_failure: |_failure: Failure| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }]);
        let (arrivals, source) = mpsc::unbounded_channel();
        let tasks = Tasks::default();
        let (serving, served) = (tasks.clone(), site.clone());
        tasks.start("listener", async move {
            accept_from(Arrivals(source), served, limits, &serving).await;
        });
        Self { arrivals, tasks, site, go_on }
    }

    fn connect(&self) -> Client {
        self.connect_from("192.0.2.1:1")
    }

    fn connect_from(&self, address: &str) -> Client {
        let (stream, served) = tokio::io::duplex(SOCKET_BYTES);
        let peer = PeerAddress(address.parse().unwrap());
        self.arrivals.send(Ok((served, Some(peer)))).unwrap();
        Client { stream, unread: Vec::new() }
    }
}

/// An answer whose body panics while it is being sent.
async fn broken_body() -> axum::body::Body {
    let chunks = futures_util::stream::iter([Ok::<_, io::Error>("first"), Ok("second")]);
    let mut count = 0;
    axum::body::Body::from_stream(futures_util::StreamExt::inspect(chunks, move |_chunk| {
        count += 1;
        assert!(count < 2, "the body breaks");
    }))
}

/// Sends a large text for each message that comes.
async fn session(head: Parts) -> Response {
    let handshake = Handshake::read(&head, &Origins::Same).unwrap();
    handshake.accept(|mut session| async move {
        while session.receive().await.is_some() {
            if session.send_text("x".repeat(1024 * 1024)).await.is_err() {
                return;
            }
        }
    })
}

#[derive(Debug)]
struct Client {
    stream: DuplexStream,
    unread: Vec<u8>,
}

impl Client {
    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads one answer up to the end of its body, which has to have a length.
    async fn answer(&mut self) -> String {
        loop {
            if let Some(length) = answer_length(&self.unread) {
                return String::from_utf8(self.unread.drain(..length).collect()).unwrap();
            }
            let count = self.stream.read_buf(&mut self.unread).await.unwrap();
            assert!(count > 0, "the connection was closed in an answer");
        }
    }

    /// Opens a session.
    async fn open(&mut self) {
        self.send(
            "GET /session HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        .await;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "));
    }

    /// Reads one short frame, and tells how long that took.
    async fn frame(&mut self) -> (Duration, Vec<u8>) {
        let began = Instant::now();
        let mut frame = vec![0; 2];
        self.stream.read_exact(&mut frame).await.unwrap();
        let mut payload = vec![0; usize::from(frame[1])];
        self.stream.read_exact(&mut payload).await.unwrap();
        frame.extend(payload);
        (began.elapsed(), frame)
    }

    /// Waits until the server closes, and tells how long that took and what came before.
    async fn closed(&mut self) -> (Duration, String) {
        let began = Instant::now();
        let mut rest = std::mem::take(&mut self.unread);
        self.stream.read_to_end(&mut rest).await.unwrap();
        (began.elapsed(), String::from_utf8(rest).unwrap())
    }
}

/// The length of the answer at the front, once it is there whole.
fn answer_length(bytes: &[u8]) -> Option<usize> {
    let (head, rest) = std::str::from_utf8(bytes).unwrap().split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let length: usize = length.parse().unwrap();
    (rest.len() >= length).then_some(head.len() + 4 + length)
}

const HELLO: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Lets every other task run until it waits, without moving the clock.
async fn settle() {
    for _ in 0..32 {
        tokio::task::yield_now().await;
    }
}

/// Moves the clock and lets every other task notice.
async fn pass(time: Duration) {
    tokio::time::advance(time).await;
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_sends_nothing_is_closed_after_the_limit_of_a_head() {
    let rig = Rig::start(Limits::default());
    assert_eq!(rig.connect().closed().await, (10 * SECOND, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_byte_by_byte_has_no_longer_than_any_other() {
    let rig = Rig::start(Limits::default());
    let mut client = rig.connect();
    for byte in ["G", "E", "T"] {
        client.send(byte).await;
        settle().await;
        pass(3 * SECOND).await;
    }
    assert_eq!(client.closed().await, (SECOND, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_be_idle_for_longer_than_a_head_may_take() {
    let rig = Rig::start(Limits::default());
    let mut client = rig.connect();
    for _ in 0..3 {
        client.send(HELLO).await;
        assert!(client.answer().await.ends_with("hello"));
        pass(74 * SECOND).await;
    }
    assert_eq!(client.closed().await, (SECOND, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_next_head_has_its_limit_from_its_first_byte() {
    let rig = Rig::start(Limits::default());
    let mut client = rig.connect();
    client.send(HELLO).await;
    client.answer().await;
    settle().await;
    // Begun late in the silence, it still has its whole time.
    pass(70 * SECOND).await;
    client.send("GET /").await;
    settle().await;
    pass(9 * SECOND).await;
    client.send(" HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(client.answer().await.ends_with("hello"));
    // Begun early, it has no more.
    settle().await;
    pass(5 * SECOND).await;
    client.send("GET /").await;
    assert_eq!(client.closed().await, (10 * SECOND, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_handler_at_work_is_neither_idle_nor_a_slow_head() {
    let rig = Rig::start(Limits::default());
    let mut client = rig.connect();
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    settle().await;
    pass(100 * SECOND).await;
    rig.go_on.notify_one();
    assert!(client.answer().await.starts_with("HTTP/1.1 200"));
    assert_eq!(client.closed().await.0, 75 * SECOND, "and then idle begins");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_answer_is_cut_off() {
    let rig = Rig::start(Limits::default());
    let mut client = rig.connect();
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut taken = vec![0; SOCKET_BYTES];
    for _ in 0..3 {
        settle().await;
        pass(29 * SECOND).await;
        client.stream.read_exact(&mut taken).await.unwrap();
    }
    settle().await;
    pass(31 * SECOND).await;
    let mut rest = Vec::new();
    client.stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest.len(), SOCKET_BYTES, "no more than what was on its way");
}

#[tokio::test(start_paused = true)]
async fn accepting_goes_on_after_the_system_ran_out_of_descriptors() {
    let rig = Rig::start(Limits::default());
    let began = Instant::now();
    for error in [io::Error::from_raw_os_error(24), io::ErrorKind::ConnectionAborted.into()] {
        rig.arrivals.send(Err(error)).unwrap();
    }
    let mut client = rig.connect();
    client.send(HELLO).await;
    client.answer().await;
    assert_eq!(began.elapsed(), ACCEPT_PAUSE, "a pause for the first, none for the second");
}

#[tokio::test(start_paused = true)]
async fn a_pause_does_not_hold_up_the_end() {
    let rig = Rig::start(Limits::default());
    rig.arrivals.send(Err(io::Error::from_raw_os_error(24))).unwrap();
    settle().await;
    let began = Instant::now();
    assert!(rig.tasks.end_within(SECOND).await);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn idle_and_new_connections_end_at_once_when_the_process_does() {
    let rig = Rig::start(Limits::default());
    let (mut idle, mut new) = (rig.connect(), rig.connect());
    idle.send(HELLO).await;
    idle.answer().await;
    settle().await;
    let began = Instant::now();
    assert!(rig.tasks.end_within(SECOND).await);
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(idle.closed().await, (Duration::ZERO, String::new()));
    assert_eq!(new.closed().await, (Duration::ZERO, String::new()));
}

#[tokio::test(start_paused = true)]
async fn a_request_in_flight_is_answered_within_the_grace_period() {
    let rig = Rig::start(Limits::default());
    let mut client = rig.connect();
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    settle().await;
    rig.tasks.stop_token().cancel();
    settle().await;
    pass(4 * SECOND).await;
    rig.go_on.notify_one();
    let (took, answer) = client.closed().await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(took, Duration::ZERO);
    assert!(rig.tasks.end_within(Duration::ZERO).await);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_outlasts_the_grace_period_is_cut() {
    let rig = Rig::start(Limits::default());
    let mut client = rig.connect();
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    settle().await;
    rig.tasks.stop_token().cancel();
    assert_eq!(client.closed().await, (5 * SECOND, String::new()));
    assert!(rig.tasks.end_within(SECOND).await);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_panics_ends_its_connection_and_is_counted() {
    let rig = Rig::start(Limits::default());
    let mut client = rig.connect();
    client.send("GET /broken HTTP/1.1\r\nHost: a\r\n\r\n").await;
    client.closed().await;
    assert_eq!(rig.site.panics(), 1);
    let mut next = rig.connect();
    next.send(HELLO).await;
    assert!(next.answer().await.ends_with("hello"));
}

#[tokio::test(start_paused = true)]
async fn places_are_given_back_when_connections_end() {
    let rig = Rig::start(Limits { connections_max: 1, ..Limits::default() });
    for _ in 0..5 {
        let mut client = rig.connect();
        client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(client.closed().await.1.ends_with("hello"));
        assert_eq!(rig.connect().closed().await.0, Duration::ZERO, "while the first lingers");
        drop(client);
        settle().await;
    }
    assert_eq!(rig.site.refused_connections(), 5);
}

#[tokio::test(start_paused = true)]
async fn one_address_cannot_hold_every_connection() {
    const HELLO: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let rig = Rig::start(Limits { connections_per_address_max: 2, ..Limits::default() });
    let (mut first, mut second) = (rig.connect(), rig.connect());
    for client in [&mut first, &mut second] {
        client.send(HELLO).await;
        assert!(client.answer().await.ends_with("hello"));
    }
    assert_eq!(rig.connect().closed().await.1, "", "a third from the same address");
    let mut other = rig.connect_from("192.0.2.2:1");
    other.send(HELLO).await;
    assert!(other.answer().await.ends_with("hello"), "another address has room");

    drop(first);
    settle().await;
    let mut next = rig.connect();
    next.send(HELLO).await;
    assert!(next.answer().await.ends_with("hello"), "the place was given back");
    assert_eq!(rig.site.refused_connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_served_after_chunks() {
    let rig = Rig::start(Limits::default());
    let smuggled = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for headers in [
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    ] {
        let mut client = rig.connect();
        let request = format!("POST /read HTTP/1.1\r\nHost: a\r\n{headers}\r\n1\r\nx\r\n0\r\n\r\n");
        client.send(&format!("{request}{smuggled}")).await;
        let (_took, answers) = client.closed().await;
        assert_eq!(answers.matches("HTTP/1.1").count(), 1, "{headers}{answers}");
        assert!(
            answers.contains("connection: close") && answers.ends_with("\r\n\r\nx"),
            "{answers}"
        );
    }
}

/// A ping without a payload, as a server sends it (RFC 6455, 5.2).
const PING: [u8; 2] = [0x89, 0];

#[tokio::test(start_paused = true)]
async fn a_session_is_pinged_every_20_s_and_given_up_after_two_misses() {
    let rig = Rig::start(Limits::default());
    let mut client = rig.connect();
    client.open().await;
    assert_eq!(client.frame().await, (20 * SECOND, PING.to_vec()));
    assert_eq!(client.frame().await, (20 * SECOND, PING.to_vec()));
    let (took, close) = client.frame().await;
    assert_eq!((took, &close[2..]), (20 * SECOND, &b"\x03\xf3no pong"[..]));
    assert_eq!(client.closed().await.0, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_answers_pings_has_no_other_end() {
    let rig = Rig::start(Limits::default());
    let mut client = rig.connect();
    client.open().await;
    for _ in 0..180 {
        assert_eq!(client.frame().await, (20 * SECOND, PING.to_vec()));
        client.stream.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_client_takes_nothing_is_cut_off() {
    let rig = Rig::start(Limits { connections_max: 1, ..Limits::default() });
    let mut client = rig.connect();
    client.open().await;
    client.stream.write_all(&[0x81, 0x80, 0, 0, 0, 0]).await.unwrap();
    settle().await;
    pass(29 * SECOND).await;
    assert_eq!(rig.connect().closed().await.0, Duration::ZERO, "it still has its place");
    pass(2 * SECOND).await;
    let mut next = rig.connect();
    next.send(HELLO).await;
    assert!(next.answer().await.ends_with("hello"));
}
