//! Linking by QR, logging in, the greeting, unlinking.

use rand::{SeedableRng as _, rngs::StdRng};
use tokio::time::Instant;
use wacore_binary::{Node, builder::NodeBuilder};
use wacore_libsignal::protocol::KeyPair;
use waproto::{buffa::Message as _, whatsapp::Message};
use waygate_sim::{HandshakeKind, Latency, Phone, RefusalKind, Sim, SimConfig, UnlinkError};

use crate::{
    companion::Companion,
    signal::open_greeting,
    stream::{Stream, Wire, content, error_code, text},
};

pub(crate) const NUMBER: &str = "15550001111";

pub(crate) fn world() -> (Sim, Phone) {
    let sim = Sim::new(SimConfig::default());
    let phone = sim.add_phone(NUMBER).unwrap();
    (sim, phone)
}

#[tokio::test(start_paused = true)]
async fn a_device_is_linked_by_its_qr_code_and_logs_in_by_xx_and_ik() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let linked = device.link(&sim, &phone).await;
    assert_eq!((linked.device, linked.key_index), (1, 1));
    assert_eq!((linked.os.as_str(), linked.platform.as_str()), ("Linux", "CHROME"));

    device.log_in(&sim).await.hang_up();

    let mut rng = StdRng::seed_from_u64(9);
    let ephemeral = KeyPair::generate(&mut rng);
    let (mut stream, fresh) = Wire::new(sim.dial().unwrap())
        .ik(
            &device.server_static.unwrap(),
            &sim.root_key(),
            (&ephemeral, &device.noise),
            &device.login().encode_to_vec(),
        )
        .await;
    assert_eq!(fresh, None);
    let success = stream.next().await.unwrap();
    assert_eq!(success.tag, "success");
    assert_eq!(text(&success, "lid"), format!("{}:1@lid", phone.lid()));

    let report = sim.report();
    assert_eq!(report.handshakes[&HandshakeKind::Xx], 2);
    assert_eq!(report.handshakes[&HandshakeKind::Ik], 1);
    assert_eq!((report.links, report.logins), (1, 2));
    report.is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_with_a_stale_server_key_falls_back_and_learns_the_new_one() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let stale = device.server_static.unwrap();
    sim.inject(waygate_sim::Fault::RotateLeaf);
    let ephemeral = KeyPair::generate(&mut StdRng::seed_from_u64(9));
    let keys = (&ephemeral, &device.noise);
    let payload = device.login().encode_to_vec();
    let (mut stream, fresh) =
        Wire::new(sim.dial().unwrap()).ik(&stale, &sim.root_key(), keys, &payload).await;
    assert_ne!(fresh.expect("a fallback"), stale);
    assert_eq!(stream.next().await.unwrap().tag, "success");
    assert_eq!(sim.report().handshakes[&HandshakeKind::XxFallback], 1);
    sim.report().is_clean().unwrap();
}

/// Uploads, activates, and returns the greeting's opened text with its id.
pub(crate) async fn be_greeted(device: &Companion, stream: &mut Stream) -> (Message, String) {
    let answer = upload(device, stream).await;
    assert_eq!(answer, 0);
    let active = NodeBuilder::new("active").build();
    assert_eq!(error_code(&stream.request("set", "passive", Some(active)).await), 0);
    let message = stream.next_of("message").await;
    assert_eq!(text(&message, "from"), format!("{NUMBER}@s.whatsapp.net"));
    assert_eq!(text(&message, "category"), "peer");
    let enc = message.get_optional_child("enc").unwrap();
    assert_eq!(text(enc, "type"), "pkmsg");
    let plaintext = open_greeting(device, &content(enc)).await;
    (Message::decode_from_slice(&plaintext).unwrap(), text(&message, "id"))
}

pub(crate) async fn upload(device: &Companion, stream: &mut Stream) -> u16 {
    let iq = NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("type", "set")
        .attr("xmlns", "encrypt")
        .attr("id", "upload")
        .children(device.upload())
        .build();
    stream.send(&iq).await;
    loop {
        let node = stream.next_of("iq").await;
        if text(&node, "id") == "upload" {
            return error_code(&node);
        }
    }
}

/// Tells the server that a message has arrived.
async fn acknowledge(stream: &mut Stream, id: &str) {
    let receipt = NodeBuilder::new("receipt")
        .attr("to", format!("{NUMBER}@s.whatsapp.net"))
        .attr("type", "peer_msg")
        .attr("id", id)
        .build();
    stream.send(&receipt).await;
    assert_eq!(text(&stream.next_of("ack").await, "id"), id);
}

async fn activate(stream: &mut Stream) {
    let active = NodeBuilder::new("active").build();
    assert_eq!(error_code(&stream.request("set", "passive", Some(active)).await), 0);
}

#[tokio::test(start_paused = true)]
async fn the_phone_shares_its_app_state_key_once_and_until_it_is_acknowledged() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let (message, id) = be_greeted(&device, &mut stream).await;
    let share = &message.protocol_message.app_state_sync_key_share;
    assert_eq!(share.keys.len(), 1);
    assert_eq!(share.keys[0].key_data.key_data.as_deref().map(<[u8]>::len), Some(32));
    assert!(phone.devices()[0].greeted);
    stream.hang_up();

    // Not acknowledged: it waits for the next connection, marked as old.
    let mut stream = device.log_in(&sim).await;
    activate(&mut stream).await;
    let again = stream.next_of("message").await;
    assert_eq!(text(&again, "id"), id);
    assert_eq!(text(&again, "offline"), "0");
    acknowledge(&mut stream, &id).await;
    assert_eq!(phone.devices()[0].queued, 0);
    stream.hang_up();

    let mut stream = device.log_in(&sim).await;
    activate(&mut stream).await;
    let end = stream.next_of("ib").await;
    let offline = end.get_optional_child("offline").expect("the end of the queue");
    assert_eq!(text(offline, "count"), "0", "nothing is sent twice");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_already_active_is_greeted_when_its_keys_have_landed() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    activate(&mut stream).await;
    assert!(!phone.devices()[0].greeted, "nobody can write to a device without keys");
    assert_eq!(upload(&device, &mut stream).await, 0);
    let message = stream.next_of("message").await;
    let enc = message.get_optional_child("enc").expect("a sealed message");
    open_greeting(&device, &content(enc)).await;
    acknowledge(&mut stream, &text(&message, "id")).await;
    assert!(phone.devices()[0].greeted);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_unlinked_device_is_told_at_once_and_never_let_in_again() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    assert_eq!(phone.unlink(Some(2)).await, Err(UnlinkError::NoSuchDevice(2)));
    assert_eq!(phone.unlink(None).await, Ok(1));
    assert_eq!(phone.devices(), []);
    let error = stream.next().await.expect("a reason");
    assert_eq!(text(&error, "code"), "401");
    let conflict = error.get_optional_child("conflict").expect("a conflict");
    assert_eq!(text(conflict, "type"), "device_removed");
    stream.assert_closed().await;

    let payload = device.login();
    let mut stream = device.connect(&sim, &payload).await;
    let failure = stream.next().await.expect("a refusal");
    assert_eq!((failure.tag.as_ref(), text(&failure, "reason").as_str()), ("failure", "401"));
    stream.assert_closed().await;
    let report = sim.report();
    assert_eq!(report.refusals[&RefusalKind::UnlinkedDevice], 1);
    report.is_clean_but_for(&[RefusalKind::UnlinkedDevice]).unwrap();
}

fn removal() -> Node {
    NodeBuilder::new("remove-companion-device")
        .attr("jid", wacore_binary::Jid::pn_device(NUMBER, 1))
        .attr("reason", "user_initiated")
        .build()
}

#[tokio::test(start_paused = true)]
async fn what_a_client_sent_before_it_hung_up_counts() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let iq = NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("type", "set")
        .attr("xmlns", "md")
        .attr("id", "last")
        .children([removal()])
        .build();
    stream.stop_reading();
    stream.send(&iq).await;
    stream.hang_up();
    while sim.report().live_connections > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(phone.devices(), []);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_device_can_log_itself_out() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    assert_eq!(error_code(&stream.request("set", "md", Some(removal())).await), 0);
    assert_eq!(text(&stream.next().await.unwrap(), "code"), "401");
    stream.assert_closed().await;
    assert_eq!(phone.devices(), []);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_newer_of_two_connections_of_a_device_stays() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut older = device.log_in(&sim).await;
    let mut newer = device.log_in(&sim).await;
    let error = older.next().await.unwrap();
    assert_eq!(text(&error, "code"), "409");
    assert_eq!(text(error.get_optional_child("conflict").unwrap(), "type"), "replaced");
    older.assert_closed().await;
    assert!(phone.devices()[0].online);
    let ping = NodeBuilder::new("ping").build();
    assert_eq!(error_code(&newer.request("get", "w:p", Some(ping)).await), 0);
    assert_eq!(sim.report().replaced["15550001111:1"], 1);
    assert_eq!(sim.report().violations(), [], "the older one may have been dead");
    let complaint = sim.report().is_clean().unwrap_err();
    assert_eq!(complaint, "device 15550001111:1 was online twice (1 times)");
}

#[tokio::test(start_paused = true)]
async fn every_stanza_is_forty_milliseconds_late_in_that_profile() {
    let config = SimConfig { latency: Latency::FortyMillis, ..SimConfig::default() };
    let sim = Sim::new(config);
    let phone = sim.add_phone(NUMBER).unwrap();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    let mut stream = device.log_in(&sim).await;
    let asked = Instant::now();
    stream.request("get", "w:p", None).await;
    assert_eq!(asked.elapsed().as_millis(), 40);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_account_has_room_for_four_companions() {
    let (sim, phone) = world();
    for seed in 1..=4 {
        let linked = Companion::new(seed).link(&sim, &phone).await;
        assert_eq!(u64::from(linked.device), seed);
    }
    let mut fifth = Companion::new(5);
    let (_stream, refs) = fifth.register(&sim).await;
    let refused = phone.scan(&fifth.qr(&refs[0])).await;
    assert_eq!(refused, Err(waygate_sim::ScanError::Link(waygate_sim::LinkError::DeviceLimit)));
    assert_eq!(phone.unlink(Some(2)).await, Ok(1));
    let linked = Companion::new(6).link(&sim, &phone).await;
    assert_eq!((linked.device, linked.key_index), (5, 5), "numbers are not reused at once");
    sim.report().is_clean_but_for(&[RefusalKind::DeviceLimit]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_and_the_same_inputs_give_the_same_refs() {
    let mut seen = Vec::new();
    for seed in [1, 1, 2] {
        let sim = Sim::new(SimConfig { seed, ..SimConfig::default() });
        let (_stream, refs) = Companion::new(1).register(&sim).await;
        seen.push((sim.root_key(), refs));
        sim.report().is_clean().unwrap();
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
    let root = SimConfig { seed: 2, root_secret: Some([7; 32]), ..SimConfig::default() };
    let other = SimConfig { seed: 3, root_secret: Some([7; 32]), ..SimConfig::default() };
    assert_eq!(Sim::new(root).root_key(), Sim::new(other).root_key());
}
