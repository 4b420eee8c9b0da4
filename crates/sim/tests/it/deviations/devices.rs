//! What linked devices do wrong outside of messages.

use std::time::Duration;

use tokio::time::timeout;
use wacore_binary::{Jid, Node, builder::NodeBuilder};
use waygate_sim::{RefusalKind, Sim, ViolationKind};

use super::{
    Mark, Row,
    play::{END, NOTHING, Playing, asks, in_short, otherwise},
};
use crate::{
    companion::{Companion, result},
    correspondent::receipt,
    linking::{NUMBER, world},
    messages::two_phones,
    stream::{leaf, text},
};

fn node(tag: &'static str, children: Vec<Node>) -> Node {
    NodeBuilder::new(tag).children(children).build()
}

fn row(name: &'static str, kind: RefusalKind, answer: &'static str, play: Playing) -> Row {
    Row { name, mark: Mark::Refused(kind), answer, play }
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = requests();
    rows.extend(conduct());
    rows
}

fn requests() -> Vec<Row> {
    let remove = NodeBuilder::new("remove-companion-device")
        .attr("jid", Jid::pn_device(NUMBER, 2))
        .attr("reason", "user_initiated")
        .build();
    let skey = vec![leaf("id", &[0, 0, 2]), leaf("value", &[1; 32]), leaf("signature", &[0; 64])];
    let collection = NodeBuilder::new("collection").attr("name", "x").attr("version", "0").build();
    let category =
        NodeBuilder::new("category").attr("name", "online").attr("value", "none").build();
    let request = RefusalKind::Request;
    vec![
        row("a key rotation with a wrong signature", RefusalKind::PrekeySignature, "error 406", {
            asks("set", "encrypt", node("rotate", vec![node("skey", skey)]))
        }),
        row("prekeys of another identity", RefusalKind::PrekeySignature, "error 406", {
            otherwise(uploads(|parts| parts[2] = leaf("identity", &[1; 32])))
        }),
        row("prekeys of another registration id", request, "error 400", {
            otherwise(uploads(|parts| parts[0] = leaf("registration", &[9; 4])))
        }),
        row("an upload without prekeys", request, "error 400", {
            otherwise(uploads(|parts| parts[3] = node("list", Vec::new())))
        }),
        row("the removal of another device", request, "error 403", asks("set", "md", remove)),
        row("a collection that does not exist", request, "error 400", {
            asks("set", "w:sync:app:state", node("sync", vec![collection]))
        }),
        row("a privacy value of another category", request, "error 400", {
            asks("set", "privacy", node("privacy", vec![category]))
        }),
        row("key bundles of nobody", request, "error 400", {
            asks("get", "encrypt", node("key", Vec::new()))
        }),
    ]
}

async fn uploads(spoil: fn(&mut Vec<Node>)) -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let mut parts = device.upload();
    spoil(&mut parts);
    let iq = NodeBuilder::new("iq").attr("to", "s.whatsapp.net").attr("type", "set");
    let answer = stream.ask(iq.attr("xmlns", "encrypt").children(parts).build()).await;
    (sim, in_short(&answer))
}

fn conduct() -> Vec<Row> {
    let found = |name, kind, answer, play| Row { name, mark: Mark::Found(kind), answer, play };
    vec![
        Row {
            name: "two logins of one device",
            mark: Mark::Replaced,
            answer: "stream:error 409",
            play: otherwise(logs_in_twice(false)),
        },
        found(
            "two connections of one device in use",
            ViolationKind::TwoStreams,
            "stream:error 409",
            otherwise(logs_in_twice(true)),
        ),
        row("silence for 180 s", RefusalKind::Silence, END, otherwise(is_silent())),
        row("an answer to nothing", RefusalKind::Request, NOTHING, otherwise(answers_nothing())),
        row("a receipt for what was never sent", RefusalKind::Request, NOTHING, {
            otherwise(receipts_nothing())
        }),
        found(
            "a registration with the keys of a linked device",
            ViolationKind::CredentialsDeleted,
            NOTHING,
            otherwise(forgets_that_it_is_linked()),
        ),
    ]
}

async fn logs_in_twice(uses_both: bool) -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut older = device.log_in(&sim).await;
    let _newer = device.log_in(&sim).await;
    tokio::time::advance(Duration::from_millis(200)).await;
    if uses_both {
        older.send(&NodeBuilder::new("presence").build()).await;
    }
    let error = older.next().await.unwrap();
    older.assert_closed().await;
    while sim.report().live_connections > 1 {
        tokio::task::yield_now().await;
    }
    (sim, in_short(&error))
}

async fn is_silent() -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let end = timeout(Duration::from_hours(1), stream.wire.pipe.from_server.recv()).await;
    assert_eq!(end, Ok(None));
    (sim, END.to_owned())
}

async fn answers_nothing() -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    stream.send(&result("77", None)).await;
    stream.request("get", "w:p", None).await;
    assert_eq!(stream.take_set_aside(), []);
    (sim, NOTHING.to_owned())
}

async fn receipts_nothing() -> (Sim, String) {
    let (sim, _, other, mut ada) = two_phones().await;
    other.send_text(NUMBER, "hello").unwrap();
    let mut message = ada.next_message().await;
    ada.tell(&message, None).await;
    message.attrs.insert("id", "3EB0UNHEARDOF");
    ada.stream.send(&receipt(&message, None)).await;
    let said = ada.settle().await;
    assert!(said.iter().all(|node| text(node, "id") != "3EB0UNHEARDOF"), "{said:?}");
    (sim, NOTHING.to_owned())
}

async fn forgets_that_it_is_linked() -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    device.log_in(&sim).await.hang_up();
    device.register(&sim).await.0.hang_up();
    (sim, NOTHING.to_owned())
}
