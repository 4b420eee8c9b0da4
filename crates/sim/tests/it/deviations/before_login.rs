//! What is wrong before a client has said who it is, and in how it says so.

use rand::{SeedableRng as _, rngs::StdRng};
use wacore_binary::{builder::NodeBuilder, marshal::marshal};
use wacore_libsignal::protocol::KeyPair;
use waproto::buffa::{Message as _, MessageField};
use waygate_sim::{RefusalKind, Sim, SimConfig};

use super::{
    Mark, Row, pairing,
    play::{END, NOTHING, bytes, end_of, logs_in, otherwise, registers, says},
};
use crate::{
    companion::Companion,
    linking::world,
    noise::{Handshake, agree, finish, hello, public, server_hello},
    stream::{INTRO, Wire, error_code, frame, text},
};

const MALFORMED: &str = "stream:error xml-not-well-formed";

fn row(
    name: &'static str,
    kind: RefusalKind,
    answer: &'static str,
    play: super::play::Playing,
) -> Row {
    Row { name, mark: Mark::Refused(kind), answer, play }
}

pub(super) fn rows() -> Vec<Row> {
    [streams(), payloads(), logins(), stanzas()].into_iter().flatten().collect()
}

fn streams() -> Vec<Row> {
    let hello_of = |key: &[u8]| {
        // Field 2 (client hello), its field 1 (ephemeral).
        let length = u8::try_from(key.len()).unwrap();
        frame(&[&[0x12, length + 2, 0x0a, length], key].concat())
    };
    let opened = |rest: &[u8]| [INTRO, rest].concat();
    let end = |name, kind, sent: Vec<u8>| row(name, kind, END, bytes(sent));
    vec![
        end("another magic number", RefusalKind::Intro, b"WA\x05\x03".to_vec()),
        end("an HTTP request", RefusalKind::Intro, b"GET / HTTP/1.1\r\n".to_vec()),
        end("wrong dictionary version", RefusalKind::Dictionary, b"WA\x06\x02".to_vec()),
        end("an empty frame", RefusalKind::Frame, opened(&[0, 0, 0])),
        end("an oversized frame", RefusalKind::Frame, opened(&[0xff, 0xff, 0xff])),
        end("a huge routing blob", RefusalKind::Frame, b"ED\x00\x01\xff\xff\xff".to_vec()),
        end("no handshake message", RefusalKind::Handshake, opened(&frame(&[0xff; 8]))),
        end("an ephemeral key of 31 bytes", RefusalKind::Handshake, opened(&hello_of(&[1; 31]))),
        end("an ephemeral key of zeros", RefusalKind::Handshake, opened(&hello_of(&[0; 32]))),
        row(
            "a finish that was tampered with",
            RefusalKind::Handshake,
            END,
            otherwise(finishes_wrongly()),
        ),
        row(
            "wrong certificate use: on with IK after the fallback",
            RefusalKind::Handshake,
            END,
            otherwise(ignores_the_fallback()),
        ),
        row("nothing within 30 s", RefusalKind::Silence, END, otherwise(says_nothing())),
        row("a frame that does not decrypt", RefusalKind::Cipher, END, otherwise(sends_noise())),
        row("a replayed Noise frame", RefusalKind::Cipher, END, otherwise(replays_a_frame())),
    ]
}

async fn finishes_wrongly() -> (Sim, String) {
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
    (sim, END.to_owned())
}

/// The server's key is another one by now, and says so; the client takes its own for right.
async fn ignores_the_fallback() -> (Sim, String) {
    let (sim, _) = world();
    let device = Companion::new(1);
    let mut rng = StdRng::seed_from_u64(9);
    let (ephemeral, stale) = (KeyPair::generate(&mut rng), KeyPair::generate(&mut rng));
    let mut state = Handshake::new(b"Noise_IK_25519_AESGCM_SHA256");
    state.mix_hash(&public(&stale));
    state.mix_hash(&public(&ephemeral));
    state.mix_key(agree(&ephemeral, &public(&stale)));
    let sealed_static = state.seal(&public(&device.noise));
    state.mix_key(agree(&device.noise, &public(&stale)));
    let payload = state.seal(&device.registration().encode_to_vec());
    let mut wire = Wire::new(sim.dial().unwrap());
    wire.send_bytes(INTRO).await;
    wire.send_frame(&hello(&ephemeral, Some((sealed_static, payload)))).await;
    let reply = server_hello(&wire.frame().await.unwrap());
    assert!(reply.r#static.is_some(), "a fallback");
    let (mut forth, _) = state.split();
    wire.send_frame(&forth.seal(b"as if it were settled", &[])).await;
    assert_eq!(wire.frame().await, None);
    (sim, END.to_owned())
}

async fn says_nothing() -> (Sim, String) {
    let (sim, _) = world();
    let started = tokio::time::Instant::now();
    let mut pipe = sim.dial().unwrap();
    assert_eq!(pipe.from_server.recv().await, None);
    assert_eq!(started.elapsed().as_secs(), 30);
    (sim, END.to_owned())
}

async fn sends_noise() -> (Sim, String) {
    let (sim, _) = world();
    let (mut stream, _) = Companion::new(1).register(&sim).await;
    stream.wire.send_frame(&[7; 40]).await;
    (sim, end_of(&mut stream).await)
}

async fn replays_a_frame() -> (Sim, String) {
    let (sim, _) = world();
    let (mut stream, _) = Companion::new(1).register(&sim).await;
    let presence = NodeBuilder::new("presence").attr("type", "available").build();
    let sealed = stream.seal(&marshal(&presence).unwrap());
    stream.wire.send_frame(&sealed).await;
    stream.wire.send_frame(&sealed).await;
    (sim, end_of(&mut stream).await)
}

fn payloads() -> Vec<Row> {
    let wrong = |name, spoil| row(name, RefusalKind::Payload, "failure 400", registers(spoil));
    let other = |name, kind, answer, spoil| row(name, kind, answer, registers(spoil));
    vec![
        other("no user agent", RefusalKind::Payload, "failure 409", |p| {
            drop(p.user_agent.take());
        }),
        other("no version", RefusalKind::Payload, "failure 409", |p| {
            p.user_agent.as_option_mut().unwrap().app_version = MessageField::none();
        }),
        wrong("a missing field: no registration id", |p| pairing(p).e_regid = None),
        wrong("a long registration id", |p| pairing(p).e_regid = Some(vec![0; 5])),
        wrong("another key type", |p| pairing(p).e_keytype = Some(vec![4])),
        wrong("a short identity", |p| pairing(p).e_ident = Some(vec![1; 31])),
        wrong("a prekey id of 4 bytes", |p| pairing(p).e_skey_id = Some(vec![0; 4])),
        wrong("a prekey of 33 bytes", |p| pairing(p).e_skey_val = Some(vec![5; 33])),
        wrong("a short signature", |p| pairing(p).e_skey_sig = Some(vec![0; 63])),
        wrong("no device props", |p| pairing(p).device_props = None),
        other("a bad signature", RefusalKind::RegistrationSignature, "failure 400", |p| {
            pairing(p).e_skey_sig.as_mut().unwrap()[3] ^= 1;
        }),
        other(
            "a prekey of another identity",
            RefusalKind::RegistrationSignature,
            "failure 400",
            |p| {
                pairing(p).e_ident.as_mut().unwrap()[3] ^= 1;
            },
        ),
        other("a build hash of another version", RefusalKind::BuildHash, "failure 400", |p| {
            pairing(p).build_hash = Some(vec![0; 16]);
        }),
        row("an outdated version", RefusalKind::Outdated, "failure 405", otherwise(is_outdated())),
    ]
}

async fn is_outdated() -> (Sim, String) {
    let config = SimConfig { min_version: Some((2, 3000, 1_035_194_822)), ..SimConfig::default() };
    let sim = Sim::new(config);
    let mut device = Companion::new(1);
    let payload = device.registration();
    let mut stream = device.connect(&sim, &payload).await;
    (sim, end_of(&mut stream).await)
}

fn logins() -> Vec<Row> {
    let unknown = RefusalKind::UnknownDevice;
    vec![
        row("an unknown number", unknown, "failure 401", {
            logs_in(|p| p.username = Some(15_559_999_999))
        }),
        row("a wrong device id", unknown, "failure 401", logs_in(|p| p.device = Some(7))),
        row("a login as the phone", RefusalKind::Payload, "failure 400", {
            logs_in(|p| p.device = Some(0))
        }),
        row("a login of nobody", RefusalKind::Payload, "failure 400", {
            logs_in(|p| p.username = None)
        }),
        row("another Noise key", RefusalKind::NoiseKey, "failure 401", {
            otherwise(logs_in_by_another_key())
        }),
        row("a login after the logout", RefusalKind::UnlinkedDevice, "failure 401", {
            otherwise(logs_in_unlinked())
        }),
    ]
}

async fn logs_in_by_another_key() -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    device.noise = Companion::new(2).noise;
    let payload = device.login();
    let mut stream = device.connect(&sim, &payload).await;
    (sim, end_of(&mut stream).await)
}

async fn logs_in_unlinked() -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    device.link(&sim, &phone).await;
    phone.unlink(None).await.unwrap();
    let payload = device.login();
    let mut stream = device.connect(&sim, &payload).await;
    (sim, end_of(&mut stream).await)
}

fn stanzas() -> Vec<Row> {
    let whole = marshal(&NodeBuilder::new("presence").attr("type", "available").build()).unwrap();
    let no_id = marshal(&NodeBuilder::new("iq").attr("type", "get").build()).unwrap();
    let wrong = |name, plaintext| row(name, RefusalKind::Stanza, MALFORMED, says(plaintext));
    vec![
        wrong("a frame of nothing but the flags", vec![0]),
        wrong("a stanza of noise", vec![0, 0xf8, 0xff, 0x01]),
        wrong("a truncated stanza", whole[..whole.len() - 1].to_vec()),
        wrong("a trailing byte", [&whole[..], &[0]].concat()),
        wrong("an unknown flag", [&[8], &whole[1..]].concat()),
        wrong("no zlib stream", [&[2], &whole[1..]].concat()),
        wrong("a request without id", no_id),
        row("a request before the login", RefusalKind::NotAllowed, "error 401", {
            otherwise(asks_too_early())
        }),
        row("a message before the login", RefusalKind::NotAllowed, NOTHING, {
            otherwise(writes_too_early())
        }),
    ]
}

async fn asks_too_early() -> (Sim, String) {
    let (sim, _) = world();
    let (mut stream, _) = Companion::new(1).register(&sim).await;
    let count = NodeBuilder::new("count").build();
    let answer = stream.request("get", "encrypt", Some(count)).await;
    (sim, super::play::in_short(&answer))
}

async fn writes_too_early() -> (Sim, String) {
    let (sim, _) = world();
    let (mut stream, _) = Companion::new(1).register(&sim).await;
    stream.send(&NodeBuilder::new("message").attr("id", "1").build()).await;
    let ping = NodeBuilder::new("ping").build();
    let answer = stream.request("get", "w:p", Some(ping)).await;
    assert_eq!((error_code(&answer), text(&answer, "type")), (0, "result".to_owned()));
    assert_eq!(stream.take_set_aside(), []);
    (sim, NOTHING.to_owned())
}
