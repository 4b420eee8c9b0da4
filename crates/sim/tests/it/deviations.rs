//! Everything a client can do wrong, one row each, and how it is refused.

use std::time::Duration;

use tokio::time::Instant;
use wacore_binary::{builder::NodeBuilder, marshal::marshal};
use wacore_libsignal::protocol::KeyPair;
use waproto::{
    buffa::MessageField,
    codec::{adv_signed_device_identity_decode, adv_signed_device_identity_to_vec},
    whatsapp::{
        ADVSignedDeviceIdentity, ClientPayload, client_payload::DevicePairingRegistrationData,
    },
};
use waygate_sim::{LinkError, RefusalKind, Report, ScanError, Sim, SimConfig};

use crate::{
    companion::Companion,
    linking::world,
    noise::{Handshake, agree, finish, hello, public, server_hello},
    stream::{INTRO, Stream, Wire, error_code, frame, text},
};

/// Exactly one refusal, of this kind.
pub(crate) fn assert_refused(report: &Report, kind: RefusalKind, row: &str) {
    let kinds: Vec<_> = report.refusals.iter().collect();
    assert_eq!(kinds, [(&kind, &1)], "{row}: {:?}", report.refusal_log);
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_not_this_protocol_end_the_connection() {
    let hello_of = |key: &[u8]| {
        // Field 2 (client hello), its field 1 (ephemeral).
        let length = u8::try_from(key.len()).unwrap();
        [&[0x12, length + 2, 0x0a, length], key].concat()
    };
    let rows: [(&str, Vec<u8>, RefusalKind); 9] = [
        ("another magic number", b"WA\x05\x03".to_vec(), RefusalKind::Intro),
        ("an HTTP request", b"GET / HTTP/1.1\r\n".to_vec(), RefusalKind::Intro),
        ("dictionary version 2", b"WA\x06\x02".to_vec(), RefusalKind::Dictionary),
        ("an empty frame", [INTRO, &[0, 0, 0]].concat(), RefusalKind::Frame),
        ("a frame of 16 MiB", [INTRO, &[0xff, 0xff, 0xff]].concat(), RefusalKind::Frame),
        ("a huge routing blob", b"ED\x00\x01\xff\xff\xff".to_vec(), RefusalKind::Frame),
        ("no handshake message", [INTRO, &frame(&[0xff; 8])].concat(), RefusalKind::Handshake),
        (
            "an ephemeral key of 31 bytes",
            [INTRO, &frame(&hello_of(&[1; 31]))].concat(),
            RefusalKind::Handshake,
        ),
        (
            "an ephemeral key of zeros",
            [INTRO, &frame(&hello_of(&[0; 32]))].concat(),
            RefusalKind::Handshake,
        ),
    ];
    for (row, bytes, kind) in rows {
        let (sim, _) = world();
        let mut wire = Wire::new(sim.dial().unwrap());
        wire.send_bytes(&bytes).await;
        assert_eq!(wire.frame().await, None, "{row}");
        assert_refused(&sim.report(), kind, row);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_not_waited_for() {
    let (sim, _) = world();
    let started = Instant::now();
    let mut pipe = sim.dial().unwrap();
    assert_eq!(pipe.from_server.recv().await, None);
    assert_eq!(started.elapsed(), Duration::from_secs(30));
    assert_refused(&sim.report(), RefusalKind::Silence, "silence");
}

#[tokio::test(start_paused = true)]
async fn a_finish_that_was_tampered_with_ends_the_connection() {
    let (sim, _) = world();
    let mut device = Companion::new(1);
    let ephemeral = KeyPair::generate(&mut device.rng);
    let mut wire = Wire::new(sim.dial().unwrap());
    wire.send_bytes(INTRO).await;
    wire.send_frame(&hello(&ephemeral, None)).await;
    let reply = server_hello(&wire.frame().await.unwrap());
    let mut state = Handshake::new(b"Noise_XX_25519_AESGCM_SHA256");
    state.mix_hash(&public(&ephemeral));
    let theirs = reply.ephemeral.unwrap();
    state.mix_hash(&theirs);
    state.mix_key(agree(&ephemeral, &theirs));
    let server_static = state.open(&reply.r#static.unwrap());
    state.mix_key(agree(&ephemeral, &server_static));
    state.open(&reply.payload.unwrap());
    let sealed_static = state.seal(&public(&device.noise));
    state.mix_key(agree(&device.noise, &theirs));
    let mut payload = state.seal(b"payload");
    payload[0] ^= 1;
    wire.send_frame(&finish(sealed_static, payload)).await;
    assert_eq!(wire.frame().await, None);
    assert_refused(&sim.report(), RefusalKind::Handshake, "finish");
}

pub(crate) fn pairing(payload: &mut ClientPayload) -> &mut DevicePairingRegistrationData {
    payload.device_pairing_data.as_option_mut().unwrap()
}

pub(crate) type Spoil = fn(&mut ClientPayload);

#[tokio::test(start_paused = true)]
async fn a_registration_with_a_wrong_field_is_refused() {
    let rows: [(&str, Spoil, RefusalKind, &str); 13] = [
        ("no user agent", |p| drop(p.user_agent.take()), RefusalKind::Payload, "409"),
        (
            "no version",
            |p| p.user_agent.as_option_mut().unwrap().app_version = MessageField::none(),
            RefusalKind::Payload,
            "409",
        ),
        ("no registration id", |p| pairing(p).e_regid = None, RefusalKind::Payload, "400"),
        (
            "a long registration id",
            |p| pairing(p).e_regid = Some(vec![0; 5]),
            RefusalKind::Payload,
            "400",
        ),
        ("another key type", |p| pairing(p).e_keytype = Some(vec![4]), RefusalKind::Payload, "400"),
        (
            "a short identity",
            |p| pairing(p).e_ident = Some(vec![1; 31]),
            RefusalKind::Payload,
            "400",
        ),
        (
            "a prekey id of 4 bytes",
            |p| pairing(p).e_skey_id = Some(vec![0; 4]),
            RefusalKind::Payload,
            "400",
        ),
        (
            "a prekey of 33 bytes",
            |p| pairing(p).e_skey_val = Some(vec![5; 33]),
            RefusalKind::Payload,
            "400",
        ),
        (
            "a short signature",
            |p| pairing(p).e_skey_sig = Some(vec![0; 63]),
            RefusalKind::Payload,
            "400",
        ),
        (
            "a wrong signature",
            |p| pairing(p).e_skey_sig.as_mut().unwrap()[3] ^= 1,
            RefusalKind::RegistrationSignature,
            "400",
        ),
        (
            "another identity",
            |p| pairing(p).e_ident.as_mut().unwrap()[3] ^= 1,
            RefusalKind::RegistrationSignature,
            "400",
        ),
        (
            "a build hash of another version",
            |p| pairing(p).build_hash = Some(vec![0; 16]),
            RefusalKind::BuildHash,
            "400",
        ),
        ("no device props", |p| pairing(p).device_props = None, RefusalKind::Payload, "400"),
    ];
    for (row, spoil, kind, reason) in rows {
        let (sim, _) = world();
        let mut device = Companion::new(1);
        let mut payload = device.registration();
        spoil(&mut payload);
        let mut stream = device.connect(&sim, &payload).await;
        assert_failure(&mut stream, reason, row).await;
        assert_refused(&sim.report(), kind, row);
    }
}

pub(crate) async fn assert_failure(stream: &mut Stream, reason: &str, row: &str) {
    let failure = stream.next().await.expect(row);
    assert_eq!(
        (failure.tag.as_ref(), text(&failure, "reason").as_str()),
        ("failure", reason),
        "{row}"
    );
    assert_ne!(text(&failure, "location"), "", "{row}");
    stream.assert_closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_not_the_linked_devices_is_refused() {
    let rows: [(&str, Spoil, RefusalKind, &str); 4] = [
        (
            "an unknown number",
            |p| p.username = Some(15_559_999_999),
            RefusalKind::UnknownDevice,
            "401",
        ),
        ("an unknown device", |p| p.device = Some(7), RefusalKind::UnknownDevice, "401"),
        ("the phone itself", |p| p.device = Some(0), RefusalKind::Payload, "400"),
        ("no number", |p| p.username = None, RefusalKind::Payload, "400"),
    ];
    for (row, spoil, kind, reason) in rows {
        let (sim, phone) = world();
        let mut device = Companion::new(1);
        device.link(&sim, &phone).await;
        let mut payload = device.login();
        spoil(&mut payload);
        let mut stream = device.connect(&sim, &payload).await;
        assert_failure(&mut stream, reason, row).await;
        assert_refused(&sim.report(), kind, row);
    }
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    device.noise = Companion::new(2).noise;
    let payload = device.login();
    let mut stream = device.connect(&sim, &payload).await;
    assert_failure(&mut stream, "401", "another Noise key").await;
    assert_refused(&sim.report(), RefusalKind::NoiseKey, "another Noise key");
}

#[tokio::test(start_paused = true)]
async fn an_outdated_version_is_refused() {
    let config = SimConfig { min_version: Some((2, 3000, 1_035_194_822)), ..SimConfig::default() };
    let sim = Sim::new(config);
    let mut device = Companion::new(1);
    let payload = device.registration();
    let mut stream = device.connect(&sim, &payload).await;
    assert_failure(&mut stream, "405", "outdated").await;
    assert_refused(&sim.report(), RefusalKind::Outdated, "outdated");
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_is_not_a_stanza_ends_the_stream() {
    let whole = marshal(&NodeBuilder::new("presence").attr("type", "available").build()).unwrap();
    let no_id = marshal(&NodeBuilder::new("iq").attr("type", "get").build()).unwrap();
    let rows = [
        ("nothing but the flags", vec![0]),
        ("noise", vec![0, 0xf8, 0xff, 0x01]),
        ("a truncated stanza", whole[..whole.len() - 1].to_vec()),
        ("a trailing byte", [&whole[..], &[0]].concat()),
        ("an unknown flag", [&[8], &whole[1..]].concat()),
        ("no zlib stream", [&[2], &whole[1..]].concat()),
        ("a request without id", no_id),
    ];
    for (row, plaintext) in rows {
        let (sim, _) = world();
        let mut device = Companion::new(1);
        let (mut stream, _) = device.register(&sim).await;
        stream.send_plaintext(&plaintext).await;
        let error = stream.next().await.expect(row);
        assert_eq!(error.tag, "stream:error", "{row}");
        assert!(error.get_optional_child("xml-not-well-formed").is_some(), "{row}");
        stream.assert_closed().await;
        assert_refused(&sim.report(), RefusalKind::Stanza, row);
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_does_not_decrypt_ends_the_connection() {
    let (sim, _) = world();
    let mut device = Companion::new(1);
    let (mut stream, _) = device.register(&sim).await;
    stream.wire.send_frame(&[7; 40]).await;
    stream.assert_closed().await;
    assert_refused(&sim.report(), RefusalKind::Cipher, "noise");
}

#[tokio::test(start_paused = true)]
async fn an_unregistered_client_may_only_be_linked() {
    let (sim, _) = world();
    let mut device = Companion::new(1);
    let (mut stream, _) = device.register(&sim).await;
    let ping = NodeBuilder::new("ping").build();
    assert_eq!(error_code(&stream.request("get", "w:p", Some(ping)).await), 0);
    let count = NodeBuilder::new("count").build();
    assert_eq!(error_code(&stream.request("get", "encrypt", Some(count)).await), 401);
    stream.send(&NodeBuilder::new("message").attr("id", "1").build()).await;
    let unheard = NodeBuilder::new("unheard-of").build();
    assert_eq!(error_code(&stream.request("get", "w:new", Some(unheard)).await), 501);
    let report = sim.report();
    assert_eq!(report.refusals[&RefusalKind::NotAllowed], 2);
    assert_eq!(report.unknown["w:new/get/unheard-of"], 1);
}

type SpoilIdentity = fn(&mut ADVSignedDeviceIdentity);

#[tokio::test(start_paused = true)]
async fn a_device_identity_that_is_not_countersigned_as_it_was_given_is_refused() {
    let rows: [(&str, SpoilIdentity, RefusalKind); 5] = [
        ("no signature", |it| it.device_signature = None, RefusalKind::DeviceSignature),
        (
            "a wrong signature",
            |it| it.device_signature.as_mut().unwrap()[9] ^= 1,
            RefusalKind::DeviceSignature,
        ),
        ("other details", |it| it.details.as_mut().unwrap()[1] ^= 1, RefusalKind::DeviceSignature),
        (
            "another account signature",
            |it| it.account_signature.as_mut().unwrap()[1] ^= 1,
            RefusalKind::DeviceSignature,
        ),
        (
            "another account key",
            |it| it.account_signature_key = Some(vec![1; 32]),
            RefusalKind::DeviceSignature,
        ),
    ];
    for (row, spoil, kind) in rows {
        let (sim, phone) = world();
        let mut device = Companion::new(1);
        let (mut stream, refs) = device.register(&sim).await;
        let qr = device.qr(&refs[0]);
        let (scanned, ()) = tokio::join!(phone.scan(&qr), async {
            let mut signed = device.countersign(&mut stream).await;
            let mut identity = adv_signed_device_identity_decode(&signed.signed).unwrap();
            spoil(&mut identity);
            signed.signed = adv_signed_device_identity_to_vec(&identity);
            stream.send(&signed.answer()).await;
        });
        assert_eq!(scanned, Err(ScanError::Link(LinkError::BadDeviceSignature)), "{row}");
        assert_failure(&mut stream, "401", row).await;
        assert_refused(&sim.report(), kind, row);
        assert_eq!(phone.devices(), [], "{row}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_identity_under_another_key_index_is_refused() {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&sim).await;
    let qr = device.qr(&refs[0]);
    let (scanned, ()) = tokio::join!(phone.scan(&qr), async {
        let mut signed = device.countersign(&mut stream).await;
        signed.key_index += 1;
        stream.send(&signed.answer()).await;
    });
    assert_eq!(scanned, Err(ScanError::Link(LinkError::BadDeviceSignature)));
    assert_refused(&sim.report(), RefusalKind::DeviceIdentity, "key index");
}
