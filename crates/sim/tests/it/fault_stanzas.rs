//! Stanzas that are lost, late, doubled, overtaken or changed, in either direction.

use std::time::Duration;

use tokio::time::Instant;
use wacore_binary::{Jid, Node, builder::NodeBuilder};
use waygate_sim::{Direction, Fault, Phone, Sim, StanzaKind};

use crate::{
    companion::Companion,
    correspondent::Correspondent,
    linking::{NUMBER, world},
    stream::{Stream, text},
};

const OTHER: &str = "15550002222";

/// An iq, from whichever side.
const IQ: Option<StanzaKind> = Some(StanzaKind::Iq);

async fn online() -> (Sim, Stream) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let stream = device.log_in(&sim).await;
    (sim, stream)
}

/// Asks under each of these ids, and returns those under which as many answers come, with how late.
async fn answers(stream: &mut Stream, ids: &[&str], wanted: usize) -> Vec<(String, u64)> {
    let begun = Instant::now();
    for id in ids {
        let iq = NodeBuilder::new("iq")
            .attr("to", "s.whatsapp.net")
            .attr("type", "get")
            .attr("xmlns", "w:p")
            .attr("id", *id);
        stream.send(&iq.build()).await;
    }
    let mut heard = Vec::new();
    for _ in 0..wanted {
        let answer = stream.next_of("iq").await;
        heard.push((text(&answer, "id"), begun.elapsed().as_secs()));
    }
    heard
}

fn heard(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(id, late)| ((*id).to_owned(), *late)).collect()
}

#[tokio::test(start_paused = true)]
async fn stanzas_are_struck_in_either_direction() {
    for direction in [Direction::ToClient, Direction::FromClient] {
        let (sim, mut stream) = online().await;
        let stanza = IQ;
        let mut row = async |fault: Fault, wanted: &[(&str, u64)]| {
            let named = format!("{fault:?}");
            sim.inject(fault.on(NUMBER).times(1));
            let got = answers(&mut stream, &["a", "b"], wanted.len()).await;
            assert_eq!(got, heard(wanted), "{named}");
        };
        row(Fault::Drop { direction, stanza }, &[("b", 0)]).await;
        row(Fault::Duplicate { direction, stanza }, &[("a", 0), ("a", 0), ("b", 0)]).await;
        row(Fault::Delay { by_ms: 5_000, direction, stanza }, &[("b", 0), ("a", 5)]).await;
        row(Fault::Reorder { direction, stanza }, &[("b", 0), ("a", 0)]).await;
        sim.inject(Fault::Reorder { direction, stanza }.times(1));
        let lonely = answers(&mut stream, &["c"], 1).await;
        assert_eq!(lonely, heard(&[("c", 2)]), "nothing comes that could overtake it");
        let struck = sim.report().faults;
        let counted = ["drop", "duplicate", "delay", "reorder"].map(|name| struck[name]);
        assert_eq!(counted, [1, 1, 1, 2]);
        sim.report().is_clean().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_late_by_the_same_time_keeps_its_order_and_what_was_lifted_still_comes() {
    for direction in [Direction::ToClient, Direction::FromClient] {
        let (sim, mut stream) = online().await;
        sim.inject(Fault::Delay { by_ms: 3_000, direction, stanza: None });
        let got = answers(&mut stream, &["a", "b", "c"], 2).await;
        assert_eq!(got, heard(&[("a", 3), ("b", 3)]));
        sim.lift_faults();
        assert_eq!(text(&stream.next_of("iq").await, "id"), "c");
        sim.report().is_clean().unwrap();
    }
}

async fn correspondents() -> (Sim, Phone, Correspondent) {
    let (sim, phone) = world();
    let other = sim.add_phone(OTHER).unwrap();
    let device = Correspondent::online(&sim, &phone, 1).await;
    (sim, other, device)
}

#[tokio::test(start_paused = true)]
async fn stanzas_of_one_kind_are_struck_and_no_others() {
    let (sim, other, mut device) = correspondents().await;
    let direction = Direction::ToClient;
    for kind in [
        StanzaKind::Notification,
        StanzaKind::Presence,
        StanzaKind::Chatstate,
        StanzaKind::Ib,
        StanzaKind::Message,
    ] {
        sim.inject(Fault::Drop { direction, stanza: Some(kind) });
    }
    sim.inject(Fault::Drop { direction, stanza: Some(StanzaKind::Ack) }.on(OTHER));
    other.send_text(NUMBER, "one").unwrap();
    let id = device.write(OTHER, "two").await;
    let said = device.settle().await;
    let delivered = |node: &&Node| node.tag == "receipt" && text(node, "id") == id;
    assert_eq!(said.iter().filter(delivered).count(), said.len(), "{said:?}");
    assert_eq!(said.len(), 2, "of the other's phone and of the own");
    sim.inject(Fault::Drop { direction, stanza: Some(StanzaKind::Receipt) });
    sim.inject(Fault::Drop { direction, stanza: Some(StanzaKind::Ack) });
    let letter = device.letter(&Jid::pn(OTHER), OTHER, "three").await;
    device.stream.send(&letter).await;
    assert_eq!(device.settle().await, [], "neither the ack nor the receipt");
    assert_eq!(other.inbox().len(), 3);
    sim.lift_faults();
    sim.inject(Fault::cut().on(NUMBER));
    device.stream.assert_closed().await;
    device.come_back(&sim).await;
    let message = device.next_message().await;
    assert_eq!(text(&message, "offline"), "0", "it had waited");
    device.read(&message).await;
    device.tell(&message, None).await;
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_client_arrive_in_another_order_late_twice_or_not_at_all() {
    let (sim, other, mut device) = correspondents().await;
    let (direction, stanza) = (Direction::FromClient, Some(StanzaKind::Message));
    let shown = || other.inbox().into_iter().filter_map(|it| it.text).collect::<Vec<_>>();
    let mut write = async |words: &[&str]| {
        for words in words {
            let letter = device.letter(&Jid::pn(OTHER), OTHER, words).await;
            device.stream.send(&letter).await;
        }
        device.settle().await
    };
    sim.inject(Fault::Reorder { direction, stanza }.on_device(NUMBER, 1).times(1));
    let said = write(&["one"]).await;
    assert_eq!(acks(&said), 0, "the question that followed has overtaken it");
    sim.inject(Fault::Duplicate { direction, stanza }.times(1));
    assert_eq!(acks(&write(&["two"]).await), 1 + 2);
    sim.inject(Fault::Drop { direction, stanza }.times(1));
    assert_eq!(acks(&write(&["lost", "three"]).await), 1);
    sim.inject(Fault::Delay { by_ms: 9_000, direction, stanza }.times(1));
    assert_eq!(acks(&write(&["five", "four"]).await), 1);
    assert_eq!(shown(), ["one", "two", "three", "four"]);
    other.inbox_has(|inbox| (inbox.len() == 5).then_some(())).await;
    assert_eq!(shown(), ["one", "two", "three", "four", "five"]);
    sim.report().is_clean().unwrap();
}

fn acks(said: &[Node]) -> usize {
    said.iter().filter(|node| node.tag == "ack" && text(node, "class") == "message").count()
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_was_lost_on_the_way_is_not_held_against_its_client() {
    let (sim, other, mut device) = correspondents().await;
    let direction = Direction::FromClient;
    sim.inject(Fault::Drop { direction, stanza: Some(StanzaKind::Receipt) }.times(1));
    other.send_text(NUMBER, "hello").unwrap();
    let message = device.next_message().await;
    device.read(&message).await;
    let ack = NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", text(&message, "id"))
        .attr("to", text(&message, "from"));
    device.stream.send(&ack.build()).await;
    device.stream.send(&crate::correspondent::receipt(&message, None)).await;
    device.settle().await;
    // As long as no receipt would be late without the fault.
    tokio::time::advance(Duration::from_mins(1)).await;
    sim.report().is_clean().unwrap();
    sim.inject(Fault::cut().on(NUMBER));
    device.stream.assert_closed().await;
    device.come_back(&sim).await;
    let again = device.next_message().await;
    device.tell(&again, None).await;
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stanza_for_a_client_is_changed_at_random_and_the_seed_says_how() {
    let changed = || async {
        let (sim, mut stream) = online().await;
        sim.inject(Fault::Mutate { stanza: IQ }.on(NUMBER).times(20));
        let ids: Vec<String> = (0..20).map(|id| format!("m{id}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        answers(&mut stream, &ids, 0).await;
        let mut seen = Vec::new();
        for _ in &ids {
            seen.push(stream.next().await.unwrap());
        }
        assert_eq!(answers(&mut stream, &["whole"], 1).await[0].0, "whole");
        sim.report().is_clean().unwrap();
        seen
    };
    let first = changed().await;
    let whole = |id: usize| {
        move |node: &Node| {
            let expected = [format!("m{id}"), "result".to_owned(), "s.whatsapp.net".to_owned()];
            node.tag == "iq"
                && ["id", "type", "from"].map(|name| text(node, name)) == expected
                && node.attrs.len() == 4
                && text(node, "t") == "1767225600"
        }
    };
    let untouched = first.iter().enumerate().filter(|(id, node)| whole(*id)(node)).count();
    assert_eq!(untouched, 0, "{first:?}");
    assert_eq!(changed().await, first);
}
