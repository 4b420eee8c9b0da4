//! The passkey gate: what the companion and the phone do there, and the ways through it.

use std::time::Duration;

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::{advance, timeout};
use wacore_binary::{Node, builder::NodeBuilder};
use wacore_libsignal::protocol::KeyPair;
use waproto::{
    buffa::{Message as _, MessageField},
    whatsapp::{
        CompanionCommitment, CompanionEphemeralIdentity, EncryptedPairingRequest, PairingRequest,
        PrimaryEphemeralIdentity, ProloguePayload, device_props::PlatformType,
    },
};
use waygate_sim::{LinkError, PasskeyError, Phone, RefusalKind, ScanError, Sim, SimConfig};

use crate::{
    code::show_as,
    companion::Companion,
    linking::{NUMBER, world},
    noise::{agree, hkdf, hmac, public},
    stream::{Stream, content, error_code, leaf, text},
};

/// A companion that was asked for a passkey.
pub(crate) struct AtGate {
    pub(crate) device: Companion,
    pub(crate) stream: Stream,
    /// The challenge.
    pub(crate) options: String,
    pub(crate) reference: Vec<u8>,
    pub(crate) nonce: [u8; 32],
    pub(crate) new_secret: [u8; 32],
    ephemeral: KeyPair,
    primary: PrimaryEphemeralIdentity,
}

/// A world whose phone requires a passkey.
pub(crate) fn gated() -> (Sim, Phone) {
    let (sim, phone) = world();
    phone.set_requires_passkey(true);
    (sim, phone)
}

/// A companion that shows a QR code.
pub(crate) async fn shown(sim: &Sim, seed: u64) -> (Companion, Stream, String) {
    let mut device = Companion::new(seed);
    let (stream, refs) = device.register(sim).await;
    let qr = device.qr(&refs[0]);
    (device, stream, qr)
}

impl AtGate {
    /// Hears that a passkey is wanted.
    pub(crate) async fn arrive(mut device: Companion, mut stream: Stream) -> Self {
        let question = stream.next_of("notification").await;
        assert_eq!(text(&question, "type"), "passkey_prologue_request");
        let options = question.get_optional_child("passkey_request_options").unwrap();
        let options = String::from_utf8(content(options)).unwrap();
        acknowledge(&mut stream, &question).await;
        let ephemeral = KeyPair::generate(&mut device.rng);
        Self {
            device,
            stream,
            options,
            reference: Vec::new(),
            nonce: [5; 32],
            new_secret: [6; 32],
            ephemeral,
            primary: PrimaryEphemeralIdentity::default(),
        }
    }

    /// A step of the gate, and the answer to it.
    pub(crate) async fn step(&mut self, kind: &str, node: Node) -> Node {
        self.stream.request(kind, "md", Some(node)).await
    }

    pub(crate) async fn ask_ref(&mut self) {
        let answer = self.step("get", NodeBuilder::new("ref").build()).await;
        self.reference = content(answer.get_optional_child("ref").expect("a ref"));
    }

    pub(crate) fn identity(&self) -> CompanionEphemeralIdentity {
        CompanionEphemeralIdentity {
            public_key: Some(public(&self.ephemeral).to_vec()),
            device_type: Some(PlatformType::CHROME),
            r#ref: Some(String::from_utf8(self.reference.clone()).unwrap()),
        }
    }

    pub(crate) fn payload(&self, identity: &CompanionEphemeralIdentity) -> Vec<u8> {
        let identity = identity.encode_to_vec();
        let hash = Sha256::digest([&identity[..], &self.nonce].concat()).to_vec();
        ProloguePayload {
            companion_ephemeral_identity: Some(identity),
            commitment: MessageField::some(CompanionCommitment { hash: Some(hash) }),
        }
        .encode_to_vec()
    }

    /// The right prologue, without a proof.
    pub(crate) fn prologue(&self, phone: &Phone) -> Node {
        self.prologue_of(&phone.passkey_assertion(&self.options).unwrap())
    }

    /// As [`AtGate::prologue`], with the answer of another browser.
    pub(crate) fn prologue_of(&self, credential: &str) -> Node {
        let payload = self.payload(&self.identity());
        NodeBuilder::new("passkey_prologue")
            .children([
                leaf("credential_id", &credential_id(credential)),
                leaf("webauthn_assertion", credential.as_bytes()),
                leaf("prologue_payload", &payload),
            ])
            .build()
    }

    /// As [`AtGate::prologue`], with the proof that it knows a secret.
    pub(crate) fn proved(&self, phone: &Phone, secret: &[u8; 32]) -> Node {
        let mut prologue = self.prologue(phone);
        let payload = self.payload(&self.identity());
        let key = hkdf(&[], secret, b"shortcake-passkey-handoff-v1", 32);
        let proof = hmac(&key, &payload);
        let parts = prologue.children().unwrap().iter().cloned();
        let parts = parts.chain([leaf("pairing_handoff_proof", &proof)]).collect();
        prologue.content = Some(wacore_binary::NodeContent::Nodes(parts));
        prologue
    }

    /// Sends a prologue and hears of the phone.
    pub(crate) async fn begin(&mut self, prologue: Node) {
        assert_eq!(error_code(&self.step("set", prologue).await), 0);
        let answer = self.stream.next_of("notification").await;
        assert_eq!(text(&answer, "type"), "crsc_continuation");
        acknowledge(&mut self.stream, &answer).await;
        let primary = content(answer.get_optional_child("primary_ephemeral_identity").unwrap());
        self.primary = PrimaryEphemeralIdentity::decode_from_slice(&primary).unwrap();
    }

    /// Gets a ref and begins without a proof.
    pub(crate) async fn open(&mut self, phone: &Phone) {
        self.ask_ref().await;
        let prologue = self.prologue(phone);
        self.begin(prologue).await;
    }

    /// Reveals the nonce, and shows the code.
    pub(crate) async fn reveal(&mut self) -> String {
        let nonce = leaf("companion_nonce", &self.nonce);
        assert_eq!(error_code(&self.step("set", nonce).await), 0);
        let key = self.primary.public_key.as_deref().unwrap();
        let hash = Sha256::digest([&self.nonce[..], key].concat());
        let nonce = self.primary.nonce.as_deref().unwrap();
        let bits: Vec<u8> = nonce
            .iter()
            .zip(hash)
            .take(5)
            .flat_map(|(a, b)| (0..8).rev().map(move |place| (a ^ b) >> place & 1))
            .collect();
        let alphabet = b"123456789ABCDEFGHJKLMNPQRSTVWXYZ";
        let digits = bits.chunks(5).map(|five| five.iter().fold(0, |sum, bit| 2 * sum + bit));
        let mut code: String =
            digits.map(|digit| char::from(alphabet[usize::from(digit)])).collect();
        code.insert(4, '-');
        code
    }

    pub(crate) fn pairing_request(&self) -> PairingRequest {
        PairingRequest {
            companion_public_key: Some(public(&self.device.noise).to_vec()),
            companion_identity_key: Some(public(&self.device.identity).to_vec()),
            adv_secret: Some(self.new_secret.to_vec()),
        }
    }

    /// Seals a request for the phone, as its companion of this type.
    pub(crate) fn seal(
        &self,
        request: &PairingRequest,
        device_type: u8,
    ) -> EncryptedPairingRequest {
        let shared = agree(&self.ephemeral, self.primary.public_key.as_deref().unwrap());
        let reference = std::str::from_utf8(&self.reference).unwrap();
        let salt = format!("Companion Pairing {device_type} with ref {reference}");
        let info = b"Pairing Information Encryption Key";
        let key: [u8; 32] = hkdf(salt.as_bytes(), &shared, info, 32).try_into().unwrap();
        let plaintext = request.encode_to_vec();
        let iv = [9; 12];
        let sealed = Aes256Gcm::new(&key.into())
            .encrypt(&iv.into(), Payload { msg: &plaintext, aad: &[] })
            .unwrap();
        EncryptedPairingRequest { encrypted_payload: Some(sealed), iv: Some(iv.to_vec()) }
    }

    /// Sends the last word.
    pub(crate) async fn confirm(&mut self) {
        let sealed = self.seal(&self.pairing_request(), 1).encode_to_vec();
        let request = leaf("encrypted_pairing_request", &sealed);
        assert_eq!(error_code(&self.step("set", request).await), 0);
        self.device.adv_secret = self.new_secret;
    }

    /// Countersigns what the phone sends at the end.
    pub(crate) async fn countersign(&mut self) {
        let signed = self.device.countersign(&mut self.stream).await;
        self.stream.send(&signed.answer()).await;
        assert_eq!(text(&self.stream.next_of("stream:error").await, "code"), "515");
    }
}

async fn acknowledge(stream: &mut Stream, notification: &Node) {
    let ack = NodeBuilder::new("ack")
        .attr("class", "notification")
        .attr("to", text(notification, "from"))
        .attr("id", text(notification, "id"))
        .attr("type", text(notification, "type"))
        .build();
    stream.send(&ack).await;
}

/// The raw id of a credential in JSON.
pub(crate) fn credential_id(credential: &str) -> Vec<u8> {
    let credential: Value = serde_json::from_str(credential).unwrap();
    BASE64_URL_SAFE_NO_PAD.decode(credential["rawId"].as_str().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_device_shows_a_passkey_and_the_phones_code_and_is_linked() {
    let (sim, phone) = gated();
    let (device, stream, qr) = shown(&sim, 1).await;
    let (linked, mut device) = tokio::join!(phone.scan(&qr), async {
        let mut gate = AtGate::arrive(device, stream).await;
        gate.open(&phone).await;
        let code = gate.reveal().await;
        assert_eq!(phone.passkey_code_shown().await, code);
        phone.answer_passkey_code(true).unwrap();
        assert_eq!(phone.passkey_code(), None, "it is answered");
        gate.confirm().await;
        gate.countersign().await;
        gate.device
    });
    assert_eq!(linked.unwrap().device, 1);
    device.log_in(&sim).await.hang_up();
    let report = sim.report();
    assert_eq!((report.links, report.requests["md/set/passkey_prologue"]), (1, 1));
    report.is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_challenge_is_one_that_browsers_understand() {
    let (sim, phone) = gated();
    phone.add_passkey();
    let (device, stream, qr) = shown(&sim, 1).await;
    let (gone, ()) = tokio::join!(phone.scan(&qr), async {
        let mut gate = AtGate::arrive(device, stream).await;
        let options: Value = serde_json::from_str(&gate.options).unwrap();
        assert_eq!(options["rpId"], "whatsapp.com");
        assert_eq!(options["timeout"], 600_000);
        assert_eq!(options["userVerification"], "required");
        let challenge = options["challenge"].as_str().unwrap();
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(challenge).unwrap().len(), 32);
        let allowed = options["allowCredentials"].as_array().unwrap();
        assert_eq!(allowed.len(), 2);
        assert!(allowed.iter().all(|it| it["type"] == "public-key" && it["id"].is_string()));
        // A client that could not read it asks for it.
        let wanted = NodeBuilder::new("passkey_request_options").build();
        let answer = gate.step("get", wanted).await;
        let again = answer.get_optional_child("passkey_request_options").unwrap();
        assert_eq!(content(again), gate.options.as_bytes());
    });
    assert_eq!(gone, Err(ScanError::Link(LinkError::ConnectionGone)), "the device has hung up");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_has_typed_a_code_shows_a_passkey_as_well() {
    let (sim, phone) = gated();
    let mut shown = show_as(&sim, 1).await;
    let (linked, ()) = tokio::join!(phone.enter_code(crate::code::CODE), async {
        shown.finish().await;
        let mut gate = AtGate::arrive(shown.device, shown.stream).await;
        gate.ask_ref().await;
        // The secret of the code, as both sides have derived it.
        let secret = gate.device.adv_secret;
        let prologue = gate.proved(&phone, &secret);
        gate.begin(prologue).await;
        gate.reveal().await;
        gate.confirm().await;
        gate.countersign().await;
    });
    assert_eq!(linked.unwrap().device, 1);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_device_that_proves_whose_code_was_scanned_needs_no_comparison() {
    let (sim, phone) = gated();
    let (device, stream, qr) = shown(&sim, 1).await;
    let (linked, ()) = tokio::join!(phone.scan(&qr), async {
        let mut gate = AtGate::arrive(device, stream).await;
        // One moment before the proof's time is over.
        advance(Duration::from_secs(299)).await;
        gate.ask_ref().await;
        let secret = gate.device.adv_secret;
        let prologue = gate.proved(&phone, &secret);
        gate.begin(prologue).await;
        gate.reveal().await;
        gate.confirm().await;
        assert_eq!(phone.passkey_code(), None);
        assert_eq!(phone.answer_passkey_code(true), Err(PasskeyError::NoCode));
        gate.countersign().await;
    });
    linked.unwrap();
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_proof_that_comes_late_leaves_the_comparison_to_the_user() {
    let (sim, phone) = gated();
    let (device, stream, qr) = shown(&sim, 1).await;
    let (linked, ()) = tokio::join!(phone.scan(&qr), async {
        let mut gate = AtGate::arrive(device, stream).await;
        advance(Duration::from_secs(300)).await;
        gate.ask_ref().await;
        let secret = gate.device.adv_secret;
        let prologue = gate.proved(&phone, &secret);
        gate.begin(prologue).await;
        let code = gate.reveal().await;
        // The companion does not wait; the phone does.
        gate.confirm().await;
        assert_eq!(phone.passkey_code_shown().await, code);
        phone.answer_passkey_code(true).unwrap();
        gate.countersign().await;
    });
    linked.unwrap();
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_user_who_sees_another_code_ends_it_and_the_device_hears_so_when_it_goes_on() {
    let (sim, phone) = gated();
    let (device, stream, qr) = shown(&sim, 1).await;
    let (refused, mut gate) = tokio::join!(phone.scan(&qr), async {
        let mut gate = AtGate::arrive(device, stream).await;
        gate.open(&phone).await;
        gate.reveal().await;
        phone.passkey_code_shown().await;
        phone.answer_passkey_code(false).unwrap();
        assert_eq!(phone.answer_passkey_code(true), Err(PasskeyError::NoCode));
        gate
    });
    assert_eq!(refused, Err(ScanError::Link(LinkError::CodeRejected)));
    assert_eq!(phone.passkey_code(), None);
    let sealed = gate.seal(&gate.pairing_request(), 1).encode_to_vec();
    let answer = gate.step("set", leaf("encrypted_pairing_request", &sealed)).await;
    assert_eq!(error_code(&answer), 410);
    assert_eq!(phone.devices(), []);
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_device_that_hangs_up_takes_the_code_off_the_phone() {
    let (sim, phone) = gated();
    let (device, stream, qr) = shown(&sim, 1).await;
    let (gone, ()) = tokio::join!(phone.scan(&qr), async {
        let mut gate = AtGate::arrive(device, stream).await;
        gate.open(&phone).await;
        gate.reveal().await;
        gate.confirm().await;
        phone.passkey_code_shown().await;
    });
    assert_eq!(gone, Err(ScanError::Link(LinkError::ConnectionGone)));
    assert_eq!(phone.passkey_code(), None);
    assert_eq!(phone.answer_passkey_code(true), Err(PasskeyError::NoCode));
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_gate_is_open_for_ten_minutes() {
    let (sim, phone) = gated();
    let (device, stream, qr) = shown(&sim, 1).await;
    let (late, mut gate) = tokio::join!(phone.scan(&qr), AtGate::arrive(device, stream));
    assert_eq!(late, Err(ScanError::Link(LinkError::TimedOut)));
    assert_eq!(sim.report().refusals.len(), 0);
    // The connection lives five seconds longer, so that the companion can be told.
    let answer = gate.step("get", NodeBuilder::new("ref").build()).await;
    assert_eq!(error_code(&answer), 410);
    gate.stream.assert_closed().await;
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_device_is_at_one_gate_and_a_new_gate_has_a_new_challenge() {
    let (sim, phone) = gated();
    let other = sim.add_phone("15550002222").unwrap();
    let mut device = Companion::new(1);
    let (mut stream, refs) = device.register(&sim).await;
    let (first, second) = (device.qr(&refs[0]), device.qr(&refs[1]));
    let (abandoned, busy) =
        tokio::join!(timeout(Duration::from_secs(1), phone.scan(&first)), other.scan(&second));
    abandoned.unwrap_err();
    assert_eq!(busy, Err(ScanError::Link(LinkError::InProgress)));
    let stale = stream.next_of("notification").await;
    let stale = content(stale.get_optional_child("passkey_request_options").unwrap());
    let (linked, ()) = tokio::join!(phone.scan(&second), async {
        let mut gate = AtGate::arrive(device, stream).await;
        let fresh = std::mem::replace(&mut gate.options, String::from_utf8(stale).unwrap());
        assert_ne!(fresh, gate.options);
        gate.ask_ref().await;
        let prologue = gate.prologue(&phone);
        assert_eq!(error_code(&gate.step("set", prologue).await), 401);
        gate.options = fresh;
        gate.open(&phone).await;
        gate.reveal().await;
        phone.passkey_code_shown().await;
        phone.answer_passkey_code(true).unwrap();
        gate.confirm().await;
        gate.countersign().await;
    });
    linked.unwrap();
    sim.report().is_clean_but_for(&[RefusalKind::Passkey]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_challenge_credential_and_code() {
    let mut seen = Vec::new();
    for seed in [1, 1, 2] {
        let sim = Sim::new(SimConfig { seed, ..SimConfig::default() });
        let phone = sim.add_phone(NUMBER).unwrap();
        phone.set_requires_passkey(true);
        let (device, stream, qr) = shown(&sim, 1).await;
        let (_gone, run) = tokio::join!(phone.scan(&qr), async {
            let mut gate = AtGate::arrive(device, stream).await;
            let credential = phone.passkey_assertion(&gate.options).unwrap();
            gate.open(&phone).await;
            (gate.reveal().await, gate.options, credential)
        });
        seen.push(run);
        sim.report().is_clean().unwrap();
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0].0, seen[2].0);
}

#[tokio::test(start_paused = true)]
async fn the_gate_can_be_taken_away_again() {
    let (sim, phone) = gated();
    assert!(phone.requires_passkey());
    phone.set_requires_passkey(false);
    assert!(!phone.requires_passkey());
    Companion::new(1).link(&sim, &phone).await;
    phone
        .passkey_assertion(&json!({ "challenge": "AAAA", "rpId": "whatsapp.com" }).to_string())
        .expect("the passkey stays");
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_full_account_asks_for_no_passkey() {
    let (sim, phone) = world();
    for seed in 1..=4 {
        Companion::new(seed).link(&sim, &phone).await;
    }
    phone.set_requires_passkey(true);
    let (_device, mut stream, qr) = shown(&sim, 5).await;
    assert_eq!(phone.scan(&qr).await, Err(ScanError::Link(LinkError::DeviceLimit)));
    // The code is as good as before once there is a place.
    phone.unlink(Some(1)).await.unwrap();
    let (abandoned, question) = tokio::join!(
        timeout(Duration::from_secs(1), phone.scan(&qr)),
        stream.next_of("notification")
    );
    abandoned.unwrap_err();
    assert_eq!(text(&question, "type"), "passkey_prologue_request");
    sim.report().is_clean_but_for(&[RefusalKind::DeviceLimit]).unwrap();
}
