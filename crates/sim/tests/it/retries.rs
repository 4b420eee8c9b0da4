//! Messages that could not be read, asked for and sent once more.

use wacore_binary::{Jid, Node, NodeContent, builder::NodeBuilder};
use waygate_sim::{Fault, RefusalKind};

use crate::{
    companion::{Companion, REGISTRATION_ID},
    correspondent::{Correspondent, bundle, padded, receipt, said},
    deviations::assert_refused,
    linking::{NUMBER, be_greeted},
    messages::{OTHER, texts, two_companions, two_phones},
    noise::public,
    requests::online,
    signal::address,
    stream::{Stream, leaf, text},
};

/// A wish for a message again, as its reader sends it.
fn wish(message: &Node, count: u32, keys: Option<Node>) -> Node {
    let id = text(message, "id");
    let retry = NodeBuilder::new("retry")
        .attr("count", count)
        .attr("id", id.as_str())
        .attr("t", text(message, "t"))
        .attr("v", "1")
        .build();
    let mut wish = receipt(message, Some("retry"));
    let mut content = vec![retry, leaf("registration", &REGISTRATION_ID)];
    content.extend(keys);
    wish.content = Some(NodeContent::Nodes(content));
    wish
}

/// A companion's keys, with its last prekey.
fn keys_of(device: &Companion) -> Node {
    let key = [leaf("id", &[0, 0, 5]), leaf("value", &public(&device.prekeys[4]))];
    let identity = leaf("identity", &public(&device.identity));
    let key = NodeBuilder::new("key").children(key).build();
    NodeBuilder::new("keys").children([leaf("type", &[5]), identity, key, device.skey()]).build()
}

/// Sends a message to the one device that asked for it.
async fn send_again(ada: &mut Correspondent, wish: &Node, words: &str) -> Node {
    let from = wish.attrs.get("from").unwrap().to_jid().unwrap();
    let to = address(&from.user, from.device);
    if let Some(keys) = wish.get_optional_child("keys") {
        let bundle = bundle(keys, wish.get_optional_child("registration").unwrap());
        ada.sessions.begin(&ada.device, &to, &bundle).await;
    }
    let mut enc = ada.seal(&from, &from.user, &padded(&said(words))).await;
    let count = text(wish.get_optional_child("retry").unwrap(), "count");
    enc.attrs.insert("count", count);
    let message = ada.message(&from, &text(wish, "id"), enc);
    ada.hand_in(&message).await
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_has_forgotten_its_sessions_asks_again_with_keys_the_second_time() {
    let (sim, _, other, mut ada) = two_phones().await;
    other.send_text(NUMBER, "hello").unwrap();
    let message = ada.next_message().await;
    ada.read(&message).await;
    ada.tell(&message, None).await;
    sim.inject(Fault::ForgetSessions.on(OTHER));
    let id = ada.write(OTHER, "can you read this?").await;
    assert!(texts(&other.inbox()).iter().all(|(.., words)| words == "hello"));

    for (count, has_keys) in [("1", false), ("2", true)] {
        let wish = loop {
            let receipt = ada.stream.next_of("receipt").await;
            if text(&receipt, "type") == "retry" {
                break receipt;
            }
        };
        assert_eq!(text(&wish, "from"), format!("{OTHER}@s.whatsapp.net"));
        assert_eq!(text(&wish, "id"), id);
        assert_eq!(text(wish.get_optional_child("retry").unwrap(), "count"), count);
        assert_eq!(wish.get_optional_child("keys").is_some(), has_keys);
        // Without keys it is the same session once more, which does not help.
        let ack = send_again(&mut ada, &wish, "can you read this?").await;
        assert_eq!(text(&ack, "error"), "");
    }
    assert_eq!(other.inbox()[1].text.as_deref(), Some("can you read this?"));
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_phone_sends_again_what_a_companion_could_not_read() {
    for with_keys in [false, true] {
        let (sim, _, other, mut ada) = two_phones().await;
        let id = other.send_text(NUMBER, "hello").unwrap();
        let message = ada.next_message().await;
        let keys = with_keys.then(|| keys_of(&ada.device));
        ada.stream.send(&wish(&message, 1, keys)).await;
        let again = ada.next_message().await;
        assert_eq!(text(&again, "id"), id);
        let enc = again.get_optional_child("enc").unwrap();
        assert_eq!((text(enc, "count"), text(enc, "type")), ("1".into(), "pkmsg".into()));
        assert_eq!(ada.read(&again).await, said("hello"));
        ada.tell(&again, None).await;
        let asked = other.inbox()[0].receipts.iter().filter(|it| it.kind == "retry").count();
        assert_eq!(asked, 1);
        sim.report().is_clean().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_companion_asks_another_accounts_companion_again() {
    let (sim, _, mut ada, mut ben) = two_companions().await;
    let id = ada.write(OTHER, "hello").await;
    let message = ben.next_message().await;
    ben.stream.send(&wish(&message, 2, Some(keys_of(&ben.device)))).await;
    ben.settle().await;
    let asked = loop {
        let receipt = ada.stream.next_of("receipt").await;
        if text(&receipt, "type") == "retry" {
            break receipt;
        }
    };
    assert_eq!(text(&asked, "from"), format!("{OTHER}:1@s.whatsapp.net"));
    assert_eq!(text(&send_again(&mut ada, &asked, "hello").await, "error"), "");
    let again = ben.next_message().await;
    assert_eq!(text(&again, "id"), id);
    assert_eq!(text(again.get_optional_child("enc").unwrap(), "count"), "2");
    assert_eq!(ben.read(&again).await, said("hello"));
    assert_eq!(text(&send_again(&mut ada, &asked, "hello").await, "error"), "400", "asked once");
    assert_refused(&sim.report(), RefusalKind::Message, "nobody asked");
}

#[tokio::test(start_paused = true)]
async fn a_message_once_more_is_one_that_was_asked_for() {
    let (sim, _, other, mut ada) = two_phones().await;
    let id = ada.write(OTHER, "hello").await;
    let chat = Jid::pn(OTHER);
    let mut enc = ada.seal(&chat, OTHER, &padded(&said("hello"))).await;
    enc.attrs.insert("count", "1");
    let message = ada.message(&chat, &id, enc);
    assert_eq!(text(&ada.hand_in(&message).await, "error"), "400");
    assert_eq!(other.inbox().len(), 1);
    assert_refused(&sim.report(), RefusalKind::Message, "nobody asked");
}

#[tokio::test(start_paused = true)]
async fn a_wish_for_a_message_again_is_whole() {
    type Spoil = fn(&mut Node);
    fn part<'a>(wish: &'a mut Node, tag: &str) -> &'a mut Node {
        let Some(NodeContent::Nodes(parts)) = &mut wish.content else { panic!("no parts") };
        parts.iter_mut().find(|part| part.tag == tag).unwrap()
    }
    let rows: [(&str, Spoil); 6] = [
        ("no retry", |it| part(it, "retry").tag = "banana".into()),
        ("no count", |it| part(it, "retry").attrs.insert("count", "0")),
        ("another id", |it| part(it, "retry").attrs.insert("id", "banana")),
        ("no registration", |it| part(it, "registration").tag = "banana".into()),
        ("a short registration", |it| *part(it, "registration") = leaf("registration", &[1])),
        ("keys that do not hold", |it| *part(it, "keys") = leaf("keys", &[1])),
    ];
    for (row, spoil) in rows {
        let (sim, phone, other, mut ada) = two_phones().await;
        other.send_text(NUMBER, "hello").unwrap();
        let message = ada.next_message().await;
        let mut wrong = wish(&message, 2, Some(keys_of(&ada.device)));
        spoil(&mut wrong);
        ada.stream.send(&wrong).await;
        assert!(ada.settle().await.iter().all(|node| node.tag != "message"), "{row}");
        assert_eq!(phone.devices()[0].queued, 1, "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
    }
}

#[tokio::test(start_paused = true)]
async fn the_greeting_can_be_asked_for_again() {
    let (sim, phone, device, mut stream): (_, _, _, Stream) = online().await;
    let (greeting, id) = be_greeted(&device, &mut stream).await;
    let own = format!("{NUMBER}@s.whatsapp.net");
    let first = NodeBuilder::new("message").attr("from", own).attr("id", id).build();
    stream.send(&wish(&first, 1, None)).await;
    let again = stream.next_of("message").await;
    assert_eq!((text(&again, "id"), text(&again, "category")), (text(&first, "id"), "peer".into()));
    let enc = again.get_optional_child("enc").unwrap();
    let opened = crate::signal::open_greeting(&device, &crate::stream::content(enc)).await;
    let opened: waproto::whatsapp::Message =
        waproto::buffa::Message::decode_from_slice(&opened).unwrap();
    assert_eq!(opened, greeting);
    assert_eq!(phone.devices()[0].queued, 1);
    sim.report().is_clean().unwrap();
}
