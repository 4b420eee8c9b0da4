//! Which receipt takes a message off the queue, and which does not.

use wacore_binary::{Node, NodeContent, builder::NodeBuilder};
use waygate_sim::{Phone, RefusalKind, Sim};

use crate::{
    deviations::assert_refused,
    linking::{be_greeted, upload},
    requests::online,
    stream::{Stream, text},
};

const OWN: &str = "15550001111@s.whatsapp.net";

/// A device with a peer message that it was sent and has not acknowledged.
async fn greeted() -> (Sim, Phone, Stream, String) {
    let (sim, phone, device, mut stream) = online().await;
    let (_, id) = be_greeted(&device, &mut stream).await;
    assert_eq!(phone.devices()[0].queued, 1);
    (sim, phone, stream, id)
}

fn receipt(id: &str) -> NodeBuilder {
    NodeBuilder::new("receipt").attr("to", OWN).attr("type", "peer_msg").attr("id", id)
}

fn strip(node: &mut Node, name: &str) {
    node.attrs.0.retain(|(key, _)| key != name);
}

/// Waits until the server has taken everything that was sent; returns what it said meanwhile.
async fn settle(stream: &mut Stream) -> Vec<Node> {
    stream.request("get", "w:p", None).await;
    stream.take_set_aside()
}

fn jpeg() -> Vec<u8> {
    let frame = [0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0];
    [&frame[..], &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9]].concat()
}

type Spoil = fn(&mut Node);

#[tokio::test(start_paused = true)]
async fn a_receipt_that_is_not_its_messages_does_not_count() {
    let rows: [(&str, Spoil); 9] = [
        ("read", |it| it.attrs.insert("type", "read")),
        ("of a type for others", |it| it.attrs.insert("type", "inactive")),
        ("about the history", |it| it.attrs.insert("type", "hist_sync")),
        ("of no type", |it| strip(it, "type")),
        ("to a stranger", |it| it.attrs.insert("to", "15550002222@s.whatsapp.net")),
        ("to a device", |it| it.attrs.insert("to", "15550001111:1@s.whatsapp.net")),
        ("to a group", |it| it.attrs.insert("to", "1@g.us")),
        ("to the server", |it| it.attrs.insert("to", "s.whatsapp.net")),
        ("with an item without id", |it| {
            let item = NodeBuilder::new("item").build();
            let list = NodeBuilder::new("list").children([item]).build();
            it.content = Some(NodeContent::Nodes(vec![list]));
        }),
    ];
    for (row, spoil) in rows {
        let (sim, phone, mut stream, id) = greeted().await;
        let mut wrong = receipt(&id).build();
        spoil(&mut wrong);
        stream.send(&wrong).await;
        assert!(settle(&mut stream).await.iter().all(|node| node.tag != "ack"), "{row}");
        assert_eq!(phone.devices()[0].queued, 1, "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);

        stream.send(&receipt(&id).build()).await;
        assert_eq!(settle(&mut stream).await.last().unwrap().tag, "ack", "{row}");
        assert_eq!(phone.devices()[0].queued, 0, "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_receipt_for_what_was_never_sent_is_put_on_record() {
    let (sim, phone, mut stream, id) = greeted().await;
    // All of a receipt counts, or nothing of it.
    let item = NodeBuilder::new("item").attr("id", "3EB0FFFFFFFFFFFFFFFFFF").build();
    let list = NodeBuilder::new("list").children([item]).build();
    stream.send(&receipt(&id).children([list]).build()).await;
    settle(&mut stream).await;
    assert_eq!(phone.devices()[0].queued, 1);
    assert_refused(&sim.report(), RefusalKind::Request, "an id that was made up");
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_comes_before_its_message_is_put_on_record() {
    let (sim, phone, device, mut stream) = online().await;
    assert_eq!(upload(&device, &mut stream).await, 0);
    // It was greeted, and is not active: the message waits. Ids follow from the seed, so that a
    // second world tells this one's.
    let id = greeted().await.3;
    assert_eq!(phone.devices()[0].queued, 1);
    stream.send(&receipt(&id).build()).await;
    settle(&mut stream).await;
    assert_eq!(phone.devices()[0].queued, 1);
    assert_refused(&sim.report(), RefusalKind::Request, "not sent yet");
}

#[tokio::test(start_paused = true)]
async fn more_may_be_said_of_a_message_that_has_arrived() {
    let (sim, phone, mut stream, id) = greeted().await;
    let item = NodeBuilder::new("item").attr("id", id.as_str()).build();
    let list = NodeBuilder::new("list").children([item]).build();
    stream.send(&receipt(&id).children([list]).build()).await;
    // As Baileys does of the history; and a second time, because an answer may be lost.
    for kind in ["hist_sync", "peer_msg"] {
        stream.send(&receipt(&id).attr("type", kind).build()).await;
    }
    let said = settle(&mut stream).await;
    let acks = said.iter().filter(|node| node.tag == "ack");
    let told: Vec<_> = acks.map(|ack| (text(ack, "class"), text(ack, "type"))).collect();
    let ack = |kind: &str| ("receipt".to_owned(), kind.to_owned());
    assert_eq!(told, [ack("peer_msg"), ack("hist_sync"), ack("peer_msg")]);
    assert_eq!(phone.devices()[0].queued, 0);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_notification_is_not_acknowledged_by_a_receipt() {
    let (sim, phone, mut stream, id) = greeted().await;
    stream.send(&receipt(&id).build()).await;
    phone.set_profile_picture(jpeg()).unwrap();
    let told = stream.next_of("notification").await;
    let wrong = receipt(&text(&told, "id")).attr("type", "read").attr("to", text(&told, "from"));
    stream.send(&wrong.build()).await;
    settle(&mut stream).await;
    assert_eq!(phone.devices()[0].queued, 1);
    assert_refused(&sim.report(), RefusalKind::Request, "a notification");
}

#[tokio::test(start_paused = true)]
async fn a_receipt_without_id_or_addressee_ends_the_stream() {
    for row in ["id", "to"] {
        let (sim, _, mut stream, id) = greeted().await;
        let mut wrong = receipt(&id).build();
        strip(&mut wrong, row);
        stream.send(&wrong).await;
        let error = stream.next_of("stream:error").await;
        assert!(error.get_optional_child("xml-not-well-formed").is_some(), "{row}");
        stream.assert_closed().await;
        assert_refused(&sim.report(), RefusalKind::Request, row);
    }
}
