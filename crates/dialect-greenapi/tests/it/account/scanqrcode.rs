//! `scanqrcode`: a session of codes, over a real socket.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_core::secret::QrText;
use waygate_dialect_greenapi::Settings;
use waygate_played::link::{JUST_NOW, account};
use waygate_played::passkey::challenge;

use crate::account::picture::scanned;
use crate::server::{Answer, Instance, Server, unlimited};
use crate::socket::{Client, Said, Sockets};

const SECOND: Duration = Duration::from_secs(1);

/// What somebody scans from the next frame.
async fn code(client: &mut Client) -> String {
    let frame: serde_json::Value = serde_json::from_str(&client.text().await).unwrap();
    let fields: Vec<&String> = frame.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["message", "type"], "always these two");
    assert_eq!(frame["type"], "qrCode", "{}", frame["message"]);
    scanned(frame["message"].as_str().unwrap())
}

/// A session of this instance, and the listener that it needs.
async fn watch(server: &Server, instance: &Instance) -> (Sockets, Client) {
    let sockets = Sockets::open(server).await;
    let client = sockets.begin(&instance.path("scanqrcode")).await;
    (sockets, client)
}

/// A session that saw a code, whose instance was linked then and lost its first login.
async fn first_login_lost() -> (Server, Instance, (Sockets, Client)) {
    let server = Server::start().await;
    let instance = server.showing("2@code").await;
    let (sockets, mut client) = watch(&server, &instance).await;
    assert_eq!(code(&mut client).await, "2@code");
    server.link.accept(instance.id).await;
    server.link.dialled(2).await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    server.settle(instance.id, StateName::Offline).await;
    (server, instance, (sockets, client))
}

/// Sees a session of three seconds end soon with this frame.
async fn ends_soon(mut client: Client, told: &str) {
    let (at, said) = client.next().await;
    assert_eq!(said, Said::Text(told.into()));
    assert!(at <= 8 * SECOND, "{at:?}");
    client.closed().await;
}

/// The one frame of a session that ends with it, and when it came.
async fn only(server: &Server, instance: &Instance) -> (Duration, String) {
    let (_sockets, mut client) = watch(server, instance).await;
    let (at, said) = client.next().await;
    let Said::Text(text) = said else { panic!("no text, but {said:?}") };
    client.closed().await;
    (at, text)
}

/// A code that outlives every session.
async fn show_for_long(server: &Server, instance: &Instance, code: &str) {
    let (text, valid_for) = (QrText::new(code), 200 * SECOND);
    let issued = LinkEvent::QrIssued { text, issued_at: JUST_NOW, valid_for };
    server.link.tell(instance.id, issued).await;
}

/// A request for a websocket, as it comes without a listener behind it.
async fn handshake(server: &Server, verb: &str, path: &str) -> Answer {
    let request = Request::builder().method(verb).uri(path).header("connection", "Upgrade");
    let request = request.header("upgrade", "websocket").header("sec-websocket-version", "13");
    let request = request.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    server.answer(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn codes_come_as_they_change_and_then_the_account() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let settings = r#"{"webhookUrl":"https://example.com/hook"}"#;
    assert_eq!(server.post(&instance, "setSettings", settings).await.status, 200);
    let (_sockets, mut client) = watch(&server, &instance).await;
    client.silence(SECOND).await;
    for text in ["2@first", "2@second", "2@third"] {
        server.link.show(instance.id, text).await;
        assert_eq!(code(&mut client).await, text);
        client.silence(20 * SECOND).await;
    }
    server.link.accept(instance.id).await;
    client.silence(SECOND).await;
    server.link.log_in(instance.id).await;
    insta::assert_snapshot!(
        client.text().await,
        @r#"{"type":"accountData","wid":"15550001111@c.us","pushname":"Ann","webhookUrl":"https://example.com/hook"}"#
    );
    client.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_there_comes_at_once_and_a_late_one_within_the_wait() {
    let server = Server::start().await;
    let instance = server.showing("2@there").await;
    let sockets = Sockets::open(&server).await;
    let mut client = sockets.begin(&instance.path("scanqrcode")).await;
    assert_eq!(code(&mut client).await, "2@there");
    let late = server.instance().await;
    let mut client = sockets.begin(&late.path("scanqrcode")).await;
    client.silence(19 * SECOND).await;
    server.link.show(late.id, "2@late").await;
    assert_eq!(code(&mut client).await, "2@late");
}

#[tokio::test(start_paused = true)]
async fn another_phone_than_the_one_that_is_meant_ends_it_with_the_reason() {
    let server = Server::start().await;
    let instance = server.showing("2@code").await;
    let other = "15550002222".parse().unwrap();
    let described = server.gateway.describe_instance(instance.id, |it| it.phone = Some(other));
    described.await.unwrap();
    let (_sockets, mut client) = watch(&server, &instance).await;
    assert_eq!(code(&mut client).await, "2@code");
    server.link.link(instance.id).await;
    let why =
        "another phone than the one that is meant to be linked accepted, and was logged out again";
    let (_at, said) = client.next().await;
    assert_eq!(said, Said::Text(format!(r#"{{"type":"error","message":"{why}"}}"#)));
    client.closed().await;
    let state = server.get(&instance, "getStateInstance").await;
    assert_eq!(state.told(), r#"200 {"stateInstance":"notAuthorized"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_session_has_a_hundred_seconds() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (_sockets, mut client) = watch(&server, &instance).await;
    show_for_long(&server, &instance, "2@long").await;
    assert_eq!(code(&mut client).await, "2@long");
    let timeout = r#"{"type":"timeout","message":"timeout"}"#;
    assert_eq!(client.next().await, (100 * SECOND, Said::Text(timeout.into())));
    client.closed().await;
    assert_eq!(server.link.dials(), 1, "the attempt was kept alive throughout");
}

#[tokio::test(start_paused = true)]
async fn without_a_code_it_says_why_within_the_wait() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (at, text) = only(&server, &instance).await;
    insta::assert_snapshot!(text, @r#"{"type":"error","message":"WhatsApp issued no code in time"}"#);
    assert_eq!(at, 20 * SECOND);
    let settings = Settings { code_within: 2 * SECOND, ..unlimited() };
    let server = Server::with(settings).await;
    let instance = server.instance().await;
    assert_eq!(only(&server, &instance).await.0, 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn when_the_codes_run_dry_the_next_attempt_goes_on() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (_sockets, mut client) = watch(&server, &instance).await;
    server.link.show(instance.id, "2@last").await;
    assert_eq!(code(&mut client).await, "2@last");
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::CodesExhausted)).await;
    client.silence(5 * SECOND).await;
    server.link.show(instance.id, "2@next").await;
    assert_eq!(code(&mut client).await, "2@next");
    client.silence(60 * SECOND).await;
    let (at, said) = client.next().await;
    let text = r#"{"type":"error","message":"WhatsApp issued no code in time"}"#;
    assert_eq!((at, said), (85 * SECOND, Said::Text(text.into())), "the wait begins with the lack");
    client.closed().await;
}

#[tokio::test(start_paused = true)]
async fn attempts_that_are_spaced_end_the_session() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (_sockets, mut client) = watch(&server, &instance).await;
    for attempt in 1..=10 {
        client.silence(SECOND).await;
        let shown = format!("2@attempt{attempt}");
        server.link.show(instance.id, &shown).await;
        assert_eq!(code(&mut client).await, shown);
        server.link.tell(instance.id, LinkEvent::Ended(EndReason::CodesExhausted)).await;
    }
    insta::assert_snapshot!(
        client.text().await,
        @r#"{"type":"error","message":"too many codes were not scanned; the next code can be shown in 5 minutes"}"#
    );
    client.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_linked_instance_is_already_logged() {
    let server = Server::start().await;
    let instance = server.online().await;
    let (at, text) = only(&server, &instance).await;
    insta::assert_snapshot!(
        text,
        @r#"{"type":"alreadyLogged","message":"instance account already authorized"}"#
    );
    assert_eq!(at, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_the_way_is_told_in_the_words_of_qr() {
    let server = Server::start().await;
    let unusable = server.online().await;
    server.link.tell(unusable.id, LinkEvent::Ended(EndReason::Refused { code: 411 })).await;
    server.settle(unusable.id, StateName::Failed).await;
    let banned = server.online().await;
    server.link.tell(banned.id, LinkEvent::Ended(EndReason::Refused { code: 406 })).await;
    server.settle(banned.id, StateName::Banned).await;
    let passkey = server.showing("2@code").await;
    server.link.tell(passkey.id, challenge()).await;
    let mut shown = server.gateway.watch_instance(passkey.id).unwrap();
    let no_code = |machine: &waygate_core::instance::machine::Machine| {
        machine.state().qr_code(jiff::Timestamp::MIN).is_none()
    };
    shown.wait_for(no_code).await.unwrap();
    for instance in [&unusable, &banned, &passkey] {
        let expected = server.get(instance, "qr").await.body;
        let (at, text) = only(&server, instance).await;
        assert_eq!((at, text), (Duration::ZERO, expected));
    }
}

#[tokio::test(start_paused = true)]
async fn what_gets_in_the_way_ends_the_session() {
    let server = Server::start().await;
    let sockets = Sockets::open(&server).await;
    for (event, told) in [
        (challenge(), r#"{"type":"passkeyRequired","message":"WhatsApp asks"#),
        (
            LinkEvent::Ended(EndReason::Refused { code: 406 }),
            r#"{"type":"error","message":"WhatsApp banned the account; the next code can be shown in "#,
        ),
    ] {
        let instance = server.showing("2@code").await;
        let mut client = sockets.begin(&instance.path("scanqrcode")).await;
        assert_eq!(code(&mut client).await, "2@code");
        server.link.tell(instance.id, event).await;
        let text = client.text().await;
        assert!(text.starts_with(told), "{text}");
        client.closed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_lasts_while_a_pairing_code_is_typed() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let sockets = Sockets::open(&server).await;
    let body = r#"{"phoneNumber":15550001111}"#;
    let asked = server.post(&instance, "getAuthorizationCode", body);
    tokio::join!(asked, server.link.pair(instance.id, 1, "AB12CD34"));
    let mut client = sockets.begin(&instance.path("scanqrcode")).await;
    assert_eq!(code(&mut client).await, "2@beside");
    server.link.tell(instance.id, LinkEvent::PairingCodeTyped).await;
    client.silence(30 * SECOND).await;
    server.link.tell(instance.id, LinkEvent::PairingCodeSpent).await;
    server.link.dialled(2).await;
    server.link.show(instance.id, "2@next").await;
    assert_eq!(code(&mut client).await, "2@next");
    let asked = server.post(&instance, "getAuthorizationCode", body);
    tokio::join!(asked, server.link.pair(instance.id, 3, "CD34AB12"));
    assert_eq!(code(&mut client).await, "2@beside");
    client.silence(SECOND).await;
    server.link.tell(instance.id, LinkEvent::PairingCodeTyped).await;
    server.link.link(instance.id).await;
    assert!(client.text().await.contains("accountData"));
    client.closed().await;
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_a_phone_is_being_accepted_gets_the_account() {
    let server = Server::start().await;
    let instance = server.showing("2@code").await;
    server.link.tell(instance.id, LinkEvent::Paired(account())).await;
    let (_sockets, mut client) = watch(&server, &instance).await;
    client.silence(5 * SECOND).await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::RestartRequired)).await;
    server.link.log_in(instance.id).await;
    assert!(client.text().await.contains("accountData"));
    client.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_first_login_that_fails_is_tried_again_and_then_the_account_is_told() {
    let (server, instance, (_sockets, mut client)) = first_login_lost().await;
    client.silence(20 * SECOND).await;
    server.link.dialled(3).await;
    server.link.log_in(instance.id).await;
    assert!(client.text().await.contains("accountData"));
    client.closed().await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_lost_again_makes_room_for_the_next_code() {
    let (server, instance, (_sockets, mut client)) = first_login_lost().await;
    // Less than the wait for the next login.
    client.silence(SECOND / 2).await;
    let out_of_reach = async {
        server.link.dialled(3).await;
        server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    };
    let (answer, ()) = tokio::join!(server.get(&instance, "logout"), out_of_reach);
    assert_eq!(answer.status, 200);
    client.silence(5 * SECOND).await;
    server.link.show(instance.id, "2@again").await;
    assert_eq!(code(&mut client).await, "2@again");
}

#[tokio::test(start_paused = true)]
async fn a_first_login_that_takes_too_long_is_said_so() {
    let server = Server::start().await;
    let instance = server.showing("2@code").await;
    server.link.tell(instance.id, LinkEvent::Paired(account())).await;
    let (at, text) = only(&server, &instance).await;
    insta::assert_snapshot!(
        text,
        @r#"{"type":"error","message":"a phone has accepted, and its first login is not through yet"}"#
    );
    assert_eq!(at, 20 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_newcomer_takes_over() {
    let server = Server::start().await;
    let instance = server.showing("2@code").await;
    let sockets = Sockets::open(&server).await;
    let mut first = sockets.begin(&instance.path("scanqrcode")).await;
    assert_eq!(code(&mut first).await, "2@code");
    let mut second = sockets.begin(&instance.path("scanqrcode")).await;
    assert_eq!(code(&mut second).await, "2@code");
    insta::assert_snapshot!(
        first.text().await,
        @r#"{"type":"error","message":"another session of this instance took over"}"#
    );
    first.closed().await;
    second.silence(SECOND).await;
    second.leave().await;
    let mut third = sockets.begin(&instance.path("scanqrcode")).await;
    assert_eq!(code(&mut third).await, "2@code");
    third.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn two_instances_do_not_disturb_each_other() {
    let server = Server::start().await;
    let (one, other) = (server.showing("2@one").await, server.showing("2@other").await);
    let sockets = Sockets::open(&server).await;
    let mut first = sockets.begin(&one.path("scanqrcode")).await;
    let mut second = sockets.begin(&other.path("scanqrcode")).await;
    assert_eq!(code(&mut first).await, "2@one");
    assert_eq!(code(&mut second).await, "2@other");
    server.link.link(other.id).await;
    assert!(second.text().await.contains("accountData"));
    second.closed().await;
    first.silence(SECOND).await;
    server.link.show(one.id, "2@next").await;
    assert_eq!(code(&mut first).await, "2@next");
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_its_token() {
    let server = Server::start().await;
    let instance = server.showing("2@code").await;
    let (_sockets, mut client) = watch(&server, &instance).await;
    assert_eq!(code(&mut client).await, "2@code");
    client.silence(3 * SECOND).await;
    assert_eq!(server.get(&instance, "updateApiToken").await.status, 200);
    ends_soon(client, r#"{"type":"error","message":"Unauthorized"}"#).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_with_its_instance() {
    let server = Server::start().await;
    let instance = server.showing("2@code").await;
    let (_sockets, mut client) = watch(&server, &instance).await;
    assert_eq!(code(&mut client).await, "2@code");
    client.silence(3 * SECOND).await;
    server.gateway.remove_instance(instance.id).await.unwrap();
    ends_soon(client, r#"{"type":"error","message":"Instance is deleted"}"#).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_client_says_is_ignored() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (_sockets, mut client) = watch(&server, &instance).await;
    for _ in 0..20 {
        client.say("Hello, Server").await;
    }
    client.silence(SECOND).await;
    server.link.show(instance.id, "2@code").await;
    assert_eq!(code(&mut client).await, "2@code");
    client.say("{}").await;
    client.silence(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_is_found_in_every_spelling() {
    let server = Server::start().await;
    let sockets = Sockets::open(&server).await;
    for name in ["scanqrcode", "scanQrCode", "ScanQRCode"] {
        let instance = server.showing("2@code").await;
        let path = instance.path(name);
        for path in [path.clone(), format!("/v1{path}"), format!("/{path}/")] {
            let mut client = sockets.begin(&path).await;
            assert_eq!(code(&mut client).await, "2@code", "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_asks_for_no_websocket_is_told_so() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let answer = server.get(&instance, "scanqrcode").await;
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    let told = answer.told().replace(&instance.number.to_string(), "1105600123");
    insta::assert_snapshot!(
        told,
        @r#"426 {"statusCode":426,"timestamp":"2026-03-01T10:20:30.456Z","path":"/waInstance1105600123/scanqrcode/<TOKEN>","message":"the request asks for no websocket"}"#
    );
    assert_eq!(server.link.dials(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_is_refused_like_any_other_request() {
    let server = Server::with(Settings::default()).await;
    let (instance, other) = (server.instance().await, server.instance().await);
    let path = instance.path("scanqrcode");
    let unknown = path.replace(instance.token.expose(), &"0".repeat(50));
    assert_eq!(handshake(&server, "GET", &unknown).await.told(), "401 ");
    let foreign = Instance { token: instance.token.clone(), ..other.clone() }.path("scanqrcode");
    assert_eq!(handshake(&server, "GET", &foreign).await.status, 403);
    assert_eq!(handshake(&server, "POST", &path).await.status, 404);
    tokio::time::advance(SECOND).await;
    assert_eq!(handshake(&server, "HEAD", &path).await.status, 404);
    assert_eq!(handshake(&server, "GET", &path).await.status, 429, "one in a second");
    server.gateway.remove_instance(other.id).await.unwrap();
    let removed = handshake(&server, "GET", &other.path("scanqrcode")).await;
    assert_eq!(removed.json()["message"], "Instance is deleted");
    tokio::time::advance(SECOND).await;
    // Which no server has, but this test.
    assert_eq!(handshake(&server, "GET", &path).await.status, 500, "there is no connection");
}
