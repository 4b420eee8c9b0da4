//! What has to be inside of a request, and how much of it there may be.

use wacore_binary::{Node, NodeContent, builder::NodeBuilder};
use waygate_sim::RefusalKind;

use crate::{
    companion::{Companion, REGISTRATION_ID},
    deviations::assert_refused,
    linking::upload,
    noise::public,
    requests::online,
    stream::{Stream, error_code, leaf, text},
};

fn node(tag: &'static str, children: impl IntoIterator<Item = Node>) -> Node {
    NodeBuilder::new(tag).children(children).build()
}

fn named(tag: &'static str, attrs: &[(&'static str, &str)]) -> Node {
    NodeBuilder::new(tag).attrs(attrs.iter().copied()).build()
}

/// The child of a request, as it is right.
fn right(request: &str) -> (&'static str, &'static str, Node) {
    let token = [("jid", "15550002222@s.whatsapp.net"), ("t", "1"), ("type", "trusted_contact")];
    match request {
        "tokens" => ("set", "privacy", node("tokens", [named("token", &token)])),
        "terms" => ("get", "tos", node("request", [named("notice", &[("id", "20230901")])])),
        "agreed" => ("set", "tos", named("notice", &[("id", "20601218"), ("stage", "5")])),
        "stats" => {
            let add = NodeBuilder::new("add").attr("t", "1").bytes(vec![1]).build();
            ("set", "w:stats", add)
        }
        "props" => ("get", "abt", named("props", &[("protocol", "1")])),
        "clean" => ("set", "urn:xmpp:whatsapp:dirty", named("clean", &[("type", "groups")])),
        "usync" => ("get", "usync", usync(vec![devices()], vec![user("15550001111")])),
        "bundles" => ("get", "encrypt", node("key", [user("15550001111")])),
        _ => ("set", "w:sync:app:state", node("sync", [collection("regular")])),
    }
}

fn devices() -> Node {
    named("devices", &[("version", "2")])
}

fn user(number: &str) -> Node {
    NodeBuilder::new("user").attr("jid", format!("{number}@s.whatsapp.net")).build()
}

fn collection(name: &str) -> Node {
    named("collection", &[("name", name), ("version", "0")])
}

fn usync(protocols: Vec<Node>, users: Vec<Node>) -> Node {
    let mut usync = named(
        "usync",
        &[
            ("sid", "s1"),
            ("mode", "query"),
            ("context", "interactive"),
            ("last", "true"),
            ("index", "0"),
        ],
    );
    usync.content = Some(NodeContent::Nodes(vec![node("query", protocols), node("list", users)]));
    usync
}

fn strip(node: &mut Node, name: &str) {
    node.attrs.0.retain(|(key, _)| key != name);
}

fn children(node: &mut Node) -> &mut Vec<Node> {
    let Some(NodeContent::Nodes(children)) = &mut node.content else { panic!("no children") };
    children
}

/// One of several users that are looked for, by what was typed.
fn typed(contact: &[u8]) -> Node {
    usync(vec![named("contact", &[])], vec![node("user", [leaf("contact", contact)])])
}

type Spoil = fn(&mut Node);

#[tokio::test(start_paused = true)]
async fn a_request_that_lacks_what_belongs_into_it_is_refused() {
    let rows: [(&str, &str, Spoil); 32] = [
        ("tokens", "no token", |it| it.content = None),
        ("tokens", "another item", |it| children(it)[0].tag = "banana".into()),
        ("tokens", "a token for nobody", |it| strip(&mut children(it)[0], "jid")),
        ("tokens", "a token without time", |it| strip(&mut children(it)[0], "t")),
        ("tokens", "a token without type", |it| strip(&mut children(it)[0], "type")),
        ("terms", "none", |it| it.content = None),
        ("terms", "without id", |it| strip(&mut children(it)[0], "id")),
        ("agreed", "to nothing", |it| strip(it, "id")),
        ("agreed", "to no stage", |it| strip(it, "stage")),
        ("stats", "nothing", |it| it.content = None),
        ("stats", "without time", |it| strip(it, "t")),
        ("props", "banana", |it| it.attrs.insert("protocol", "banana")),
        ("clean", "without type", |it| strip(it, "type")),
        ("usync", "no sid", |it| strip(it, "sid")),
        ("usync", "an empty sid", |it| it.attrs.insert("sid", "")),
        ("usync", "no mode", |it| strip(it, "mode")),
        ("usync", "an unknown mode", |it| it.attrs.insert("mode", "banana")),
        ("usync", "no context", |it| strip(it, "context")),
        ("usync", "an unknown context", |it| it.attrs.insert("context", "banana")),
        ("usync", "not said whether it is the last", |it| strip(it, "last")),
        ("usync", "neither the last nor not", |it| it.attrs.insert("last", "banana")),
        ("usync", "no index", |it| strip(it, "index")),
        ("usync", "an index that is no number", |it| it.attrs.insert("index", "banana")),
        ("usync", "no version", |it| strip(&mut children(&mut children(it)[0])[0], "version")),
        ("usync", "version 1", |it| {
            children(&mut children(it)[0])[0].attrs.insert("version", "1");
        }),
        ("usync", "not a user", |it| children(&mut children(it)[1])[0].tag = "nouser".into()),
        ("usync", "a number without +", |it| *it = typed(b"15550001111")),
        ("usync", "a number with letters", |it| *it = typed(b"+1555x")),
        ("usync", "a number without digits", |it| *it = typed(b"+")),
        ("bundles", "not a user", |it| children(it)[0].tag = "banana".into()),
        ("sync", "neither version nor snapshot", |it| strip(&mut children(it)[0], "version")),
        ("sync", "another item", |it| children(it)[0].tag = "banana".into()),
    ];
    for (request, row, spoil) in rows {
        let (kind, xmlns, child) = right(request);
        let (sim, _, _, mut stream) = online().await;
        let answer = stream.request(kind, xmlns, Some(child.clone())).await;
        assert_eq!(error_code(&answer), 0, "{request}");
        sim.report().is_clean().unwrap();

        let mut wrong = child;
        spoil(&mut wrong);
        let answer = stream.request(kind, xmlns, Some(wrong)).await;
        assert_eq!(error_code(&answer), 400, "{request}: {row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_says_why_it_is_removed() {
    let (sim, phone, _, mut stream) = online().await;
    let removal = named("remove-companion-device", &[("jid", "15550001111:1@s.whatsapp.net")]);
    assert_eq!(error_code(&stream.request("set", "md", Some(removal)).await), 400);
    assert_eq!(phone.devices().len(), 1);
    assert_refused(&sim.report(), RefusalKind::Request, "no reason");
}

#[tokio::test(start_paused = true)]
async fn a_privacy_change_consists_of_categories() {
    let (sim, _, _, mut stream) = online().await;
    let wrong = named("banana", &[("name", "last"), ("value", "none")]);
    let answer = stream.request("set", "privacy", Some(node("privacy", [wrong]))).await;
    assert_eq!(error_code(&answer), 400);
    assert_refused(&sim.report(), RefusalKind::Request, "no category");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_simulated_of_presence_is_known_to_be_unknown() {
    let (sim, _, _, mut stream) = online().await;
    stream.send(&named("presence", &[("type", "available"), ("name", "Ada")])).await;
    stream.send(&named("presence", &[("type", "unavailable")])).await;
    // As Baileys tells its name.
    stream.send(&named("presence", &[("name", "Ada")])).await;
    stream.request("get", "w:p", None).await;
    assert_eq!(sim.report().requests["presence"], 3);
    sim.report().is_clean().unwrap();
    let to = ("to", "120363000000000001@g.us");
    stream.send(&named("presence", &[("type", "subscribe"), to])).await;
    stream.send(&named("presence", &[("type", "unsubscribe")])).await;
    stream.request("get", "w:p", None).await;
    let report = sim.report();
    let names: Vec<&str> = report.unknown.keys().map(String::as_str).collect();
    assert_eq!(names, ["presence/subscribe/g.us", "presence/unsubscribe"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_twice_in_one_request() {
    let sync = node("sync", [collection("regular"), collection("regular")]);
    let query = usync(vec![devices(), devices()], vec![user("15550001111")]);
    for (row, kind, xmlns, child) in
        [("a collection", "set", "w:sync:app:state", sync), ("a protocol", "get", "usync", query)]
    {
        let (sim, _, _, mut stream) = online().await;
        assert_eq!(error_code(&stream.request(kind, xmlns, Some(child)).await), 400, "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_is_about_so_many_users_and_no_more() {
    let users = |count| (0..count).map(|_| user("15559999999")).collect::<Vec<_>>();
    for (row, xmlns, most, child) in [
        ("bundles", "encrypt", 1_000, (|users| node("key", users)) as fn(Vec<Node>) -> Node),
        ("lists", "usync", 2_000, |users| usync(vec![devices()], users)),
    ] {
        let (sim, _, _, mut stream) = online().await;
        let answer = stream.request("get", xmlns, Some(child(users(most)))).await;
        assert_eq!(error_code(&answer), 0, "{row}");
        sim.report().is_clean().unwrap();
        let answer = stream.request("get", xmlns, Some(child(users(most + 1)))).await;
        assert_eq!(error_code(&answer), 400, "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
    }
}

/// A one-time prekey that is one of so many; nobody has its secret.
fn prekey(id: u16) -> Node {
    let [high, low] = id.to_be_bytes();
    let mut value = [9; 32];
    value[0] = high;
    value[1] = low;
    node("key", [leaf("id", &[0, high, low]), leaf("value", &value)])
}

async fn upload_of(device: &Companion, stream: &mut Stream, keys: Vec<Node>) -> u16 {
    let iq = NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("type", "set")
        .attr("xmlns", "encrypt")
        .children([
            leaf("registration", &REGISTRATION_ID),
            leaf("type", &[5]),
            leaf("identity", &public(&device.identity)),
            node("list", keys),
            device.skey(),
        ])
        .build();
    error_code(&stream.ask(iq).await)
}

#[tokio::test(start_paused = true)]
async fn an_upload_and_a_stock_of_prekeys_have_an_end() {
    let (sim, _, device, mut stream) = online().await;
    let keys = |ids: std::ops::Range<u16>| ids.map(prekey).collect::<Vec<_>>();
    assert_eq!(upload_of(&device, &mut stream, keys(0..2_001)).await, 400);
    assert_refused(&sim.report(), RefusalKind::Request, "2,001 at once");

    let (sim, _, device, mut stream) = online().await;
    for ids in [0..2_000, 2_000..4_000, 4_000..5_000] {
        assert_eq!(upload_of(&device, &mut stream, keys(ids)).await, 0);
    }
    // One was given out for the greeting.
    assert_eq!(upload_of(&device, &mut stream, keys(4_990..5_001)).await, 0);
    sim.report().is_clean().unwrap();
    assert_eq!(upload_of(&device, &mut stream, keys(5_001..5_002)).await, 400);
    assert_refused(&sim.report(), RefusalKind::Request, "5,001 in all");
    let count = stream.request("get", "encrypt", Some(named("count", &[]))).await;
    assert_eq!(text(count.get_optional_child("count").unwrap(), "value"), "5000");
}

#[tokio::test(start_paused = true)]
async fn a_prekey_is_one_that_can_be_used_and_is_the_only_one() {
    let key =
        |id: u8, value: [u8; 32]| node("key", [leaf("id", &[0, 0, id]), leaf("value", &value)]);
    let mut one = [0; 32];
    one[0] = 1;
    for (row, keys) in [
        ("all zero", vec![key(9, [0; 32])]),
        ("of small order", vec![key(8, [7; 32]), key(9, one)]),
        ("one key under two ids", vec![key(8, [7; 32]), key(9, [7; 32])]),
    ] {
        let (sim, phone, device, mut stream) = online().await;
        assert_eq!(upload_of(&device, &mut stream, keys).await, 406, "{row}");
        assert!(!phone.devices()[0].greeted, "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
    }
    let (sim, _, device, mut stream) = online().await;
    assert_eq!(upload(&device, &mut stream).await, 0);
    let held = public(&device.prekeys[4]);
    assert_eq!(upload_of(&device, &mut stream, vec![key(5, held)]).await, 0, "as before");
    assert_eq!(upload_of(&device, &mut stream, vec![key(9, held)]).await, 406);
    assert_refused(&sim.report(), RefusalKind::Request, "a held key under another id");

    let (sim, _, mut device, mut stream) = online().await;
    let zero = [&[5][..], &[0; 32]].concat();
    let signature = device.identity.calculate_signature(&zero, &mut device.rng).unwrap();
    let skey = node(
        "skey",
        [leaf("id", &[0, 0, 2]), leaf("value", &[0; 32]), leaf("signature", &signature)],
    );
    let rotate = Some(node("rotate", [skey]));
    assert_eq!(error_code(&stream.request("set", "encrypt", rotate).await), 406);
    assert_refused(&sim.report(), RefusalKind::Request, "a signed prekey of small order");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_fit_into_a_frame_is_put_on_record() {
    let (sim, phone, _, mut stream) = online().await;
    phone.set_push_name(&"x".repeat(1 << 24));
    let sync = node("sync", [collection("critical_block")]);
    let iq = NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("type", "set")
        .attr("xmlns", "w:sync:app:state")
        .attr("id", "long")
        .children([sync]);
    stream.send(&iq.build()).await;
    stream.assert_closed().await;
    assert!(!phone.devices()[0].online);
    assert_refused(&sim.report(), RefusalKind::Frame, "16 MiB");
}
