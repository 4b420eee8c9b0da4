//! Faults that no single stanza shows, planted and found.

use wacore_binary::{Jid, builder::NodeBuilder};
use waproto::{
    buffa::MessageField,
    whatsapp::{Message, message::LocationMessage},
};

use crate::{
    correspondent::{Correspondent, node, padded, receipt, said, to},
    linking::NUMBER,
    messages::{OTHER, two_phones},
    stream::text,
};

/// A text for the other phone alone, under this id.
async fn hand_in(ada: &mut Correspondent, id: &str, words: &str) {
    hand_in_any(ada, id, &said(words)).await;
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
    let expected = "15550001111:1 used counter 1 for two messages to 15550002222:0";
    assert!(sim.report().violations().iter().any(|it| it == expected));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_used_for_two_messages_is_found() {
    let (sim, _, other, mut ada) = two_phones().await;
    hand_in(&mut ada, "A", "one").await;
    hand_in(&mut ada, "A", "one").await;
    let expected = ["15550001111:1 used the id A for two messages"];
    assert_eq!(sim.report().breaches, expected);
    assert_eq!(other.inbox().len(), 1, "it shows one of them");
}

#[tokio::test(start_paused = true)]
async fn to_send_again_what_may_have_been_lost_is_right_unless_it_says_something_else() {
    let (sim, _, other, mut ada) = two_phones().await;
    hand_in(&mut ada, "A", "one").await;
    ada.come_back(&sim).await;
    hand_in(&mut ada, "A", "one").await;
    assert_eq!(sim.report().breaches, Vec::<String>::new());
    ada.come_back(&sim).await;
    hand_in(&mut ada, "A", "two").await;
    assert_eq!(sim.report().breaches, ["15550001111:1 used the id A and said two things"]);
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
    assert_eq!(sim.report().breaches, Vec::<String>::new());
    ada.come_back(&sim).await;
    hand_in_any(&mut ada, "A", &place("station")).await;
    assert_eq!(sim.report().breaches, ["15550001111:1 used the id A and said two things"]);
    assert_eq!(other.inbox().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_acknowledged_and_then_forgotten_is_found() {
    for forgotten in [true, false] {
        let (sim, phone, other, mut ada) = two_phones().await;
        let id = other.send_text(NUMBER, "hello").unwrap();
        let message = ada.next_message().await;
        let ack = NodeBuilder::new("ack")
            .attr("class", "message")
            .attr("id", id.as_str())
            .attr("to", text(&message, "from"))
            .attr("type", "text");
        ada.stream.send(&ack.build()).await;
        if !forgotten {
            ada.stream.send(&receipt(&message, None)).await;
        }
        ada.settle().await;
        sim.report().is_clean().unwrap();
        assert_eq!(phone.devices()[0].queued, usize::from(forgotten));
        ada.come_back(&sim).await;
        let expected = format!("15550001111:1 acknowledged the message {id} and sent no receipt");
        let expected = if forgotten { vec![expected] } else { Vec::new() };
        assert_eq!(sim.report().breaches, expected);
    }
}
