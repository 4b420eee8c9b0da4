//! The library at the passkey gate, step by step as a gateway takes it.
#![expect(clippy::expect_used, reason = "test code")]

use std::time::Duration;

use waygate_sim::{CodeError, Latency, LinkError, Phone, RefusalKind, ScanError};
use waygate_testkit::world::{PHONE, SOON, World};
use whatsapp_rust::Jid;
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::passkey::{Assertion, PasskeyError, parse_request_options};
use whatsapp_rust::types::events::{Event, PairPasskeyConfirmation};

use super::client::Library;

const OTHER: &str = "15550002222";

/// A world whose phone requires a passkey, and a device that shows its QR code.
async fn gated(latency: Latency) -> (World, Phone, Library) {
    let world = World::new(latency);
    let phone = world.phone();
    phone.set_requires_passkey(true);
    let library = Library::unlinked(&world.sim).await;
    (world, phone, library)
}

/// The challenge that the server has sent.
async fn challenge(library: &mut Library) -> String {
    let pick = |event: &Event| {
        let Event::PairPasskeyRequest(request) = event else { return None };
        Some(request.request_options_json.clone())
    };
    library.until("a challenge", pick).await
}

/// Answers a challenge with the phone's first passkey.
async fn answer(library: &Library, phone: &Phone, challenge: &str) -> Result<(), PasskeyError> {
    let credential = phone.passkey_assertion(challenge).expect("a passkey");
    let allowed = parse_request_options(challenge).expect("a challenge").allow_credentials;
    let credential_id = allowed.into_iter().next().expect("a passkey");
    let assertion = Assertion { assertion_json: credential.into_bytes(), credential_id };
    library.client().send_passkey_response(assertion).await
}

/// The code that the device shows.
async fn confirmation(library: &mut Library) -> PairPasskeyConfirmation {
    let pick = |event: &Event| {
        let Event::PairPasskeyConfirmation(confirmation) = event else { return None };
        Some(confirmation.clone())
    };
    library.until("a code to compare", pick).await
}

/// The code that the phone shows.
async fn shown(phone: &Phone) -> String {
    tokio::time::timeout(SOON, phone.passkey_code_shown()).await.expect("a code")
}

/// From the challenge to the comparison; both sides show one code.
async fn compare(library: &mut Library, phone: &Phone) {
    let challenge = challenge(library).await;
    answer(library, phone, &challenge).await.expect("the right passkey");
    let confirmation = confirmation(library).await;
    assert_eq!(confirmation.code, shown(phone).await);
    assert!(!confirmation.skip_handoff_ux, "a fresh device has nothing to prove");
}

/// That the device is linked for good: it logs in and writes, and is written to.
async fn exchange_texts(world: &World, library: &mut Library) {
    library.is_online().await;
    let other = world.sim.add_phone(OTHER).expect("a phone");
    library.client().send_text(Jid::pn(OTHER), "hello").await.expect("it is sent");
    let written = other.inbox_has(|inbox| inbox.first().map(|it| it.text.clone()));
    let written = tokio::time::timeout(SOON, written).await.expect("it arrives");
    assert_eq!(written.as_deref(), Some("hello"));
    other.send_text(PHONE, "hello back").expect("it is sent");
    library.text("hello back").await;
}

async fn a_scan_leads_through_the_gate(latency: Latency) {
    let (world, phone, mut library) = gated(latency).await;
    let qr = library.qr_code().await;
    let (linked, ()) = tokio::join!(phone.scan(&qr), async {
        compare(&mut library, &phone).await;
        phone.answer_passkey_code(true).expect("the phone asks");
        library.client().send_passkey_confirmation().await.expect("it is taken");
    });
    assert_eq!(linked.expect("it is linked").device, 1);
    exchange_texts(&world, &mut library).await;
    library.close().await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_scan_leads_through_the_gate_without_latency() {
    a_scan_leads_through_the_gate(Latency::None).await;
}

#[tokio::test(start_paused = true)]
async fn a_scan_leads_through_the_gate_with_forty_milliseconds() {
    a_scan_leads_through_the_gate(Latency::FortyMillis).await;
}

#[tokio::test(start_paused = true)]
async fn a_typed_code_leads_through_the_gate_and_the_device_may_confirm_first() {
    let (world, phone, mut library) = gated(Latency::FortyMillis).await;
    library.qr_code().await;
    let options = PairCodeOptions { phone_number: PHONE.to_owned(), ..PairCodeOptions::default() };
    let code = library.client().pair_with_code(options).await.expect("a code");
    let (linked, ()) = tokio::join!(phone.enter_code(&code), async {
        compare(&mut library, &phone).await;
        library.client().send_passkey_confirmation().await.expect("it is taken");
        phone.answer_passkey_code(true).expect("the phone asks");
    });
    assert_eq!(linked.expect("it is linked").device, 1);
    exchange_texts(&world, &mut library).await;
    library.close().await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_device_whose_code_is_rejected_is_not_linked() {
    let (world, phone, mut library) = gated(Latency::FortyMillis).await;
    let qr = library.qr_code().await;
    let (rejected, ()) = tokio::join!(phone.scan(&qr), async {
        compare(&mut library, &phone).await;
        phone.answer_passkey_code(false).expect("the phone asks");
    });
    assert_eq!(rejected, Err(ScanError::Link(LinkError::CodeRejected)));
    let refused = library.client().send_passkey_confirmation().await;
    let Err(PasskeyError::Flow(reason)) = refused else { panic!("{refused:?}") };
    assert!(reason.contains("410"), "{reason}");
    assert_eq!(phone.devices(), []);
    library.close().await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn the_answer_to_another_challenge_is_refused_and_the_right_one_still_counts() {
    let (world, phone, mut library) = gated(Latency::FortyMillis).await;
    let qr = library.qr_code().await;
    let (linked, ()) = tokio::join!(phone.scan(&qr), async {
        let right = challenge(&mut library).await;
        let mut wrong: serde_json::Value = serde_json::from_str(&right).expect("JSON");
        wrong["challenge"] = "YW5vdGhlcg".into();
        let refused = answer(&library, &phone, &wrong.to_string()).await;
        let Err(PasskeyError::Flow(reason)) = refused else { panic!("{refused:?}") };
        assert!(reason.contains("401"), "{reason}");
        compare(&mut library, &phone).await;
        phone.answer_passkey_code(true).expect("the phone asks");
        library.client().send_passkey_confirmation().await.expect("it is taken");
    });
    linked.expect("it is linked");
    library.is_online().await;
    library.close().await;
    world.end(&[RefusalKind::Passkey]).await;
}

/// The library writes a typed code off when it is not linked within a minute, which a gate may well
/// take.
#[tokio::test(start_paused = true)]
async fn the_gate_can_be_passed_after_the_library_has_written_the_typed_code_off() {
    let (world, phone, mut library) = gated(Latency::None).await;
    library.qr_code().await;
    let options = PairCodeOptions { phone_number: PHONE.to_owned(), ..PairCodeOptions::default() };
    let code = library.client().pair_with_code(options).await.expect("a code");
    let (linked, ()) = tokio::join!(phone.enter_code(&code), async {
        challenge(&mut library).await;
        world.pass(Duration::from_secs(60)).await;
        let refresh = |event: &Event| matches!(event, Event::PairingCodeRefresh(_)).then_some(());
        library.until("that the code is written off", refresh).await;
        compare(&mut library, &phone).await;
        phone.answer_passkey_code(true).expect("the phone asks");
        library.client().send_passkey_confirmation().await.expect("it is taken");
    });
    linked.expect("it is linked");
    library.is_online().await;
    library.close().await;
    world.end_clean().await;
}

/// The library counts its QR codes down whatever happens, and hangs up after the last unless a
/// pairing code is outstanding at that moment: the gate's ten minutes are less than three to it.
#[tokio::test(start_paused = true)]
async fn the_library_leaves_the_gate_when_its_qr_codes_have_run_out() {
    let (world, phone, mut library) = gated(Latency::None).await;
    let qr = library.qr_code().await;
    let (gone, ()) = tokio::join!(phone.scan(&qr), async {
        challenge(&mut library).await;
        // Six codes last 160 s, of which all are still to come.
        world.pass(Duration::from_secs(160)).await;
        let pick = |event: &Event| {
            let Event::PairingQrCodesExhausted(it) = event else { return None };
            Some(it.disconnected)
        };
        assert!(library.until("the end of the codes", pick).await);
    });
    assert_eq!(gone, Err(ScanError::Link(LinkError::ConnectionGone)));
    library.close().await;
    world.end_clean().await;
}

#[tokio::test(start_paused = true)]
async fn a_full_account_tells_its_user_and_the_library_hears_nothing() {
    let world = World::new(Latency::FortyMillis);
    let phone = world.phone();
    let mut devices = Vec::new();
    for _ in 0..4 {
        devices.push(Library::linked(&world.sim, &phone).await);
    }
    let mut by_qr = Library::unlinked(&world.sim).await;
    let qr = by_qr.qr_code().await;
    assert_eq!(phone.scan(&qr).await, Err(ScanError::Link(LinkError::DeviceLimit)));
    let mut by_code = Library::unlinked(&world.sim).await;
    by_code.qr_code().await;
    let options = PairCodeOptions { phone_number: PHONE.to_owned(), ..PairCodeOptions::default() };
    let code = by_code.client().pair_with_code(options).await.expect("a code");
    let refused = phone.enter_code(&code).await;
    assert_eq!(refused, Err(CodeError::Link(LinkError::DeviceLimit)));
    // The QR code links its device once there is a place.
    phone.unlink(Some(1)).await.expect("it is there");
    phone.scan(&qr).await.expect("there is a place");
    by_qr.is_online().await;
    for mut device in devices.into_iter().chain([by_qr, by_code]) {
        device.close().await;
    }
    world.end(&[RefusalKind::DeviceLimit]).await;
}

/// The library takes no notice of what the server says then; whoever wants to know must look at the
/// stanzas themselves.
#[tokio::test(start_paused = true)]
async fn a_phone_without_multi_device_leaves_the_librarys_qr_code_as_good_as_it_was() {
    let world = World::new(Latency::FortyMillis);
    let phone = world.phone();
    phone.set_multi_device(false);
    let mut library = Library::unlinked(&world.sim).await;
    let stanzas = library.client().acquire_raw_node_forwarding();
    let qr = library.qr_code().await;
    assert_eq!(phone.scan(&qr).await, Err(ScanError::Link(LinkError::NoMultiDevice)));
    let downgrade = |event: &Event| {
        let Event::RawNode(node) = event else { return None };
        node.get().get_optional_child("downgrade_webclient").map(|_| ())
    };
    library.until("that the phone is too old", downgrade).await;
    drop(stanzas);
    phone.set_multi_device(true);
    phone.scan(&qr).await.expect("the same code");
    library.is_online().await;
    library.close().await;
    world.end_clean().await;
}
