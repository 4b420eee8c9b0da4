//! Sessions with clients that keep no rules, and requests that get none.

use std::time::Duration;

use waygate_http::listener::Limits;
use waygate_http::websocket::SessionLimits;

use crate::client::DEADLINE;
use crate::frames::{CLOSE, FIN, Frames, PING, TEXT, head, masked, request};
use crate::server::Server;
use crate::sessions::LARGE;

/// What the system may take for a client that does not read, on this machine, and then some.
const SOCKET_BYTES_MAX: usize = 32 * 1024 * 1024;

async fn ended_by(sent: &[u8]) -> u16 {
    let mut server = Server::start(Limits::default()).await;
    let mut client = Frames::open(server.address, "/api/ws/echo/x").await;
    client.try_send(sent).await;
    let code = client.close_code().await;
    client.closed().await;
    assert!(server.note().await.starts_with("over"));
    code
}

#[tokio::test]
async fn a_frame_that_says_it_is_too_long_is_refused_unread() {
    for length in [64 * 1024 + 1, 1 << 40, usize::MAX] {
        let mut head = head(FIN | TEXT, length, 0x80);
        head.extend([1, 2, 3, 4]);
        assert_eq!(ended_by(&head).await, 1009, "{length}");
    }
}

#[tokio::test]
async fn a_client_that_is_still_sending_can_read_that_it_is_too_much() {
    assert_eq!(ended_by(&masked(FIN | TEXT, &vec![b'x'; 8 * LARGE])).await, 1009);
}

#[tokio::test]
async fn a_message_of_exactly_the_limit_is_taken() {
    let server = Server::start(Limits::default()).await;
    let mut client = Frames::open(server.address, "/api/ws/panic").await;
    client.send(masked(FIN | TEXT, &vec![b'x'; 64 * 1024])).await;
    assert_eq!(client.close_code().await, 1011, "its handler had it");
    assert_eq!(server.site.panics(), 1);
    drop(client);
    assert!(server.tasks.end_within(DEADLINE).await);
}

#[tokio::test]
async fn fragments_are_counted_together() {
    let mut sent = masked(TEXT, &vec![b'x'; 40 * 1024]);
    sent.extend(masked(FIN, &vec![b'x'; 40 * 1024]));
    assert_eq!(ended_by(&sent).await, 1009);
}

#[tokio::test]
async fn a_flood_of_empty_fragments_has_an_end() {
    let mut sent = masked(TEXT, b"");
    let fragment = masked(0, b"");
    while sent.len() < LARGE {
        sent.extend(&fragment);
    }
    assert_eq!(ended_by(&sent).await, 1008);
}

#[tokio::test]
async fn a_flood_of_pings_that_nobody_reads_the_answers_of_is_harmless() {
    let mut server = Server::start(short()).await;
    let mut client = Frames::open(server.address, "/api/ws/idle").await;
    assert_eq!(server.note().await, "open");
    let pings = masked(FIN | PING, &[b'x'; 125]).repeat(1000);
    // The answers fill what the system holds; then the client is one that takes nothing.
    for _ in 0..SOCKET_BYTES_MAX / pings.len() {
        if !client.try_send(&pings).await {
            break;
        }
    }
    assert_eq!(server.note().await, "over");
}

#[tokio::test]
async fn frames_that_break_the_protocol_end_the_session() {
    for (sent, why) in [
        (b"\x81\x01x".to_vec(), "unmasked"),
        (masked(FIN | 0x03, b""), "an opcode of nobody"),
        (masked(FIN | 0x0b, b""), "a control opcode of nobody"),
        (masked(FIN | 0x40 | TEXT, b"x"), "an extension's bit"),
        (masked(PING, b""), "a ping in fragments"),
        (masked(FIN | PING, &[b'x'; 126]), "a long ping"),
        (masked(FIN, b"x"), "the end of nothing"),
        ([masked(TEXT, b"x"), masked(TEXT, b"x")].concat(), "a message in a message"),
        (masked(FIN | CLOSE, b"x"), "half a code"),
    ] {
        assert_eq!(ended_by(&sent).await, 1002, "{why}");
    }
}

#[tokio::test]
async fn a_text_that_is_no_text_ends_the_session() {
    assert_eq!(ended_by(&masked(FIN | TEXT, b"\xff")).await, 1007);
    let cut = [masked(TEXT, b"\xe2\x82"), masked(FIN, b"")].concat();
    assert_eq!(ended_by(&cut).await, 1007, "half a character, and an empty end");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let write_stall = Duration::from_millis(300);
    let mut server = Server::start(Limits { write_stall, ..Limits::default() }).await;
    let client = Frames::open(server.address, "/api/ws/push").await;
    let sent: usize = server.note().await.parse().unwrap();
    assert!(sent < SOCKET_BYTES_MAX, "{sent} bytes were taken by nobody");
    drop(client);
    assert!(server.tasks.end_within(DEADLINE).await);
}

#[tokio::test]
async fn a_text_that_is_too_large_to_send_ends_the_session() {
    let session = SessionLimits { text_bytes_max: LARGE - 1, ..SessionLimits::default() };
    let mut server = Server::start(Limits { session, ..Limits::default() }).await;
    let mut client = Frames::open(server.address, "/api/ws/push").await;
    assert_eq!(client.close_code().await, 1011);
    assert_eq!(server.note().await, "0");
}

#[tokio::test]
async fn a_request_that_gets_no_session_leaves_its_connection_in_use() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    let right = request("/api/ws/echo/x", "");
    for (sent, status) in [
        (right.replace("Version: 13", "Version: 8"), 426),
        (right.replace("Sec-WebSocket-Version: 13\r\n", ""), 426),
        (right.replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400),
        (right.replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), 400),
        (right.replace("Upgrade: websocket\r\n", ""), 426),
        (right.replace("Connection: Upgrade\r\n", ""), 426),
        (right.replace("GET", "POST"), 405),
        (request("/api/ws/echo/x", "Origin: https://evil.example\r\n"), 403),
        (request("/api/ws/echo/x", "Origin: null\r\n"), 403),
    ] {
        client.send(&sent).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, status, "{sent}");
        let version = (status == 426).then_some("13");
        assert_eq!(answer.header("sec-websocket-version"), version, "{sent}");
        assert_eq!(client.get("/api/hello").await.body, "hello", "{sent}");
    }
}

#[tokio::test]
async fn a_request_with_a_body_gets_no_session() {
    let server = Server::start(Limits::default()).await;
    for (headers, body) in
        [("Content-Length: 1\r\n", "x"), ("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n")]
    {
        let mut client = server.connect().await;
        client.send(request("/api/ws/echo/x", headers) + body).await;
        assert_eq!(client.answer().await.status, 400, "{headers}");
    }
}

#[tokio::test]
async fn http_1_0_gets_no_session() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send(request("/api/ws/echo/x", "").replace("HTTP/1.1", "HTTP/1.0")).await;
    // The answer is in HTTP/1.0 too, which this client does not read.
    let read = client.raw_until_closed().await;
    assert!(read.starts_with("HTTP/1.0 426 "), "{read}");
}

/// Limits that a test can wait for.
fn short() -> Limits {
    Limits { write_stall: Duration::from_millis(300), ..Limits::default() }
}
