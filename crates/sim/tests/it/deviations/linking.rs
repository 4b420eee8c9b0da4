//! What is wrong in how a device is linked.

use std::time::Duration;

use tokio::time::advance;
use wacore_binary::{NodeContent, builder::NodeBuilder};
use wacore_libsignal::protocol::KeyPair;
use waproto::{
    codec::{adv_signed_device_identity_decode, adv_signed_device_identity_to_vec},
    whatsapp::ADVSignedDeviceIdentity,
};
use waygate_sim::{LinkError, RefusalKind, ScanError, Sim};

use super::{
    Mark, Row,
    play::{Playing, end_of, in_short, otherwise},
};
use crate::{
    code::{hello, with},
    companion::{Companion, Countersigned, result},
    linking::world,
    stream::text,
};

/// The client is told nothing, and the person at the phone that it did not work.
const PHONE_REFUSES: &str = "the phone refuses";

fn row(name: &'static str, kind: RefusalKind, answer: &'static str, play: Playing) -> Row {
    Row { name, mark: Mark::Refused(kind), answer, play }
}

pub(super) fn rows() -> Vec<Row> {
    [scans(), identities(), codes()].into_iter().flatten().collect()
}

fn scans() -> Vec<Row> {
    let refused = |name, kind, play| row(name, kind, PHONE_REFUSES, play);
    vec![
        refused("a stale ref", RefusalKind::ExpiredRef, otherwise(is_scanned_late())),
        refused("a ref that was never given out", RefusalKind::UnknownRef, {
            otherwise(shows(|_, device| device.qr("2@unheard-of"), ScanError::UnknownRef))
        }),
        refused("a code with another Noise key", RefusalKind::ScannedText, {
            let other = |reference: &str, _: &Companion| Companion::new(2).qr(reference);
            otherwise(shows(other, ScanError::NoiseKeyMismatch))
        }),
        refused("a code with another identity", RefusalKind::ScannedText, {
            let other = |reference: &str, device: &Companion| {
                let mut disguised = Companion::new(2);
                disguised.noise = device.noise.clone();
                disguised.qr(reference)
            };
            otherwise(shows(other, ScanError::IdentityMismatch))
        }),
        refused("a wrong HMAC: a code with another ADV secret", RefusalKind::PairingRefused, {
            otherwise(shows_another_secret())
        }),
        refused("a fifth companion", RefusalKind::DeviceLimit, otherwise(is_the_fifth())),
    ]
}

async fn shows(
    text_for: impl FnOnce(&str, &Companion) -> String,
    expected: ScanError,
) -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (_stream, refs) = device.register(&sim).await;
    let refused = phone.scan(&text_for(&refs[0], &device)).await;
    assert_eq!(refused, Err(expected));
    (sim, PHONE_REFUSES.to_owned())
}

async fn is_scanned_late() -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (_stream, refs) = device.register(&sim).await;
    advance(Duration::from_mins(1)).await;
    assert_eq!(phone.scan(&device.qr(&refs[0])).await, Err(ScanError::ExpiredRef));
    (sim, PHONE_REFUSES.to_owned())
}

/// What the phone signs under another secret does not verify, which the client says.
async fn shows_another_secret() -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&sim).await;
    let mut other = Companion::new(2);
    (other.noise, other.identity) = (device.noise.clone(), device.identity.clone());
    let qr = other.qr(&refs[0]);
    let (refused, ()) = tokio::join!(phone.scan(&qr), async {
        let iq = stream.next_of("iq").await;
        let mut answer = result(&text(&iq, "id"), None);
        answer.attrs.insert("type", "error");
        let error = NodeBuilder::new("error").attr("code", 401).attr("text", "hmac-mismatch");
        answer.content = Some(NodeContent::Nodes(vec![error.build()]));
        stream.send(&answer).await;
    });
    let text = "hmac-mismatch".to_owned();
    assert_eq!(refused, Err(ScanError::Link(LinkError::DeviceRefused { code: 401, text })));
    (sim, PHONE_REFUSES.to_owned())
}

async fn is_the_fifth() -> (Sim, String) {
    let (sim, phone) = world();
    for seed in 1..=4 {
        Companion::new(seed).link(&sim, &phone).await;
    }
    let mut fifth = Companion::new(5);
    let (_stream, refs) = fifth.register(&sim).await;
    let refused = phone.scan(&fifth.qr(&refs[0])).await;
    assert_eq!(refused, Err(ScanError::Link(LinkError::DeviceLimit)));
    (sim, PHONE_REFUSES.to_owned())
}

fn identities() -> Vec<Row> {
    type Spoil = fn(&mut ADVSignedDeviceIdentity);
    let signature = |name, spoil: Spoil| {
        let play = countersigns(move |signed| {
            let mut identity = adv_signed_device_identity_decode(&signed.signed).unwrap();
            spoil(&mut identity);
            signed.signed = adv_signed_device_identity_to_vec(&identity);
        });
        row(name, RefusalKind::DeviceSignature, "failure 401", otherwise(play))
    };
    vec![
        signature("a device identity without signature", |it| it.device_signature = None),
        signature("a device identity with a wrong signature", |it| {
            it.device_signature.as_mut().unwrap()[9] ^= 1;
        }),
        signature("a device identity with other details", |it| {
            it.details.as_mut().unwrap()[1] ^= 1;
        }),
        signature("a device identity with another account signature", |it| {
            it.account_signature.as_mut().unwrap()[1] ^= 1;
        }),
        signature("a device identity with another account key", |it| {
            it.account_signature_key = Some(vec![1; 32]);
        }),
        row(
            "a device identity under another key index",
            RefusalKind::DeviceIdentity,
            "failure 401",
            otherwise(countersigns(|signed| signed.key_index += 1)),
        ),
    ]
}

async fn countersigns(spoil: impl FnOnce(&mut Countersigned)) -> (Sim, String) {
    let (sim, phone) = world();
    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&sim).await;
    let qr = device.qr(&refs[0]);
    let (scanned, ()) = tokio::join!(phone.scan(&qr), async {
        let mut signed = device.countersign(&mut stream).await;
        spoil(&mut signed);
        stream.send(&signed.answer()).await;
    });
    assert_eq!(scanned, Err(ScanError::Link(LinkError::BadDeviceSignature)));
    assert_eq!(phone.devices(), []);
    (sim, end_of(&mut stream).await)
}

fn codes() -> Vec<Row> {
    let wrong = |name, tag: &'static str, bytes: &'static [u8]| {
        let play = asks_for_a_code(tag, bytes);
        row(name, RefusalKind::PairingCode, "error 400", otherwise(play))
    };
    vec![
        wrong("a wrapped key of 79 bytes", "link_code_pairing_wrapped_companion_ephemeral_pub", {
            &[1; 79]
        }),
        wrong("a code asked for with another Noise key", "companion_server_auth_key_pub", &[1; 32]),
        wrong("a device name that is none", "companion_platform_display", b"my bot"),
    ]
}

async fn asks_for_a_code(tag: &'static str, bytes: &'static [u8]) -> (Sim, String) {
    let (sim, _) = world();
    let mut device = Companion::new(1);
    let (mut stream, _) = device.register(&sim).await;
    let ephemeral = KeyPair::generate(&mut device.rng);
    let wrong = with(&hello(&device, &ephemeral), tag, Some(bytes));
    let answer = stream.request("set", "md", Some(wrong)).await;
    (sim, in_short(&answer))
}
