//! The files of messages: for whoever has a key, and at the addresses that were given out.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use waygate_core::error::Kind;
use waygate_core::event::{Event, EventKind, Sequence};
use waygate_core::message::content::{Content, Text};
use waygate_core::message::media::{Media, MediaFile, MediaKind, MediaPart};
use waygate_core::message::{Message, MessageId, Quoted};
use waygate_core::port::journal::Journal as _;
use waygate_dialect_native::files;
use waygate_engine::files::FileSettings;
use waygate_engine::telling::FileAddress;
use waygate_http::site::Site;
use waygate_played::link::Hosts;

use crate::server::{Answer, HANDLER_LIMIT, Instance, Server};

const BASE: &str = "https://gate.example";

/// A message of Ann's with a document of this name and type.
pub(crate) fn file(name: &str, mime: &str) -> Message {
    let ann: waygate_core::message::address::Address =
        "15550002222@s.whatsapp.net".parse().unwrap();
    let media = Media {
        kind: MediaKind::Document,
        mime: mime.into(),
        caption: "".into(),
        file_name: name.into(),
        thumbnail: "".into(),
        bytes: 6,
        seconds: 0,
        animated: false,
        view_once: false,
        // The played hosts give of every file its path.
        file: Some(MediaFile {
            path: "hello!".into(),
            key: "".into(),
            sha256: "".into(),
            encrypted_sha256: "".into(),
        }),
    };
    Message {
        id: MessageId("3A01".into()),
        chat: ann.clone(),
        sender: ann,
        sender_hidden: None,
        sender_name: None,
        chat_name: None,
        sent_at_ms: 1_772_360_400_000,
        content: Content::Media(media),
        quoted: None,
        forwarding_score: 0,
    }
}

/// Has the instance receive a message; tells the number of the event.
pub(crate) async fn receive(server: &Server, instance: &Instance, message: Message) -> Sequence {
    let kind = EventKind::MessageReceived(Box::new(message));
    let (store, now) = (server.link.store(), server.gateway.now());
    store.note(instance.id, now, kind).await.unwrap()
}

fn media_path(instance: &Instance, event: Sequence) -> String {
    instance.path(&format!("/events/{}/media", event.0))
}

/// The address that was given out for a file of this event.
async fn address(server: &Server, instance: &Instance, event: Sequence, part: MediaPart) -> String {
    let before = Sequence(event.0 - 1);
    let events: Vec<Event> = server.link.store().read_after(instance.id, before, 1).await.unwrap();
    match server.gateway.file_address(instance.id, &events[0], part) {
        FileAddress::Known(url) => url.strip_prefix(BASE).unwrap().to_owned(),
        other @ (FileAddress::TooLarge | FileAddress::Unknown) => panic!("{other:?}"),
    }
}

/// Asks at such an address, as somebody without a key.
async fn visit(server: &Server, verb: &str, path: &str) -> Answer {
    let site = Site::new(vec![files(server.gateway.clone())]);
    let request = Request::builder().method(verb).uri(path).body(Body::empty()).unwrap();
    let answer = site.answer(request, HANDLER_LIMIT).await;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.into_body().collect().await.unwrap().to_bytes().to_vec();
    Answer { status, headers, bytes }
}

async fn online() -> (Server, Instance) {
    let server = Server::start().await;
    server.gateway.hand_out_files(FileSettings { base: BASE.to_owned(), bytes_max: 100 });
    let instance = server.online().await;
    (server, instance)
}

#[tokio::test(start_paused = true)]
async fn a_file_comes_with_a_key_and_at_its_address_as_something_to_be_saved() {
    let (server, instance) = online().await;
    let event = receive(&server, &instance, file("plan.pdf", "application/pdf")).await;
    let address = address(&server, &instance, event, MediaPart::Own).await;
    for answer in
        [server.get(&media_path(&instance, event)).await, visit(&server, "GET", &address).await]
    {
        assert_eq!((answer.status, answer.bytes.as_slice()), (200, b"hello!".as_slice()));
        for (name, value) in [
            ("content-type", "application/pdf"),
            ("content-disposition", "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "private, no-store"),
            ("accept-ranges", "none"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_somebody_sent_is_a_row_of_bytes() {
    let (server, instance) = online().await;
    let event = receive(&server, &instance, file("page.html", "text/html")).await;
    let answer = server.get(&media_path(&instance, event)).await;
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
}

#[tokio::test(start_paused = true)]
async fn whoever_only_asks_whether_an_address_is_good_has_nothing_fetched() {
    let (server, instance) = online().await;
    let event = receive(&server, &instance, file("plan.pdf", "application/pdf")).await;
    let address = address(&server, &instance, event, MediaPart::Own).await;
    let answer = visit(&server, "HEAD", &address).await;
    assert_eq!((answer.status, answer.bytes.len()), (200, 0));
    assert_eq!(answer.header("content-type"), Some("application/pdf"));
    assert_eq!(server.link.files_asked(), 0);
    let answer = visit(&server, "POST", &address).await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test(start_paused = true)]
async fn the_file_of_the_message_that_is_answered_has_its_own_address() {
    let (server, instance) = online().await;
    let quoted = Quoted {
        id: MessageId("3A00".into()),
        sender: None,
        content: Some(Box::new(file("old.pdf", "application/pdf").content)),
    };
    let answering =
        Message { content: Content::Text(Text::plain("?")), quoted: Some(quoted), ..file("", "") };
    let event = receive(&server, &instance, answering).await;
    let address = address(&server, &instance, event, MediaPart::Quoted).await;
    assert_eq!(visit(&server, "GET", &address).await.bytes, b"hello!");
    let path = media_path(&instance, event);
    assert_eq!(server.get(&format!("{path}?part=quoted")).await.status, 200);
    for (query, status) in [("", 404), ("?part=own", 404), ("?part=both", 400)] {
        assert_eq!(server.get(&format!("{path}{query}")).await.status, status, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_was_never_given_out_or_whose_message_is_gone_opens_nothing() {
    let (server, instance) = online().await;
    let event = receive(&server, &instance, file("plan.pdf", "application/pdf")).await;
    let address = address(&server, &instance, event, MediaPart::Own).await;
    let mut changed = address.clone();
    let last = changed.pop().unwrap();
    changed.push(if last == 'A' { 'B' } else { 'A' });
    for path in [changed.as_str(), "/media/", "/media/x", "/media/../api", "/media/%2e"] {
        let answer = visit(&server, "GET", path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
    server.gateway.remove_instance(instance.id).await.unwrap();
    assert_eq!(visit(&server, "GET", &address).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_had_is_refused_with_the_reason() {
    let (server, instance) = online().await;
    let event = receive(&server, &instance, file("plan.pdf", "application/pdf")).await;
    let path = media_path(&instance, event);
    for (kind, status, code) in [
        (Kind::NotFound, 404, "not_found"),
        (Kind::Invalid, 400, "invalid"),
        (Kind::Unreachable, 503, "unreachable"),
        (Kind::WrongState, 409, "wrong_state"),
    ] {
        server.link.play_hosts(Hosts::Refusing(kind));
        let answer = server.get(&path).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
    }
    // Known before anybody is asked.
    let mut large = file("large.pdf", "application/pdf");
    if let Content::Media(media) = &mut large.content {
        media.bytes = 101;
    }
    let event = receive(&server, &instance, large).await;
    let asked = server.link.files_asked();
    assert_eq!(server.get(&media_path(&instance, event)).await.status, 400);
    assert_eq!(server.link.files_asked(), asked);
    server.gateway.stop_instance(instance.id).await.unwrap();
    let answer = server.get(&path).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "wrong_state"));
}
