//! The responder's half of the handshake: XX, IK and `XXfallback` (docs/internals/sim.md,
//! "Handshake").
//!
//! Takes frames and yields frames; does no I/O and knows no stanza. The connection feeds it until
//! it is done and then owns the transport ciphers.

use serde::Serialize;
use waproto::{
    buffa::MessageField,
    codec::{handshake_message_decode, handshake_message_to_vec},
    whatsapp::{
        HandshakeMessage,
        handshake_message::{ClientFinish, ClientHello, ServerHello},
    },
};

use crate::{
    certificate::ServerCertificate,
    dice::Dice,
    keys::KeyPair,
    noise::{Cipher, Pattern, Symmetric},
};

/// How a client and the server came to their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HandshakeKind {
    /// Three messages; the client learns the server's key.
    Xx,
    /// Two messages; the client knew the server's key.
    Ik,
    /// The client's idea of the server's key was stale; three messages after all.
    XxFallback,
}

/// Why a handshake message was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HandshakeError {
    /// Not the expected message, or a field is absent or has the wrong size.
    Malformed(&'static str),
    /// A field does not decrypt, or a key contributes nothing to the agreement.
    Unopened(&'static str),
}

/// What one message led to.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Send this and wait for the client's finish.
    Reply(Vec<u8>),
    /// The handshake is over. A reply, if any, goes out unencrypted.
    Done(Box<Outcome>),
}

/// Everything a finished handshake leaves behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) kind: HandshakeKind,
    pub(crate) reply: Option<Vec<u8>>,
    pub(crate) receive: Cipher,
    pub(crate) send: Cipher,
    pub(crate) client_static: [u8; 32],
    pub(crate) payload: Vec<u8>,
}

/// What the server keeps between its hello and the client's finish.
#[derive(Debug)]
pub(crate) struct Halfway {
    state: Symmetric,
    ephemeral: KeyPair,
    kind: HandshakeKind,
}

/// A running handshake.
#[derive(Debug)]
pub(crate) enum Responder {
    AwaitHello,
    AwaitFinish(Box<Halfway>),
    Spent,
}

impl Responder {
    /// Takes the client's next handshake frame.
    pub(crate) fn take(
        &mut self,
        frame: &[u8],
        certificate: &ServerCertificate,
        dice: &mut Dice,
    ) -> Result<Progress, HandshakeError> {
        let message = handshake_message_decode(frame)
            .map_err(|_not_protobuf| HandshakeError::Malformed("handshake message"))?;
        match std::mem::replace(self, Self::Spent) {
            Self::AwaitHello => {
                let hello = message
                    .client_hello
                    .as_option()
                    .ok_or(HandshakeError::Malformed("client hello"))?;
                self.hello(hello, certificate, dice)
            }
            Self::AwaitFinish(halfway) => {
                let Halfway { mut state, ephemeral, kind } = *halfway;
                let finish = message
                    .client_finish
                    .as_option()
                    .ok_or(HandshakeError::Malformed("client finish"))?;
                if is_extended_finish(finish) {
                    return Err(HandshakeError::Malformed("post-quantum extension"));
                }
                let sealed = finish.r#static.as_deref().unwrap_or_default();
                let client_static = open_key(&mut state, sealed, "client static")?;
                mix(&mut state, &ephemeral, &client_static)?;
                let payload = state
                    .open(finish.payload.as_deref().unwrap_or_default())
                    .ok_or(HandshakeError::Unopened("client payload"))?;
                Ok(done(kind, &state, client_static, payload))
            }
            Self::Spent => Err(HandshakeError::Malformed("handshake already over")),
        }
    }

    fn hello(
        &mut self,
        hello: &ClientHello,
        certificate: &ServerCertificate,
        dice: &mut Dice,
    ) -> Result<Progress, HandshakeError> {
        let theirs: [u8; 32] = hello
            .ephemeral
            .as_deref()
            .and_then(|key| key.try_into().ok())
            .ok_or(HandshakeError::Malformed("client ephemeral"))?;
        if is_extended_hello(hello) {
            return Err(HandshakeError::Malformed("post-quantum extension"));
        }
        match (hello.r#static.as_deref(), hello.payload.as_deref()) {
            (None, None) => self.reply_xx(HandshakeKind::Xx, &theirs, certificate, dice),
            (Some(sealed_static), Some(sealed_payload)) => {
                match open_ik(&theirs, sealed_static, sealed_payload, certificate.leaf()) {
                    Some(opened) => reply_ik(opened, &theirs, certificate, dice),
                    // Made for another leaf key: the client is told by the static key in the reply.
                    None => self.reply_xx(HandshakeKind::XxFallback, &theirs, certificate, dice),
                }
            }
            (Some(_), None) | (None, Some(_)) => Err(HandshakeError::Malformed("half an IK hello")),
        }
    }

    fn reply_xx(
        &mut self,
        kind: HandshakeKind,
        theirs: &[u8; 32],
        certificate: &ServerCertificate,
        dice: &mut Dice,
    ) -> Result<Progress, HandshakeError> {
        let pattern = match kind {
            HandshakeKind::Xx | HandshakeKind::Ik => Pattern::Xx,
            HandshakeKind::XxFallback => Pattern::XxFallback,
        };
        let mut state = Symmetric::new(pattern);
        let ephemeral = KeyPair::generate(dice);
        state.mix_hash(theirs);
        state.mix_hash(&ephemeral.public());
        mix(&mut state, &ephemeral, theirs)?;
        let leaf = certificate.leaf();
        let sealed_static = seal(&mut state, &leaf.public())?;
        mix(&mut state, leaf, theirs)?;
        let payload = seal(&mut state, certificate.chain())?;
        let reply = server_hello(&ephemeral, Some(sealed_static), payload);
        *self = Self::AwaitFinish(Box::new(Halfway { state, ephemeral, kind }));
        Ok(Progress::Reply(reply))
    }
}

/// Whether a hello asks for anything beyond the plain handshakes: post-quantum keys, their
/// simulation, or padding, which came with them.
fn is_extended_hello(hello: &ClientHello) -> bool {
    hello.use_extended == Some(true)
        || hello.extended_ciphertext.is_some()
        || hello.padded_bytes.is_some()
        || hello.send_server_hello_padded_bytes == Some(true)
        || hello.simulate_xxkem_fs == Some(true)
        || hello.pq_mode.is_some()
        || hello.extended_ephemeral.is_some()
}

/// As [`is_extended_hello`], of a finish.
fn is_extended_finish(finish: &ClientFinish) -> bool {
    finish.extended_ciphertext.is_some()
        || finish.padded_bytes.is_some()
        || finish.simulate_xxkem_fs == Some(true)
}

/// What an IK hello carries once it is open.
struct OpenedHello {
    state: Symmetric,
    client_static: [u8; 32],
    payload: Vec<u8>,
}

fn open_ik(
    theirs: &[u8; 32],
    sealed_static: &[u8],
    sealed_payload: &[u8],
    leaf: &KeyPair,
) -> Option<OpenedHello> {
    let mut state = Symmetric::new(Pattern::Ik);
    state.mix_hash(&leaf.public());
    state.mix_hash(theirs);
    mix(&mut state, leaf, theirs).ok()?;
    let client_static = open_key(&mut state, sealed_static, "client static").ok()?;
    mix(&mut state, leaf, &client_static).ok()?;
    let payload = state.open(sealed_payload)?;
    Some(OpenedHello { state, client_static, payload })
}

fn reply_ik(
    opened: OpenedHello,
    theirs: &[u8; 32],
    certificate: &ServerCertificate,
    dice: &mut Dice,
) -> Result<Progress, HandshakeError> {
    let OpenedHello { mut state, client_static, payload } = opened;
    let ephemeral = KeyPair::generate(dice);
    state.mix_hash(&ephemeral.public());
    mix(&mut state, &ephemeral, theirs)?;
    mix(&mut state, &ephemeral, &client_static)?;
    let sealed_chain = seal(&mut state, certificate.chain())?;
    let reply = server_hello(&ephemeral, None, sealed_chain);
    let mut progress = done(HandshakeKind::Ik, &state, client_static, payload);
    if let Progress::Done(outcome) = &mut progress {
        outcome.reply = Some(reply);
    }
    Ok(progress)
}

fn done(
    kind: HandshakeKind,
    state: &Symmetric,
    client_static: [u8; 32],
    payload: Vec<u8>,
) -> Progress {
    let (receive, send) = state.split();
    Progress::Done(Box::new(Outcome { kind, reply: None, receive, send, client_static, payload }))
}

fn server_hello(ephemeral: &KeyPair, sealed_static: Option<Vec<u8>>, payload: Vec<u8>) -> Vec<u8> {
    handshake_message_to_vec(&HandshakeMessage {
        server_hello: MessageField::some(ServerHello {
            ephemeral: Some(ephemeral.public().to_vec()),
            r#static: sealed_static,
            payload: Some(payload),
            ..ServerHello::default()
        }),
        ..HandshakeMessage::default()
    })
}

fn mix(state: &mut Symmetric, ours: &KeyPair, theirs: &[u8; 32]) -> Result<(), HandshakeError> {
    let secret = ours.agree(theirs).ok_or(HandshakeError::Unopened("key agreement"))?;
    state.mix_key(&secret);
    Ok(())
}

fn seal(state: &mut Symmetric, plaintext: &[u8]) -> Result<Vec<u8>, HandshakeError> {
    state.seal(plaintext).ok_or(HandshakeError::Unopened("own field"))
}

fn open_key(
    state: &mut Symmetric,
    sealed: &[u8],
    field: &'static str,
) -> Result<[u8; 32], HandshakeError> {
    state.open(sealed).and_then(|key| key.try_into().ok()).ok_or(HandshakeError::Unopened(field))
}

#[cfg(test)]
mod tests;
