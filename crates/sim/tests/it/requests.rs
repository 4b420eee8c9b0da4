//! What a linked device asks, and what it is told.

use sha1::{Digest as _, Sha1};
use wacore_binary::{Jid, Node, builder::NodeBuilder};
use waproto::{
    buffa::Message as _,
    whatsapp::{ADVKeyIndexList, ADVSignedKeyIndexList},
};
use waygate_sim::{Phone, Sim};

use crate::{
    companion::Companion,
    linking::{NUMBER, upload, world},
    noise::{public, verify},
    stream::{Stream, content, error_code, leaf, text},
};

/// A linked device that has logged in.
pub(crate) async fn online() -> (Sim, Phone, Companion, Stream) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let stream = device.log_in(&sim).await;
    (sim, phone, device, stream)
}

fn node(tag: &'static str, children: impl IntoIterator<Item = Node>) -> Node {
    NodeBuilder::new(tag).children(children).build()
}

#[tokio::test(start_paused = true)]
async fn the_server_counts_and_hashes_the_prekeys_it_holds() {
    let (sim, _, device, mut stream) = online().await;
    let digest = || Some(NodeBuilder::new("digest").build());
    assert_eq!(error_code(&stream.request("get", "encrypt", digest()).await), 404);
    assert_eq!(upload(&device, &mut stream).await, 0);
    let count = stream.request("get", "encrypt", Some(NodeBuilder::new("count").build())).await;
    let count = text(count.get_optional_child("count").unwrap(), "value");
    assert_eq!(count, "4", "one of five went into the greeting");

    let answer = stream.request("get", "encrypt", digest()).await;
    let digest = answer.get_optional_child("digest").unwrap();
    let ids = digest.get_optional_child("list").unwrap().children().unwrap();
    let mut hash = Sha1::new();
    hash.update(public(&device.identity));
    hash.update(public(&device.signed_prekey));
    hash.update(device.signed_prekey_signature);
    for id in ids {
        hash.update(public(&device.prekeys[usize::from(content(id)[2]) - 1]));
    }
    let expected = hash.finalize().to_vec();
    assert_eq!(content(digest.get_optional_child("hash").unwrap()), expected);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn every_one_time_prekey_is_given_out_once() {
    let (sim, _, device, mut stream) = online().await;
    assert_eq!(upload(&device, &mut stream).await, 0);
    let user = |jid: Jid| NodeBuilder::new("user").attr("jid", jid).build();
    let mut seen = Vec::new();
    for _ in 0..5 {
        let key = node("key", [user(Jid::pn_device(NUMBER, 1))]);
        let answer = stream.request("get", "encrypt", Some(key)).await;
        let bundle = answer.get_optional_child_by_tag(&["list", "user"]).unwrap();
        assert_eq!(
            content(bundle.get_optional_child("identity").unwrap()),
            public(&device.identity)
        );
        assert!(bundle.get_optional_child("device-identity").is_some());
        seen.extend(bundle.get_optional_child_by_tag(&["key", "id"]).map(content));
    }
    let mut unique = seen.clone();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (4, 4), "the fifth bundle has none left");

    let key = node("key", [user(Jid::pn(NUMBER)), user(Jid::pn("15559999999"))]);
    let answer = stream.request("get", "encrypt", Some(key)).await;
    let bundles = answer.get_optional_child("list").unwrap().children().unwrap();
    assert!(bundles[0].get_optional_child("skey").is_some(), "the phone itself");
    assert_eq!(text(bundles[1].get_optional_child("error").unwrap(), "code"), "406");

    let spent = upload(&device, &mut stream).await;
    assert_eq!(spent, 400, "ids that were given out do not come back");
    let rotate = node("rotate", [device.skey()]);
    assert_eq!(error_code(&stream.request("set", "encrypt", Some(rotate)).await), 0);
    assert_eq!(sim.report().refusals.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_device_list_is_signed_by_the_phone() {
    let (sim, phone, _, mut stream) = online().await;
    let asked = |jid: &str| NodeBuilder::new("user").attr("jid", jid).build();
    let contact = node("user", [leaf("contact", b"+15550001111")]);
    let nobody = node("user", [leaf("contact", b"+15559999999")]);
    let own = format!("{NUMBER}@s.whatsapp.net");
    let devices = NodeBuilder::new("devices").attr("version", "2").build();
    let [lid, contacts] = ["lid", "contact"].map(|tag| NodeBuilder::new(tag).build());
    let query = [devices, lid, contacts];
    let usync = NodeBuilder::new("usync")
        .attr("sid", "s1")
        .attr("mode", "query")
        .attr("context", "interactive")
        .attr("last", "true")
        .attr("index", "0")
        .children([node("query", query), node("list", [asked(&own), contact, nobody])])
        .build();
    let answer = stream.request("get", "usync", Some(usync)).await;
    let usync = answer.get_optional_child("usync").unwrap();
    assert_eq!(text(usync, "sid"), "s1");
    let users = usync.get_optional_child("list").unwrap().children().unwrap();
    assert_eq!(text(&users[0], "jid"), own);
    assert_eq!(text(&users[1], "jid"), own);
    assert_eq!(text(users[1].get_optional_child("contact").unwrap(), "type"), "in");
    assert_eq!(text(users[2].get_optional_child("contact").unwrap(), "type"), "out");
    let lid = text(users[0].get_optional_child("lid").unwrap(), "val");
    assert_eq!(lid, format!("{}@lid", phone.lid()));
    let devices = users[0].get_optional_child("devices").unwrap();
    let listed = devices.get_optional_child("device-list").unwrap().children().unwrap();
    let ids: Vec<String> = listed.iter().map(|device| text(device, "id")).collect();
    assert_eq!(ids, ["0", "1"]);
    let signed = content(devices.get_optional_child("key-index-list").unwrap());
    let signed = ADVSignedKeyIndexList::decode_from_slice(&signed).unwrap();
    let details = signed.details.unwrap();
    let message = [&[6, 2], &details[..]].concat();
    let key = signed.account_signature_key.unwrap();
    assert!(verify(&key, &message, &signed.account_signature.unwrap()));
    let details = ADVKeyIndexList::decode_from_slice(&details).unwrap();
    assert!(details.valid_indexes.contains(&1));
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn app_state_is_handed_out_by_version() {
    let (sim, phone, _, mut stream) = online().await;
    let collection = |name: &str, version: &str| {
        NodeBuilder::new("collection").attr("name", name).attr("version", version).build()
    };
    let handed_out = |node: &Node| {
        node.get_optional_child("patches").map_or(0, |patches| patches.children().unwrap().len())
    };
    phone.set_push_name("Ada");
    for (version, patches) in [("0", 2), ("1", 1), ("2", 0)] {
        let asked = [collection("critical_block", version), collection("regular", "0")];
        let answer = stream.request("set", "w:sync:app:state", Some(node("sync", asked))).await;
        let answers = answer.get_optional_child("sync").unwrap().children().unwrap();
        assert_eq!(answers.iter().map(handed_out).collect::<Vec<_>>(), [patches, 0]);
        assert_eq!([text(&answers[0], "version"), text(&answers[1], "version")], ["2", "0"]);
    }
    let ahead = node("sync", [collection("critical_block", "9")]);
    let answer = stream.request("set", "w:sync:app:state", Some(ahead)).await;
    let answer = answer.get_optional_child_by_tag(&["sync", "collection", "error"]).unwrap();
    assert_eq!(text(answer, "code"), "409");
    let snapshot = NodeBuilder::new("collection")
        .attr("name", "critical_block")
        .attr("return_snapshot", "true")
        .build();
    let snapshot = Some(node("sync", [snapshot]));
    let answer = stream.request("set", "w:sync:app:state", snapshot).await;
    let answer = answer.get_optional_child_by_tag(&["sync", "collection"]).unwrap();
    assert_eq!(handed_out(answer), 2, "patches from the beginning");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_small_requests_are_answered() {
    let (sim, _, _, mut stream) = online().await;
    let protocol = NodeBuilder::new("props").attr("protocol", 1).build();
    let plain = |tag: &'static str| Some(NodeBuilder::new(tag).build());
    let category =
        NodeBuilder::new("category").attr("name", "last").attr("value", "contacts").build();
    let clean = NodeBuilder::new("clean").attr("type", "account_sync").build();
    let requests = [
        ("get", "abt", Some(protocol), "props"),
        ("get", "blocklist", None, "list"),
        ("get", "privacy", plain("privacy"), "privacy"),
        ("set", "privacy", Some(node("privacy", [category])), "privacy"),
        ("set", "w:m", plain("media_conn"), "media_conn"),
        ("get", "w:p", plain("ping"), ""),
        ("set", "passive", plain("passive"), ""),
        ("set", "urn:xmpp:whatsapp:dirty", Some(clean), ""),
    ];
    for (kind, xmlns, child, expected) in requests {
        let answer = stream.request(kind, xmlns, child).await;
        assert_eq!(error_code(&answer), 0, "{xmlns}");
        let got = answer.children().and_then(<[Node]>::first).map_or("", |node| &node.tag);
        assert_eq!(got, expected, "{xmlns}");
    }
    let answer = stream.request("get", "privacy", plain("privacy")).await;
    let categories = answer.get_optional_child("privacy").unwrap().children().unwrap();
    let last = categories.iter().find(|category| text(category, "name") == "last").unwrap();
    assert_eq!(text(last, "value"), "contacts");
    sim.report().is_clean().unwrap();
}
