//! Websockets of strangers: requests for one that are not right, and clients that keep no rule of it.
#![expect(clippy::expect_used, reason = "test code")]

use futures_util::future::join_all;

use crate::attacked_server::{Attacked, assert_harmless};
use crate::green_client::Credentials;
use crate::green_methods::{METHODS, Method, assert_told, envelope};
use crate::raw_client::{DEADLINE, RawClient, Request};

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The longest message that a client may send, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

fn scanqrcode() -> Method {
    METHODS.into_iter().find(|method| method.name == "scanqrcode").expect("it is served")
}

fn path(who: &Credentials) -> String {
    scanqrcode().path(&who.number.to_string(), &who.token)
}

/// A right request.
fn upgrade(path: &str) -> Request {
    Request::new("GET", path)
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", KEY)
}

/// A frame that tells a length, which need not be the payload's.
fn frame(first: u8, length: u64, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [1, 2, 3, 4];
    let mut frame = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ ..126), _) => frame.push(0x80 | length),
        (_, Ok(length)) => frame.extend([&[0xfe][..], &length.to_be_bytes()].concat()),
        (_, Err(_)) => frame.extend([&[0xff][..], &length.to_be_bytes()].concat()),
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    frame(first, payload.len() as u64, payload)
}

/// The whole frames of a server, by opcode and payload, and what is behind them.
fn frames(mut bytes: &[u8]) -> (Vec<(u8, Vec<u8>)>, &[u8]) {
    let mut frames = vec![];
    while let [first, length, rest @ ..] = bytes {
        let (head, length) = match (*length, rest) {
            (short @ ..126, _) => (0, usize::from(short)),
            (126, [high, low, ..]) => (2, usize::from(u16::from_be_bytes([*high, *low]))),
            _ => break,
        };
        let Some(payload) = rest.get(head..head + length) else { break };
        frames.push((first & 0x0f, payload.to_vec()));
        bytes = &rest[head + length..];
    }
    (frames, bytes)
}

/// What a client sends in a session, and the code with which it ends.
fn broken_rules() -> Vec<(&'static str, Vec<u8>, u16)> {
    let kibibyte = [b'x'; 1024];
    let fragment = masked(CONTINUATION, &kibibyte);
    let empty = masked(CONTINUATION, b"");
    let whole = |first: u8, payload: &[u8]| masked(FIN | first, payload);
    vec![
        ("a byte too long", whole(TEXT, &vec![b'x'; MESSAGE_BYTES_MAX + 1]), 1009),
        ("a length of 2^63 - 1", frame(FIN | TEXT, u64::MAX >> 1, b""), 1009),
        ("a length of 2^64 - 1", frame(FIN | TEXT, u64::MAX, b""), 1009),
        ("full fragments", [masked(TEXT, &kibibyte), fragment.repeat(200)].concat(), 1009),
        ("empty fragments", [masked(TEXT, b""), empty.repeat(200_000)].concat(), 1008),
        ("unmasked", b"\x81\x01x".to_vec(), 1002),
        ("an extension's bit", whole(0x40 | TEXT, b"x"), 1002),
        ("an opcode of nobody", whole(3, b""), 1002),
        ("a control opcode of nobody", whole(11, b""), 1002),
        ("a ping in fragments", masked(PING, b""), 1002),
        ("a ping that is too long", whole(PING, &[b'x'; 126]), 1002),
        ("the end of nothing", whole(CONTINUATION, b"x"), 1002),
        ("a message in a message", masked(TEXT, b"x").repeat(2), 1002),
        ("half a code", whole(CLOSE, b"\x03"), 1002),
        ("HTTP again", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(), 1002),
        ("no UTF-8", whole(TEXT, b"\xff"), 1007),
        ("half a character", [masked(TEXT, b"\xe2\x82"), whole(CONTINUATION, b"")].concat(), 1007),
        (
            "a flood of pings",
            [whole(PING, b"x").repeat(5000), whole(CLOSE, b"\x03\xe8")].concat(),
            1000,
        ),
        ("farewell", whole(CLOSE, b"\x03\xe8"), 1000),
    ]
}

#[tokio::test]
async fn a_session_ends_with_the_code_for_the_rule_that_its_client_broke() {
    let attacked = Attacked::start().await;
    for (what, sent, code) in broken_rules() {
        for is_early in [true, false] {
            let request = upgrade(&path(&attacked.shop));
            let mut client = RawClient::connect(&attacked.address).await;
            let first = if is_early { sent.clone() } else { vec![] };
            client.send(&[request.bytes(), first].concat()).await;
            let reply = client.reply("GET").await.expect("an answer");
            assert_eq!(reply.status, 101, "{what}: {reply:?}");
            assert_harmless(&reply, &request);
            if !is_early {
                client.send(&sent).await;
            }
            let (_, rest) = client.until_closed(DEADLINE).await;
            let (mut frames, rest) = frames(&rest);
            assert_eq!(rest, b"", "{what}");
            let last = frames.pop().unwrap_or_else(|| panic!("{what}: no frame"));
            assert_eq!(last, (CLOSE, code.to_be_bytes().to_vec()), "{what}");
            for (opcode, payload) in frames {
                let is_code = opcode == TEXT && payload.starts_with(br#"{"type":"qrCode","#);
                assert!(is_code || opcode == 10, "{what}: {opcode} {payload:?}");
            }
        }
    }
    assert!(attacked.dials().await <= 1, "one connection for all of them");
    attacked.survives().await;
}

/// What stands where in a right request, what a wrong one has instead, and what that is told.
const WRONG_REQUESTS: [(&str, &str, u16, &str); 16] = [
    ("Upgrade: websocket\r\n", "", 426, "the request asks for no websocket"),
    ("Upgrade: websocket", "Upgrade: h2c", 426, "the request asks for no websocket"),
    ("Connection: Upgrade\r\n", "", 426, "the request asks for no websocket"),
    ("Connection: Upgrade", "Connection: keep-alive", 426, "the request asks for no websocket"),
    ("Version: 13", "Version: 8", 426, "the websocket version is not 13"),
    ("Version: 13", "Version: 13, 8", 426, "the websocket version is not 13"),
    ("Sec-WebSocket-Version: 13\r\n", "", 426, "the websocket version is not 13"),
    (KEY, "", 400, "the websocket key is not 16 bytes in Base64"),
    (KEY, "c2hvcnQ=", 400, "the websocket key is not 16 bytes in Base64"),
    (KEY, "dGhlIHNhbXBsZSBub25jZQ", 400, "the websocket key is not 16 bytes in Base64"),
    (KEY, "!!!!!!!!!!!!!!!!!!!!!!==", 400, "the websocket key is not 16 bytes in Base64"),
    ("Sec-WebSocket-Key: ", "X: ", 400, "the websocket key is not 16 bytes in Base64"),
    (
        "Upgrade: websocket\r\n",
        "Upgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        400,
        "the websocket key is not 16 bytes in Base64",
    ),
    (
        "Upgrade: websocket\r\n",
        "Upgrade: websocket\r\nContent-Length: 2\r\n",
        400,
        "a request for a websocket has no body",
    ),
    ("GET", "POST", 404, "Not Found"),
    ("GET", "PIGEON", 404, "Not Found"),
];

#[tokio::test]
async fn a_request_for_a_session_that_is_not_right_is_told_why_and_makes_no_connection() {
    let attacked = Attacked::start().await;
    let id = attacked.shop.number.to_string();
    for (right, wrong, status, message) in WRONG_REQUESTS {
        let sent = String::from_utf8(upgrade(&path(&attacked.shop)).bytes()).expect("text");
        let sent = sent.replacen(right, wrong, 1) + "{}";
        let mut client = RawClient::connect(&attacked.address).await;
        client.send(sent.as_bytes()).await;
        let reply = client.reply("GET").await.expect("an answer");
        assert_told(&reply, &scanqrcode().error(&id, status, message), &sent);
        let is_for_an_upgrade = (status == 426).then_some("websocket");
        assert_eq!(reply.header("upgrade"), is_for_an_upgrade, "{sent}");
    }
    let shop = &attacked.shop.token;
    for (id, token, told) in [
        (&*id, "nobody", "401 ".to_owned()),
        (&*id, &*attacked.other.token, scanqrcode().error(&id, 403, "Forbidden")),
        ("4242424242", &**shop, scanqrcode().error("4242424242", 403, "Forbidden")),
        ("abc", &**shop, scanqrcode().error("<ID>", 403, "Forbidden")),
    ] {
        let reply = attacked.refuses(&upgrade(&scanqrcode().path(id, token))).await;
        assert_told(&reply, &told, id);
    }
    let deleted = attacked.deleted.number.to_string();
    let reply = attacked.refuses(&upgrade(&path(&attacked.deleted))).await;
    assert_told(&reply, &scanqrcode().error(&deleted, 400, "Instance is deleted"), "deleted");
    for method in METHODS.into_iter().filter(|method| method.name == "getStateInstance") {
        // An upgrade that nobody offers is passed over.
        let reply = attacked.ask(&upgrade(&method.own_path(&attacked, &attacked.shop))).await;
        assert_told(&reply, method.told, method.name);
    }
    let elsewhere = format!("/waInstance{id}/sendPigeon/{shop}");
    let reply = attacked.refuses(&upgrade(&elsewhere)).await;
    let shown = format!("/waInstance{id}/<METHOD>/<TOKEN>");
    assert_told(&reply, &envelope(&shown, 403, "Forbidden"), &elsewhere);
    assert_eq!(attacked.dials().await, 0);
    attacked.survives().await;
}

/// Reads what a session is told, until it is closed as all are that have no more to tell, and agrees.
async fn told_before_the_end(client: &mut RawClient) -> Vec<(u8, Vec<u8>)> {
    loop {
        let (mut told, _) = frames(client.unread());
        if told.pop_if(|(opcode, _)| *opcode == CLOSE).is_some_and(|(_, code)| code == [0x03, 0xe8])
        {
            client.send(&masked(FIN | CLOSE, b"\x03\xe8")).await;
            client.until_closed(DEADLINE).await;
            return told;
        }
        assert!(client.hears(DEADLINE).await, "it hung up without a word");
    }
}

#[tokio::test]
async fn of_many_sessions_of_one_instance_one_stays_and_the_others_are_told_so() {
    const MANY: usize = 100;
    let attacked = Attacked::start().await;
    let request = upgrade(&path(&attacked.shop));
    let mut clients = join_all((0..MANY).map(|_| RawClient::connect(&attacked.address))).await;
    for client in &mut clients {
        client.send(&request.bytes()).await;
        let reply = client.reply("GET").await.expect("an answer");
        assert_eq!(reply.status, 101);
    }
    let mut last = clients.pop().expect("the newcomer");
    for client in &mut clients {
        let told = told_before_the_end(client).await;
        let (error, took_over) =
            (TEXT, br#"{"type":"error","message":"another session of this instance took over"}"#);
        assert_eq!(told.last(), Some(&(error, took_over.to_vec())));
    }
    while frames(last.unread()).0.is_empty() {
        assert!(last.hears(DEADLINE).await, "the newcomer was sent away too");
    }
    let (told, _) = frames(last.unread());
    assert!(told[0].1.starts_with(br#"{"type":"qrCode","#), "{told:?}");
    assert_eq!(attacked.dials().await, 1, "one connection for all of them");
    drop(last);
    attacked.survives().await;
}
