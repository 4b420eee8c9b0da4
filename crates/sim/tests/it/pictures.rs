//! Profile pictures: set, asked for, fetched, told.

use wacore_binary::{Node, NodeContent, builder::NodeBuilder};
use waygate_sim::{Phone, PictureError, RefusalKind, Sim};

use crate::{
    companion::Companion,
    deviations::assert_refused,
    http::{fetch, serve},
    linking::{NUMBER, world},
    stream::{Stream, error_code, leaf, text},
};

const OWN: &str = "15550001111@s.whatsapp.net";
const XMLNS: &str = "w:profile:picture";

/// What the server looks at in a JPEG, around data that nobody looks at.
fn jpeg(width: u16, height: u16, data: &[u8]) -> Vec<u8> {
    let ([h1, h2], [w1, w2]) = (height.to_be_bytes(), width.to_be_bytes());
    let frame = [0xff, 0xc0, 0, 11, 8, h1, h2, w1, w2, 1, 1, 0x11, 0];
    let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
    [&[0xff, 0xd8][..], &frame, &scan, data, &[0xff, 0xd9]].concat()
}

fn picture(kind: &str, bytes: &[u8]) -> Node {
    NodeBuilder::new("picture").attr("type", kind).bytes(bytes.to_vec()).build()
}

fn question(kind: &str) -> Node {
    NodeBuilder::new("picture").attr("type", kind).attr("query", "url").build()
}

fn get(target: &str, child: Node) -> Node {
    NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("type", "get")
        .attr("xmlns", XMLNS)
        .attr("target", target)
        .children([child])
        .build()
}

async fn online(sim: &Sim, phone: &Phone, seed: u64) -> Stream {
    let mut device = Companion::new(seed);
    device.link(sim, phone).await;
    let mut stream = device.log_in(sim).await;
    let active = NodeBuilder::new("active").build();
    assert_eq!(error_code(&stream.request("set", "passive", Some(active)).await), 0);
    stream
}

async fn set(stream: &mut Stream, bytes: &[u8]) -> Node {
    stream.request("set", XMLNS, Some(picture("image", bytes))).await
}

fn ack(notification: &Node) -> NodeBuilder {
    NodeBuilder::new("ack")
        .attr("class", "notification")
        .attr("id", text(notification, "id"))
        .attr("to", text(notification, "from"))
        .attr("type", text(notification, "type"))
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_one_device_sets_is_told_to_the_other_and_can_be_asked_for() {
    let (sim, phone) = world();
    let mut first = online(&sim, &phone, 1).await;
    let mut second = online(&sim, &phone, 2).await;
    let bytes = jpeg(640, 640, b"one");
    let answer = set(&mut first, &bytes).await;
    let id = text(answer.get_optional_child("picture").expect("the new id"), "id");
    let kept = phone.profile_picture().unwrap();
    assert_eq!((kept.id.as_str(), &kept.jpeg[..]), (id.as_str(), &bytes[..]));

    let told = second.next_of("notification").await;
    assert_eq!((text(&told, "type"), text(&told, "from")), ("picture".into(), OWN.into()));
    let news = told.get_optional_child("set").unwrap();
    assert_eq!([text(news, "jid"), text(news, "author"), text(news, "id")], [OWN, OWN, &id]);
    second.send(&ack(&told).build()).await;
    for kind in ["image", "preview"] {
        let answer = second.ask(get(OWN, question(kind))).await;
        let found = answer.get_optional_child("picture").unwrap();
        assert_eq!((text(found, "id"), text(found, "type")), (id.clone(), kind.to_owned()));
        let path = text(found, "direct_path");
        assert!(path.starts_with("/v/t61.24694-24/"), "{path}");
        assert_eq!(text(found, "url"), format!("https://pps.invalid{path}"));
    }
    assert_eq!(phone.devices().iter().map(|device| device.queued).sum::<usize>(), 0);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_removed_picture_is_not_found_and_its_removal_is_told_once() {
    let (sim, phone) = world();
    let mut stream = online(&sim, &phone, 1).await;
    assert_eq!(error_code(&stream.ask(get(OWN, question("image"))).await), 404);
    phone.set_profile_picture(jpeg(8, 8, b"")).unwrap();
    assert!(stream.next_of("notification").await.get_optional_child("set").is_some());
    assert_eq!(error_code(&stream.ask(get(OWN, question("image"))).await), 0);
    phone.remove_profile_picture();
    phone.remove_profile_picture();
    let told = stream.next_of("notification").await;
    assert_eq!(text(told.get_optional_child("delete").unwrap(), "jid"), OWN);
    assert_eq!(error_code(&stream.ask(get(OWN, question("image"))).await), 404);
    assert_eq!(phone.devices()[0].queued, 2, "one change, one removal");

    let before = jpeg(8, 8, b"again");
    assert_eq!(error_code(&set(&mut stream, &before).await), 0);
    assert_eq!(error_code(&stream.request("set", XMLNS, None).await), 0);
    assert_eq!(phone.profile_picture(), None);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_device_that_was_away_learns_of_the_new_picture_when_it_is_back() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    phone.set_profile_picture(jpeg(8, 8, b"")).unwrap();
    let mut stream = device.log_in(&sim).await;
    stream.request("set", "passive", Some(NodeBuilder::new("active").build())).await;
    let told = stream.next_of("notification").await;
    assert_eq!((text(&told, "type"), text(&told, "offline")), ("picture".into(), "0".into()));
    stream.send(&ack(&told).build()).await;
    stream.request("get", "w:p", None).await;
    assert_eq!(phone.devices()[0].queued, 0);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stranger_sees_the_picture_for_as_long_as_it_is_shown_to_everybody() {
    let (sim, phone) = world();
    let other = sim.add_phone("15550002222").unwrap();
    let mut own = online(&sim, &phone, 1).await;
    let mut stranger = online(&sim, &other, 2).await;
    assert_eq!(error_code(&set(&mut own, &jpeg(8, 8, b"")).await), 0);
    let by_lid = format!("{}@lid", phone.lid());
    assert_eq!(error_code(&stranger.ask(get(&by_lid, question("preview"))).await), 0);
    assert_eq!(error_code(&stranger.ask(get(OWN, question("preview"))).await), 0);

    let hidden = NodeBuilder::new("category").attr("name", "profile").attr("value", "none").build();
    let privacy = NodeBuilder::new("privacy").children([hidden]).build();
    assert_eq!(error_code(&own.request("set", "privacy", Some(privacy)).await), 0);
    assert_eq!(error_code(&stranger.ask(get(OWN, question("preview"))).await), 401);
    assert_eq!(error_code(&own.ask(get(OWN, question("preview"))).await), 0);
    let nobody = "15559999999@s.whatsapp.net";
    assert_eq!(error_code(&own.ask(get(nobody, question("image"))).await), 404);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_is_no_jpeg_or_too_large_is_refused() {
    let whole = jpeg(8, 8, b"data");
    for (row, bytes) in [
        ("a PNG", &b"\x89PNG\r\n\x1a\n"[..]),
        ("nothing", b""),
        ("a truncated JPEG", &whole[..whole.len() - 1]),
        ("a picture that is too wide", &jpeg(721, 8, b"")),
        ("a picture that is too high", &jpeg(8, 721, b"")),
    ] {
        let (sim, phone) = world();
        let mut stream = online(&sim, &phone, 1).await;
        assert_eq!(error_code(&set(&mut stream, bytes).await), 406, "{row}");
        assert_eq!(phone.profile_picture(), None, "{row}");
        assert_refused(&sim.report(), RefusalKind::Picture, row);
    }
    let (_sim, phone) = world();
    assert_eq!(phone.set_profile_picture(&b"GIF89a"[..]), Err(PictureError::NotJpeg));
    assert_eq!(phone.set_profile_picture(jpeg(721, 721, b"")), Err(PictureError::TooLarge));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_request_about_pictures_is_refused() {
    let device = "15550001111:1@s.whatsapp.net";
    let group = "120363000000000000@g.us";
    let with = |mut node: Node, name: &'static str, value: &'static str| {
        node.attrs.insert(name, value);
        node
    };
    let own = || get(OWN, question("image"));
    let new = |mut iq: Node| {
        iq.attrs.insert("type", "set");
        iq.content = Some(NodeContent::Nodes(vec![picture("image", &jpeg(8, 8, b""))]));
        iq
    };
    let bare = || {
        let iq = NodeBuilder::new("iq").attr("to", "s.whatsapp.net").attr("xmlns", XMLNS);
        new(iq.build())
    };
    let holding = |mut iq: Node, children: Vec<Node>| {
        iq.content = Some(NodeContent::Nodes(children));
        iq
    };
    let token = NodeBuilder::new("picture")
        .attr("type", "image")
        .attr("query", "url")
        .children([leaf("tctoken", b"token")])
        .build();
    let rows = [
        ("another address", with(own(), "to", OWN), 400),
        ("an unknown attribute", with(own(), "smax_id", "1"), 400),
        ("a device's picture", get(device, question("image")), 400),
        ("an unknown type", get(OWN, question("thumbnail")), 400),
        ("no query", get(OWN, picture("image", b"")), 400),
        ("the picture itself", get(OWN, with(question("image"), "query", "data")), 400),
        ("an unknown attribute of it", get(OWN, with(question("image"), "size", "1")), 400),
        ("whether it changed", get(OWN, with(question("image"), "id", "1")), 501),
        ("a token", get(OWN, token), 400),
        ("two pictures", holding(own(), vec![question("image"), question("preview")]), 400),
        ("one's own as a target", with(bare(), "target", OWN), 406),
        ("a group's picture", with(bare(), "target", group), 501),
        ("a new preview", holding(bare(), vec![picture("preview", &jpeg(8, 8, b""))]), 400),
        ("an attribute of the new", holding(bare(), vec![with(question("image"), "id", "1")]), 400),
    ];
    for (row, iq, code) in rows {
        let (sim, phone) = world();
        let mut stream = online(&sim, &phone, 1).await;
        assert_eq!(error_code(&stream.ask(iq).await), code, "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
        assert_eq!(phone.profile_picture(), None, "{row}");
    }
    let (sim, phone) = world();
    let mut stream = online(&sim, &phone, 1).await;
    let untargeted = stream.request("get", XMLNS, Some(question("image"))).await;
    assert_eq!(error_code(&untargeted), 400);
    assert_refused(&sim.report(), RefusalKind::Request, "nobody's picture");
}

#[tokio::test(start_paused = true)]
async fn an_ack_that_does_not_echo_its_notification_does_not_count() {
    for (row, name, value) in [
        ("class", "class", "message"),
        ("type", "type", "server_sync"),
        ("to", "to", "s.whatsapp.net"),
    ] {
        let (sim, phone) = world();
        let mut stream = online(&sim, &phone, 1).await;
        phone.set_profile_picture(jpeg(8, 8, b"")).unwrap();
        let told = stream.next_of("notification").await;
        let mut wrong = ack(&told).build();
        wrong.attrs.insert(name, value);
        stream.send(&wrong).await;
        stream.request("get", "w:p", None).await;
        assert_eq!(phone.devices()[0].queued, 1, "{row}");
        assert_refused(&sim.report(), RefusalKind::Request, row);
        stream.send(&ack(&told).build()).await;
        stream.request("get", "w:p", None).await;
        assert_eq!(phone.devices()[0].queued, 0, "{row}");
    }
}

#[tokio::test]
async fn the_address_of_a_picture_leads_to_it_over_http() {
    let served = serve().await;
    let phone = served.sim.add_phone(NUMBER).unwrap();
    let mut stream = online(&served.sim, &phone, 1).await;
    let bytes = jpeg(640, 640, &[0xfe; 100]);
    assert_eq!(error_code(&set(&mut stream, &bytes).await), 0);
    let answer = stream.ask(get(OWN, question("image"))).await;
    let url = text(answer.get_optional_child("picture").unwrap(), "url");
    let path = url.strip_prefix(&format!("http://{}", served.chat)).expect("the same listener");
    assert_eq!(fetch(&served.chat, &format!("GET {path}"), None).await, (200, bytes));

    let (unsigned, _) = path.split_once('?').unwrap();
    let (status, _) = fetch(&served.chat, &format!("GET {unsigned}"), None).await;
    assert_eq!(status, 404, "the signature counts");
    phone.remove_profile_picture();
    let (status, _) = fetch(&served.chat, &format!("GET {path}"), None).await;
    assert_eq!(status, 404);
    served.sim.report().is_clean().unwrap();
    served.stop().await;
}
