//! A phone number and a hidden id are addresses under their own servers only.

use wacore_binary::{Node, builder::NodeBuilder};
use waygate_sim::{RefusalKind, Sim};

use crate::{
    deviations::assert_refused,
    linking::NUMBER,
    requests::online,
    stream::{Stream, error_code, text},
};

/// The addresses of an account: its right ones, then wrong ones.
fn addresses(lid: &str) -> [(String, bool); 9] {
    [
        (format!("{NUMBER}@s.whatsapp.net"), true),
        (format!("{lid}@lid"), true),
        (format!("{NUMBER}@lid"), false),
        (format!("{lid}@s.whatsapp.net"), false),
        (format!("{NUMBER}@g.us"), false),
        (format!("{lid}@newsletter"), false),
        (format!("{NUMBER}@c.us"), false),
        (format!("{NUMBER}@hosted"), false),
        (format!("{NUMBER}@broadcast"), false),
    ]
}

fn node(tag: &'static str, children: impl IntoIterator<Item = Node>) -> Node {
    NodeBuilder::new(tag).children(children).build()
}

fn user(jid: &str) -> Node {
    NodeBuilder::new("user").attr("jid", jid).build()
}

async fn found(stream: &mut Stream, xmlns: &str, child: Node, path: &[&str]) -> Node {
    let answer = stream.request("get", xmlns, Some(child)).await;
    answer.get_optional_child_by_tag(path).expect("an answer about the user").clone()
}

#[tokio::test(start_paused = true)]
async fn a_key_bundle_is_for_a_known_address() {
    let (sim, phone, _, mut stream) = online().await;
    for (jid, right) in addresses(&phone.lid()) {
        let key = node("key", [user(&jid)]);
        let bundle = found(&mut stream, "encrypt", key, &["list", "user"]).await;
        assert_eq!(bundle.get_optional_child("skey").is_some(), right, "{jid}");
        let error = bundle.get_optional_child("error").map(|error| text(error, "code"));
        assert_eq!(error, (!right).then(|| "406".to_owned()), "{jid}");
    }
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_device_list_is_for_a_known_address() {
    let (sim, phone, _, mut stream) = online().await;
    for (jid, right) in addresses(&phone.lid()) {
        let devices = NodeBuilder::new("devices").attr("version", "2").build();
        let usync = NodeBuilder::new("usync")
            .attr("sid", "s1")
            .attr("mode", "query")
            .attr("context", "message")
            .attr("last", "true")
            .attr("index", "0")
            .children([node("query", [devices]), node("list", [user(&jid)])])
            .build();
        let path = ["usync", "list", "user", "devices"];
        let devices = found(&mut stream, "usync", usync, &path).await;
        assert_eq!(devices.get_optional_child("device-list").is_some(), right, "{jid}");
        let error = devices.get_optional_child("error").map(|error| text(error, "code"));
        assert_eq!(error, (!right).then(|| "404".to_owned()), "{jid}");
    }
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_picture_belongs_to_a_known_address() {
    let (sim, phone, _, mut stream) = online().await;
    let jpeg = [
        &[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0][..],
        &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9],
    ]
    .concat();
    phone.set_profile_picture(jpeg).unwrap();
    for (jid, right) in addresses(&phone.lid()) {
        let question = NodeBuilder::new("picture").attr("type", "image").attr("query", "url");
        let iq = |kind: &str, child: Option<Node>| {
            NodeBuilder::new("iq")
                .attr("to", "s.whatsapp.net")
                .attr("type", kind)
                .attr("xmlns", "w:profile:picture")
                .attr("target", jid.as_str())
                .children(child)
                .build()
        };
        let got = error_code(&stream.ask(iq("get", Some(question.build()))).await);
        assert_eq!(got, if right { 0 } else { 404 }, "{jid}");
        let mut removal = iq("set", None);
        removal.content = None;
        let removed = error_code(&stream.ask(removal).await);
        assert_eq!(removed, if right { 406 } else { 501 }, "{jid}");
    }
    assert!(phone.profile_picture().is_some());
    sim.report().is_clean_but_for(&[RefusalKind::Request]).unwrap();
}

async fn remove(jid: &str) -> (Sim, u16, usize) {
    let (sim, phone, _, mut stream) = online().await;
    let jid = jid.replace("LID", &phone.lid());
    let removal = NodeBuilder::new("remove-companion-device")
        .attr("jid", jid)
        .attr("reason", "user_initiated")
        .build();
    let code = error_code(&stream.request("set", "md", Some(removal)).await);
    (sim, code, phone.devices().len())
}

#[tokio::test(start_paused = true)]
async fn a_device_is_removed_under_its_own_address_only() {
    for jid in ["15550001111:1@s.whatsapp.net", "LID:1@lid"] {
        let (sim, code, left) = remove(jid).await;
        assert_eq!((code, left), (0, 0), "{jid}");
        sim.report().is_clean().unwrap();
    }
    for jid in [
        "15550001111:1@lid",
        "LID:1@s.whatsapp.net",
        "15550001111:1@hosted",
        "15550001111@s.whatsapp.net",
        "15550002222:1@s.whatsapp.net",
    ] {
        let (sim, code, left) = remove(jid).await;
        assert_eq!((code, left), (403, 1), "{jid}");
        assert_refused(&sim.report(), RefusalKind::Request, jid);
    }
}
