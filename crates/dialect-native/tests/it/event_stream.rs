//! What happens to an instance, as it happens.

use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use futures_util::{Stream, StreamExt as _};
use serde_json::Value;
use tokio::time::Instant;
use waygate_core::id::InstanceId;
use waygate_core::instance::state::StateName;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;
use waygate_core::secret::TokenText;
use waygate_engine::link_tickets::NewLinkTicket;

use crate::drops::{Luck, drops};
use crate::server::{HANDLER_LIMIT, Instance, Server};

/// What stands between two empty lines.
#[derive(Debug, Default, PartialEq)]
struct Frame {
    id: Option<u64>,
    event: Option<String>,
    data: Option<String>,
}

/// A client of the standard's kind, written for this: what did not come whole does not count.
struct Client {
    chunks: Pin<Box<dyn Stream<Item = Result<Bytes, axum::Error>> + Send>>,
    text: String,
}

impl Client {
    /// Comes with the number that it saw last, where it saw one.
    async fn open(server: &Server, key: &TokenText, path: &str, last: Option<u64>) -> Self {
        let mut request = Request::get(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {}", key.expose()));
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let request = request.body(Body::empty()).unwrap();
        let response = server.keyed.answer(request, HANDLER_LIMIT).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self { chunks: Box::pin(response.into_body().into_data_stream()), text: String::new() }
    }

    /// The next frame; `None` when the stream has ended.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (read(frame), rest.to_owned());
                self.text = rest;
                return Some(frame);
            }
            let chunk = self.chunks.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event.
    async fn event(&mut self) -> Value {
        loop {
            let frame = self.next().await.expect("the stream ended");
            if let Some(data) = frame.data {
                let event: Value = serde_json::from_str(&data).unwrap();
                assert_eq!(event["sequence"].as_u64(), frame.id);
                return event;
            }
        }
    }
}

fn read(frame: &str) -> Frame {
    let mut read = Frame::default();
    for line in frame.lines() {
        match line.split_once(':') {
            Some(("id", id)) => read.id = Some(id.trim().parse().unwrap()),
            Some(("event", name)) => read.event = Some(name.trim().to_owned()),
            Some(("data", data)) => read.data = Some(data.trim().to_owned()),
            Some(("" | "retry", _)) => {}
            _ => panic!("{line}"),
        }
    }
    read
}

fn path(instance: &Instance, query: &str) -> String {
    instance.path(&format!("/events/stream{query}"))
}

async fn happens(server: &Server, instance: InstanceId) {
    server.gateway.issue_link_ticket(instance, NewLinkTicket::default()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stream_begins_with_what_happens_next_or_behind_a_cursor() {
    let server = Server::start().await;
    let instance = server.online().await;
    let mut next = Client::open(&server, &server.key, &path(&instance, ""), None).await;
    let mut all = Client::open(&server, &server.key, &path(&instance, "?cursor=0"), None).await;
    let mut some =
        Client::open(&server, &server.key, &path(&instance, "?cursor=0&kind=linking"), None).await;
    let mut last = Client::open(&server, &server.key, &path(&instance, "?cursor=0"), Some(5)).await;
    server.link.tell(instance.id, LinkEvent::Ended(EndReason::Closed)).await;
    server.settle(instance.id, StateName::Offline).await;
    assert_eq!(next.next().await.unwrap(), Frame { id: Some(8), ..Frame::default() });
    assert_eq!(next.event().await["data"]["to"], "offline");
    assert_eq!(all.event().await["sequence"], 1);
    assert_eq!(some.event().await["data"]["step"], "code_shown");
    assert_eq!(last.event().await["sequence"], 6, "the header counts more than the address");
}

#[tokio::test(start_paused = true)]
async fn a_stream_tells_what_a_code_says_where_that_is_asked_for() {
    let server = Server::start().await;
    let instance = server.instance().await;
    server.gateway.keep_looking(instance.id).await.unwrap();
    server.link.show(instance.id, "2@one").await;
    server.link.show(instance.id, "2@two").await;
    let query = "?kind=qr_rotated&cursor=0&qr=true";
    let mut client = Client::open(&server, &server.key, &path(&instance, query), None).await;
    assert_eq!(client.event().await["data"]["qr"], "2@two");
}

#[tokio::test(start_paused = true)]
async fn a_stream_says_that_it_lives_and_how_far_it_has_come() {
    let server = Server::start().await;
    let instance = server.online().await;
    let few = path(&instance, "?kind=qr_rotated&cursor=0");
    let mut client = Client::open(&server, &server.key, &few, None).await;
    assert_eq!(client.next().await.unwrap().id, Some(0));
    let begun = Instant::now();
    for _beat in 0..3 {
        let beat = client.next().await.unwrap();
        assert_eq!(beat, Frame { id: Some(8), ..Frame::default() });
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(45));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_away_for_too_long_is_told_how_much_it_missed() {
    let server = Server::start().await;
    let instance = server.online().await;
    tokio::time::advance(Duration::from_secs(91 * 24 * 60 * 60)).await;
    server.gateway.forget_events().await.unwrap();
    let mut client = Client::open(&server, &server.key, &path(&instance, ""), Some(2)).await;
    assert_eq!(client.next().await.unwrap().id, Some(2));
    let missed = client.next().await.unwrap();
    let (event, data) = (Some("missed".to_owned()), Some(r#"{"count":5}"#.to_owned()));
    assert_eq!(missed, Frame { id: None, event, data });
    assert_eq!(client.event().await["sequence"], 7);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_token_its_instance_and_the_process() {
    let server = Server::start().await;
    let one = server.online().await;
    let other = server.online().await;
    let key = server.key_for([waygate_core::scope::Scope::Read]).await;
    let mut revoked = Client::open(&server, &key, &path(&one, ""), None).await;
    let mut removed = Client::open(&server, &server.key, &path(&other, ""), None).await;
    let mut stopped = Client::open(&server, &server.key, &path(&one, ""), None).await;
    let begun = Instant::now();
    let tokens = server.gateway.list_tokens(server.account).await.unwrap();
    let id = tokens.iter().find(|token| token.scopes.iter().count() == 1).unwrap().id();
    server.gateway.revoke_token(server.account, id).await.unwrap();
    while revoked.next().await.is_some() {}
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    server.gateway.remove_instance(other.id).await.unwrap();
    while removed.next().await.is_some() {}
    assert!(server.gateway.shut_down(HANDLER_LIMIT).await);
    while stopped.next().await.is_some() {}
    assert!(begun.elapsed() < Duration::from_secs(15), "no beat was waited for");
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_cannot_be_is_refused_before_the_stream_begins() {
    let server = Server::start().await;
    let instance = server.online().await;
    for query in ["?cursor=x", "?cursor=9", "?kind=message", "?wait=5", "?limit=5"] {
        let answer = server.get(&path(&instance, query)).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_dropped_at_random_misses_nothing_and_hears_nothing_twice() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let (mut dice, mut heard, mut last) = (Luck(7), Vec::new(), None);
    for _drop in 0..drops() {
        // As long as a client waits before it comes again; more of them would be too many.
        tokio::time::advance(Duration::from_secs(1)).await;
        let mut client =
            Client::open(&server, &server.key, &path(&instance, "?cursor=0"), last).await;
        let (events, frames) = (dice.below(6), dice.below(8));
        let write = async {
            for _event in 0..events {
                happens(&server, instance.id).await;
            }
        };
        let hear = async {
            for _frame in 0..frames {
                let frame = client.next().await.expect("the stream ended");
                heard.extend(frame.data.and(frame.id));
                last = frame.id.or(last);
            }
        };
        tokio::join!(write, hear);
    }
    let newest = server.gateway.newest_event(instance.id).await.unwrap().0;
    let mut client = Client::open(&server, &server.key, &path(&instance, "?cursor=0"), last).await;
    while heard.last() != Some(&newest) {
        heard.push(client.event().await["sequence"].as_u64().unwrap());
    }
    assert!(newest > drops(), "something happened between the drops: {newest}");
    assert_eq!(heard, (1..=newest).collect::<Vec<_>>());
}
