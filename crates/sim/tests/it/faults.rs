//! Faults that a test orders: whom they strike, how often, and what they do to connections and phones.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::Instant;
use wacore_binary::Jid;
use waygate_sim::{DialRefused, Fault, HandshakeKind, Moment, Order, Phone, Sim};

use crate::{
    companion::Companion,
    correspondent::Correspondent,
    linking::{NUMBER, world},
    stream::{Stream, Wire, text},
};

const OTHER: &str = "15550002222";

/// Two accounts with a device each, both online.
async fn two_online() -> (Sim, [Phone; 2], [Companion; 2], [Stream; 2]) {
    let (sim, phone) = world();
    let other = sim.add_phone(OTHER).unwrap();
    let [mut first, mut second] = [Companion::new(1), Companion::new(2)];
    first.link(&sim, &phone).await;
    second.link(&sim, &other).await;
    let streams = [first.log_in(&sim).await, second.log_in(&sim).await];
    (sim, [phone, other], [first, second], streams)
}

async fn is_alive(stream: &mut Stream) {
    stream.request("get", "w:p", None).await;
}

#[tokio::test(start_paused = true)]
async fn a_fault_strikes_one_device_one_account_or_all() {
    let (sim, [phone, _], [mut device, mut other], [mut stream, mut elsewhere]) =
        two_online().await;
    sim.inject(Fault::cut().on_device(NUMBER, 2));
    is_alive(&mut stream).await;
    sim.inject(Fault::cut().on_device(NUMBER, 1));
    stream.assert_closed().await;
    assert!(!phone.devices()[0].online);
    let mut stream = device.log_in(&sim).await;
    sim.inject(Fault::stream_error(503).on(NUMBER));
    assert_eq!(text(&stream.next().await.unwrap(), "code"), "503");
    stream.assert_closed().await;
    is_alive(&mut elsewhere).await;

    let mut stream = device.log_in(&sim).await;
    let (mut unregistered, _) = Companion::new(3).register(&sim).await;
    let mut handshaking = Wire::new(sim.dial().unwrap());
    sim.inject(Fault::stream_error(500));
    for stream in [&mut stream, &mut elsewhere, &mut unregistered] {
        assert_eq!(stream.next().await.unwrap().tag, "stream:error");
        stream.assert_closed().await;
    }
    sim.inject(Fault::cut());
    assert_eq!(handshaking.frame().await, None, "it could not be told anything before");
    other.log_in(&sim).await.hang_up();
    assert_eq!(sim.report().faults["cut_connection"], 2);
    assert_eq!(sim.report().faults["stream_error"], 4);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_standing_fault_strikes_its_target_until_it_is_used_up_ends_or_is_lifted() {
    let (sim, _, [mut device, mut other], streams) = two_online().await;
    drop(streams);
    sim.inject(Fault::refuse_logins(503).on(NUMBER).times(2));
    for _ in 0..2 {
        let payload = device.login();
        let mut stream = device.connect(&sim, &payload).await;
        assert_eq!(text(&stream.next().await.unwrap(), "reason"), "503");
        stream.assert_closed().await;
        other.log_in(&sim).await.hang_up();
    }
    device.log_in(&sim).await.hang_up();
    assert_eq!((sim.report().logins_faulted, sim.faults().len()), (2, 0));

    sim.inject(Order::from(Fault::refuse_dials()).for_ms(5_000));
    sim.inject(Fault::refuse_logins(403).on_device(NUMBER, 1));
    assert_eq!(sim.dial().err(), Some(DialRefused { status: 503 }));
    tokio::time::advance(Duration::from_secs(5)).await;
    let payload = device.login();
    for _ in 0..3 {
        let mut stream = device.connect(&sim, &payload).await;
        assert_eq!(text(&stream.next().await.unwrap(), "reason"), "403");
    }
    let standing = sim.faults();
    assert_eq!((standing.len(), standing[0].struck, standing[0].left), (1, 3, None));
    assert!(sim.lift_fault(standing[0].id) && !sim.lift_fault(standing[0].id));
    sim.inject(Fault::HangDials);
    sim.lift_faults();
    device.log_in(&sim).await.hang_up();
    assert_eq!(sim.report().faults["refuse_logins"], 5);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_share_of_all_connections_can_be_cut_and_the_seed_says_which() {
    let draw = || async {
        let (sim, _) = world();
        let mut wires: Vec<Wire> = (0..10).map(|_| Wire::new(sim.dial().unwrap())).collect();
        sim.inject(Order::from(Fault::cut()).percent(25));
        let mut cut = Vec::new();
        for (position, wire) in wires.iter_mut().enumerate() {
            // All that a connection says before its client does is its end.
            let end = tokio::time::timeout(Duration::from_secs(1), wire.frame()).await;
            if end.is_ok() {
                cut.push(position);
            }
        }
        assert_eq!(sim.report().faults["cut_connection"], 3);
        cut
    };
    let first = draw().await;
    assert_eq!(first.len(), 3);
    assert_eq!(draw().await, first);
}

#[tokio::test(start_paused = true)]
async fn dials_can_be_refused_with_any_status_and_left_hanging() {
    let (sim, _) = world();
    sim.inject(Fault::RefuseDials { status: 429 }.times(1));
    assert_eq!(sim.dial().err(), Some(DialRefused { status: 429 }));
    sim.inject(Fault::HangDials.times(1));
    let mut hanging = sim.dial().unwrap();
    hanging.to_server.send(b"WA\x06\x03".as_slice().into()).await.unwrap();
    let hour = Duration::from_hours(1);
    tokio::time::timeout(hour, hanging.from_server.recv()).await.unwrap_err();
    let mut fine = Wire::new(sim.dial().unwrap());
    // Not what a client of WhatsApp begins with, so it is hung up on: it was heard.
    fine.send_bytes(b"GET ").await;
    assert_eq!(fine.frame().await, None);
    assert_eq!((sim.report().dials, sim.report().dials_faulted), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_restarted_server_keeps_its_root_and_what_waits() {
    let (sim, phone) = world();
    let other = sim.add_phone(OTHER).unwrap();
    let mut device = Correspondent::online(&sim, &phone, 1).await;
    let (root, leaf) = (sim.root_key(), device.device.server_static);
    sim.inject(Fault::RestartServer { down_ms: 30_000 });
    device.stream.assert_closed().await;
    other.send_text(NUMBER, "are you there?").unwrap();
    assert_eq!(sim.dial().err(), Some(DialRefused { status: 503 }));
    tokio::time::advance(Duration::from_millis(29_999)).await;
    sim.dial().unwrap_err();
    tokio::time::advance(Duration::from_millis(1)).await;
    device.come_back(&sim).await;
    assert_eq!(sim.root_key(), root);
    assert_ne!(device.device.server_static, leaf);
    let message = device.next_message().await;
    assert_eq!(text(&message, "offline"), "0");
    device.read(&message).await;
    device.tell(&message, None).await;
    assert_eq!(sim.report().handshakes[&HandshakeKind::Xx], 3);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_slow_phone_reads_in_order_and_links_after_its_time() {
    let (sim, phone) = world();
    let other = sim.add_phone(OTHER).unwrap();
    let mut device = Correspondent::online(&sim, &phone, 1).await;
    sim.inject(Fault::SlowPhone { by_ms: 7_000 }.on(OTHER).times(3));
    let begun = Instant::now();
    for words in ["one", "two"] {
        device.write(OTHER, words).await;
    }
    let own: Vec<_> = phone.inbox().into_iter().filter_map(|message| message.text).collect();
    assert_eq!(own, ["one", "two"], "the other phone is as quick as ever");
    assert!(other.inbox().is_empty());
    let read = other.inbox_has(|inbox| (inbox.len() == 2).then(|| inbox.to_vec())).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(7));
    assert_eq!(read.into_iter().filter_map(|it| it.text).collect::<Vec<_>>(), ["one", "two"]);
    let begun = Instant::now();
    Companion::new(2).link(&sim, &other).await;
    // The stream's end comes 300 ms after the answer.
    assert_eq!(begun.elapsed(), Duration::from_millis(7_300));
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn all_phones_can_be_made_to_forget_their_sessions() {
    let (sim, phone) = world();
    let other = sim.add_phone(OTHER).unwrap();
    let mut device = Correspondent::online(&sim, &phone, 1).await;
    device.write(OTHER, "one").await;
    // An answer, so that the device has a session that it goes on with.
    let id = other.send_text(NUMBER, "two").unwrap();
    let answer = device.next_message().await;
    assert_eq!(text(&answer, "id"), id);
    device.read(&answer).await;
    device.tell(&answer, None).await;
    sim.inject(Fault::ForgetSessions);
    device.write(OTHER, "three").await;
    let said = device.settle().await;
    let asked = said.iter().filter(|node| text(node, "type") == "retry");
    let by: BTreeSet<String> = asked.map(|node| text(node, "from")).collect();
    assert_eq!(by, BTreeSet::from([NUMBER, OTHER].map(|number| Jid::pn(number).to_string())));
    assert_eq!(sim.report().faults["forget_sessions"], 2);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_none_does_nothing() {
    let (sim, [phone, _], _, [mut stream, _elsewhere]) = two_online().await;
    sim.inject(Fault::cut().on(NUMBER).times(1));
    sim.inject(Fault::stream_error(0).on(NUMBER));
    sim.inject(Fault::RotateLeaf.on(NUMBER));
    sim.inject(Fault::HangDials.on(NUMBER));
    sim.inject(Fault::SlowPhone { by_ms: 1 }.on_device(NUMBER, 1));
    sim.inject(Order::from(Fault::CloseConnection { at: Moment::Now }).percent(0));
    is_alive(&mut stream).await;
    assert!(phone.devices()[0].online);
    assert_eq!((sim.faults(), sim.report().faults.len()), (Vec::new(), 0));
    sim.report().is_clean().unwrap();
}
