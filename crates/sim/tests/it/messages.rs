//! Messages between phones and companions, of one account and of two.

use wacore_binary::{Jid, Node};
use waproto::{
    buffa::{Message as _, MessageField},
    whatsapp::{Message, message::ImageMessage},
};
use waygate_sim::{InboxMessage, Phone, Sim, SimConfig};

use crate::{
    correspondent::{Correspondent, sent},
    linking::NUMBER,
    stream::{content, text},
};

pub(crate) const OTHER: &str = "15550002222";

/// Two phones, and a companion of the first that is online.
pub(crate) async fn two_phones() -> (Sim, Phone, Phone, Correspondent) {
    let sim = Sim::new(SimConfig::default());
    let (phone, other) = (sim.add_phone(NUMBER).unwrap(), sim.add_phone(OTHER).unwrap());
    let companion = Correspondent::online(&sim, &phone, 1).await;
    (sim, phone, other, companion)
}

/// Two phones with a companion each.
pub(crate) async fn two_companions() -> (Sim, [Phone; 2], Correspondent, Correspondent) {
    let (sim, phone, other, ada) = two_phones().await;
    let ben = Correspondent::online(&sim, &other, 2).await;
    (sim, [phone, other], ada, ben)
}

/// What an inbox says, in short.
pub(crate) fn texts(inbox: &[InboxMessage]) -> Vec<(String, String, String)> {
    let short = |it: &InboxMessage| {
        let writer = format!("{}:{}", it.from, it.device);
        (writer, it.to.clone(), it.text.clone().unwrap_or_default())
    };
    inbox.iter().map(short).collect()
}

fn row(writer: &str, to: &str, words: &str) -> (String, String, String) {
    (writer.to_owned(), to.to_owned(), words.to_owned())
}

/// What receipts say: who, of what type, in whose chat.
pub(crate) fn receipts(nodes: &[Node]) -> Vec<[String; 3]> {
    let receipts = nodes.iter().filter(|node| node.tag == "receipt");
    receipts.map(|node| [text(node, "from"), text(node, "type"), text(node, "recipient")]).collect()
}

#[tokio::test(start_paused = true)]
async fn a_companion_and_the_phone_of_another_account_write_to_each_other() {
    let (sim, phone, other, mut ada) = two_phones().await;
    ada.write(OTHER, "hello").await;
    let expected = [row("15550001111:1", OTHER, "hello")];
    assert_eq!(texts(&other.inbox()), expected);
    assert_eq!(texts(&phone.inbox()), expected, "her own phone is told of it");
    let other_jid = format!("{OTHER}@s.whatsapp.net");
    let told = receipts(&ada.settle().await);
    let own = [format!("{NUMBER}@s.whatsapp.net"), "sender".to_owned(), other_jid.clone()];
    assert_eq!(told, [own, [other_jid.clone(), String::new(), String::new()]]);

    other.set_push_name("Ben");
    let id = other.send_text(NUMBER, "hello Ada").unwrap();
    let message = ada.next_message().await;
    assert_eq!(ada.read(&message).await.conversation.as_deref(), Some("hello Ada"));
    let expected = [
        ("from", other_jid.as_str()),
        ("id", &id),
        ("type", "text"),
        ("notify", "Ben"),
        ("addressing_mode", "pn"),
        ("sender_lid", &format!("{}@lid", other.lid())),
        ("recipient", ""),
        ("offline", ""),
    ];
    for (name, value) in expected {
        assert_eq!(text(&message, name), value, "{name}");
    }
    let enc = message.get_optional_child("enc").unwrap();
    assert_eq!(text(enc, "type"), "msg", "in the session that she had opened");
    assert!(message.get_optional_child("device-identity").is_none());
    ada.tell(&message, None).await;
    let said: Vec<_> = other.inbox()[1]
        .receipts
        .iter()
        .map(|it| (it.from.clone(), it.device, it.kind.clone()))
        .collect();
    let delivery = |device| (NUMBER.to_owned(), device, "delivery".to_owned());
    assert_eq!(said, [delivery(0), delivery(1)]);
    assert_eq!(phone.devices()[0].queued, 2, "two receipts that she has not acknowledged");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn companions_of_two_accounts_write_to_each_other() {
    let (sim, [phone, other], mut ada, mut ben) = two_companions().await;
    for words in ["one", "two"] {
        ada.write(OTHER, words).await;
        let message = ben.next_message().await;
        assert_eq!(text(&message, "from"), format!("{NUMBER}:1@s.whatsapp.net"));
        assert_eq!(ben.read(&message).await.conversation.as_deref(), Some(words));
        let identity = message.get_optional_child("device-identity").map(content);
        assert_eq!(identity, Some(ada.device.signed_identity.clone()), "not answered yet");
        ben.tell(&message, None).await;
    }
    ben.write(NUMBER, "three").await;
    let message = ada.next_message().await;
    assert_eq!(ada.read(&message).await.conversation.as_deref(), Some("three"));
    ada.tell(&message, None).await;
    ada.write(OTHER, "four").await;
    let message = ben.next_message().await;
    assert_eq!(text(message.get_optional_child("enc").unwrap(), "type"), "msg", "answered");
    assert!(message.get_optional_child("device-identity").is_none());
    assert_eq!(ben.read(&message).await.conversation.as_deref(), Some("four"));
    let expected = [
        row("15550001111:1", OTHER, "one"),
        row("15550001111:1", OTHER, "two"),
        row("15550002222:1", NUMBER, "three"),
        row("15550001111:1", OTHER, "four"),
    ];
    assert_eq!(texts(&phone.inbox()), expected);
    assert_eq!(texts(&other.inbox()), expected);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_companion_is_told_what_its_account_writes_elsewhere() {
    let (sim, phone, other, mut ada) = two_phones().await;
    let mut second = Correspondent::online(&sim, &phone, 3).await;
    let chat = Jid::pn(OTHER);
    ada.write(OTHER, "from the desk").await;
    let message = second.next_message().await;
    let expected = [
        ("from", format!("{NUMBER}:1@s.whatsapp.net")),
        ("recipient", chat.to_string()),
        ("addressing_mode", "pn".to_owned()),
        ("peer_recipient_lid", format!("{}@lid", other.lid())),
        ("sender_lid", String::new()),
        ("notify", String::new()),
    ];
    for (name, value) in expected {
        assert_eq!(text(&message, name), value, "{name}");
    }
    assert_eq!(second.read(&message).await, sent(&chat, "from the desk"));
    second.tell(&message, Some("sender")).await;
    let told = receipts(&ada.settle().await);
    let own = format!("{NUMBER}:2@s.whatsapp.net");
    assert!(told.contains(&[own, "sender".to_owned(), chat.to_string()]), "{told:?}");

    phone.send_text(OTHER, "from the pocket").unwrap();
    for companion in [&mut ada, &mut second] {
        let message = companion.next_message().await;
        assert_eq!(text(&message, "from"), format!("{NUMBER}@s.whatsapp.net"));
        assert_eq!(text(&message, "recipient"), chat.to_string());
        assert_eq!(companion.read(&message).await, sent(&chat, "from the pocket"));
    }
    assert_eq!(other.inbox().len(), 2);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_chat_goes_by_the_hidden_ids_when_it_is_begun_under_one() {
    let (sim, [phone, other], mut ada, mut ben) = two_companions().await;
    let chat = Jid::lid(other.lid());
    let letter = ada.letter(&chat, OTHER, "psst").await;
    assert_eq!(text(&ada.hand_in(&letter).await, "phash"), "");
    let message = ben.next_message().await;
    assert_eq!(text(&message, "from"), format!("{}:1@lid", phone.lid()));
    assert_eq!(text(&message, "addressing_mode"), "lid");
    assert_eq!(text(&message, "sender_pn"), format!("{NUMBER}@s.whatsapp.net"));
    assert_eq!(ben.read(&message).await.conversation.as_deref(), Some("psst"));
    ben.tell(&message, None).await;
    let told = receipts(&ada.settle().await);
    assert!(told.iter().any(|[from, ..]| *from == format!("{}:1@lid", other.lid())), "{told:?}");

    other.send_text(&format!("{}@lid", phone.lid()), "what is it?").unwrap();
    let message = ada.next_message().await;
    assert_eq!(text(&message, "from"), chat.to_string());
    assert_eq!(ada.read(&message).await.conversation.as_deref(), Some("what is it?"));
    assert_eq!(texts(&phone.inbox()).len(), 2);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_account_writes_to_itself() {
    let (sim, phone, _, mut ada) = two_phones().await;
    ada.write(NUMBER, "buy milk").await;
    assert_eq!(texts(&phone.inbox()), [row("15550001111:1", NUMBER, "buy milk")]);
    phone.send_text(NUMBER, "and bread").unwrap();
    let message = ada.next_message().await;
    assert_eq!(text(&message, "recipient"), format!("{NUMBER}@s.whatsapp.net"));
    assert_eq!(ada.read(&message).await, sent(&Jid::pn(NUMBER), "and bread"));
    ada.tell(&message, Some("sender")).await;
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_a_device_is_away_waits_until_its_receipt() {
    let (sim, phone, other, mut ada) = two_phones().await;
    ada.write(OTHER, "before").await;
    for receipt in ada.settle().await.iter().filter(|node| node.tag == "receipt") {
        ada.stream.send(&acknowledgement(receipt)).await;
    }
    ada.settle().await;
    assert_eq!(phone.devices()[0].queued, 0);
    let stays_away = ada.stream;
    ada.stream = ada.device.log_in(&sim).await;
    stays_away.hang_up();
    other.send_text(NUMBER, "one").unwrap();
    other.send_text(NUMBER, "two").unwrap();
    assert!(ada.settle().await.is_empty(), "it has not asked for them");
    for left in [2, 1] {
        ada.come_back(&sim).await;
        let waited = ada.settle().await;
        let tags: Vec<_> = waited.iter().map(|node| node.tag.as_ref()).collect();
        assert_eq!(tags, [vec!["ib"], vec!["message"; left], vec!["ib"]].concat());
        let preview = waited[0].get_optional_child("offline_preview").unwrap();
        assert_eq!(text(preview, "message"), left.to_string());
        assert_eq!(text(&waited[1], "offline"), "0");
        let words = ada.read(&waited[1]).await.conversation.unwrap();
        assert_eq!(words, if left == 2 { "one" } else { "two" });
        ada.tell(&waited[1], None).await;
    }
    assert_eq!(phone.devices()[0].queued, 0);
    let report = sim.report();
    assert_eq!(report.replaced.len(), 1, "the test comes back before it has left");
    assert_eq!(report.violations(), []);
}

/// The ack of a receipt.
fn acknowledgement(receipt: &Node) -> Node {
    let mut ack = wacore_binary::builder::NodeBuilder::new("ack")
        .attr("class", "receipt")
        .attr("id", text(receipt, "id"))
        .attr("to", text(receipt, "from"));
    if !text(receipt, "type").is_empty() {
        ack = ack.attr("type", text(receipt, "type"));
    }
    ack.build()
}

#[tokio::test(start_paused = true)]
async fn a_receipt_waits_for_its_ack() {
    let (sim, phone, _, mut ada) = two_phones().await;
    ada.write(OTHER, "hello").await;
    assert_eq!(phone.devices()[0].queued, 2, "one of the other phone's and one of her own");
    ada.come_back(&sim).await;
    let waited = ada.settle().await;
    let preview = waited[0].get_optional_child("offline_preview").unwrap();
    assert_eq!(text(preview, "receipt"), "2");
    let mut wrong = acknowledgement(&waited[1]);
    wrong.attrs.insert("type", "read");
    ada.stream.send(&wrong).await;
    ada.stream.send(&acknowledgement(&waited[2])).await;
    ada.settle().await;
    assert_eq!(phone.devices()[0].queued, 1);
    ada.stream.send(&acknowledgement(&waited[1])).await;
    ada.settle().await;
    assert_eq!(phone.devices()[0].queued, 0);
    assert_eq!(sim.report().refusals.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_message_of_any_kind_is_caused_by_its_protobuf() {
    let (sim, phone, other, mut ada) = two_phones().await;
    let image = ImageMessage { caption: Some("look".to_owned()), ..ImageMessage::default() };
    let message = Message { image_message: MessageField::some(image), ..Message::default() };
    other.send(NUMBER, &message.encode_to_vec()).unwrap();
    let stanza = ada.next_message().await;
    assert_eq!(text(&stanza, "type"), "media");
    assert_eq!(text(stanza.get_optional_child("enc").unwrap(), "mediatype"), "image");
    assert_eq!(ada.read(&stanza).await, message);
    let shown = &phone.inbox()[0];
    assert_eq!((shown.kind, shown.text.as_deref()), ("imageMessage", None));
    assert!(!format!("{shown:?}").contains("look"));
    for nothing in [&[][..], &[0xff; 3]] {
        assert_eq!(other.send(NUMBER, nothing), Err(waygate_sim::SendError::NotAMessage));
    }
    for nobody in ["15559999999", "", "1@g.us", "15550001111:1@s.whatsapp.net", "x@lid"] {
        let sent = other.send_text(nobody, "hello?");
        assert_eq!(sent, Err(waygate_sim::SendError::Nobody), "{nobody}");
    }
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_one_time_prekeys_of_a_phone_are_given_out_once_each() {
    let (sim, _, _, mut ada) = two_phones().await;
    let user = || wacore_binary::builder::NodeBuilder::new("user").attr("jid", Jid::pn(OTHER));
    let mut ids = Vec::new();
    for _ in 0..3 {
        let key = crate::correspondent::node("key", (0..40).map(|_| user().build()));
        let answer = ada.stream.request("get", "encrypt", Some(key)).await;
        let bundles = answer.get_optional_child("list").unwrap().children().unwrap();
        for bundle in bundles {
            assert!(bundle.get_optional_child("device-identity").is_none());
            ids.extend(bundle.get_optional_child_by_tag(&["key", "id"]).map(content));
        }
    }
    let given = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((given, ids.len()), (100, 100), "and then there are none");
    ada.write(OTHER, "without").await;
    sim.report().is_clean().unwrap();
}
