//! One connection of the test client: frames, handshake, stanzas.

use std::{collections::VecDeque, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::time::timeout;
use wacore_binary::{
    Node,
    builder::NodeBuilder,
    marshal::{marshal, unmarshal_ref},
    util::unpack,
};
use wacore_libsignal::protocol::KeyPair;
use waygate_sim::Pipe;

use crate::noise::{Cipher, Handshake, check_chain, finish, hello, public, server_hello};

/// Waiting any longer in a test means that nothing will come. Simulated time.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const INTRO: &[u8] = b"WA\x06\x03";

/// A connection before its handshake.
pub(crate) struct Wire {
    pub(crate) pipe: Pipe,
    received: BytesMut,
}

impl Wire {
    pub(crate) fn new(pipe: Pipe) -> Self {
        Self { pipe, received: BytesMut::new() }
    }

    fn stop_reading(&mut self) {
        self.pipe.from_server.close();
    }

    pub(crate) async fn send_bytes(&self, bytes: &[u8]) {
        // The server may have hung up; the test will see that.
        drop(self.pipe.to_server.send(Bytes::copy_from_slice(bytes)).await);
    }

    pub(crate) async fn send_frame(&self, payload: &[u8]) {
        self.send_bytes(&frame(payload)).await;
    }

    /// The next frame; `None` when the server has closed.
    pub(crate) async fn frame(&mut self) -> Option<Vec<u8>> {
        loop {
            if self.received.len() >= 3 {
                let length = self.received[..3].iter().fold(0, |l, b| l << 8 | usize::from(*b));
                if self.received.len() >= 3 + length {
                    let frame = self.received.split_to(3 + length);
                    return Some(frame[3..].to_vec());
                }
            }
            let bytes = timeout(PATIENCE, self.pipe.from_server.recv())
                .await
                .expect("neither a frame nor the end of the stream")?;
            self.received.extend_from_slice(&bytes);
        }
    }

    /// The whole XX handshake. Returns the stream and the server's static key.
    pub(crate) async fn xx(
        mut self,
        root: &[u8; 32],
        keys: (&KeyPair, &KeyPair),
        payload: &[u8],
    ) -> (Stream, [u8; 32]) {
        self.send_bytes(INTRO).await;
        self.send_frame(&hello(keys.0, None)).await;
        let reply = server_hello(&self.frame().await.expect("a server hello"));
        self.finish_xx(b"Noise_XX_25519_AESGCM_SHA256", root, keys, (&reply, payload)).await
    }

    async fn finish_xx(
        self,
        name: &[u8],
        root: &[u8; 32],
        (ephemeral, own): (&KeyPair, &KeyPair),
        (reply, payload): (&waproto::whatsapp::handshake_message::ServerHello, &[u8]),
    ) -> (Stream, [u8; 32]) {
        let mut state = Handshake::new(name);
        state.mix_hash(&public(ephemeral));
        let theirs = reply.ephemeral.clone().unwrap();
        state.mix_hash(&theirs);
        state.mix_key(crate::noise::agree(ephemeral, &theirs));
        let server_static = state.open(reply.r#static.as_deref().expect("a static key"));
        state.mix_key(crate::noise::agree(ephemeral, &server_static));
        check_chain(&state.open(reply.payload.as_deref().unwrap()), root, &server_static);
        let sealed_static = state.seal(&public(own));
        state.mix_key(crate::noise::agree(own, &theirs));
        let payload = state.seal(payload);
        self.send_frame(&finish(sealed_static, payload)).await;
        (Stream::new(self, &state), server_static.try_into().unwrap())
    }

    /// The IK handshake with a server key from earlier; goes over to `XXfallback` when the server
    /// does. Returns the stream and, after a fallback, the server's new key.
    pub(crate) async fn ik(
        mut self,
        server_static: &[u8; 32],
        root: &[u8; 32],
        keys: (&KeyPair, &KeyPair),
        payload: &[u8],
    ) -> (Stream, Option<[u8; 32]>) {
        let (ephemeral, own) = keys;
        let mut state = Handshake::new(b"Noise_IK_25519_AESGCM_SHA256");
        state.mix_hash(server_static);
        state.mix_hash(&public(ephemeral));
        state.mix_key(crate::noise::agree(ephemeral, server_static));
        let sealed_static = state.seal(&public(own));
        state.mix_key(crate::noise::agree(own, server_static));
        let sealed_payload = state.seal(payload);
        self.send_bytes(INTRO).await;
        self.send_frame(&hello(ephemeral, Some((sealed_static, sealed_payload)))).await;
        let reply = server_hello(&self.frame().await.expect("a server hello"));
        if reply.r#static.is_some() {
            let name = b"Noise_XXfallback_25519_AESGCM_SHA256";
            let (stream, fresh) = self.finish_xx(name, root, keys, (&reply, payload)).await;
            return (stream, Some(fresh));
        }
        let theirs = reply.ephemeral.clone().unwrap();
        state.mix_hash(&theirs);
        state.mix_key(crate::noise::agree(ephemeral, &theirs));
        state.mix_key(crate::noise::agree(own, &theirs));
        check_chain(&state.open(reply.payload.as_deref().unwrap()), root, server_static);
        (Stream::new(self, &state), None)
    }
}

pub(crate) fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], payload].concat()
}

/// A connection after its handshake.
pub(crate) struct Stream {
    pub(crate) wire: Wire,
    forth: Cipher,
    back: Cipher,
    set_aside: VecDeque<Node>,
    last_id: u32,
}

impl Stream {
    fn new(wire: Wire, state: &Handshake) -> Self {
        let (forth, back) = state.split();
        Self { wire, forth, back, set_aside: VecDeque::new(), last_id: 0 }
    }

    /// Any bytes as the content of the next frame.
    pub(crate) fn seal(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.forth.seal(plaintext, &[])
    }

    /// Encrypts any bytes as a frame.
    pub(crate) async fn send_plaintext(&mut self, plaintext: &[u8]) {
        let sealed = self.seal(plaintext);
        self.wire.send_frame(&sealed).await;
    }

    pub(crate) async fn send(&mut self, node: &Node) {
        self.send_plaintext(&marshal(node).unwrap()).await;
    }

    /// The next stanza; `None` when the server has closed.
    pub(crate) async fn next(&mut self) -> Option<Node> {
        if let Some(node) = self.set_aside.pop_front() {
            return Some(node);
        }
        self.receive().await
    }

    async fn receive(&mut self) -> Option<Node> {
        let plaintext = self.back.open(&self.wire.frame().await?, &[]);
        let bytes = unpack(&plaintext).unwrap();
        Some(unmarshal_ref(&bytes).unwrap().to_owned())
    }

    /// The next stanza of this tag; earlier ones are dropped.
    pub(crate) async fn next_of(&mut self, tag: &str) -> Node {
        loop {
            let node = self.next().await.unwrap_or_else(|| panic!("no <{tag}> before the end"));
            if node.tag == tag {
                return node;
            }
        }
    }

    /// Sends a request and returns its answer; what comes in between is kept.
    pub(crate) async fn request(&mut self, kind: &str, xmlns: &str, child: Option<Node>) -> Node {
        let iq = NodeBuilder::new("iq")
            .attr("to", "s.whatsapp.net")
            .attr("type", kind)
            .attr("xmlns", xmlns)
            .children(child);
        self.ask(iq.build()).await
    }

    /// As [`Stream::request`], with a stanza that lacks nothing but its id.
    pub(crate) async fn ask(&mut self, mut iq: Node) -> Node {
        self.last_id += 1;
        let id = format!("t{}", self.last_id);
        iq.attrs.insert("id", id.as_str());
        self.send(&iq).await;
        loop {
            let node = self.receive().await.expect("an answer before the end");
            if node.tag == "iq" && text(&node, "id") == id {
                return node;
            }
            self.set_aside.push_back(node);
        }
    }

    /// The server's ack of a message; what comes in between is kept.
    pub(crate) async fn ack_of(&mut self, id: &str) -> Node {
        loop {
            let node = self.receive().await.expect("an ack before the end");
            if node.tag == "ack" && text(&node, "class") == "message" && text(&node, "id") == id {
                return node;
            }
            self.set_aside.push_back(node);
        }
    }

    /// What came in between so far, without waiting for more.
    pub(crate) fn take_set_aside(&mut self) -> Vec<Node> {
        self.set_aside.drain(..).collect()
    }

    /// Asserts that the server closes without saying anything further.
    pub(crate) async fn assert_closed(&mut self) {
        let next = self.next().await;
        assert_eq!(next, None, "the end of the stream");
    }

    /// Takes nothing more from the server, which learns of it before it reads what is sent next.
    pub(crate) fn stop_reading(&mut self) {
        self.wire.stop_reading();
    }

    /// Hangs up.
    pub(crate) fn hang_up(self) {
        drop(self);
    }
}

/// An attribute as text; empty when absent.
pub(crate) fn text(node: &Node, key: &str) -> String {
    node.attrs.get(key).map(ToString::to_string).unwrap_or_default()
}

/// The code of the `<error>` in an answer, 0 for a result.
pub(crate) fn error_code(answer: &Node) -> u16 {
    if text(answer, "type") == "result" {
        return 0;
    }
    text(answer.get_optional_child("error").unwrap(), "code").parse().unwrap()
}

/// The content of a node as bytes.
pub(crate) fn content(node: &Node) -> Vec<u8> {
    match node.content.as_ref() {
        Some(wacore_binary::NodeContent::Bytes(bytes)) => bytes.clone(),
        Some(wacore_binary::NodeContent::String(text)) => text.as_bytes().to_vec(),
        Some(wacore_binary::NodeContent::Nodes(_)) | None => panic!("no bytes in <{}>", node.tag),
    }
}

/// A node with bytes in it.
pub(crate) fn leaf(tag: &'static str, bytes: &[u8]) -> Node {
    NodeBuilder::new(tag).bytes(bytes).build()
}
