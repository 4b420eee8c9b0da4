//! Requests that two readers could understand in two ways, or that are too much.

use waygate_http::listener::Limits;

use crate::client::Answer;
use crate::server::Server;

async fn answers(server: &Server, sent: &str) -> Vec<Answer> {
    let mut client = server.connect().await;
    client.send(sent).await;
    client.closed().await.0
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    answers.iter().map(|answer| answer.status).collect()
}

/// hyper takes the chunks and forgets the length, so it cannot be refused; but what a proxy may have
/// let pass behind it, as part of a body of that length, is never read as a request.
#[tokio::test]
async fn nothing_can_be_smuggled_behind_chunks() {
    let server = Server::start(Limits::default()).await;
    let smuggled = "GET /api/echo/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    for framing in [
        "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 60\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
    ] {
        let head = format!("POST /api/json/x HTTP/1.1\r\nHost: a\r\n{framing}\r\n");
        let answers = answers(&server, &format!("{head}2\r\n{{}}\r\n0\r\n\r\n{smuggled}")).await;
        assert_eq!(statuses(&answers), [200], "{framing}");
        assert_eq!(answers[0].body, "0 keys", "{framing}");
        assert_eq!(answers[0].header("connection"), Some("close"), "{framing}");
    }
}

#[tokio::test]
async fn framing_that_is_not_clear_is_refused() {
    let server = Server::start(Limits::default()).await;
    for head in [
        "POST /api/hello HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        "POST /api/hello HTTP/1.1\r\nContent-Length: +1\r\n",
        "POST /api/hello HTTP/1.1\r\nContent-Length: 1, 2\r\n",
        "POST /api/hello HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n",
        "POST /api/hello HTTP/1.1\r\nTransfer-Encoding: identity\r\n",
        "POST /api/hello HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n",
        "POST /api/hello HTTP/1.0\r\nTransfer-Encoding: chunked\r\n",
        "POST /api/hello HTTP/1.1\r\nContent-Length : 1\r\n",
        "GET /api/hello HTTP/1.1\r\nX: a\rb\r\n",
        "GET /api/hello HTTP/1.1\r\nX: a\0b\r\n",
        "GET /api/hello HTTP/1.1\r\nX: a\r\n folded\r\n",
        "GET  /api/hello HTTP/1.1\r\n",
        "not HTTP at all\r\n",
    ] {
        let got = answers(&server, &format!("{head}\r\nGET /api/hello HTTP/1.1\r\n\r\n")).await;
        assert_eq!(statuses(&got), [400], "{head}");
    }
}

/// A proxy may have chosen by the other of two hosts, and RFC 9112, 3.2, asks for one.
#[tokio::test]
async fn a_request_that_names_no_host_or_two_is_refused() {
    let server = Server::start(Limits::default()).await;
    for (head, expected) in [
        ("GET /api/hello HTTP/1.1\r\n", &[400][..]),
        ("GET /api/hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n", &[400]),
        ("GET /api/hello HTTP/1.1\r\nHost: a\r\nhost: a\r\n", &[400]),
        ("GET http://a/api/hello HTTP/1.1\r\n", &[400]),
        ("GET /api/hello HTTP/1.1\r\nHost:\r\n", &[200, 200]),
    ] {
        let next = "GET /api/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let got = answers(&server, &format!("{head}\r\n{next}")).await;
        assert_eq!(statuses(&got), expected, "{head}");
        assert_eq!(got.last().and_then(|last| last.header("connection")), Some("close"));
    }
    for (hosts, status) in [("", "200"), ("Host: a\r\n", "200"), ("Host: a\r\nHost: a\r\n", "400")]
    {
        let mut client = server.connect().await;
        client.send(format!("GET /api/hello HTTP/1.0\r\n{hosts}\r\n")).await;
        let read = client.raw_until_closed().await;
        assert_eq!(read.get(9..12), Some(status), "{hosts}: {read}");
    }
}

#[tokio::test]
async fn chunks_that_are_broken_are_not_a_body() {
    let server = Server::start(Limits::default()).await;
    for chunks in ["x\r\n", "-1\r\n", "2\r\n{}x", "fffffffffffffffff\r\n"] {
        let head = "POST /api/json/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let got = answers(&server, &format!("{head}{chunks}\r\n\r\n")).await;
        assert_eq!(statuses(&got), [400], "{chunks}");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_with_an_answer() {
    let server = Server::start(Limits::default()).await;
    let long = "x".repeat(40 * 1024);
    let many = "X: y\r\n".repeat(101);
    for head in [
        format!("GET /api/hello HTTP/1.1\r\nX: {long}\r\n\r\n"),
        format!("GET /api/hello?{long} HTTP/1.1\r\n\r\n"),
        format!("GET /api/hello HTTP/1.1\r\n{many}\r\n"),
        format!("GET /api/hello HTTP/1.1\r\nX: {}", "x".repeat(1024 * 1024)),
    ] {
        assert_eq!(statuses(&answers(&server, &head).await), [431], "{} bytes", head.len());
    }
    let fits = "x".repeat(30 * 1024);
    let answer = server.connect().await.get(&format!("/api/hello?{fits}")).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn requests_that_come_together_are_answered_in_order() {
    let server = Server::start(Limits::default()).await;
    let sent = "GET /api/echo/1 HTTP/1.1\r\nHost: a\r\n\r\n\
                POST /api/json/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}\
                GET /api/echo/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let bodies: Vec<_> =
        answers(&server, sent).await.into_iter().map(|answer| answer.body).collect();
    assert_eq!(bodies, ["1", "0 keys", "3"]);
}
