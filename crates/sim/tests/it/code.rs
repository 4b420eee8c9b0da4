//! Linking by an eight-character code.

use std::time::Duration;

use aes::Aes256;
use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use tokio::time::advance;
use wacore_binary::{Node, builder::NodeBuilder};
use wacore_libsignal::protocol::KeyPair;
use waygate_sim::{CodeError, LinkError, RefusalKind, Sim};

use crate::{
    companion::Companion,
    linking::{NUMBER, world},
    noise::{agree, hkdf, public},
    stream::{Stream, content, error_code, leaf, text},
};

pub(crate) const CODE: &str = "ABCD1234";

fn cipher(salt: &[u8], iv: &[u8]) -> Ctr128BE<Aes256> {
    let key = pbkdf2::pbkdf2_hmac_array::<sha2::Sha256, 32>(CODE.as_bytes(), salt, 131_072);
    let iv: [u8; 16] = iv.try_into().unwrap();
    Ctr128BE::<Aes256>::new(&key.into(), &iv.into())
}

/// A companion that has shown a code.
pub(crate) struct Shown {
    pub(crate) device: Companion,
    ephemeral: KeyPair,
    pub(crate) stream: Stream,
    pub(crate) reference: Vec<u8>,
}

pub(crate) fn hello(device: &Companion, ephemeral: &KeyPair) -> Node {
    let (salt, iv) = ([7; 32], [8; 16]);
    let mut wrapped = public(ephemeral);
    cipher(&salt, &iv).apply_keystream(&mut wrapped);
    let wrapped = [&salt[..], &iv, &wrapped].concat();
    NodeBuilder::new("link_code_companion_reg")
        .attr("jid", format!("{NUMBER}@s.whatsapp.net"))
        .attr("stage", "companion_hello")
        .attr("should_show_push_notification", "true")
        .children([
            leaf("link_code_pairing_wrapped_companion_ephemeral_pub", &wrapped),
            leaf("companion_server_auth_key_pub", &public(&device.noise)),
            leaf("companion_platform_id", b"1"),
            leaf("companion_platform_display", b"Chrome (Linux)"),
            leaf("link_code_pairing_nonce", &[0]),
        ])
        .build()
}

async fn show(sim: &Sim) -> Shown {
    show_as(sim, 1).await
}

/// As [`show`], by a device of its own.
pub(crate) async fn show_as(sim: &Sim, seed: u64) -> Shown {
    let mut device = Companion::new(seed);
    let (stream, _) = device.register(sim).await;
    let ephemeral = KeyPair::generate(&mut device.rng);
    let mut shown = Shown { device, ephemeral, stream, reference: Vec::new() };
    shown.ask().await;
    shown
}

impl Shown {
    /// Asks for a code, again or for the first time.
    pub(crate) async fn ask(&mut self) {
        let hello = hello(&self.device, &self.ephemeral);
        let answer = self.stream.request("set", "md", Some(hello)).await;
        self.reference = answer
            .get_optional_child_by_tag(&["link_code_companion_reg", "link_code_pairing_ref"])
            .map(content)
            .expect("a ref");
    }

    /// Answers the phone's hello and keeps the new secret.
    pub(crate) async fn finish(&mut self) {
        let finish = self.prepare_finish(None).await;
        assert_eq!(error_code(&self.stream.request("set", "md", Some(finish)).await), 0);
    }

    /// The answer to the phone's hello, meant for `phone` if it is another one.
    pub(crate) async fn prepare_finish(&mut self, phone: Option<[u8; 32]>) -> Node {
        let hello = self.stream.next_of("notification").await;
        assert_eq!(text(&hello, "type"), "link_code_companion_reg");
        let hello = hello.get_optional_child("link_code_companion_reg").unwrap();
        let part = |tag: &str| content(hello.get_optional_child(tag).unwrap());
        assert_eq!(part("link_code_pairing_ref"), self.reference);
        let wrapped = part("link_code_pairing_wrapped_primary_ephemeral_pub");
        let primary = part("primary_identity_pub");
        let mut theirs = wrapped[48..].to_vec();
        cipher(&wrapped[..32], &wrapped[32..48]).apply_keystream(&mut theirs);

        let (salt, nonce, random) = ([1; 32], [2; 12], [3; 32]);
        let shared = agree(&self.ephemeral, &theirs);
        let info = b"link_code_pairing_key_bundle_encryption_key";
        let key: [u8; 32] = hkdf(&salt, &shared, info, 32).try_into().unwrap();
        let identity = public(&self.device.identity);
        let meant = phone.map_or(primary.clone(), Vec::from);
        let plaintext = [&identity[..], &meant, &random].concat();
        let sealed = Aes256Gcm::new(&key.into())
            .encrypt(&nonce.into(), Payload { msg: &plaintext, aad: &[] })
            .unwrap();
        let identities = agree(&self.device.identity, &primary);
        let material = [shared, identities, random].concat();
        self.device.adv_secret = hkdf(&[], &material, b"adv_secret", 32).try_into().unwrap();
        NodeBuilder::new("link_code_companion_reg")
            .attr("jid", format!("{NUMBER}@s.whatsapp.net"))
            .attr("stage", "companion_finish")
            .children([
                leaf(
                    "link_code_pairing_wrapped_key_bundle",
                    &[&salt[..], &nonce, &sealed].concat(),
                ),
                leaf("companion_identity_public", &identity),
                leaf("link_code_pairing_ref", &self.reference),
            ])
            .build()
    }

    /// Countersigns what the phone sends after the right code.
    pub(crate) async fn countersign(&mut self) {
        let signed = self.device.countersign(&mut self.stream).await;
        self.stream.send(&signed.answer()).await;
    }
}

/// The stage with other bytes in one child, or without it.
pub(crate) fn with(stage: &Node, tag: &'static str, bytes: Option<&[u8]>) -> Node {
    let mut node = stage.clone();
    let children = stage.children().unwrap().iter().filter_map(|child| match bytes {
        _ if child.tag != tag => Some(child.clone()),
        Some(bytes) => Some(leaf(tag, bytes)),
        None => None,
    });
    node.content = Some(wacore_binary::NodeContent::Nodes(children.collect()));
    node
}

#[tokio::test(start_paused = true)]
async fn a_wrong_code_links_nothing_and_the_right_one_still_does() {
    let (sim, phone) = world();
    let mut shown = show(&sim).await;
    assert_eq!(phone.enter_code("short").await, Err(CodeError::Malformed));
    let (wrong, ()) = tokio::join!(phone.enter_code("ABCD1235"), shown.finish());
    assert_eq!(wrong, Err(CodeError::WrongCode));
    let (linked, ()) = tokio::join!(phone.enter_code("abcd-1234"), async {
        shown.finish().await;
        let signed = shown.device.countersign(&mut shown.stream).await;
        shown.stream.send(&signed.answer()).await;
    });
    assert_eq!(linked.unwrap().device, 1);
    assert_eq!(text(&shown.stream.next_of("stream:error").await, "code"), "515");
    shown.device.log_in(&sim).await.hang_up();
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_code_can_be_tried_three_times() {
    let (sim, phone) = world();
    let mut shown = show(&sim).await;
    for _ in 0..3 {
        let (wrong, ()) = tokio::join!(phone.enter_code("11111111"), shown.finish());
        assert_eq!(wrong, Err(CodeError::WrongCode));
    }
    assert_eq!(phone.enter_code(CODE).await, Err(CodeError::TooManyTries));
    sim.report().is_clean_but_for(&[RefusalKind::UsedRef]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_code_expires_after_three_minutes() {
    let (sim, phone) = world();
    assert_eq!(phone.enter_code(CODE).await, Err(CodeError::NothingPending));
    let mut shown = show(&sim).await;
    advance(Duration::from_secs(180)).await;
    assert_eq!(phone.enter_code(CODE).await, Err(CodeError::Expired));
    // The code outlives the refs, so the connection has stayed open for it.
    shown.stream.assert_closed().await;
    assert_eq!(phone.enter_code(CODE).await, Err(CodeError::NothingPending));
    sim.report().is_clean_but_for(&[RefusalKind::ExpiredRef]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_device_that_does_not_answer_is_given_up() {
    let (sim, phone) = world();
    let _shown = show(&sim).await;
    assert_eq!(phone.enter_code(CODE).await, Err(CodeError::Link(LinkError::TimedOut)));
    sim.report().is_clean().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_malformed_request_for_a_code_is_refused() {
    let (sim, _) = world();
    let mut device = Companion::new(1);
    let (mut stream, _) = device.register(&sim).await;
    let ephemeral = KeyPair::generate(&mut device.rng);
    let right = hello(&device, &ephemeral);
    let with = |tag: &'static str, bytes: &[u8]| with(&right, tag, Some(bytes));
    let mut stranger = right.clone();
    stranger.attrs = NodeBuilder::new("x")
        .attr("jid", "15559999999@s.whatsapp.net")
        .attr("stage", "companion_hello")
        .build()
        .attrs;
    let mut stageless = right.clone();
    stageless.attrs = wacore_binary::Attrs::new();
    let deviations = [
        with("link_code_pairing_wrapped_companion_ephemeral_pub", &[1; 79]),
        with("companion_server_auth_key_pub", &[1; 32]),
        with("companion_platform_id", b""),
        with("companion_platform_display", b"my bot"),
        stranger,
        stageless,
    ];
    for (count, deviation) in (1..).zip(deviations) {
        let answer = stream.request("set", "md", Some(deviation)).await;
        assert_eq!(error_code(&answer), 400, "deviation {count}");
        assert_eq!(sim.report().refusals[&RefusalKind::PairingCode], count);
    }
    assert_eq!(error_code(&stream.request("set", "md", Some(right)).await), 0);
}
