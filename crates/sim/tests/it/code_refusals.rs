//! What a companion that wants to be linked by code can do wrong, and what the server and the phone
//! make of it.

use std::time::Duration;

use tokio::time::{Instant, advance};
use wacore_binary::{Attrs, Node};
use wacore_libsignal::protocol::KeyPair;
use waygate_sim::{CodeError, Fault, LinkError, RefusalKind, Sim};

use crate::{
    code::{CODE, hello, show_as, with},
    companion::Companion,
    linking::{NUMBER, world},
    noise::public,
    stream::{Stream, error_code, text},
};

/// A registered connection and its right request for a code.
async fn asking(sim: &Sim, seed: u64) -> (Stream, Node) {
    let mut device = Companion::new(seed);
    let (stream, _) = device.register(sim).await;
    let ephemeral = KeyPair::generate(&mut device.rng);
    let hello = hello(&device, &ephemeral);
    (stream, hello)
}

fn attributed(stage: &Node, name: &'static str, value: &str) -> Node {
    let mut node = stage.clone();
    node.attrs.insert(name, value);
    node
}

fn without(stage: &Node, name: &str) -> Node {
    let mut node = stage.clone();
    node.attrs = Attrs::new();
    for (key, value) in stage.attrs.iter().filter(|(key, _)| *key != name) {
        node.attrs.push(key.clone(), value.clone());
    }
    node
}

async fn ask(stream: &mut Stream, stage: &Node) -> Node {
    stream.request("set", "md", Some(stage.clone())).await
}

const ID: &str = "companion_platform_id";
const DISPLAY: &str = "companion_platform_display";
const NONCE: &str = "link_code_pairing_nonce";
const PUSH: &str = "should_show_push_notification";

#[tokio::test(start_paused = true)]
async fn a_request_for_a_code_with_parts_that_no_client_sends_is_refused() {
    let (sim, phone) = world();
    let (mut stream, right) = asking(&sim, 1).await;
    let hidden = format!("{}@lid", phone.lid());
    let rows = [
        ("the unknown platform", with(&right, ID, Some(b"0"))),
        ("a platform id of three letters", with(&right, ID, Some(b"zzz"))),
        ("no platform id", with(&right, ID, None)),
        ("no browser", with(&right, DISPLAY, Some(b"my bot (waygate 1.0)"))),
        ("no real system", with(&right, DISPLAY, Some(b"Chrome (Waygate)"))),
        ("no display", with(&right, DISPLAY, None)),
        ("no nonce", with(&right, NONCE, None)),
        ("an empty nonce", with(&right, NONCE, Some(b""))),
        ("a nonce of two bytes", with(&right, NONCE, Some(&[0, 0]))),
        ("no push notification", without(&right, PUSH)),
        ("a banana", attributed(&right, PUSH, "banana")),
        ("no jid", without(&right, "jid")),
        ("a hidden id", attributed(&right, "jid", &hidden)),
        ("the number as a hidden id", attributed(&right, "jid", &format!("{NUMBER}@lid"))),
        ("a companion", attributed(&right, "jid", &format!("{NUMBER}:1@s.whatsapp.net"))),
    ];
    for (count, (row, stage)) in (1..).zip(rows) {
        assert_eq!(error_code(&ask(&mut stream, &stage).await), 400, "{row}");
        assert_eq!(sim.report().refusals[&RefusalKind::PairingCode], count, "{row}");
    }
    assert_eq!(error_code(&ask(&mut stream, &right).await), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_for_a_code_as_baileys_sends_it_is_taken() {
    let (sim, _) = world();
    let (mut stream, right) = asking(&sim, 1).await;
    let stage = with(&right, NONCE, Some(b"0"));
    let stage = with(&stage, DISPLAY, Some(b"Chrome (Mac OS)"));
    assert_eq!(error_code(&ask(&mut stream, &stage).await), 0);
    let quiet = attributed(&right, PUSH, "false");
    assert_eq!(error_code(&ask(&mut stream, &quiet).await), 0);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_connection_gets_five_codes_and_then_ends() {
    let (sim, _) = world();
    let (mut stream, right) = asking(&sim, 1).await;
    for _ in 0..5 {
        advance(Duration::from_mins(1)).await;
        assert_eq!(error_code(&ask(&mut stream, &right).await), 0);
    }
    let last = Instant::now();
    advance(Duration::from_mins(1)).await;
    let answer = ask(&mut stream, &right).await;
    let error = answer.get_optional_child("error").unwrap();
    assert_eq!((text(error, "code"), text(error, "text")), ("429".into(), "rate-overlimit".into()));
    advance(Duration::from_mins(2)).await;
    stream.assert_closed().await;
    assert_eq!(last.elapsed(), Duration::from_secs(185), "the fifth code's time and no more");
    let report = sim.report();
    assert_eq!(report.refusals[&RefusalKind::PairingCode], 1);
    report.is_clean_but_for(&[RefusalKind::PairingCode]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_number_gets_ten_codes_in_ten_minutes() {
    let (sim, _) = world();
    for seed in 1..=2 {
        let (mut stream, right) = asking(&sim, seed).await;
        for _ in 0..5 {
            assert_eq!(error_code(&ask(&mut stream, &right).await), 0);
        }
    }
    advance(Duration::from_secs(599)).await;
    let (mut stream, right) = asking(&sim, 3).await;
    assert_eq!(error_code(&ask(&mut stream, &right).await), 400);
    sim.add_phone("15550002222").unwrap();
    let other = attributed(&right, "jid", "15550002222@s.whatsapp.net");
    assert_eq!(error_code(&ask(&mut stream, &other).await), 0, "another number");
    advance(Duration::from_secs(1)).await;
    assert_eq!(error_code(&ask(&mut stream, &right).await), 0);
    sim.report().is_clean_but_for(&[RefusalKind::PairingCode]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn requests_for_a_code_can_be_refused_by_order() {
    let (sim, _) = world();
    let (mut stream, right) = asking(&sim, 1).await;
    sim.inject(Fault::RefuseCodes { reason: 429, backoff_s: Some(120) }.times(2));
    let malformed = with(&right, NONCE, None);
    assert_eq!(error_code(&ask(&mut stream, &malformed).await), 400, "it uses up no order");
    for _ in 0..2 {
        let answer = ask(&mut stream, &right).await;
        let error = answer.get_optional_child("error").unwrap();
        let said = ["code", "text", "backoff"].map(|name| text(error, name));
        assert_eq!(said, ["429", "rate-overlimit", "120"]);
    }
    sim.inject(Fault::RefuseCodes { reason: 452, backoff_s: None }.times(1));
    let answer = ask(&mut stream, &right).await;
    let error = answer.get_optional_child("error").unwrap();
    let said = ["code", "text", "backoff"].map(|name| text(error, name));
    assert_eq!(said, ["452", "feature-not-available", ""]);
    assert_eq!(error_code(&ask(&mut stream, &right).await), 0);
    assert_eq!(sim.report().refusals[&RefusalKind::PairingCode], 1, "the malformed one");
}

#[tokio::test(start_paused = true)]
async fn a_finish_with_a_wrong_field_is_refused_and_the_right_one_still_counts() {
    let (sim, phone) = world();
    let mut shown = show_as(&sim, 1).await;
    let (linked, ()) = tokio::join!(phone.enter_code(CODE), async {
        let right = shown.prepare_finish(None).await;
        let bundle = "link_code_pairing_wrapped_key_bundle";
        let identity = "companion_identity_public";
        let reference = "link_code_pairing_ref";
        let rows = [
            ("a short bundle", with(&right, bundle, Some(&[1; 155]))),
            ("no bundle", with(&right, bundle, None)),
            ("another identity", with(&right, identity, Some(&[1; 32]))),
            ("a short identity", with(&right, identity, Some(&[1; 31]))),
            ("another ref", with(&right, reference, Some(b"3@another"))),
            ("no ref", with(&right, reference, None)),
            ("a stranger's jid", attributed(&right, "jid", "15559999999@s.whatsapp.net")),
            ("a companion's jid", attributed(&right, "jid", &format!("{NUMBER}:1@s.whatsapp.net"))),
            ("a hidden id", attributed(&right, "jid", &format!("{NUMBER}@lid"))),
            ("no jid", without(&right, "jid")),
            ("another stage", attributed(&right, "stage", "companion_end")),
        ];
        for (count, (row, stage)) in (1..).zip(rows) {
            assert_eq!(error_code(&ask(&mut shown.stream, &stage).await), 400, "{row}");
            assert_eq!(sim.report().refusals[&RefusalKind::PairingCode], count, "{row}");
        }
        assert_eq!(error_code(&ask(&mut shown.stream, &right).await), 0);
        shown.countersign().await;
    });
    assert_eq!(linked.unwrap().device, 1);
}

#[tokio::test(start_paused = true)]
async fn a_finish_that_nobody_waits_for_is_refused() {
    let (sim, phone) = world();
    let mut shown = show_as(&sim, 1).await;
    let (wrong, right) = tokio::join!(phone.enter_code("ABCD1235"), async {
        let finish = shown.prepare_finish(None).await;
        assert_eq!(error_code(&ask(&mut shown.stream, &finish).await), 0);
        finish
    });
    assert_eq!(wrong, Err(CodeError::WrongCode));
    assert_eq!(error_code(&ask(&mut shown.stream, &right).await), 400, "a second one");
    shown.ask().await;
    let early = with(&right, "link_code_pairing_ref", Some(&shown.reference));
    assert_eq!(error_code(&ask(&mut shown.stream, &early).await), 400, "before the phone's hello");
    let mut other = Companion::new(2);
    let (mut stream, _) = other.register(&sim).await;
    let own = with(&right, "companion_identity_public", Some(&public(&other.identity)));
    assert_eq!(error_code(&ask(&mut stream, &own).await), 400, "without a request");
    assert_eq!(sim.report().refusals[&RefusalKind::PairingCode], 3);
    sim.report().is_clean_but_for(&[RefusalKind::PairingCode]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_finish_after_the_codes_time_is_refused() {
    for (late_ms, code) in [(0, 400), (1, 0)] {
        let (sim, phone) = world();
        let mut shown = show_as(&sim, 1).await;
        let end = Instant::now() + Duration::from_mins(3);
        advance(Duration::from_secs(170)).await;
        let (typed, ()) = tokio::join!(phone.enter_code("ABCD1235"), async {
            let finish = shown.prepare_finish(None).await;
            tokio::time::sleep_until(end - Duration::from_millis(late_ms)).await;
            assert_eq!(error_code(&ask(&mut shown.stream, &finish).await), code, "{late_ms}");
        });
        let gone = Err(CodeError::Link(LinkError::ConnectionGone));
        assert_eq!(typed, if code == 400 { gone } else { Err(CodeError::WrongCode) });
        sim.report().is_clean_but_for(&[RefusalKind::PairingCode]).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_finish_that_is_meant_for_another_phone_is_a_wrong_code() {
    let (sim, phone) = world();
    let mut shown = show_as(&sim, 1).await;
    let (typed, ()) = tokio::join!(phone.enter_code(CODE), async {
        let finish = shown.prepare_finish(Some([9; 32])).await;
        assert_eq!(error_code(&ask(&mut shown.stream, &finish).await), 0);
    });
    assert_eq!(typed, Err(CodeError::WrongCode));
    assert_eq!(phone.devices(), []);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_code_that_was_asked_for_one_number_is_nothing_to_another_phone() {
    let (sim, _) = world();
    let other = sim.add_phone("15550002222").unwrap();
    let _shown = show_as(&sim, 1).await;
    assert_eq!(other.enter_code(CODE).await, Err(CodeError::NothingPending));
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn of_two_devices_with_one_number_the_one_that_asked_last_is_linked() {
    let (sim, phone) = world();
    let mut first = show_as(&sim, 1).await;
    let _second = show_as(&sim, 2).await;
    // The older connection, but the newer request.
    first.ask().await;
    let (linked, ()) = tokio::join!(phone.enter_code(CODE), async {
        first.finish().await;
        first.countersign().await;
    });
    assert_eq!(linked.unwrap().device, 1);
    let mut third = show_as(&sim, 3).await;
    let (linked, ()) = tokio::join!(phone.enter_code(CODE), async {
        third.finish().await;
        third.countersign().await;
    });
    assert_eq!(linked.unwrap().device, 2);
    sim.report().is_clean().unwrap();
}
