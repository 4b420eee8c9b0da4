//! What a client is told, and the operator, when something of ours fails.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Event, EventName, Extent, NewEvent, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::standing::Standing;
use waygate_core::message::MessageKey;
use waygate_core::port::journal::Journal;
use waygate_core::port::link::Deed;
use waygate_dialect_greenapi::surface;
use waygate_http::site::Failure;
use waygate_played::captured::Captured;
use waygate_played::link::PlayedLink;

use crate::server::{Server, unlimited};

/// A journal that forgets, and fails when it is read.
#[derive(Debug)]
struct Unreadable;

impl Journal for Unreadable {
    fn commit(
        &self,
        _: InstanceId,
        _: Timestamp,
        _: Vec<NewEvent>,
        _: Option<Standing>,
    ) -> Deed<'_, Result<Sequence, Error>> {
        Box::pin(async { Ok(Sequence(1)) })
    }

    fn read_after(
        &self,
        _: InstanceId,
        _: Sequence,
        _: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        Box::pin(async { Ok(vec![]) })
    }

    fn newest(
        &self,
        _: InstanceId,
        _: EventName,
        _: Option<Sequence>,
        _: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        Box::pin(async {
            let cause = std::io::Error::other("the disk is on fire");
            Err(Error::new(Kind::Internal, "the journal could not be read").because(cause))
        })
    }

    fn event_of(&self, _: InstanceId, _: MessageKey) -> Deed<'_, Result<Option<Event>, Error>> {
        Box::pin(async { Ok(None) })
    }

    fn extent(&self, _: InstanceId) -> Deed<'_, Result<Extent, Error>> {
        Box::pin(async { Ok(Extent { forgotten: Sequence(0), newest: Sequence(1) }) })
    }

    fn forget_events(&self, _: Timestamp, _: u64) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async { Ok(0) })
    }

    fn forget_seen(&self, _: Timestamp) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async { Ok(0) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_ours_is_told_to_the_operator_and_not_to_the_client() {
    let log = Captured::start();
    let link = PlayedLink::default();
    let gateway = link.gateway_on(Arc::new(Unreadable));
    let server = Server::on(unlimited(), link, gateway).await;
    let instance = server.instance().await;
    let answer = server.get(&instance, "getStateInstanceHistory").await;
    let told = answer.told().replace(&instance.number.to_string(), "1105600123");
    insta::assert_snapshot!(
        told,
        @r#"500 {"statusCode":500,"timestamp":"2026-03-01T10:20:30.456Z","path":"/waInstance1105600123/getStateInstanceHistory/<TOKEN>","message":"Internal Server Error"}"#
    );
    let lines = log.text();
    let errors: Vec<&str> = lines.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(errors.len(), 1, "{lines}");
    assert!(errors[0].contains("the journal could not be read: the disk is on fire"), "{lines}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_is_given_up() {
    let server = Server::start().await;
    let instance = server.instance().await;
    let request = Request::get(instance.path("qr")).body(Body::empty()).unwrap();
    let response = server.site.answer(request, Duration::from_secs(1)).await;
    assert_eq!(response.status(), 500);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, r#"{"statusCode":500,"message":"Internal Server Error"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_answered_in_the_vendors_envelope() {
    let server = Server::start().await;
    let surface = surface(server.gateway.clone(), unlimited());
    let response = (surface.on_failure)(Failure::Panicked);
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, r#"{"statusCode":500,"message":"Internal Server Error"}"#);
}
