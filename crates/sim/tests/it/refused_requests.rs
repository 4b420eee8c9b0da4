//! What a linked device can ask wrongly, one row each, and how it is refused.

use wacore_binary::{Jid, Node, builder::NodeBuilder};
use waygate_sim::RefusalKind;

use crate::{
    companion::Companion,
    deviations::assert_refused,
    linking::world,
    stream::{error_code, leaf, text},
};

#[tokio::test(start_paused = true)]
async fn a_wrong_request_of_a_linked_device_is_refused() {
    let node =
        |tag: &'static str, children: Vec<Node>| NodeBuilder::new(tag).children(children).build();
    let remove = |device: u16| {
        let jid = Jid::pn_device("15550001111", device);
        NodeBuilder::new("remove-companion-device")
            .attr("jid", jid)
            .attr("reason", "user_initiated")
            .build()
    };
    let skey = node(
        "skey",
        vec![leaf("id", &[0, 0, 2]), leaf("value", &[1; 32]), leaf("signature", &[0; 64])],
    );
    let collection =
        |name: &str| NodeBuilder::new("collection").attr("name", name).attr("version", "0").build();
    let privacy = |categories: &[(&str, &str)]| {
        let category = |(name, value): &(&str, &str)| {
            NodeBuilder::new("category").attr("name", *name).attr("value", *value).build()
        };
        node("privacy", categories.iter().map(category).collect())
    };
    let usync = |children| node("usync", children);
    let rows = [
        ("a rotation with a wrong signature", "set", "encrypt", node("rotate", vec![skey]), 406),
        ("a rotation without key", "set", "encrypt", node("rotate", vec![]), 400),
        ("bundles for nobody", "get", "encrypt", node("key", vec![]), 400),
        ("removing another device", "set", "md", remove(2), 403),
        ("removing nobody", "set", "md", node("remove-companion-device", vec![]), 400),
        (
            "an unknown collection",
            "set",
            "w:sync:app:state",
            node("sync", vec![collection("x")]),
            400,
        ),
        ("no collection", "set", "w:sync:app:state", node("sync", vec![]), 400),
        ("a query without users", "get", "usync", usync(vec![node("query", vec![])]), 400),
        ("a privacy category without value", "set", "privacy", privacy(&[("last", "")]), 400),
        (
            "a privacy value of another category",
            "set",
            "privacy",
            privacy(&[("online", "none")]),
            400,
        ),
        ("an unknown privacy category", "set", "privacy", privacy(&[("x", "all")]), 400),
        ("clean without type", "set", "urn:xmpp:whatsapp:dirty", node("clean", vec![]), 400),
        ("props without protocol", "get", "abt", node("props", vec![]), 400),
    ];
    for (row, kind, xmlns, child, code) in rows {
        let (sim, phone) = world();
        let mut device = Companion::new(1);
        device.link(&sim, &phone).await;
        let mut stream = device.log_in(&sim).await;
        let answer = stream.request(kind, xmlns, Some(child)).await;
        assert_eq!(error_code(&answer), code, "{row}");
        let report = sim.report();
        let expected =
            if code == 406 { RefusalKind::PrekeySignature } else { RefusalKind::Request };
        assert_refused(&report, expected, row);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_prekey_upload_is_refused() {
    type SpoilUpload = fn(&mut Companion, &mut Vec<Node>);
    let rows: [(&str, SpoilUpload, u16, RefusalKind); 7] = [
        (
            "a wrong signature",
            |device, parts| {
                device.signed_prekey_signature[0] ^= 1;
                parts[4] = device.skey();
            },
            406,
            RefusalKind::PrekeySignature,
        ),
        (
            "another identity",
            |_, parts| parts[2] = leaf("identity", &[1; 32]),
            406,
            RefusalKind::PrekeySignature,
        ),
        (
            "another registration id",
            |_, parts| parts[0] = leaf("registration", &[9; 4]),
            400,
            RefusalKind::Request,
        ),
        ("another key type", |_, parts| parts[1] = leaf("type", &[4]), 400, RefusalKind::Request),
        (
            "no prekey",
            |_, parts| parts[3] = NodeBuilder::new("list").build(),
            400,
            RefusalKind::Request,
        ),
        (
            "a prekey of 33 bytes",
            |_, parts| {
                let key = [leaf("id", &[0, 0, 1]), leaf("value", &[5; 33])];
                let key = NodeBuilder::new("key").children(key).build();
                parts[3] = NodeBuilder::new("list").children([key]).build();
            },
            400,
            RefusalKind::Request,
        ),
        (
            "one id twice",
            |_, parts| {
                let key = [leaf("id", &[0, 0, 1]), leaf("value", &[5; 32])];
                let key = NodeBuilder::new("key").children(key).build();
                parts[3] = NodeBuilder::new("list").children([key.clone(), key]).build();
            },
            400,
            RefusalKind::Request,
        ),
    ];
    for (row, spoil, code, kind) in rows {
        let (sim, phone) = world();
        let mut device = Companion::new(1);
        device.link(&sim, &phone).await;
        let mut stream = device.log_in(&sim).await;
        let mut parts = device.upload();
        spoil(&mut device, &mut parts);
        let iq = NodeBuilder::new("iq")
            .attr("to", "s.whatsapp.net")
            .attr("type", "set")
            .attr("xmlns", "encrypt")
            .attr("id", "upload")
            .children(parts)
            .build();
        stream.send(&iq).await;
        assert_eq!(error_code(&stream.next_of("iq").await), code, "{row}");
        assert_refused(&sim.report(), kind, row);
        assert!(!phone.devices()[0].greeted, "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_simulated_is_said_to_be_unknown() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let child = NodeBuilder::new("subscribe").build();
    assert_eq!(error_code(&stream.request("set", "w:new", Some(child)).await), 501);
    let message =
        NodeBuilder::new("message").attr("to", "120363000000000001@g.us").attr("id", "m").build();
    stream.send(&message).await;
    let ack = stream.next_of("ack").await;
    assert_eq!((text(&ack, "class"), text(&ack, "error")), ("message".into(), "501".into()));
    stream.send(&NodeBuilder::new("call").build()).await;
    stream.request("get", "w:p", None).await;
    let report = sim.report();
    let names: Vec<&str> = report.unknown.keys().map(String::as_str).collect();
    assert_eq!(names, ["call", "message/g.us", "w:new/set/subscribe"]);
    assert!(report.is_clean().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_dropped() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let ping = NodeBuilder::new("iq")
        .attr("type", "get")
        .attr("xmlns", "w:p")
        .attr("id", "p")
        .attr("to", "s.whatsapp.net")
        .build();
    for _ in 0..5_000 {
        stream.send(&ping).await;
    }
    while stream.next().await.is_some() {}
    assert_refused(&sim.report(), RefusalKind::SlowReader, "slow reader");
    assert!(!phone.devices()[0].online);
}

#[tokio::test(start_paused = true)]
async fn a_privacy_change_that_is_half_wrong_changes_nothing() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let category =
        |name, value| NodeBuilder::new("category").attr("name", name).attr("value", value).build();
    let wanted = [category("last", "none"), category("online", "never")];
    let wanted = NodeBuilder::new("privacy").children(wanted).build();
    assert_eq!(error_code(&stream.request("set", "privacy", Some(wanted)).await), 400);
    let asked = Some(NodeBuilder::new("privacy").build());
    let answer = stream.request("get", "privacy", asked).await;
    let categories = answer.get_optional_child("privacy").unwrap().children().unwrap();
    let last = categories.iter().find(|category| text(category, "name") == "last").unwrap();
    assert_eq!(text(last, "value"), "all");
    assert_refused(&sim.report(), RefusalKind::Request, "half wrong");
}
