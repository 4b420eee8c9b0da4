//! Sessions with clients that keep the rules.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_websockets::{ClientBuilder, CloseCode, Message, WebSocketStream};
use waygate_http::listener::Limits;
use waygate_http::websocket::SessionLimits;

use crate::client::DEADLINE;
use crate::frames::{CLOSE, FIN, Frames, PING, PONG, TEXT, masked, request};
use crate::server::Server;

async fn open(server: &Server, path: &str) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let uri = format!("ws://{}{path}", server.address);
    let (session, response) =
        ClientBuilder::new().uri(&uri).unwrap().connect_on(stream).await.unwrap();
    assert_eq!(response.status(), 101);
    session
}

async fn next(session: &mut WebSocketStream<TcpStream>) -> Message {
    let next = tokio::time::timeout(DEADLINE, session.next());
    next.await.expect("the server sends or closes").expect("it says goodbye").unwrap()
}

async fn said(session: &mut WebSocketStream<TcpStream>) -> String {
    next(session).await.as_text().expect("a text").to_owned()
}

/// Reads the server's close, answers it, and sees the connection end as it should.
async fn goodbye(session: &mut WebSocketStream<TcpStream>) -> (u16, String) {
    let message = next(session).await;
    let (code, reason) = message.as_close().expect("a close");
    let ended = tokio::time::timeout(DEADLINE, session.next()).await.expect("the server closes");
    assert!(ended.is_none(), "{ended:?}");
    (code.into(), reason.to_owned())
}

/// Limits that a test can wait for.
fn short() -> Limits {
    Limits {
        write_stall: Duration::from_millis(300),
        grace: Duration::from_millis(400),
        session: SessionLimits {
            ping: Duration::from_millis(100),
            closing: Duration::from_millis(200),
            ..SessionLimits::default()
        },
        ..Limits::default()
    }
}

#[tokio::test]
async fn both_sides_talk() {
    let mut server = Server::start(Limits::default()).await;
    let mut session = open(&server, "/api/ws/echo/x").await;
    for text in ["one", "", "\u{1f600}", &"long ".repeat(10_000)] {
        session.send(Message::text(text.to_owned())).await.unwrap();
        assert_eq!(said(&mut session).await, text);
    }
    session.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(said(&mut session).await, "3 bytes");
    session.send(Message::close(Some(CloseCode::NORMAL_CLOSURE), "bye")).await.unwrap();
    assert_eq!(goodbye(&mut session).await.0, 1000);
    assert_eq!(server.note().await, "over after 5");
    assert!(server.tasks.end_within(DEADLINE).await);
}

#[tokio::test]
async fn a_message_may_come_in_fragments_with_a_ping_between() {
    let server = Server::start(Limits::default()).await;
    let mut client = Frames::open(server.address, "/api/ws/echo/x").await;
    client.send(masked(TEXT, b"to")).await;
    client.send(masked(FIN | PING, b"still there?")).await;
    assert_eq!(client.frame().await, (FIN | PONG, b"still there?".to_vec()));
    client.send(masked(0, b"")).await;
    client.send(masked(FIN, b"gether")).await;
    assert_eq!(client.frame().await, (FIN | TEXT, b"together".to_vec()));
}

#[tokio::test]
async fn what_comes_right_behind_the_request_is_part_of_the_session() {
    let server = Server::start(Limits::default()).await;
    let mut client = Frames::connect(server.address).await;
    let mut sent = request("/api/ws/echo/x", "").into_bytes();
    sent.extend(masked(FIN | TEXT, b"early"));
    sent.extend(masked(FIN | TEXT, b"bird"));
    client.send(sent).await;
    client.opened().await;
    assert_eq!(client.frame().await, (FIN | TEXT, b"early".to_vec()));
    assert_eq!(client.frame().await, (FIN | TEXT, b"bird".to_vec()));
}

#[tokio::test]
async fn a_session_outlives_the_limits_of_requests() {
    let tenth = Duration::from_millis(100);
    let limits = Limits { head: tenth, idle: tenth, handler: tenth, ..short() };
    let server = Server::start(limits).await;
    let mut client = Frames::open(server.address, "/api/ws/echo/x").await;
    // The third ping comes when each of those is over twice.
    for _ in 0..3 {
        assert_eq!(client.frame().await, (FIN | PING, vec![]));
        client.send(masked(FIN | PONG, b"")).await;
    }
    client.send(masked(FIN | TEXT, b"here")).await;
    assert_eq!(client.frame().await, (FIN | TEXT, b"here".to_vec()));
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_given_up() {
    let mut server = Server::start(short()).await;
    let mut client = Frames::open(server.address, "/api/ws/idle").await;
    assert_eq!(server.note().await, "open");
    for _ in 0..2 {
        assert_eq!(client.frame().await, (FIN | PING, vec![]));
    }
    assert_eq!(client.close_code().await, 1011);
    client.closed().await;
    assert_eq!(server.note().await, "over");
}

#[tokio::test]
async fn a_handler_that_takes_no_messages_loses_its_session() {
    let mut server = Server::start(short()).await;
    let mut client = Frames::open(server.address, "/api/ws/stuck").await;
    assert_eq!(server.note().await, "stuck");
    for _ in 0..6 {
        client.send(masked(FIN | TEXT, b"anybody?")).await;
    }
    for _ in 0..2 {
        assert_eq!(client.frame().await, (FIN | PING, vec![]));
        client.send(masked(FIN | PONG, b"")).await;
    }
    assert_eq!(client.close_code().await, 1013);
    assert_eq!(server.note().await, "dropped", "and it is not waited for");
}

#[tokio::test]
async fn a_handler_closes_with_a_code_of_its_own() {
    let mut server = Server::start(Limits::default()).await;
    let mut session = open(&server, "/api/ws/close").await;
    assert_eq!(goodbye(&mut session).await, (4001, "enough".to_owned()));
    drop(session);
    assert_eq!(server.note().await, "closed");
}

#[tokio::test]
async fn a_client_that_agrees_to_no_close_is_not_waited_for() {
    let mut server = Server::start(short()).await;
    let mut client = Frames::open(server.address, "/api/ws/close").await;
    assert_eq!(client.close_code().await, 4001);
    client.closed().await;
    assert_eq!(server.note().await, "closed");
}

#[tokio::test]
async fn a_session_that_is_dropped_is_closed() {
    let server = Server::start(Limits::default()).await;
    let mut session = open(&server, "/api/ws/done").await;
    assert_eq!(goodbye(&mut session).await, (1000, String::new()));
}

#[tokio::test]
async fn a_client_that_leaves_without_a_word_ends_its_session() {
    let mut server = Server::start(Limits::default()).await;
    let client = Frames::open(server.address, "/api/ws/idle").await;
    assert_eq!(server.note().await, "open");
    drop(client);
    assert_eq!(server.note().await, "over");
}

#[tokio::test]
async fn a_panic_ends_its_session_and_is_counted() {
    let server = Server::start(Limits::default()).await;
    let mut session = open(&server, "/api/ws/panic").await;
    session.send(Message::text("canary")).await.unwrap();
    assert_eq!(goodbye(&mut session).await, (1011, String::new()));
    assert_eq!(server.site.panics(), 1);
    assert_eq!(server.connect().await.get("/api/hello").await.body, "hello");
}

#[tokio::test]
async fn a_handler_that_is_never_answered_for_has_no_session() {
    let handler = Duration::from_millis(100);
    let server = Server::start(Limits { handler, ..Limits::default() }).await;
    let mut client = server.connect().await;
    client.send(request("/api/ws/late", "")).await;
    assert_eq!(client.answer().await.status, 504);
    assert_eq!(client.get("/api/hello").await.body, "hello");
    assert_eq!(server.site.panics(), 0);
}

#[tokio::test]
async fn the_end_of_the_process_closes_every_session() {
    let mut server = Server::start(Limits::default()).await;
    let (mut idle, mut echo) =
        (open(&server, "/api/ws/idle").await, open(&server, "/api/ws/echo/x").await);
    assert_eq!(server.note().await, "open");
    server.tasks.stop_token().cancel();
    assert_eq!(goodbye(&mut idle).await, (1001, String::new()));
    assert_eq!(goodbye(&mut echo).await, (1001, String::new()));
    drop((idle, echo));
    let ended = server.tasks.end_within(Duration::from_secs(4)).await;
    assert!(ended, "before the grace period is over");
}

#[tokio::test]
async fn the_end_of_the_process_waits_for_no_handler_that_is_stuck() {
    let mut server = Server::start(short()).await;
    let mut session = open(&server, "/api/ws/stuck").await;
    assert_eq!(server.note().await, "stuck");
    server.tasks.stop_token().cancel();
    assert_eq!(goodbye(&mut session).await.0, 1001, "the client hears of it at once");
    assert_eq!(server.note().await, "dropped");
    assert!(server.tasks.end_within(Duration::from_secs(1)).await);
}

#[tokio::test]
async fn the_end_of_the_process_waits_for_no_client_that_is_stuck() {
    let mut server = Server::start(short()).await;
    let mut client = Frames::open(server.address, "/api/ws/idle").await;
    assert_eq!(server.note().await, "open");
    let ended = server.tasks.end_within(Duration::from_secs(2)).await;
    assert!(ended, "it took longer than the grace period");
    assert_eq!(client.close_code().await, 1001);
    assert_eq!(server.note().await, "over");
}

#[tokio::test]
async fn a_session_holds_its_place_among_the_connections() {
    let server = Server::start(Limits { connections_max: 1, ..Limits::default() }).await;
    let mut session = open(&server, "/api/ws/echo/x").await;
    assert_eq!(server.connect().await.closed().await.0, [], "there is one place");
    session.send(Message::text("mine")).await.unwrap();
    assert_eq!(said(&mut session).await, "mine");
    session.send(Message::close(None, "")).await.unwrap();
    goodbye(&mut session).await;
    drop(session);

    let site = Arc::new(server.site.clone());
    let served = async {
        // Each round is an answer of the server: a refusal until the place is free.
        loop {
            let before = site.refused_connections();
            let mut client = Frames::connect(server.address).await;
            let asked = client.try_send(request("/api/ws/echo/x", "")).await;
            if asked && client.was_opened().await {
                return;
            }
            assert!(site.refused_connections() > before, "it was closed for another reason");
        }
    };
    tokio::time::timeout(DEADLINE, served).await.expect("the place is given back");
}

#[tokio::test]
async fn a_close_is_answered_once_and_then_the_connection_ends() {
    let server = Server::start(Limits::default()).await;
    let mut client = Frames::open(server.address, "/api/ws/echo/x").await;
    client.send(masked(FIN | CLOSE, &1000_u16.to_be_bytes())).await;
    assert_eq!(client.close_code().await, 1000);
    client.closed().await;
}
