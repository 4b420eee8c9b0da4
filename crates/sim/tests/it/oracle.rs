//! Faults that no single stanza shows, planted and found.

use std::time::Duration;

use tokio::time::advance;
use wacore_binary::{Jid, Node, builder::NodeBuilder};
use waproto::{
    buffa::MessageField,
    whatsapp::{Message, message::LocationMessage},
};
use waygate_sim::{Fault, ReceiptRecord, Sim, Violation, ViolationKind};

use crate::{
    companion::Companion,
    correspondent::{self, Correspondent, node, padded, receipt, to},
    linking::{NUMBER, world},
    messages::{OTHER, two_phones},
    stream::{Stream, error_code, text},
};

/// What the oracle has found, in words.
fn said(sim: &Sim) -> Vec<String> {
    sim.report().breaches.iter().map(ToString::to_string).collect()
}

/// A text for the other phone alone, under this id.
async fn hand_in(ada: &mut Correspondent, id: &str, words: &str) {
    hand_in_any(ada, id, &correspondent::said(words)).await;
}

/// The same for a message of any kind.
async fn hand_in_any(ada: &mut Correspondent, id: &str, message: &Message) {
    let chat = Jid::pn(OTHER);
    let enc = ada.seal(&chat, OTHER, &padded(message)).await;
    let message = ada.message(&chat, id, node("participants", [to(&chat, enc)]));
    assert_eq!(text(&ada.hand_in(&message).await, "error"), "");
}

#[tokio::test(start_paused = true)]
async fn a_counter_that_is_used_for_two_texts_is_found() {
    let (sim, _, _, mut ada) = two_phones().await;
    hand_in(&mut ada, "A", "one").await;
    let saved = ada.sessions.clone();
    hand_in(&mut ada, "B", "two").await;
    sim.report().is_clean().unwrap();
    // As a client does that lost its last write to disk.
    ada.sessions = saved;
    hand_in(&mut ada, "C", "three").await;
    let expected = Violation {
        kind: ViolationKind::CounterReused,
        device: "15550001111:1".to_owned(),
        stanza: "C".to_owned(),
        detail: "used counter 1 for two messages to 15550002222:0".to_owned(),
    };
    assert!(sim.report().violations().contains(&expected));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_used_for_two_messages_is_found() {
    let (sim, _, other, mut ada) = two_phones().await;
    hand_in(&mut ada, "A", "one").await;
    hand_in(&mut ada, "A", "one").await;
    assert_eq!(said(&sim), ["15550001111:1 used one id for two messages (A)"]);
    assert_eq!(other.inbox().len(), 1, "it shows one of them");
}

#[tokio::test(start_paused = true)]
async fn to_send_again_what_may_have_been_lost_is_right_unless_it_says_something_else() {
    let (sim, _, other, mut ada) = two_phones().await;
    hand_in(&mut ada, "A", "one").await;
    ada.come_back(&sim).await;
    hand_in(&mut ada, "A", "one").await;
    assert_eq!(said(&sim), Vec::<String>::new());
    ada.come_back(&sim).await;
    hand_in(&mut ada, "A", "two").await;
    assert_eq!(said(&sim), ["15550001111:1 used one id and said two things (A)"]);
    assert_eq!(other.inbox()[0].text.as_deref(), Some("one"));
}

#[tokio::test(start_paused = true)]
async fn two_messages_under_one_id_are_found_that_are_no_texts() {
    let place = |name: &str| {
        let place = LocationMessage { name: Some(name.to_owned()), ..LocationMessage::default() };
        Message { location_message: MessageField::some(place), ..Message::default() }
    };
    let (sim, _, other, mut ada) = two_phones().await;
    hand_in_any(&mut ada, "A", &place("harbour")).await;
    ada.come_back(&sim).await;
    hand_in_any(&mut ada, "A", &place("harbour")).await;
    assert_eq!(said(&sim), Vec::<String>::new());
    ada.come_back(&sim).await;
    hand_in_any(&mut ada, "A", &place("station")).await;
    assert_eq!(said(&sim), ["15550001111:1 used one id and said two things (A)"]);
    assert_eq!(other.inbox().len(), 1);
}

/// The ack of a message, which is not its receipt.
pub(crate) fn ack(message: &Node) -> Node {
    NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", text(message, "id"))
        .attr("to", text(message, "from"))
        .attr("type", text(message, "type"))
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_acknowledged_and_then_forgotten_is_found() {
    for forgotten in [true, false] {
        let (sim, phone, other, mut ada) = two_phones().await;
        let id = other.send_text(NUMBER, "hello").unwrap();
        let message = ada.next_message().await;
        ada.stream.send(&ack(&message)).await;
        if !forgotten {
            ada.stream.send(&receipt(&message, None)).await;
        }
        ada.settle().await;
        assert_eq!(phone.devices()[0].queued, usize::from(forgotten));
        assert_eq!(said(&sim), Vec::<String>::new(), "it may come yet");
        advance(Duration::from_secs(5)).await;
        let expected = format!("15550001111:1 acknowledged a message and sent no receipt ({id})");
        let expected = if forgotten { vec![expected] } else { Vec::new() };
        assert_eq!(said(&sim), expected);
        ada.stream.hang_up();
        until_all_have_hung_up(&sim).await;
        assert_eq!(said(&sim), expected, "once");
    }
}

async fn until_all_have_hung_up(sim: &Sim) {
    while sim.report().live_connections > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_comes_after_a_new_login_is_not_too_late() {
    let (sim, _, other, mut ada) = two_phones().await;
    other.send_text(NUMBER, "hello").unwrap();
    let message = ada.next_message().await;
    ada.stream.send(&ack(&message)).await;
    ada.settle().await;
    sim.inject(Fault::cut().on_device(NUMBER, 1));
    until_all_have_hung_up(&sim).await;
    advance(Duration::from_secs(60)).await;
    assert_eq!(said(&sim), Vec::<String>::new(), "it cannot say anything");
    ada.come_back(&sim).await;
    let message = ada.next_message().await;
    ada.tell(&message, None).await;
    advance(Duration::from_secs(60)).await;
    sim.report().is_clean().unwrap();
}

/// Asks a stream whether it is there.
async fn ping(stream: &mut Stream) {
    assert_eq!(error_code(&stream.request("get", "w:p", None).await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_used_on_after_it_was_replaced_is_found() {
    // The connection ends 300 ms after the word; what comes by it in the first 100 was under way.
    for (after_ms, kept) in [(0, false), (99, false), (101, true), (299, true)] {
        let (sim, phone) = world();
        let mut device = Companion::new(1);
        device.link(&sim, &phone).await;
        let mut older = device.log_in(&sim).await;
        let mut newer = device.log_in(&sim).await;
        ping(&mut newer).await;
        advance(Duration::from_millis(after_ms)).await;
        older.send(&NodeBuilder::new("presence").attr("id", "7").build()).await;
        older.next_of("stream:error").await;
        older.assert_closed().await;
        until_only_one_is_left(&sim).await;
        let expected = "15550001111:1 keeps using a connection that another has replaced (7)";
        let expected = if kept { vec![expected] } else { Vec::new() };
        assert_eq!(said(&sim), expected, "{after_ms} ms");
        let streams = sim.record(NUMBER, 1).unwrap().streams;
        assert!(streams[0].until_ms.is_some() && streams[1].until_ms.is_none(), "{streams:?}");
    }
}

async fn until_only_one_is_left(sim: &Sim) {
    while sim.report().live_connections > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_that_asks_to_be_linked_while_it_is_linked_is_found() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    device.register(&sim).await.0.hang_up();
    sim.report().is_clean().expect("it may not know yet that it is linked");
    device.log_in(&sim).await.hang_up();
    device.register(&sim).await.0.hang_up();
    assert_eq!(said(&sim), ["15550001111:1 asked to be linked and is linked"]);
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    device.log_in(&sim).await.hang_up();
    phone.unlink(None).await.unwrap();
    device.register(&sim).await.0.hang_up();
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_device_whose_keys_were_thrown_away_is_found_when_its_successor_is_there() {
    for comes_back in [false, true] {
        let (sim, phone) = world();
        let mut device = Companion::new(1);
        device.link(&sim, &phone).await;
        device.log_in(&sim).await.hang_up();
        until_all_have_hung_up(&sim).await;
        let mut successor = Companion::new(2);
        successor.link(&sim, &phone).await;
        sim.report().is_clean().expect("it has not been there");
        let _there = successor.log_in(&sim).await;
        let expected = "15550001111:1 is linked and away since device 2 has its name";
        assert_eq!(said(&sim), [expected]);
        if comes_back {
            let _back = device.log_in(&sim).await;
            assert_eq!(said(&sim), Vec::<String>::new(), "there were two of the same name");
        } else {
            phone.unlink(Some(1)).await.unwrap();
            assert_eq!(said(&sim), Vec::<String>::new(), "its keys are worth nothing now");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_device_did_can_be_looked_up() {
    let (sim, _, other, mut ada) = two_phones().await;
    assert_eq!(sim.record(NUMBER, 2), None);
    let written = ada.write(OTHER, "hello").await;
    let id = other.send_text(NUMBER, "hello Ada").unwrap();
    let message = ada.next_message().await;
    ada.read(&message).await;
    ada.stream.send(&ack(&message)).await;
    ada.tell(&message, None).await;
    let record = sim.record(NUMBER, 1).unwrap();
    assert_eq!(record.written, std::slice::from_ref(&written));
    assert_eq!(record.read, [written.clone(), written], "by both phones");
    assert_eq!(record.acked, std::slice::from_ref(&id));
    assert!(record.receipts.contains(&ReceiptRecord { id, kind: None }));
    let chains: Vec<_> = record.chains.iter().map(|it| (it.to.as_str(), &it.counters)).collect();
    assert_eq!(chains, [("15550001111:0", &vec![0]), ("15550002222:0", &vec![0])]);
    sim.report().is_clean().unwrap();
}
