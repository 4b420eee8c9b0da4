//! How long a connection lives, and how many there may be.

use std::time::Duration;

use tokio::net::TcpStream;
use waygate_http::listener::Limits;

use crate::server::Server;

const SLACK: Duration = Duration::from_secs(1);

/// Limits that a test can wait for.
fn short() -> Limits {
    Limits {
        head: Duration::from_millis(200),
        idle: Duration::from_millis(500),
        ..Limits::default()
    }
}

fn assert_about(took: Duration, limit: Duration) {
    // The client's clock may start a little after the server's.
    let earliest = limit.saturating_sub(Duration::from_millis(50));
    assert!(took >= earliest && took < limit + SLACK, "{took:?} is not {limit:?}");
}

#[tokio::test]
async fn a_head_that_does_not_come_is_cut_off() {
    let server = Server::start(short()).await;
    for sent in ["", "GET /api/hello HTTP/1.1\r\nHost: a\r\n"] {
        let mut client = server.connect().await;
        client.send(sent).await;
        let (answers, took) = client.closed().await;
        assert_eq!(answers, []);
        assert_about(took, short().head);
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_later_than_a_slow_head() {
    let server = Server::start(short()).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        assert_eq!(client.get("/api/hello").await.body, "hello");
    }
    let (answers, took) = client.closed().await;
    assert_eq!(answers, []);
    assert_about(took, short().idle);
}

#[tokio::test]
async fn a_body_that_stalls_is_answered_and_its_connection_closed() {
    let server = Server::start(Limits::default()).await;
    let mut client = server.connect().await;
    client.send("POST /api/json/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{").await;
    let (answers, took) = client.closed().await;
    assert_eq!((answers.len(), answers[0].status), (1, 408));
    assert_about(took, crate::server::BODY_STALL);
}

#[tokio::test]
async fn this_machine_may_hold_more_connections_than_another_address() {
    let limits = Limits { connections_per_address_max: 2, ..Limits::default() };
    let server = Server::start(limits).await;
    let mut clients = vec![];
    for _ in 0..5 {
        let mut client = server.connect().await;
        assert_eq!(client.get("/api/hello").await.status, 200);
        clients.push(client);
    }
    assert_eq!(server.site.refused_connections(), 0);
}

/// While the loop does not run, the system accepts for it: Linux as many as it is asked to, up to 4096.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_burst_of_connections_loses_none() {
    let server = Server::start(Limits::default()).await;
    assert_eq!(server.connect().await.get("/api/hello").await.status, 200);
    // Less than the second after which a lost one is tried again.
    let wait = Duration::from_millis(500);
    let connect = || std::net::TcpStream::connect_timeout(&server.address, wait);
    let burst: Vec<_> = (0..500).map(|_| connect().unwrap()).collect();
    assert_eq!(server.connect().await.get("/api/hello").await.status, 200);
    drop(burst);
}

#[tokio::test]
async fn a_listener_has_an_end() {
    let server = Server::start(Limits { connections_max: 1, ..Limits::default() }).await;
    let mut first = server.connect().await;
    assert_eq!(first.get("/api/hello").await.status, 200);
    for count in 1..=3 {
        assert_eq!(server.connect().await.closed().await.0, []);
        assert_eq!(server.site.refused_connections(), count);
    }
    assert_eq!(first.get("/api/hello").await.status, 200);
}

#[tokio::test]
async fn the_end_of_the_process_waits_for_the_request_in_flight() {
    let server = Server::start(Limits::default()).await;
    let (mut busy, mut idle) = (server.connect().await, server.connect().await);
    assert_eq!(idle.get("/api/hello").await.status, 200);
    busy.send("GET /api/wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.entered.notified().await;

    server.tasks.stop_token().cancel();
    assert_eq!(idle.closed().await.0, [], "idle connections do not wait");
    let refused = TcpStream::connect(server.address).await;
    assert!(refused.is_err(), "nothing listens any more");

    server.go_on.notify_one();
    let (answers, _took) = busy.closed().await;
    assert_eq!((answers.len(), answers[0].body.as_str()), (1, "waited"));
    assert!(server.tasks.end_within(SLACK).await, "every task has ended");
}

#[tokio::test]
async fn the_end_of_the_process_waits_no_longer_than_the_grace_period() {
    let grace = Duration::from_millis(200);
    let server = Server::start(Limits { grace, ..Limits::default() }).await;
    let mut busy = server.connect().await;
    busy.send("GET /api/wait HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.entered.notified().await;
    server.tasks.stop_token().cancel();
    let (answers, took) = busy.closed().await;
    assert_eq!(answers, []);
    assert_about(took, grace);
    assert!(server.tasks.end_within(SLACK).await);
}
