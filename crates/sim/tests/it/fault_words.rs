//! What clients are told by order: with what the real server says, with less, and with nonsense.

use std::collections::BTreeMap;

use wacore_binary::{Node, builder::NodeBuilder};
use waygate_sim::{Failure, Fault, Moment, Notice, StreamError};

use crate::{
    companion::Companion,
    linking::{NUMBER, world},
    stream::text,
};

fn attrs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn node(tag: &'static str, attrs: &[(&'static str, &str)], children: Vec<Node>) -> Node {
    let mut node = NodeBuilder::new(tag);
    for (name, value) in attrs {
        node = node.attr(name, *value);
    }
    if children.is_empty() { node.build() } else { node.children(children).build() }
}

/// Every `<stream:error>` of the table of reasons, as ordered and as it is to arrive.
fn stream_errors() -> Vec<(StreamError, Node)> {
    let error = |code| StreamError { code, ..StreamError::default() };
    let conflict =
        |code, kind: &str| StreamError { conflict: Some(kind.to_owned()), ..error(code) };
    let child = |tag: &str| StreamError { child: Some(tag.to_owned()), ..error(None) };
    let mut rows: Vec<(StreamError, Node)> = [401, 409, 429, 500, 503, 515, 516, 599, 65_535]
        .map(|code: u16| {
            (error(Some(code)), node("stream:error", &[("code", &code.to_string())], vec![]))
        })
        .into();
    for (code, kind) in [("401", "device_removed"), ("409", "replaced"), ("401", "news")] {
        let ordered = conflict(code.parse().ok(), kind);
        let told = node("conflict", &[("type", kind)], vec![]);
        rows.push((ordered, node("stream:error", &[("code", code)], vec![told])));
    }
    let bare = node("stream:error", &[], vec![]);
    rows.push((error(None), bare));
    rows.push((conflict(None, ""), node("stream:error", &[], vec![node("conflict", &[], vec![])])));
    let malformed = node("xml-not-well-formed", &[], vec![]);
    rows.push((child("xml-not-well-formed"), node("stream:error", &[], vec![malformed])));
    let owed =
        StreamError { child_attrs: attrs(&[("class", "message"), ("id", "3EB0")]), ..child("ack") };
    let ack = node("ack", &[("class", "message"), ("id", "3EB0")], vec![]);
    rows.push((owed, node("stream:error", &[], vec![ack])));
    let garbage = StreamError {
        attrs: attrs(&[("code", "soon"), ("colour", "blue")]),
        ..conflict(Some(503), "replaced")
    };
    let told = node("conflict", &[("type", "replaced")], vec![]);
    let told = node("stream:error", &[("code", "soon"), ("colour", "blue")], vec![told]);
    rows.push((garbage, told));
    rows
}

#[tokio::test(start_paused = true)]
async fn every_stream_error_arrives_as_it_was_ordered_when_connected_and_in_place_of_success() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    for (error, told) in stream_errors() {
        let mut stream = device.log_in(&sim).await;
        sim.inject(Fault::StreamError(error.clone()).on(NUMBER));
        assert_eq!(stream.next().await.as_ref(), Some(&told));
        stream.assert_closed().await;
        let at_login = StreamError { at: Moment::Login, ..error };
        sim.inject(Fault::StreamError(at_login).on_device(NUMBER, 1).times(1));
        let payload = device.login();
        let mut stream = device.connect(&sim, &payload).await;
        assert_eq!(stream.next().await, Some(told));
        stream.assert_closed().await;
    }
    sim.report().is_clean().unwrap();
}

/// Every `<failure>` of the table of reasons, and some that are none.
fn failures() -> Vec<(Failure, Node)> {
    const LOCATION: (&str, &str) = ("location", "sim");
    let reasons =
        [400, 401, 402, 403, 404, 405, 406, 409, 411, 412, 413, 414, 415, 418, 500, 501, 503, 777];
    let failure = |reason| Failure { reason, ..Failure::default() };
    let mut rows: Vec<(Failure, Node)> = reasons
        .map(|reason: u16| {
            let told = node("failure", &[("reason", &reason.to_string()), LOCATION], vec![]);
            (failure(Some(reason)), told)
        })
        .into();
    let ban = Failure {
        code: Some(101),
        expire_s: Some(3600),
        message: Some("spam".to_owned()),
        attrs: attrs(&[("url", "https://example.org")]),
        ..failure(Some(402))
    };
    let ban_attrs =
        [("code", "101"), ("expire", "3600"), ("message", "spam"), ("url", "https://example.org")];
    let told = [&[("reason", "402"), LOCATION][..], &ban_attrs].concat();
    rows.push((ban, node("failure", &told, vec![])));
    rows.push((failure(None), node("failure", &[LOCATION], vec![])));
    let garbage = Failure {
        expire_s: Some(1),
        attrs: attrs(&[("expire", "soon"), ("reason", "banana")]),
        ..failure(None)
    };
    let told = [LOCATION, ("expire", "soon"), ("reason", "banana")];
    rows.push((garbage, node("failure", &told, vec![])));
    rows
}

#[tokio::test(start_paused = true)]
async fn every_failure_arrives_as_it_was_ordered_at_a_login_and_at_a_registration() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    for (failure, told) in failures() {
        sim.inject(Fault::RefuseLogins(failure.clone()).times(1));
        sim.inject(Fault::RefuseRegistrations(failure).times(1));
        for payload in [device.login(), device.registration()] {
            let mut stream = device.connect(&sim, &payload).await;
            assert_eq!(stream.next().await.as_ref(), Some(&told));
            stream.assert_closed().await;
        }
        device.log_in(&sim).await.hang_up();
        Companion::new(2).register(&sim).await.0.hang_up();
    }
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stream_can_end_in_four_more_ways() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let at = Moment::Now;
    let mut stream = device.log_in(&sim).await;
    sim.inject(Fault::EndStream { at });
    assert_eq!(stream.next().await, Some(node("xmlstreamend", &[], vec![])));
    stream.assert_closed().await;
    for fault in [Fault::CloseConnection { at }, Fault::CutConnection { at }] {
        let mut stream = device.log_in(&sim).await;
        sim.inject(fault);
        stream.assert_closed().await;
    }
    let mut stream = device.log_in(&sim).await;
    sim.inject(Fault::GoMute { at });
    let hour = std::time::Duration::from_hours(1);
    tokio::time::timeout(hour, stream.wire.pipe.from_server.recv()).await.unwrap_err();
    sim.inject(Fault::stream_error(503));
    sim.inject(Fault::cut());
    stream.assert_closed().await;
    assert_eq!(sim.report().faults["cut_connection"], 2);
    assert_eq!(sim.report().faults.get("stream_error"), None, "it could not be told");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_is_told_that_its_version_ends() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let told = |notice: Notice| sim.inject(Fault::ClientExpiration(notice).on(NUMBER));
    told(Notice { in_s: Some(86_400), ..Notice::default() });
    told(Notice { attrs: attrs(&[("t", "soon")]), ..Notice::default() });
    let mut seen = Vec::new();
    for _ in 0..2 {
        let ib = stream.next_of("ib").await;
        seen.push(text(ib.get_optional_child("client_expiration").unwrap(), "t"));
    }
    // The first day of 2026, and a day.
    assert_eq!(seen, [(1_767_225_600 + 86_400).to_string(), "soon".to_owned()]);
    stream.request("get", "w:p", None).await;
    assert_eq!(sim.report().faults["client_expiration"], 2);
    sim.report().is_clean().unwrap();
}
