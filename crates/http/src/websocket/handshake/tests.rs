use axum::http::Request;

use super::*;

/// The example of RFC 6455, 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A request that is right, but for what a test changes.
fn head(change: impl FnOnce(&mut Parts)) -> Parts {
    let request = Request::builder()
        .uri("/")
        .header("Host", "a")
        .header("Connection", "keep-alive, Upgrade")
        .header("Upgrade", "WebSocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", KEY)
        .extension(Switchable)
        .body(());
    let mut head = request.unwrap().into_parts().0;
    change(&mut head);
    head
}

fn refused(change: impl FnOnce(&mut Parts)) -> HandshakeError {
    Handshake::read(&head(change), &Origins::Same).unwrap_err()
}

#[test]
fn the_answer_proves_that_the_key_was_understood() {
    let handshake = Handshake::read(&head(|_head| {}), &Origins::Same).unwrap();
    let response = handshake.accept(|_session| async {});
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(response.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(response.headers()[UPGRADE], "websocket");
    assert_eq!(response.headers()[CONNECTION], "upgrade");
}

#[test]
fn a_request_that_asks_for_nothing_is_not_an_upgrade() {
    for name in [UPGRADE, CONNECTION] {
        let error = refused(|head| drop(head.headers.remove(&name)));
        assert_eq!(error, HandshakeError::NotAnUpgrade, "{name}");
        let other = HeaderValue::from_static("h2c, websockets");
        let error = refused(|head| drop(head.headers.insert(&name, other)));
        assert_eq!(error, HandshakeError::NotAnUpgrade, "{name}");
    }
}

#[test]
fn only_get_over_http_1_1_may_ask() {
    assert_eq!(refused(|head| head.method = Method::POST), HandshakeError::WrongMethod);
    for version in [Version::HTTP_10, Version::HTTP_2] {
        assert_eq!(refused(|head| head.version = version), HandshakeError::WrongProtocol);
    }
}

#[test]
fn a_request_with_a_body_has_no_session() {
    for (name, value) in [(CONTENT_LENGTH, "1"), (TRANSFER_ENCODING, "chunked")] {
        let value = HeaderValue::from_static(value);
        let error = refused(|head| drop(head.headers.insert(&name, value)));
        assert_eq!(error, HandshakeError::HasBody, "{name}");
    }
    let empty = head(|head| drop(head.headers.insert(CONTENT_LENGTH, 0.into())));
    drop(Handshake::read(&empty, &Origins::Same).unwrap());
}

#[test]
fn another_version_is_told_which_there_is() {
    let missing = refused(|head| drop(head.headers.remove(SEC_WEBSOCKET_VERSION)));
    let other = refused(|head| drop(head.headers.insert(SEC_WEBSOCKET_VERSION, 8.into())));
    let twice = refused(|head| assert!(head.headers.append(SEC_WEBSOCKET_VERSION, 13.into())));
    assert_eq!([missing, other, twice], [HandshakeError::WrongVersion; 3]);
    assert_eq!(other.status(), StatusCode::UPGRADE_REQUIRED);
    let headers = other.headers();
    assert_eq!(headers[SEC_WEBSOCKET_VERSION], "13");
    assert_eq!(headers[UPGRADE], "websocket");
}

#[test]
fn a_key_is_sixteen_bytes_and_there_is_one() {
    let missing = refused(|head| drop(head.headers.remove(SEC_WEBSOCKET_KEY)));
    assert_eq!(missing, HandshakeError::BadKey);
    let key = HeaderValue::from_static(KEY);
    let twice = refused(|head| assert!(head.headers.append(SEC_WEBSOCKET_KEY, key)));
    assert_eq!(twice, HandshakeError::BadKey);
    for key in ["", "AAAA", "dGhlIHNhbXBsZSBub25jZQ", "!!!!!!!!!!!!!!!!!!!!!!==", "\u{e9}"] {
        let key = HeaderValue::from_bytes(key.as_bytes()).unwrap();
        let error = refused(|head| drop(head.headers.insert(SEC_WEBSOCKET_KEY, key)));
        assert_eq!(error, HandshakeError::BadKey);
    }
}

#[test]
fn a_foreign_page_is_forbidden() {
    let foreign = HeaderValue::from_static("https://evil.example");
    let error = refused(|head| drop(head.headers.insert("origin", foreign)));
    assert_eq!((error, error.status()), (HandshakeError::ForeignOrigin, StatusCode::FORBIDDEN));
}

#[test]
fn without_a_listener_there_is_no_connection_to_have() {
    let error = refused(|head| head.extensions.clear());
    assert_eq!(error, HandshakeError::NoConnection);
}

#[test]
fn a_talk_belongs_to_the_answer_that_was_made_for_it() {
    let accept = || {
        let handshake = Handshake::read(&head(|_head| {}), &Origins::Same).unwrap();
        handshake.accept(|_session| async {})
    };
    let mut response = accept();
    assert!(Talk::detach(&mut response).is_some());
    assert!(Talk::detach(&mut response).is_none(), "there is one");
    let mut changed = accept();
    *changed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    assert!(Talk::detach(&mut changed).is_none());
}
