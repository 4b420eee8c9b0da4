//! Messages of the library to a phone, to another device, and back.
#![expect(clippy::expect_used, reason = "test code")]

use waygate_sim::{Fault, InboxMessage, Latency, Phone};
use waygate_testkit::world::{PHONE, SOON, World};
use whatsapp_rust::Jid;
use whatsapp_rust::types::events::Event;
use whatsapp_rust::types::presence::ReceiptType;

use super::client::Library;

const OTHER: &str = "15550002222";

/// Waits until a phone shows what is wanted, and gives it.
async fn shows<T>(phone: &Phone, pick: impl Fn(&[InboxMessage]) -> Option<T>) -> T {
    tokio::time::timeout(SOON, phone.inbox_has(pick)).await.expect("it shows what is wanted")
}

/// The types of what the first device of an account has said of a message.
async fn heard_from(phone: &Phone, id: &str, number: &str) -> Vec<String> {
    shows(phone, |inbox| {
        let message = inbox.iter().find(|it| it.id == id)?;
        let said = message.receipts.iter().filter(|it| it.from == number && it.device == 1);
        let kinds: Vec<String> = said.map(|it| it.kind.clone()).collect();
        (!kinds.is_empty()).then_some(kinds)
    })
    .await
}

async fn texts_go_both_ways(latency: Latency) {
    let world = World::new(latency);
    let (phone, other) = (world.phone(), world.sim.add_phone(OTHER).expect("a phone"));
    let mut ada = Library::linked(&world.sim, &phone).await;

    let sent = ada.client().send_text(Jid::pn(OTHER), "hello").await.expect("it is sent");
    for phone in [&phone, &other] {
        let shown = shows(phone, |inbox| inbox.first().cloned()).await;
        assert_eq!((shown.id.as_str(), shown.text.as_deref()), (&*sent.message_id, Some("hello")));
    }
    let receipt = |wanted: ReceiptType, id: String| {
        move |event: &Event| {
            let Event::Receipt(it) = event else { return None };
            (it.r#type == wanted && it.message_ids.contains(&id)).then_some(())
        }
    };
    let id = sent.message_id.clone();
    ada.until("a delivery receipt", receipt(ReceiptType::Delivered, id.clone())).await;
    other.mark_read(&id).expect("it is there");
    ada.until("a read receipt", receipt(ReceiptType::Read, id)).await;

    let id = other.send_text(PHONE, "hello Ada").expect("it is sent");
    let read = ada.text("hello Ada").await;
    assert_eq!((read.info.id.as_str(), read.info.source.is_from_me), (id.as_str(), false));
    let kinds = heard_from(&other, &id, PHONE).await;
    assert!(kinds.iter().all(|kind| kind == "delivery" || kind == "inactive"), "{kinds:?}");
    let chat = read.info.source.chat.clone();
    ada.client().mark_as_read(&chat, None, &[&id]).await.expect("it is said");
    shows(&other, |inbox| {
        let said = inbox.iter().find(|it| it.id == id)?;
        said.receipts.iter().find(|it| it.kind == "read").map(|_| ())
    })
    .await;

    phone.send_text(OTHER, "from the pocket").expect("it is sent");
    assert!(ada.text("from the pocket").await.info.source.is_from_me);
    ada.close().await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn texts_go_both_ways_without_latency() {
    texts_go_both_ways(Latency::None).await;
}

#[tokio::test(start_paused = true)]
async fn texts_go_both_ways_with_forty_milliseconds() {
    texts_go_both_ways(Latency::FortyMillis).await;
}

#[tokio::test(start_paused = true)]
async fn two_devices_of_two_accounts_write_to_each_other_and_one_comes_back() {
    let world = World::new(Latency::FortyMillis);
    let (phone, other) = (world.phone(), world.sim.add_phone(OTHER).expect("a phone"));
    let mut ada = Library::linked(&world.sim, &phone).await;
    let mut ben = Library::linked(&world.sim, &other).await;
    ada.client().send_text(Jid::pn(OTHER), "one").await.expect("it is sent");
    ben.text("one").await;
    ben.client().send_text(Jid::pn(PHONE), "two").await.expect("it is sent");
    ada.text("two").await;

    ada.close().await;
    assert!(!phone.devices()[0].online);
    ben.client().send_text(Jid::pn(PHONE), "three").await.expect("it is sent");
    let id = other.send_text(PHONE, "four").expect("it is sent");
    shows(&phone, |inbox| (inbox.len() == 4).then_some(())).await;
    ada.open().await;
    for words in ["three", "four"] {
        assert!(ada.text(words).await.info.is_offline, "{words}");
    }
    ada.is_online().await;
    heard_from(&other, &id, PHONE).await;
    // The session has gone on where it was.
    ada.client().send_text(Jid::pn(OTHER), "five").await.expect("it is sent");
    ben.text("five").await;
    ada.close().await;
    ben.close().await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_has_lost_its_sessions_gets_the_message_after_all() {
    let world = World::new(Latency::FortyMillis);
    let (phone, other) = (world.phone(), world.sim.add_phone(OTHER).expect("a phone"));
    let mut ada = Library::linked(&world.sim, &phone).await;
    other.send_text(PHONE, "hello").expect("it is sent");
    ada.text("hello").await;
    world.sim.inject(Fault::ForgetSessions.on(OTHER));
    ada.client().send_text(Jid::pn(OTHER), "can you read this?").await.expect("it is sent");
    let words = |it: &InboxMessage| it.text.as_deref() == Some("can you read this?");
    shows(&other, |inbox| inbox.iter().any(words).then_some(())).await;
    ada.close().await;
    world.end_clean().await;
}
