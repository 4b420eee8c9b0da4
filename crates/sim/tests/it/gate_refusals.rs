//! What a companion can do wrong at the passkey gate, and how it is told.

use serde_json::{Value, json};
use wacore_binary::{Node, NodeContent, builder::NodeBuilder};
use waproto::{
    buffa::Message as _,
    whatsapp::{
        CompanionEphemeralIdentity, EncryptedPairingRequest, PairingRequest, ProloguePayload,
        device_props::PlatformType,
    },
};
use waygate_sim::{LinkError, RefusalKind, ScanError, Sim};

use crate::{
    code::with,
    gate::{AtGate, credential_id, gated, shown},
    stream::{error_code, leaf, text},
};

/// Asserts that the newest refusal is one of the gate, for this reason.
fn assert_refused(sim: &Sim, reason: &str) {
    let report = sim.report();
    let last = report.refusal_log.last().expect("a refusal");
    assert_eq!(last.kind, RefusalKind::Passkey, "{reason}");
    assert!(last.detail.contains(reason), "{}, not {reason}", last.detail);
}

fn prologue_with(node: &Node, tag: &'static str, bytes: &[u8]) -> Node {
    let mut node = node.clone();
    let parts = node.children().unwrap().iter().cloned().chain([leaf(tag, bytes)]).collect();
    node.content = Some(NodeContent::Nodes(parts));
    node
}

#[tokio::test(start_paused = true)]
async fn whoever_was_not_asked_for_a_passkey_can_take_no_step() {
    let (sim, _phone) = gated();
    let (_device, mut stream, _qr) = shown(&sim, 1).await;
    for (kind, step) in [
        ("get", "passkey_request_options"),
        ("get", "ref"),
        ("set", "passkey_prologue"),
        ("set", "companion_nonce"),
        ("set", "encrypted_pairing_request"),
    ] {
        let answer = stream.request(kind, "md", Some(NodeBuilder::new(step).build())).await;
        assert_eq!(error_code(&answer), 400, "{step}");
        assert_refused(&sim, "no passkey was asked for");
    }
}

#[tokio::test(start_paused = true)]
async fn an_ack_that_does_not_repeat_its_notification_is_put_on_record() {
    let (sim, phone) = gated();
    let (_device, mut stream, qr) = shown(&sim, 1).await;
    let (_, question) = tokio::join!(
        tokio::time::timeout(std::time::Duration::from_secs(1), phone.scan(&qr)),
        stream.next_of("notification"),
    );
    let id = text(&question, "id");
    let right = NodeBuilder::new("ack")
        .attr("class", "notification")
        .attr("to", "s.whatsapp.net")
        .attr("type", "passkey_prologue_request")
        .attr("id", id.as_str())
        .build();
    for (name, value) in
        [("class", "receipt"), ("to", "15550001111@s.whatsapp.net"), ("type", "crsc_continuation")]
    {
        let mut wrong = right.clone();
        wrong.attrs.insert(name, value);
        stream.send(&wrong).await;
    }
    stream.send(&right).await;
    // Another one of the same is nothing any more.
    stream.send(&right).await;
    let ping = NodeBuilder::new("ping").build();
    stream.request("get", "w:p", Some(ping)).await;
    assert_eq!(sim.report().refusals[&RefusalKind::Request], 3);
    sim.report().is_clean_but_for(&[RefusalKind::Request]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_step_out_of_turn_is_refused_and_the_right_one_still_counts() {
    let (sim, phone) = gated();
    let (device, stream, qr) = shown(&sim, 1).await;
    let (linked, ()) = tokio::join!(phone.scan(&qr), async {
        let mut gate = AtGate::arrive(device, stream).await;
        let refuse = async |gate: &mut AtGate, kind: &str, step: Node| {
            assert_eq!(error_code(&gate.step(kind, step.clone()).await), 400, "{step:?}");
            assert_refused(&sim, "out of turn");
        };
        let wanted = |tag: &'static str| NodeBuilder::new(tag).build();
        let nonce = leaf("companion_nonce", &gate.nonce);
        let request = leaf("encrypted_pairing_request", b"x");
        refuse(&mut gate, "set", nonce.clone()).await;
        refuse(&mut gate, "set", request.clone()).await;
        gate.ask_ref().await;
        let prologue = gate.prologue(&phone);
        gate.begin(prologue.clone()).await;
        refuse(&mut gate, "set", prologue).await;
        refuse(&mut gate, "get", wanted("ref")).await;
        refuse(&mut gate, "get", wanted("passkey_request_options")).await;
        refuse(&mut gate, "set", request.clone()).await;
        gate.reveal().await;
        refuse(&mut gate, "set", nonce).await;
        phone.passkey_code_shown().await;
        gate.confirm().await;
        refuse(&mut gate, "set", request).await;
        phone.answer_passkey_code(true).unwrap();
        gate.countersign().await;
    });
    linked.unwrap();
    sim.report().is_clean_but_for(&[RefusalKind::Passkey]).unwrap();
}

/// The prologues that a server takes for malformed or unproven, by what is wrong with them.
fn wrong_prologues(gate: &AtGate, right: &Node, stranger: &str) -> Vec<(Node, u16, &'static str)> {
    let part = |tag: &'static str, bytes: &[u8]| with(right, tag, Some(bytes));
    let payload = |change: &dyn Fn(&mut CompanionEphemeralIdentity)| {
        let mut identity = gate.identity();
        change(&mut identity);
        part("prologue_payload", &gate.payload(&identity))
    };
    let short_commitment = {
        let mut outer =
            ProloguePayload::decode_from_slice(&gate.payload(&gate.identity())).unwrap();
        outer.commitment.as_option_mut().unwrap().hash = Some(vec![1; 31]);
        part("prologue_payload", &outer.encode_to_vec())
    };
    let own = crate::stream::content(right.get_optional_child("webauthn_assertion").unwrap());
    let own: Value = serde_json::from_slice(&own).unwrap();
    let assertion = |member: &str, value: &str| {
        let mut changed = own.clone();
        changed["response"][member] = json!(value);
        part("webauthn_assertion", changed.to_string().as_bytes())
    };
    let strangers = with(
        &part("webauthn_assertion", stranger.as_bytes()),
        "credential_id",
        Some(&credential_id(stranger)),
    );
    vec![
        (with(right, "credential_id", None), 400, "no credential_id"),
        (with(right, "webauthn_assertion", None), 400, "no webauthn_assertion"),
        (with(right, "prologue_payload", None), 400, "no prologue_payload"),
        (prologue_with(right, "credential_id", b"x"), 400, "one twice"),
        (prologue_with(right, "proof", b"x"), 400, "unknown part"),
        (prologue_with(right, "pairing_handoff_proof", &[1; 31]), 400, "not 32 bytes"),
        (prologue_with(right, "pairing_handoff_proof", &[]), 400, "not 32 bytes"),
        (part("prologue_payload", &[0xff; 9]), 400, "no protobuf"),
        (part("prologue_payload", b""), 400, "commitment"),
        (short_commitment, 400, "the commitment is not 32 bytes"),
        (payload(&|it| it.public_key = Some(vec![1; 33])), 400, "ephemeral key is not 32"),
        (payload(&|it| it.public_key = Some(vec![0; 32])), 400, "small order"),
        (payload(&|it| it.device_type = None), 400, "no device type"),
        (payload(&|it| it.device_type = Some(PlatformType::SAFARI)), 400, "registered one"),
        (payload(&|it| it.r#ref = None), 400, "no ref"),
        (payload(&|it| it.r#ref = Some("4@another".to_owned())), 400, "not the newest"),
        (part("credential_id", b"another"), 400, "are not the same"),
        (part("webauthn_assertion", b"{}"), 400, "no credential in JSON"),
        (assertion("signature", "AAAA"), 400, "no ES256 signature"),
        (assertion("authenticatorData", "AAAA"), 400, "too short"),
        (assertion("userHandle", "AAAA"), 401, "user handle"),
        (strangers, 401, "none of the account's"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_wrong_prologue_is_refused_with_its_ref_and_the_right_one_still_counts() {
    let (sim, phone) = gated();
    let stranger = sim.add_phone("15550002222").unwrap();
    stranger.set_requires_passkey(true);
    let (device, stream, qr) = shown(&sim, 1).await;
    let (linked, ()) = tokio::join!(phone.scan(&qr), async {
        let mut gate = AtGate::arrive(device, stream).await;
        let mut challenge: Value = serde_json::from_str(&gate.options).unwrap();
        challenge["allowCredentials"] = json!([]);
        let stolen = stranger.passkey_assertion(&challenge.to_string()).unwrap();
        gate.ask_ref().await;
        let right = gate.prologue(&phone);
        let rows = wrong_prologues(&gate, &right, &stolen).len();
        for row in 0..rows {
            gate.ask_ref().await;
            let right = gate.prologue(&phone);
            let (wrong, code, reason) = wrong_prologues(&gate, &right, &stolen).swap_remove(row);
            assert_eq!(error_code(&gate.step("set", wrong).await), code, "{reason}");
            assert_refused(&sim, reason);
        }
        // The ref was for one prologue, right or wrong.
        let late = gate.prologue(&phone);
        assert_eq!(error_code(&gate.step("set", late).await), 400);
        assert_refused(&sim, "was used");
        // Of two refs the newer counts.
        gate.ask_ref().await;
        let stale = gate.prologue(&phone);
        gate.ask_ref().await;
        assert_eq!(error_code(&gate.step("set", stale).await), 400);
        assert_refused(&sim, "not the newest");
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
async fn a_malformed_nonce_or_request_is_refused_and_the_right_one_still_counts() {
    let (sim, phone) = gated();
    let (device, stream, qr) = shown(&sim, 1).await;
    let (linked, ()) = tokio::join!(phone.scan(&qr), async {
        let mut gate = AtGate::arrive(device, stream).await;
        gate.open(&phone).await;
        for wrong in [&[5; 31][..], &[5; 33], &[]] {
            let answer = gate.step("set", leaf("companion_nonce", wrong)).await;
            assert_eq!(error_code(&answer), 400);
            assert_refused(&sim, "companion_nonce is not 32 bytes");
        }
        gate.reveal().await;
        phone.passkey_code_shown().await;
        phone.answer_passkey_code(true).unwrap();
        let right = gate.seal(&gate.pairing_request(), 1);
        let changed = |change: &dyn Fn(&mut EncryptedPairingRequest)| {
            let mut changed = right.clone();
            change(&mut changed);
            changed.encode_to_vec()
        };
        let rows = [
            (vec![0xff; 9], "no protobuf"),
            (Vec::new(), "too short"),
            (changed(&|it| it.encrypted_payload = Some(vec![1; 16])), "too short"),
            (changed(&|it| it.iv = None), "the IV is not 12 bytes"),
            (changed(&|it| it.iv = Some(vec![9; 11])), "the IV is not 12 bytes"),
            (changed(&|it| it.iv = Some(vec![9; 16])), "the IV is not 12 bytes"),
        ];
        for (wrong, reason) in rows {
            let answer = gate.step("set", leaf("encrypted_pairing_request", &wrong)).await;
            assert_eq!(error_code(&answer), 400, "{reason}");
            assert_refused(&sim, reason);
        }
        gate.confirm().await;
        gate.countersign().await;
    });
    linked.unwrap();
    sim.report().is_clean_but_for(&[RefusalKind::Passkey]).unwrap();
}

/// What only the phone can find out: the companion gets its answer from the server, and then hears
/// nothing more.
async fn assert_doubted(
    reason: &'static str,
    go: impl AsyncFnOnce(&mut AtGate, &waygate_sim::Phone),
) {
    let (sim, phone) = gated();
    let (device, stream, qr) = shown(&sim, 1).await;
    let (refused, mut gate) = tokio::join!(phone.scan(&qr), async {
        let mut gate = AtGate::arrive(device, stream).await;
        go(&mut gate, &phone).await;
        gate
    });
    assert_eq!(refused, Err(ScanError::Link(LinkError::PasskeyRefused(reason))));
    assert_refused(&sim, reason);
    assert_eq!(phone.passkey_code(), None);
    let answer = gate.step("get", NodeBuilder::new("ref").build()).await;
    assert_eq!(error_code(&answer), 410, "{reason}");
    assert_eq!(gate.stream.take_set_aside(), [], "{reason}");
    assert_eq!(phone.devices(), []);
    sim.report().is_clean_but_for(&[RefusalKind::Passkey]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_wrong_handoff_proof_ends_it() {
    assert_doubted("the handoff proof does not verify", async |gate, phone| {
        gate.ask_ref().await;
        let prologue = gate.proved(phone, &[1; 32]);
        assert_eq!(error_code(&gate.step("set", prologue).await), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_nonce_that_was_not_committed_to_ends_it() {
    assert_doubted("the nonce is not the one of the commitment", async |gate, phone| {
        gate.open(phone).await;
        gate.nonce = [8; 32];
        gate.reveal().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_sealed_otherwise_ends_it() {
    let other_type = async |gate: &mut AtGate, phone: &waygate_sim::Phone| {
        gate.open(phone).await;
        gate.reveal().await;
        let sealed = gate.seal(&gate.pairing_request(), 2).encode_to_vec();
        let request = leaf("encrypted_pairing_request", &sealed);
        assert_eq!(error_code(&gate.step("set", request).await), 0);
    };
    assert_doubted("the pairing request does not open", other_type).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_with_other_keys_or_a_short_secret_ends_it() {
    type Change = fn(&mut PairingRequest);
    let rows: [(&'static str, Change); 4] = [
        ("the pairing request is of other keys than the connection's", |it| {
            it.companion_public_key = Some(vec![1; 32]);
        }),
        ("the pairing request is of other keys than the connection's", |it| {
            it.companion_identity_key = Some(vec![1; 32]);
        }),
        ("the pairing request does not open", |it| it.adv_secret = Some(vec![1; 31])),
        ("the pairing request does not open", |it| it.adv_secret = None),
    ];
    for (reason, change) in rows {
        assert_doubted(reason, async |gate, phone| {
            gate.open(phone).await;
            gate.reveal().await;
            let mut request = gate.pairing_request();
            change(&mut request);
            let sealed = gate.seal(&request, 1).encode_to_vec();
            let request = leaf("encrypted_pairing_request", &sealed);
            assert_eq!(error_code(&gate.step("set", request).await), 0);
        })
        .await;
    }
}
