//! What is said of a message, and who hears of it.

use wacore_binary::Node;
use waygate_sim::{InboxError, InboxMessage, RefusalKind};

use crate::{
    correspondent::{Correspondent, receipt},
    deviations::assert_refused,
    linking::NUMBER,
    messages::{OTHER, receipts, two_companions, two_phones},
};

/// What was said of a message: by which device, of which type.
fn said(message: &InboxMessage) -> Vec<String> {
    message.receipts.iter().map(|it| format!("{}:{} {}", it.from, it.device, it.kind)).collect()
}

/// What a device is expected to have said.
fn by(number: &str, device: u16, kind: &str) -> String {
    format!("{number}:{device} {kind}")
}

fn number(number: &str) -> String {
    format!("{number}@s.whatsapp.net")
}

#[tokio::test(start_paused = true)]
async fn what_a_phone_reads_its_companions_and_the_writer_hear_of() {
    let (sim, [phone, other], mut ada, mut ben) = two_companions().await;
    let id = ada.write(OTHER, "read me").await;
    let message = ben.next_message().await;
    ben.tell(&message, None).await;
    ada.settle().await;
    ben.settle().await;
    other.mark_read(&id).unwrap();
    let read =
        |from: &str, recipient: &str| vec![[number(from), "read".to_owned(), recipient.to_owned()]];
    assert_eq!(receipts(&ada.settle().await), read(OTHER, ""));
    assert_eq!(receipts(&ben.settle().await), read(OTHER, &number(NUMBER)));
    let expected = [by(OTHER, 0, "delivery"), by(OTHER, 1, "delivery"), by(OTHER, 0, "read")];
    assert_eq!(said(&phone.inbox()[0]), expected);
    assert_eq!(said(&other.inbox()[0]), [by(OTHER, 0, "read")]);
    for (row, id) in [("unknown", "3EB0FF"), ("of the phone's own account", &*id)] {
        assert_eq!(phone.mark_read(id), Err(InboxError::NoSuchMessage), "{row}");
    }
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_a_companion_reads_its_phone_and_the_writer_hear_of() {
    let (sim, phone, other, mut ada) = two_phones().await;
    other.send_text(NUMBER, "read me").unwrap();
    let message = ada.next_message().await;
    ada.tell(&message, Some("inactive")).await;
    ada.tell(&message, Some("read")).await;
    let expected = [by(NUMBER, 0, "delivery"), by(NUMBER, 1, "inactive"), by(NUMBER, 1, "read")];
    assert_eq!(said(&other.inbox()[0]), expected);
    assert_eq!(said(&phone.inbox()[0]), [by(NUMBER, 1, "read")]);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_reads_in_private_is_not_given_away() {
    let (sim, phone, other, mut ada) = two_phones().await;
    other.send_text(NUMBER, "read me").unwrap();
    let message = ada.next_message().await;
    ada.tell(&message, Some("read-self")).await;
    assert_eq!(said(&other.inbox()[0]), [by(NUMBER, 0, "delivery")]);
    assert_eq!(said(&phone.inbox()[0]), [by(NUMBER, 1, "read-self")]);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn that_a_message_was_delivered_is_said_once() {
    let (sim, _, other, mut ada) = two_phones().await;
    other.send_text(NUMBER, "hello").unwrap();
    let message = ada.next_message().await;
    // Once more, because the answer may have been lost.
    for _ in 0..2 {
        ada.tell(&message, None).await;
    }
    let heard = said(&other.inbox()[0]);
    assert_eq!(heard, [by(NUMBER, 0, "delivery"), by(NUMBER, 1, "delivery")]);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_receipt_is_of_the_type_that_its_message_asks_for() {
    type Spoil = fn(&mut Node);
    let rows: [(&str, bool, Spoil); 7] = [
        ("peer_msg", false, |it| it.attrs.insert("type", "peer_msg")),
        ("sender", false, |it| it.attrs.insert("type", "sender")),
        ("to another account", false, |it| it.attrs.insert("to", number("15550003333"))),
        ("to no device", false, |it| it.attrs.insert("to", "15550002222:3@s.whatsapp.net")),
        ("of one's own account, as others do", true, |it| it.attrs.0.retain(|it| it.0 != "type")),
        ("of one's own account, read", true, |it| it.attrs.insert("type", "read")),
        ("of one's own account, to the chat", true, |it| it.attrs.insert("to", number(OTHER))),
    ];
    for (row, own, spoil) in rows {
        let (sim, phone, other, mut ada) = two_phones().await;
        let kind = if own {
            phone.send_text(OTHER, "hello").unwrap();
            Some("sender")
        } else {
            other.send_text(NUMBER, "hello").unwrap();
            None
        };
        let message = ada.next_message().await;
        let waiting = phone.devices()[0].queued;
        let mut wrong = receipt(&message, kind);
        spoil(&mut wrong);
        ada.stream.send(&wrong).await;
        ada.settle().await;
        assert_eq!(phone.devices()[0].queued, waiting, "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
        ada.tell(&message, kind).await;
        assert_eq!(phone.devices()[0].queued, waiting - 1, "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_can_do_nothing_with_a_message_may_say_so() {
    let (sim, phone, other, mut ada): (_, _, _, Correspondent) = two_phones().await;
    other.send_text(NUMBER, "hello").unwrap();
    let message = ada.next_message().await;
    let mut nack = receipt(&message, Some("text"));
    nack.tag = "ack".into();
    nack.attrs.insert("class", "message");
    nack.attrs.insert("error", "500");
    ada.stream.send(&nack).await;
    ada.settle().await;
    assert_eq!(phone.devices()[0].queued, 0);
    let report = sim.report();
    assert_eq!(report.requests["ack/500"], 1);
    report.is_clean().unwrap();
}
