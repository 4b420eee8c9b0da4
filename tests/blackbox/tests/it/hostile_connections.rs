//! Bytes of strangers that are no HTTP, nearly HTTP, or HTTP that two readers could understand in two
//! ways; and connections that come in crowds, hang or crawl.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

use std::time::Duration;

use futures_util::future::{join_all, select};
use tokio::time::Instant;

use crate::attacked_server::{Attacked, assert_harmless};
use crate::green_methods::{METHODS, Method, assert_told};
use crate::raw_client::{DEADLINE, RawClient, Reply, Request};

/// What is sent, and the statuses of the answers. Behind each stands a good request that asks to close:
/// whether it is answered shows how the one before was read.
///
/// `{state}` is the address of a `GET` and `{settings}` that of a `POST`, and `{good}` a body for it.
const HEADS: [(&str, &[u16]); 53] = [
    // No HTTP, or not this one.
    ("garbage\r\n\r\n", &[400]),
    ("GET {state}\r\n\r\n", &[400]),
    ("GET {state}\n", &[400]),
    ("GET {state} HTTP/0.9\r\n\r\n", &[400]),
    ("GET {state} HTTP/2.0\r\nHost: a\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.2\r\nHost: a\r\n\r\n", &[400]),
    ("GET {state} http/1.1\r\nHost: a\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.1 \r\nHost: a\r\n\r\n", &[400]),
    ("GET  {state} HTTP/1.1\r\nHost: a\r\n\r\n", &[400]),
    (" GET {state} HTTP/1.1\r\nHost: a\r\n\r\n", &[400]),
    ("GET  HTTP/1.1\r\nHost: a\r\n\r\n", &[400]),
    ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", &[400]),
    ("GET /<script> HTTP/1.1\r\nHost: a\r\n\r\n", &[400]),
    ("G(T {state} HTTP/1.1\r\nHost: a\r\n\r\n", &[400]),
    ("SSH-2.0-OpenSSH_9.6\r\n", &[400]),
    ("EHLO stranger\r\nMAIL FROM:<>\r\n", &[400]),
    ("*1\r\n$4\r\nINFO\r\n", &[400]),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[]),
    // Headers that are none.
    ("GET {state} HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.1\r\nHost: a\r\nA: b\r\n folded\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.1\r\n folded: b\r\nHost: a\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.1\r\r\nHost: a\r\n\r\n", &[400]),
    // Whose request it is.
    ("GET {state} HTTP/1.1\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", &[400]),
    ("GET {state} HTTP/1.0\r\n\r\n", &[200]),
    ("GET http://gate.example{state} HTTP/1.1\r\nHost: gate.example\r\n\r\n", &[200, 200]),
    ("GET http://ann:secret@gate.example{state} HTTP/1.1\r\nHost: a\r\n\r\n", &[200, 200]),
    ("CONNECT gate.example:443 HTTP/1.1\r\nHost: gate.example\r\n\r\n", &[404, 200]),
    ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", &[404, 200]),
    ("GET state HTTP/1.1\r\nHost: a\r\n\r\n", &[404, 200]),
    // Where the request ends.
    (
        "POST {settings} HTTP/1.1\r\nHost: a\r\nContent-Length: 21\r\nContent-Length: 5\r\n\r\n{good}",
        &[400],
    ),
    ("POST {settings} HTTP/1.1\r\nHost: a\r\nContent-Length: 21, 21\r\n\r\n{good}", &[400]),
    ("POST {settings} HTTP/1.1\r\nHost: a\r\nContent-Length: +21\r\n\r\n{good}", &[400]),
    ("POST {settings} HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{good}", &[400]),
    ("POST {settings} HTTP/1.1\r\nHost: a\r\nContent-Length: 0x15\r\n\r\n{good}", &[400]),
    ("POST {settings} HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n{good}", &[400]),
    ("POST {settings} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", &[400]),
    (
        "POST {settings} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        &[400],
    ),
    ("POST {settings} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", &[400]),
    ("POST {settings} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", &[400]),
    (
        "POST {settings} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        &[400],
    ),
    ("POST {settings} HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", &[400]),
    (
        "POST {settings} HTTP/1.1\r\nHost: a\r\nContent-Length: 26\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n{good}\r\n0\r\n\r\n",
        &[200],
    ),
    (
        "POST {settings} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n15\r\n{good}\r\n0\r\n\r\n",
        &[200],
    ),
    (
        "POST {settings} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n15\n{good}\r\n0\r\n\r\n",
        &[400],
    ),
    (
        "POST {settings} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{good}\r\n0\r\n\r\n",
        &[400],
    ),
    ("GET {state} HTTP/1.1\nHost: a\n\n", &[200, 200]),
];

const GOOD: &str = r#"{"linkPreview":"yes"}"#;

/// Bytes that are no text, and heads that are too much.
fn more_heads() -> Vec<(Vec<u8>, &'static [u16])> {
    let get = |rest: &str| format!("GET {{state}} HTTP/1.1\r\nHost: a\r\n{rest}\r\n").into_bytes();
    let client_hello = [&b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"[..], &[7; 160]].concat();
    let headers = |count: usize| "A: x\r\n".repeat(count);
    let mebibyte = "x".repeat(1024 * 1024);
    let chunked = "POST {settings} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    vec![
        (vec![0; 100], &[400]),
        ((0..=255).collect(), &[400]),
        (client_hello, &[400]),
        (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), &[400]),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), &[404, 200]),
        (get("A: \u{e9}\r\n"), &[200, 200]),
        (get(&headers(98)), &[200, 200]),
        (get(&headers(200)), &[431]),
        (get(&format!("A: {mebibyte}\r\n")), &[431]),
        (format!("GET /{mebibyte} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes(), &[431]),
        (format!("{mebibyte} / HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes(), &[431]),
        (
            format!("{}GET {{state}} HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n".repeat(1000)).into(),
            &[200, 200],
        ),
        (format!("{chunked}15;{}\r\n{GOOD}\r\n0\r\n\r\n", "x".repeat(20_000)).into(), &[400]),
        (format!("{chunked}15\r\n{GOOD}\r\n0\r\n{}\r\n", headers(2000)).into(), &[400]),
        (format!("{chunked}15\r\n{GOOD}\r\n0\r\nT: {mebibyte}\r\n\r\n").into(), &[400]),
    ]
}

/// Fills in what stands in braces.
fn filled(bytes: &[u8], attacked: &Attacked) -> Vec<u8> {
    // Bytes that are no text have nothing to fill in.
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    let path = |name: &str| method(name).own_path(attacked, &attacked.shop);
    let text = text.replace("{state}", &path("getStateInstance"));
    text.replace("{settings}", &path("setSettings")).replace("{good}", GOOD).into_bytes()
}

fn method(name: &str) -> Method {
    METHODS.into_iter().find(|method| method.name == name).expect("a method")
}

fn statuses(replies: &[Reply]) -> Vec<u16> {
    replies.iter().map(|reply| reply.status).collect()
}

#[tokio::test]
async fn what_is_no_http_or_could_be_read_in_two_ways_is_refused_and_nothing_behind_it_is_read() {
    let attacked = Attacked::start().await;
    let last = method("getStateInstance").own_path(&attacked, &attacked.shop);
    let last = format!("GET {last} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").into_bytes();
    let heads = HEADS.map(|(sent, answers)| (sent.as_bytes().to_vec(), answers));
    for (sent, answers) in heads.into_iter().chain(more_heads()) {
        let sent = filled(&sent, &attacked);
        let mut client = RawClient::connect(&attacked.address).await;
        client.send(&[&sent[..], &last].concat()).await;
        let (replies, rest) = client.until_closed(DEADLINE).await;
        let case = String::from_utf8_lossy(&sent[..sent.len().min(200)]).into_owned();
        assert_eq!((&statuses(&replies)[..], &rest[..]), (answers, &b""[..]), "{case}");
        if let ([only], [400 | 431]) = (&replies[..], answers) {
            // What could not be read was asked of nobody, unless only its body was wrong.
            assert!(only.body.is_empty() || only.body.contains("bad request data"), "{case}");
            assert_eq!(only.header("connection"), Some("close"), "{case}");
        }
    }
    attacked.survives().await;
}

#[tokio::test]
async fn a_thousand_requests_in_one_breath_are_answered_one_by_one() {
    let attacked = Attacked::start().await;
    let state = method("getStateInstance").own_path(&attacked, &attacked.shop);
    let one = format!("GET {state} HTTP/1.1\r\nHost: a\r\n\r\n");
    let last = format!("GET {state} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let mut client = RawClient::connect(&attacked.address).await;
    client.send([one.repeat(999), last].concat().as_bytes()).await;
    let (replies, rest) = client.until_closed(DEADLINE).await;
    assert_eq!((replies.len(), rest), (1000, vec![]));
    for reply in &replies {
        assert_told(reply, method("getStateInstance").told, "in one breath");
    }
    attacked.survives().await;
}

/// A client that says that it has nothing more to say cannot be told from one that has gone, and who
/// waits for a code holds a connection to WhatsApp. So it may be answered or not, but not left waiting.
#[tokio::test]
async fn a_client_that_closes_its_half_is_answered_or_taken_for_gone_and_never_left_waiting() {
    let attacked = Attacked::start().await;
    for method in METHODS {
        let who = method.caller(&attacked).await;
        let path = method.own_path(&attacked, &who);
        let mut client = RawClient::connect(&attacked.address).await;
        client.send(&method.request(&path).body(method.body(&who, 0)).bytes()).await;
        client.finish().await;
        let (replies, rest) = client.until_closed(DEADLINE).await;
        assert!(replies.len() <= 1 && rest.is_empty(), "{path}: {replies:?}");
        for reply in &replies {
            assert_told(reply, method.told, &path);
        }
    }
    attacked.survives().await;
}

/// How long the server waits for a body of which less than a kilobyte a second comes.
const BODY_LIMIT: Duration = Duration::from_secs(5);

/// How long it waits for a head.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(5);

/// From one byte of a slow client to the next.
const CRAWL: Duration = Duration::from_millis(200);

const CROWD: usize = 500;

#[tokio::test]
async fn who_is_silent_or_slow_is_cut_off_in_time_and_holds_up_nobody() {
    let attacked = Attacked::start().await;
    let crowd = crowd(&attacked).await;
    let heads = join_all(slow_heads(&attacked).into_iter().map(|(sent, rest)| {
        let attacked = &attacked;
        async move { crawl(attacked, &sent, rest).await }
    }));
    let bodies = join_all(METHODS.iter().map(|method| no_body_comes(&attacked, method)));
    let others = async { tokio::join!(a_body_crawls(&attacked), no_native_body_comes(&attacked)) };
    let attack = Box::pin(async { tokio::join!(heads, bodies, others) });
    // Whoever behaves is answered all the while.
    select(attack, Box::pin(visits(&attacked))).await;
    drop(crowd);
    attacked.survives().await;
}

/// Many who connect and say nothing, and as many who are done with their first request.
async fn crowd(attacked: &Attacked) -> Vec<RawClient> {
    let hello = filled(b"GET {state} HTTP/1.1\r\nHost: a\r\n\r\n", attacked);
    let mut crowd = vec![];
    for count in 0..CROWD {
        let mut client = RawClient::connect(&attacked.address).await;
        if count % 2 == 0 {
            client.send(&hello).await;
            let reply = client.reply("GET").await.expect("an answer");
            assert_eq!(reply.status, 200);
        }
        crowd.push(client);
    }
    crowd
}

/// Asks again and again, and ends only by finding a fault.
async fn visits(attacked: &Attacked) {
    let hello = filled(b"GET {state} HTTP/1.1\r\nHost: a\r\n\r\n", attacked);
    let mut client = RawClient::connect(&attacked.address).await;
    while client.hears(CRAWL).await {
        client.send(&hello).await;
        let reply = client.reply("GET").await.expect("an answer");
        assert_told(&reply, method("getStateInstance").told, "a visitor");
    }
    panic!("a visitor was cut off");
}

/// What is sent at once, and what then comes byte by byte for ever.
fn slow_heads(attacked: &Attacked) -> Vec<(Vec<u8>, &'static [u8])> {
    let head = filled(b"GET {state} HTTP/1.1\r\nHost: a\r\n", attacked);
    vec![
        (vec![], b""),
        (vec![], b"\r\n"),
        (vec![], b"G"),
        (head.clone(), b""),
        (head.clone(), b"X-Slow: x\r\n"),
        ([head, b"\r\n".to_vec()].concat(), b"GET /x"),
    ]
}

async fn crawl(attacked: &Attacked, sent: &[u8], rest: &[u8]) {
    let (began, mut client) = (Instant::now(), RawClient::connect(&attacked.address).await);
    client.send(sent).await;
    let mut rest = rest.iter().cycle();
    while client.hears(CRAWL).await {
        assert!(began.elapsed() < HEAD_LIMIT + SLACK, "{sent:?} may take its time");
        if let Some(byte) = rest.next() {
            client.send(&[*byte]).await;
        }
    }
    let took = began.elapsed();
    assert!(took + CRAWL >= HEAD_LIMIT, "{sent:?} was cut off after {took:?} already");
}

/// A body is announced, begun, and then there is silence.
async fn no_body_comes(attacked: &Attacked, method: &Method) {
    let path = method.own_path(attacked, &attacked.shop);
    let id = attacked.shop.number.to_string();
    let told = method.error(&id, 408, "Request Timeout");
    let announced = method.request(&path).header("Content-Length", "1000").head();
    let chunked = method.request(&path).header("Transfer-Encoding", "chunked").head();
    let huge = [&chunked[..], b"ffffffffffffffff\r\n{"].concat();
    let asking = method.request(&path).header("Expect", "100-continue");
    let asking = asking.header("Content-Length", "1000").head();
    let sent = [[&announced[..], b"{\"name\":"].concat(), announced, chunked, huge, asking];
    let (path, told) = (&path, &told);
    let waits = sent.map(|sent| async move {
        let (began, mut client) = (Instant::now(), RawClient::connect(&attacked.address).await);
        client.send(&sent).await;
        let (mut replies, rest) = client.until_closed(BODY_LIMIT + SLACK).await;
        assert_eq!(rest, b"", "{path}");
        assert_told(&replies.pop().expect("an answer"), told, path);
        assert!(statuses(&replies).iter().all(|status| *status == 100), "{path}: {replies:?}");
        assert!(began.elapsed() + CRAWL >= BODY_LIMIT, "{path}: {:?}", began.elapsed());
    });
    join_all(waits).await;
}

/// A byte of a body comes now and then, so it never stops coming.
async fn a_body_crawls(attacked: &Attacked) {
    let method = method("setSettings");
    let path = method.own_path(attacked, &attacked.shop);
    let mut client = RawClient::connect(&attacked.address).await;
    client.send(&method.request(&path).header("Content-Length", "50000").head()).await;
    let began = Instant::now();
    while client.unread().is_empty() && client.hears(CRAWL).await {
        assert!(began.elapsed() < BODY_LIMIT + SLACK, "a body may take its time");
        client.send(b" ").await;
    }
    let reply = client.reply(method.verb).await.expect("an answer");
    let told = method.error(&attacked.shop.number.to_string(), 408, "Request Timeout");
    assert_told(&reply, &told, &path);
}

async fn no_native_body_comes(attacked: &Attacked) {
    let key = format!("Bearer {}", attacked.key());
    let request = Request::new("POST", "/api/v1/tokens").header("Authorization", &key);
    let request = request.header("Content-Length", "1000");
    let mut client = RawClient::connect(&attacked.address).await;
    client.send(&[&request.head()[..], b"{"].concat()).await;
    let (replies, rest) = client.until_closed(BODY_LIMIT + SLACK).await;
    assert_eq!((replies.len(), rest), (1, vec![]));
    assert_harmless(&replies[0], &request);
    let told = r#"408 {"type":"about:blank","title":"Request Timeout","status":408,"code":"timeout","detail":"the body did not come in time"}"#;
    assert_eq!(replies[0].told(), told);
}
