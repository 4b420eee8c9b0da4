//! What every request and every answer has to be like, whatever it is about.

use wacore_binary::{Node, NodeContent, builder::NodeBuilder, marshal::marshal};
use waygate_sim::{LinkError, RefusalKind, ScanError};

use crate::{
    companion::{Companion, result},
    deviations::assert_refused,
    linking::world,
    requests::online,
    stream::{Stream, error_code, leaf, text},
};

fn iq(kind: &str, xmlns: &str, children: impl IntoIterator<Item = Node>) -> Node {
    let children: Vec<Node> = children.into_iter().collect();
    let mut iq = NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("type", kind)
        .attr("xmlns", xmlns)
        .build();
    iq.content = (!children.is_empty()).then_some(NodeContent::Nodes(children));
    iq
}

fn with(mut iq: Node, name: &'static str, value: &str) -> Node {
    iq.attrs.insert(name, value);
    iq
}

fn without(mut iq: Node, name: &str) -> Node {
    iq.attrs.0.retain(|(key, _)| key != name);
    iq
}

fn bare(tag: &'static str) -> Node {
    NodeBuilder::new(tag).build()
}

/// A request with bytes where its children should be.
fn bytes(mut iq: Node) -> Node {
    iq.content = Some(NodeContent::Bytes(vec![1]));
    iq
}

fn count() -> Node {
    iq("get", "encrypt", [bare("count")])
}

fn ping() -> Node {
    iq("get", "w:p", [bare("ping")])
}

async fn ended(stream: &mut Stream) {
    let error = stream.next_of("stream:error").await;
    assert!(error.get_optional_child("xml-not-well-formed").is_some());
    stream.assert_closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_is_addressed_to_the_server() {
    for to in ["s.whatsapp.net", "@s.whatsapp.net"] {
        let (sim, _, _, mut stream) = online().await;
        assert_eq!(error_code(&stream.ask(with(count(), "to", to)).await), 0, "{to}");
        sim.report().is_clean().unwrap();
    }
    for to in ["15550001111@s.whatsapp.net", "1@g.us", "nonsense", "", "g.us"] {
        let (sim, _, _, mut stream) = online().await;
        assert_eq!(error_code(&stream.ask(with(count(), "to", to)).await), 400, "{to}");
        assert_refused(&sim.report(), RefusalKind::Request, to);
    }
    let (sim, _, _, mut stream) = online().await;
    assert_eq!(error_code(&stream.ask(without(count(), "to")).await), 400);
    assert_refused(&sim.report(), RefusalKind::Request, "to nobody");
}

#[tokio::test(start_paused = true)]
async fn a_request_has_as_many_children_as_its_kind() {
    let (_, _, device, _) = online().await;
    let upload = |parts: Vec<Node>| iq("set", "encrypt", parts);
    let clean = || NodeBuilder::new("clean").attr("type", "groups").build();
    let mut junk = device.upload();
    junk.push(bare("junk"));
    let rows = [
        ("one", count(), 0),
        ("junk beside it", iq("get", "encrypt", [bare("count"), bare("junk")]), 400),
        ("it twice", iq("get", "w:p", [bare("ping"), bare("ping")]), 400),
        ("none, for a ping", iq("get", "w:p", []), 0),
        ("bytes, for a ping", bytes(iq("get", "w:p", [])), 400),
        ("none, for a list of blocked ones", iq("get", "blocklist", []), 0),
        ("bytes, for a list of blocked ones", bytes(iq("get", "blocklist", [])), 400),
        ("an upload's five", upload(device.upload()), 0),
        ("a sixth of an upload", upload(junk), 400),
        (
            "several notes of the same kind",
            iq("set", "urn:xmpp:whatsapp:dirty", [clean(), clean()]),
            0,
        ),
    ];
    for (row, iq, code) in rows {
        let (sim, _, _, mut stream) = online().await;
        assert_eq!(error_code(&stream.ask(iq).await), code, "{row}");
        match code {
            0 => sim.report().is_clean().unwrap(),
            _ => assert_refused(&sim.report(), RefusalKind::Request, row),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_iq_of_no_known_type_is_refused() {
    for (row, iq) in [
        ("no type", without(count(), "type")),
        ("another type", with(count(), "type", "bogus")),
        ("an unknown request without type", without(iq("get", "w:new", [bare("x")]), "type")),
    ] {
        let (sim, _, _, mut stream) = online().await;
        assert_eq!(error_code(&stream.ask(iq.clone()).await), 400, "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);

        let (sim, _) = world();
        let (mut stream, _) = Companion::new(1).register(&sim).await;
        assert_eq!(error_code(&stream.ask(iq).await), 400, "unregistered: {row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
    }
    // As Baileys sends it.
    let (sim, _, _, mut stream) = online().await;
    let add = NodeBuilder::new("add").attr("t", "1790000000").bytes(vec![1]).build();
    let stats = without(iq("set", "w:stats", [add]), "type");
    assert_eq!(error_code(&stream.ask(stats).await), 0);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stanza_without_id_or_with_an_endless_one_ends_the_stream() {
    let long = "x".repeat(257);
    let longest = "x".repeat(256);
    let ack = NodeBuilder::new("ack").attr("class", "notification").attr("id", long.as_str());
    let rows = [
        ("a request without id", ping()),
        ("a request with a long id", with(ping(), "id", &long)),
        ("an ack with a long id", ack.build()),
    ];
    for (row, stanza) in rows {
        let (sim, _, _, mut stream) = online().await;
        stream.send(&with(ping(), "id", &longest)).await;
        assert_eq!(text(&stream.next_of("iq").await, "id"), longest, "{row}");
        stream.send(&stanza).await;
        ended(&mut stream).await;
        assert_refused(&sim.report(), RefusalKind::Stanza, row);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_nothing_is_put_on_record() {
    for kind in ["result", "error"] {
        let (sim, _, _, mut stream) = online().await;
        let answer = with(result("17", None), "type", kind);
        stream.send(&answer).await;
        assert_eq!(error_code(&stream.ask(ping()).await), 0, "{kind}: it is not answered");
        assert_refused(&sim.report(), RefusalKind::Request, kind);
        assert!(!sim.report().requests.contains_key("iq/answer"));

        // `register` has answered the only question there was.
        for id in ["1", "2", "01"] {
            let (sim, _) = world();
            let (mut stream, _) = Companion::new(1).register(&sim).await;
            stream.send(&with(result(id, None), "type", kind)).await;
            assert_eq!(error_code(&stream.ask(ping()).await), 0, "{kind} {id}");
            assert_refused(&sim.report(), RefusalKind::Request, id);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_signed_identity_under_another_id_is_put_on_record_and_the_right_one_still_links() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&sim).await;
    let qr = device.qr(&refs[0]);
    let (scanned, ()) = tokio::join!(phone.scan(&qr), async {
        let mut signed = device.countersign(&mut stream).await;
        let right = signed.answer();
        signed.id = "17".to_owned();
        stream.send(&signed.answer()).await;
        stream.send(&right).await;
    });
    scanned.unwrap();
    assert_refused(&sim.report(), RefusalKind::Request, "another id");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_wants_no_refs_is_hung_up_on() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let payload = device.registration();
    let mut stream = device.connect(&sim, &payload).await;
    let offered = stream.next_of("iq").await;
    let node = offered.get_optional_child_by_tag(&["pair-device", "ref"]).unwrap();
    let reference = String::from_utf8(crate::stream::content(node)).unwrap();
    let error = NodeBuilder::new("error").attr("code", 500).attr("text", "no").build();
    let refusal = result(&text(&offered, "id"), Some(error));
    stream.send(&with(refusal, "type", "error")).await;
    stream.assert_closed().await;
    assert_refused(&sim.report(), RefusalKind::PairingRefused, "pair-device");
    let scanned = phone.scan(&device.qr(&reference)).await;
    assert_eq!(scanned, Err(ScanError::Link(LinkError::ConnectionGone)));
}

#[tokio::test(start_paused = true)]
async fn the_requests_of_an_unregistered_client_have_the_same_form() {
    let stage = || NodeBuilder::new("link_code_companion_reg").attr("stage", "companion_hello");
    let code = || iq("set", "md", [stage().build()]);
    let beside = iq("set", "md", [stage().build(), bare("junk")]);
    for (row, iq) in [
        ("a ping to somebody", with(ping(), "to", "1@g.us")),
        ("a ping to nobody", without(ping(), "to")),
        ("bytes for a ping", bytes(iq("get", "w:p", []))),
        ("two pings", iq("get", "w:p", [bare("ping"), bare("ping")])),
        ("a request for a code to somebody", with(code(), "to", "15550001111@s.whatsapp.net")),
        ("junk beside a request for a code", beside),
    ] {
        let (sim, _) = world();
        let (mut stream, _) = Companion::new(1).register(&sim).await;
        assert_eq!(error_code(&stream.ask(iq).await), 400, "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_name_is_cut_in_the_record() {
    let (sim, _) = world();
    let (mut stream, _) = Companion::new(1).register(&sim).await;
    let tag = "x".repeat(1_000_000);
    let strange = marshal(&NodeBuilder::new_dynamic(tag).children([leaf("a", b"")]).build());
    stream.send_plaintext(&strange.unwrap()).await;
    stream.ask(ping()).await;
    let report = sim.report();
    assert_refused(&report, RefusalKind::NotAllowed, "a strange tag");
    assert_eq!(report.refusal_log[0].detail.len(), 120);
}
