//! What is wrong with messages and with what is said of them.

use std::time::Duration;

use tokio::time::advance;
use wacore_binary::{Jid, Node};
use waproto::buffa::Message as _;
use waygate_sim::{Fault, RefusalKind, Sim, ViolationKind};

use super::{
    Mark, Row,
    play::{NOTHING, Playing, children, in_short, otherwise, strip},
};
use crate::{
    correspondent::{Correspondent, node, padded, said, sent, to},
    linking::NUMBER,
    messages::{OTHER, two_phones},
    oracle::ack,
    stream::{leaf, text},
};

/// The one to whom it was written asks for it once more.
const WISH: &str = "receipt retry";

fn row(name: &'static str, kind: RefusalKind, answer: &'static str, play: Playing) -> Row {
    Row { name, mark: Mark::Refused(kind), answer, play }
}

pub(super) fn rows() -> Vec<Row> {
    [forms(), addressees(), contents(), found()].into_iter().flatten().collect()
}

type Spoil = fn(&mut Node);

fn participants(message: &mut Node) -> &mut Vec<Node> {
    children(&mut children(message)[0])
}

fn first_enc(message: &mut Node) -> &mut Node {
    &mut children(&mut participants(message)[0])[0]
}

fn handed_in(name: &'static str, answer: &'static str, spoil: Spoil) -> Row {
    row(name, RefusalKind::Message, answer, otherwise(hands_in(spoil)))
}

async fn hands_in(spoil: Spoil) -> (Sim, String) {
    let (sim, _, other, mut ada) = two_phones().await;
    let mut wrong = ada.letter(&Jid::pn(OTHER), OTHER, "hello").await;
    spoil(&mut wrong);
    ada.stream.send(&wrong).await;
    loop {
        let answer = ada.stream.next().await.expect("an answer");
        if matches!(answer.tag.as_ref(), "ack" | "stream:error") {
            assert!(other.inbox().is_empty());
            return (sim, in_short(&answer));
        }
    }
}

fn forms() -> Vec<Row> {
    let invalid = |name, spoil| handed_in(name, "ack 479", spoil);
    vec![
        handed_in("a message without id", "stream:error xml-not-well-formed", |it| strip(it, "id")),
        invalid("a message without type", |it| strip(it, "type")),
        invalid("a child that does not exist", |it| children(it).push(node("banana", []))),
        invalid("a message without participants", |it| participants(it).clear()),
        invalid("a participant twice", |it| {
            let again = participants(it)[0].clone();
            participants(it).push(again);
        }),
        invalid("an enc of another version", |it| first_enc(it).attrs.insert("v", "1")),
        invalid("an enc of another type", |it| first_enc(it).attrs.insert("type", "msg")),
        invalid("a pkmsg without device-identity", |it| drop(children(it).pop())),
        invalid("another device-identity", |it| children(it)[1] = leaf("device-identity", &[8, 1])),
    ]
}

fn addressees() -> Vec<Row> {
    let wrong = |name, spoil| handed_in(name, "ack 400", spoil);
    vec![
        wrong("numbers and hidden ids mixed", |it| {
            participants(it)[0].attrs.insert("jid", "123456789012345@lid");
        }),
        wrong("a participant that is nobody", |it| {
            participants(it)[0].attrs.insert("jid", "15559999999@s.whatsapp.net");
        }),
        wrong("a device that never was", |it| {
            participants(it)[0].attrs.insert("jid", "15550002222:7@s.whatsapp.net");
        }),
        wrong("a message to oneself among the participants", |it| {
            participants(it)[0].attrs.insert("jid", "15550001111:1@s.whatsapp.net");
        }),
    ]
}

fn contents() -> Vec<Row> {
    let unread = |name, plaintext: fn() -> Vec<u8>| {
        row(name, RefusalKind::Plaintext, NOTHING, otherwise(says_unreadably(plaintext)))
    };
    vec![
        unread("an unpadded message", || said("hello").encode_to_vec()),
        unread("padding of different bytes", || {
            [&said("hello").encode_to_vec()[..], &[4, 3, 3]].concat()
        }),
        unread("what is no message", || vec![0xff, 0xff, 2, 2]),
        unread("a deviceSentMessage for somebody else", || padded(&sent(&Jid::pn(OTHER), "hello"))),
        row("a wrong counter: one that was used", RefusalKind::Ciphertext, NOTHING, {
            otherwise(repeats_itself())
        }),
        row("an unknown prekey", RefusalKind::Ciphertext, WISH, otherwise(uses_an_old_prekey())),
        row("a ciphertext that was altered", RefusalKind::Ciphertext, WISH, {
            otherwise(alters_a_ciphertext())
        }),
    ]
}

/// Writes to the other phone and her own, each its own bytes.
async fn hand_in_each(ada: &mut Correspondent, theirs: Node, own: &[u8]) -> Node {
    let (chat, phone) = (Jid::pn(OTHER), Jid::pn(NUMBER));
    let copies = [to(&chat, theirs), to(&phone, ada.seal(&phone, NUMBER, own).await)];
    let id = ada.next_id();
    let message = ada.message(&chat, &id, node("participants", copies));
    assert_eq!(text(&ada.hand_in(&message).await, "error"), "", "the server cannot know");
    message
}

/// What the other phone says of a message, if anything.
async fn heard(ada: &mut Correspondent) -> String {
    let come = ada.settle().await;
    let receipts = come.iter().filter(|node| node.tag == "receipt");
    let mut of_the_other = receipts.filter(|it| text(it, "from").starts_with(OTHER));
    let said = of_the_other.next().map(|it| format!("receipt {}", text(it, "type")));
    said.unwrap_or_else(|| NOTHING.to_owned())
}

async fn says_unreadably(plaintext: fn() -> Vec<u8>) -> (Sim, String) {
    let (sim, _, other, mut ada) = two_phones().await;
    let theirs = ada.seal(&Jid::pn(OTHER), OTHER, &plaintext()).await;
    hand_in_each(&mut ada, theirs, &padded(&sent(&Jid::pn(OTHER), "hello"))).await;
    assert!(other.inbox().is_empty());
    (sim, heard(&mut ada).await)
}

/// The same bytes once more, as after an ack that was lost.
async fn repeats_itself() -> (Sim, String) {
    let (sim, _, _, mut ada) = two_phones().await;
    let letter = ada.letter(&Jid::pn(OTHER), OTHER, "hello").await;
    ada.hand_in(&letter).await;
    ada.settle().await;
    comes_back(&sim, &mut ada).await;
    ada.stream.take_set_aside();
    ada.hand_in(&letter).await;
    let again = heard_since(&mut ada).await;
    (sim, again)
}

/// What the other phone says that it has not said before: those wait in the queue, and are marked.
async fn heard_since(ada: &mut Correspondent) -> String {
    let come = ada.settle().await;
    let fresh = come.iter().filter(|it| it.tag == "receipt" && text(it, "offline").is_empty());
    let mut of_the_other = fresh.filter(|it| text(it, "from").starts_with(OTHER));
    let said = of_the_other.next().map(|it| format!("receipt {}", text(it, "type")));
    said.unwrap_or_else(|| NOTHING.to_owned())
}

/// Hangs up, and comes back when the server knows.
async fn comes_back(sim: &Sim, ada: &mut Correspondent) {
    sim.inject(Fault::cut().on_device(NUMBER, 1));
    while sim.report().live_connections > 0 {
        tokio::task::yield_now().await;
    }
    ada.come_back(sim).await;
}

async fn uses_an_old_prekey() -> (Sim, String) {
    let (sim, _, _, mut ada) = two_phones().await;
    let letter = ada.letter(&Jid::pn(OTHER), OTHER, "hello").await;
    ada.hand_in(&letter).await;
    ada.settle().await;
    sim.inject(Fault::ForgetSessions.on(OTHER));
    comes_back(&sim, &mut ada).await;
    ada.stream.take_set_aside();
    ada.hand_in(&letter).await;
    let wish = heard_since(&mut ada).await;
    (sim, wish)
}

async fn alters_a_ciphertext() -> (Sim, String) {
    let (sim, _, _, mut ada) = two_phones().await;
    let mut theirs = ada.seal(&Jid::pn(OTHER), OTHER, &padded(&said("hello"))).await;
    let mut bytes = crate::stream::content(&theirs);
    *bytes.last_mut().unwrap() ^= 1;
    theirs.content = Some(wacore_binary::NodeContent::Bytes(bytes));
    hand_in_each(&mut ada, theirs, &padded(&sent(&Jid::pn(OTHER), "hello"))).await;
    (sim, heard(&mut ada).await)
}

fn found() -> Vec<Row> {
    let found = |name, kind, play| Row { name, mark: Mark::Found(kind), answer: NOTHING, play };
    vec![
        found("a counter for two texts", ViolationKind::CounterReused, otherwise(rolls_back())),
        found("an id for two messages", ViolationKind::IdReused, otherwise(reuses_an_id())),
        found("an ack and never a receipt", ViolationKind::AckedAndDropped, {
            otherwise(acknowledges_and_drops())
        }),
    ]
}

async fn rolls_back() -> (Sim, String) {
    let (sim, _, _, mut ada) = two_phones().await;
    ada.write(OTHER, "one").await;
    let saved = ada.sessions.clone();
    ada.write(OTHER, "two").await;
    ada.sessions = saved;
    ada.write(OTHER, "three").await;
    (sim, NOTHING.to_owned())
}

async fn reuses_an_id() -> (Sim, String) {
    let (sim, _, _, mut ada) = two_phones().await;
    for words in ["one", "two"] {
        let mut letter = ada.letter(&Jid::pn(OTHER), OTHER, words).await;
        letter.attrs.insert("id", "A");
        assert_eq!(text(&ada.hand_in(&letter).await, "error"), "");
    }
    (sim, NOTHING.to_owned())
}

async fn acknowledges_and_drops() -> (Sim, String) {
    let (sim, _, other, mut ada) = two_phones().await;
    other.send_text(NUMBER, "hello").unwrap();
    let message = ada.next_message().await;
    ada.stream.send(&ack(&message)).await;
    let said = ada.settle().await;
    assert_eq!(said, []);
    advance(Duration::from_secs(5)).await;
    (sim, NOTHING.to_owned())
}
