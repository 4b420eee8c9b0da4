//! Messages that the server does not take, and such that their phone cannot read.

use wacore_binary::{Jid, Node, NodeContent, builder::NodeBuilder};
use waproto::buffa::Message as _;
use waygate_sim::{Fault, Phone, RefusalKind, Sim};

use crate::{
    correspondent::{Correspondent, node, padded, said, sent, to},
    deviations::assert_refused,
    linking::NUMBER,
    messages::{OTHER, two_phones},
    stream::{leaf, text},
};

type Spoil = fn(&mut Node);

fn children(node: &mut Node) -> &mut Vec<Node> {
    let Some(NodeContent::Nodes(children)) = &mut node.content else { panic!("no children") };
    children
}

fn participants(message: &mut Node) -> &mut Vec<Node> {
    children(&mut children(message)[0])
}

fn first_enc(message: &mut Node) -> &mut Node {
    &mut children(&mut participants(message)[0])[0]
}

fn strip(node: &mut Node, name: &str) {
    node.attrs.0.retain(|(key, _)| key != name);
}

fn address(message: &mut Node, participant: usize, jid: &str) {
    participants(message)[participant].attrs.insert("jid", jid);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_well_formed_is_not_taken() {
    let rows: [(&str, &str, Spoil); 25] = [
        ("no type", "479", |it| strip(it, "type")),
        ("an unknown type", "479", |it| it.attrs.insert("type", "banana")),
        ("an unknown category", "479", |it| it.attrs.insert("category", "banana")),
        ("an unknown child", "479", |it| children(it).push(node("banana", []))),
        ("one child twice", "479", |it| children(it).push(leaf("device-identity", &[1]))),
        ("neither participants nor enc", "479", |it| drop(children(it).remove(0))),
        ("both", "479", |it| {
            let enc = first_enc(it).clone();
            children(it).push(enc);
        }),
        ("no participant", "479", |it| participants(it).clear()),
        ("a participant twice", "479", |it| {
            let again = participants(it)[0].clone();
            participants(it).push(again);
        }),
        ("what is no participant", "479", |it| participants(it)[0].tag = "banana".into()),
        ("a participant without address", "479", |it| strip(&mut participants(it)[0], "jid")),
        ("an empty participant", "479", |it| participants(it)[0].content = None),
        ("a participant with two", "479", |it| {
            let again = first_enc(it).clone();
            children(&mut participants(it)[0]).push(again);
        }),
        ("an attempt among the first", "479", |it| first_enc(it).attrs.insert("count", "1")),
        ("another version", "479", |it| first_enc(it).attrs.insert("v", "1")),
        ("no type of enc", "479", |it| strip(first_enc(it), "type")),
        ("a sender key", "479", |it| first_enc(it).attrs.insert("type", "skmsg")),
        ("the other type of enc", "479", |it| first_enc(it).attrs.insert("type", "msg")),
        ("nothing in it", "479", |it| first_enc(it).content = None),
        ("no identity", "479", |it| drop(children(it).pop())),
        ("another identity", "479", |it| children(it)[1] = leaf("device-identity", &[8, 1])),
        ("to a device", "479", |it| it.attrs.insert("to", "15550002222:1@s.whatsapp.net")),
        ("a participant under another name", "400", |it| address(it, 0, "123456789012345@lid")),
        ("a participant that is nobody", "400", |it| address(it, 0, "15559999999@s.whatsapp.net")),
        ("a device that never was", "400", |it| address(it, 0, "15550002222:7@s.whatsapp.net")),
    ];
    let (sim, _, other, mut ada) = two_phones().await;
    let right = ada.letter(&Jid::pn(OTHER), OTHER, "hello").await;
    for (index, (row, code, spoil)) in rows.into_iter().enumerate() {
        let mut wrong = right.clone();
        wrong.attrs.insert("id", index.to_string());
        spoil(&mut wrong);
        assert_eq!(text(&ada.hand_in(&wrong).await, "error"), code, "{row}");
        let refused = sim.report().refusals;
        let expected = (RefusalKind::Message, u64::try_from(index).unwrap() + 1);
        assert_eq!(refused.into_iter().collect::<Vec<_>>(), [expected], "{row}");
    }
    assert!(other.inbox().is_empty());
    assert_eq!(text(&ada.hand_in(&right).await, "error"), "");
    assert_eq!(other.inbox().len(), 1, "it was the spoiling that was wrong");
}

#[tokio::test(start_paused = true)]
async fn a_message_without_id_or_addressee_ends_the_stream() {
    for row in ["id", "to"] {
        let (sim, _, _, mut ada) = two_phones().await;
        let mut wrong = ada.letter(&Jid::pn(OTHER), OTHER, "hello").await;
        strip(&mut wrong, row);
        ada.stream.send(&wrong).await;
        let error = ada.stream.next_of("stream:error").await;
        assert!(error.get_optional_child("xml-not-well-formed").is_some(), "{row}");
        assert_refused(&sim.report(), RefusalKind::Message, row);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_to_a_number_that_nobody_has_is_answered_and_no_mistake() {
    let (sim, _, _, mut ada) = two_phones().await;
    let mut letter = ada.letter(&Jid::pn(OTHER), OTHER, "hello").await;
    letter.attrs.insert("to", "15559999999@s.whatsapp.net");
    assert_eq!(text(&ada.hand_in(&letter).await, "error"), "404");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn participants_are_those_of_the_chat_and_not_the_writer() {
    let (sim, phone, _, mut ada) = two_phones().await;
    sim.add_phone("15550003333").unwrap();
    let own = Jid::pn_device(NUMBER, 1).to_string();
    for (row, jid) in [("another chat's", "15550003333@s.whatsapp.net"), ("the writer", &own)] {
        let mut wrong = ada.letter(&Jid::pn(OTHER), OTHER, row).await;
        address(&mut wrong, 0, jid);
        assert_eq!(text(&ada.hand_in(&wrong).await, "error"), "400", "{row}");
    }
    assert_eq!(sim.report().refusals[&RefusalKind::Message], 2);
    assert!(phone.inbox().is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_forgets_a_device_is_told_so_by_a_hash() {
    let (sim, phone, other, mut ada) = two_phones().await;
    let chat = Jid::pn(OTHER);
    let letter = ada.letter(&chat, OTHER, "hello").await;
    let mut ben = Correspondent::online(&sim, &other, 2).await;
    let ack = ada.hand_in(&letter).await;
    // SHA-256 of the sorted addresses, of the form that whatsapp-rust and Baileys give them.
    assert_eq!(text(&ack, "phash"), "2:3zI/cwIM");
    assert_eq!(text(&ack, "error"), "");
    assert_eq!((other.inbox().len(), phone.inbox().len()), (1, 1), "the others have it");
    assert!(ben.settle().await.iter().all(|node| node.tag != "message"));

    let letter = ada.letter(&chat, OTHER, "hello again").await;
    other.unlink(Some(1)).await.unwrap();
    assert!(!text(&ada.hand_in(&letter).await, "phash").is_empty(), "one too many");
    assert_eq!(other.inbox().len(), 2);
    let report = sim.report();
    assert_eq!(report.stale_device_lists, 2);
    report.is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_message_between_own_devices_stays_there() {
    let (sim, phone, other, mut ada) = two_phones().await;
    let rows = [(OTHER, 0, "400"), (NUMBER, 1, "400"), (NUMBER, 5, "400"), (NUMBER, 0, "")];
    for (number, device, code) in rows {
        let jid = Jid::pn_device(number, device);
        let enc = ada.seal(&Jid::pn(NUMBER), NUMBER, &padded(&said("for the phone"))).await;
        let id = ada.next_id();
        let mut message = ada.message(&jid, &id, enc);
        message.attrs.insert("category", "peer");
        assert_eq!(text(&ada.hand_in(&message).await, "error"), code, "{jid}");
    }
    assert!(phone.inbox().is_empty() && other.inbox().is_empty(), "it is part of no chat");
    assert_eq!(sim.report().refusals[&RefusalKind::Message], 3);
}

/// Sends the other phone bytes of one's own making, and her own phone the right ones.
async fn hand_in_bytes(ada: &mut Correspondent, plaintext: &[u8], own: &[u8]) {
    let (chat, phone) = (Jid::pn(OTHER), Jid::pn(NUMBER));
    let copies = [
        to(&chat, ada.seal(&chat, OTHER, plaintext).await),
        to(&phone, ada.seal(&phone, NUMBER, own).await),
    ];
    let id = ada.next_id();
    let message = ada.message(&chat, &id, node("participants", copies));
    assert_eq!(text(&ada.hand_in(&message).await, "error"), "", "the server cannot know");
}

#[tokio::test(start_paused = true)]
async fn a_phone_takes_a_message_with_its_padding_and_in_the_form_for_it() {
    let chat = Jid::pn(OTHER);
    let right = padded(&said("hello"));
    let told = padded(&sent(&chat, "hello"));
    let with = |tail: &[u8]| [&said("hello").encode_to_vec()[..], tail].concat();
    let rows = [
        ("no padding", with(&[]), told.clone()),
        ("too much of it", with(&[17; 17]), told.clone()),
        ("of different bytes", with(&[4, 3, 3]), told.clone()),
        ("more than there is", vec![9], told.clone()),
        ("no message", vec![0xff, 0xff, 2, 2], told.clone()),
        ("as one's own devices are told", told.clone(), told.clone()),
        ("one's own device as others", right.clone(), right.clone()),
        ("of another chat", right.clone(), padded(&sent(&Jid::pn(NUMBER), "hello"))),
    ];
    for (row, plaintext, own) in rows {
        let (sim, phone, other, mut ada): (Sim, Phone, Phone, _) = two_phones().await;
        hand_in_bytes(&mut ada, &plaintext, &own).await;
        assert_refused(&sim.report(), RefusalKind::Plaintext, row);
        assert_eq!(phone.inbox().len() + other.inbox().len(), 1, "{row}");
    }
    let (sim, _, other, mut ada) = two_phones().await;
    for padding in [1, 16] {
        let plaintext = with(&vec![padding; usize::from(padding)]);
        hand_in_bytes(&mut ada, &plaintext, &told).await;
    }
    assert_eq!(other.inbox().len(), 2);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_phone_takes_a_counter_once_and_its_own_prekeys_only() {
    let (sim, _, other, mut ada) = two_phones().await;
    let letter = ada.letter(&Jid::pn(OTHER), OTHER, "hello").await;
    ada.hand_in(&letter).await;
    ada.come_back(&sim).await;
    // The same bytes once more, as after a lost ack.
    ada.hand_in(&letter).await;
    assert_eq!(other.inbox().len(), 1);
    assert_eq!(sim.report().refusals[&RefusalKind::Ciphertext], 2, "by both phones");

    let (sim, _, _, mut ada) = two_phones().await;
    let letter = ada.letter(&Jid::pn(OTHER), OTHER, "hello").await;
    ada.hand_in(&letter).await;
    sim.inject(Fault::ForgetSessions.on(OTHER));
    ada.come_back(&sim).await;
    ada.hand_in(&letter).await;
    let log = sim.report().refusal_log;
    assert!(log.iter().any(|it| it.detail.contains("prekey that does not exist")), "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_writes_under_another_devices_identity() {
    let (sim, _, other, mut ada) = two_phones().await;
    let stranger = Correspondent::online(&sim, &other, 2).await;
    let identity = std::mem::replace(&mut ada.device.identity, stranger.device.identity.clone());
    let enc = ada.seal(&Jid::pn(OTHER), OTHER, &padded(&said("it is me, Ben"))).await;
    ada.device.identity = identity;
    let copies = NodeBuilder::new("participants").children([to(&Jid::pn(OTHER), enc)]).build();
    let id = ada.next_id();
    let message = ada.message(&Jid::pn(OTHER), &id, copies);
    assert_eq!(text(&ada.hand_in(&message).await, "error"), "479");
    assert_refused(&sim.report(), RefusalKind::Message, "another identity");
}

#[tokio::test(start_paused = true)]
async fn the_next_messages_can_be_refused() {
    let (sim, phone, other, mut ada) = two_phones().await;
    sim.inject(Fault::RefuseMessages { error: 463 }.times(2));
    for _ in 0..2 {
        let letter = ada.letter(&Jid::pn(OTHER), OTHER, "not this").await;
        assert_eq!(text(&ada.hand_in(&letter).await, "error"), "463");
    }
    assert!(phone.inbox().is_empty() && other.inbox().is_empty());
    ada.write(OTHER, "but this").await;
    assert_eq!(other.inbox().len(), 1);
    sim.report().is_clean().unwrap();
}
