//! The client's end of one connection: the XX handshake, frames, stanzas.

use bytes::{Buf as _, BytesMut};
use wacore_binary::Node;
use waproto::{
    buffa::MessageField,
    codec::{handshake_message_decode, handshake_message_to_vec},
    whatsapp::{
        HandshakeMessage,
        handshake_message::{ClientFinish, ClientHello},
    },
};

use super::{LoadError, unexpected};
use crate::{
    Pipe,
    dice::Dice,
    frame::frame,
    keys::KeyPair,
    noise::{Cipher, INTRO, Pattern, Symmetric},
    stanza,
};

/// A connection after its handshake.
pub(super) struct Wire {
    pipe: Pipe,
    received: BytesMut,
    forth: Cipher,
    back: Cipher,
}

impl Wire {
    /// Does the handshake and says what it came for.
    pub(super) async fn open(
        pipe: Pipe,
        own: &KeyPair,
        dice: &mut Dice,
        payload: &[u8],
    ) -> Result<Self, LoadError> {
        let nobody = Cipher::new(&[0; 32]);
        let received = BytesMut::new();
        let mut wire = Self { pipe, received, forth: nobody.clone(), back: nobody };
        let ephemeral = KeyPair::generate(dice);
        let hello =
            ClientHello { ephemeral: Some(ephemeral.public().to_vec()), ..ClientHello::default() };
        let hello = HandshakeMessage {
            client_hello: MessageField::some(hello),
            ..HandshakeMessage::default()
        };
        wire.put(INTRO.to_vec().into()).await?;
        wire.put_frame(&handshake_message_to_vec(&hello)).await?;
        let reply = wire.frame().await?;
        let (state, finish) = answer(&reply, (&ephemeral, own), payload)
            .ok_or_else(|| unexpected("another server hello"))?;
        wire.put_frame(&finish).await?;
        (wire.forth, wire.back) = state.split();
        Ok(wire)
    }

    pub(super) async fn send(&mut self, node: &Node) -> Result<(), LoadError> {
        let sealed = stanza::encode(node).and_then(|plaintext| self.forth.seal(&plaintext, &[]));
        self.put_frame(&sealed.ok_or_else(|| unexpected("no encoding"))?).await
    }

    /// The next stanza. Whoever stops waiting for it loses nothing.
    pub(super) async fn next(&mut self) -> Result<Node, LoadError> {
        let frame = self.frame().await?;
        let plaintext = self.back.open(&frame, &[]);
        let plaintext = plaintext.ok_or_else(|| unexpected("a frame that does not open"))?;
        stanza::decode(&plaintext).map_err(LoadError::Unexpected)
    }

    /// The next stanza of this name; what comes before is dropped.
    pub(super) async fn next_of(&mut self, tag: &str) -> Result<Node, LoadError> {
        loop {
            let node = self.next().await?;
            if node.tag == tag {
                return Ok(node);
            }
            if matches!(node.tag.as_ref(), "failure" | "stream:error") {
                return Err(LoadError::Unexpected(format!("{node:?}")));
            }
        }
    }

    async fn put_frame(&self, payload: &[u8]) -> Result<(), LoadError> {
        self.put(frame(payload).ok_or_else(|| unexpected("too long for a frame"))?).await
    }

    async fn put(&self, bytes: bytes::Bytes) -> Result<(), LoadError> {
        self.pipe.to_server.send(bytes).await.map_err(|_closed| LoadError::Ended)
    }

    async fn frame(&mut self) -> Result<BytesMut, LoadError> {
        loop {
            if let Some(prefix) = self.received.first_chunk::<3>() {
                let [high, middle, low] = prefix.map(usize::from);
                let length = high << 16 | middle << 8 | low;
                if self.received.len() >= 3 + length {
                    self.received.advance(3);
                    return Ok(self.received.split_to(length));
                }
            }
            let bytes = self.pipe.from_server.recv().await.ok_or(LoadError::Ended)?;
            self.received.extend_from_slice(&bytes);
        }
    }
}

/// What follows from the server's hello: the state at the end, and the client's finish.
fn answer(
    reply: &[u8],
    (ephemeral, own): (&KeyPair, &KeyPair),
    payload: &[u8],
) -> Option<(Symmetric, Vec<u8>)> {
    let hello = handshake_message_decode(reply).ok()?.server_hello.as_option()?.clone();
    let mut state = Symmetric::new(Pattern::Xx);
    state.mix_hash(&ephemeral.public());
    let theirs: [u8; 32] = hello.ephemeral?.try_into().ok()?;
    state.mix_hash(&theirs);
    state.mix_key(&ephemeral.agree(&theirs)?);
    let server: [u8; 32] = state.open(hello.r#static.as_deref()?)?.try_into().ok()?;
    state.mix_key(&ephemeral.agree(&server)?);
    state.open(hello.payload.as_deref()?)?;
    let sealed_static = state.seal(&own.public())?;
    state.mix_key(&own.agree(&theirs)?);
    let payload = state.seal(payload)?;
    let finish = ClientFinish {
        r#static: Some(sealed_static),
        payload: Some(payload),
        ..ClientFinish::default()
    };
    let finish = HandshakeMessage {
        client_finish: MessageField::some(finish),
        ..HandshakeMessage::default()
    };
    Some((state, handshake_message_to_vec(&finish)))
}
