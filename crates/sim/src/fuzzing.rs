//! What a fuzzer does to the parsers of bytes from strangers, with what must hold whatever they are
//! (docs/internals/sim.md, "Fuzzing"). It is there for the target in `fuzz/` and for the test that
//! replays the target's corpus; nobody else gets to see it.
#![expect(clippy::panic, reason = "that is how a fuzzer hears of a finding")]

use wacore_binary::Node;
use waproto::codec::handshake_message_decode;

use crate::{
    frame::FrameBuffer,
    message_form, payload,
    stanza::{self, attr_jid, first_child},
};

/// The frames looked into of one input.
const FRAMES_MAX: usize = 64;

/// Takes an input of which the first byte says how the rest is cut: as a stream from its first byte
/// on, and as one decrypted frame.
pub fn take(input: &[u8]) {
    let Some((cut, bytes)) = input.split_first() else {
        return;
    };
    let whole = frames(std::iter::once(bytes));
    let pieces = frames(bytes.chunks(usize::from(*cut).max(1)));
    assert_eq!(whole, pieces, "how a stream is cut makes a difference");
    for frame in whole.0.iter().map(Vec::as_slice).chain([bytes]) {
        drop(handshake_message_decode(frame));
        drop(payload::read(frame, None));
        if let Ok(node) = stanza::decode(frame) {
            take_node(&node);
        }
    }
}

/// The frames in a stream, and whether it was given up in the end.
fn frames<B: AsRef<[u8]>>(pieces: impl Iterator<Item = B>) -> (Vec<Vec<u8>>, Option<String>) {
    let (mut buffer, mut frames) = (FrameBuffer::new(), Vec::new());
    for piece in pieces {
        buffer.push(piece.as_ref());
        loop {
            match buffer.next_frame() {
                Ok(Some(frame)) if frames.len() < FRAMES_MAX => frames.push(frame.to_vec()),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return (frames, Some(format!("{error:?}"))),
            }
        }
    }
    (frames, None)
}

/// Nobody who looks at a node falls over it, and what was read can be written and read again. The
/// codec writes an empty list as no content, so it is the second time that nothing may change.
fn take_node(node: &Node) {
    drop(message_form::read(node));
    drop(stanza::request_name(node));
    for name in ["to", "from", "jid"] {
        drop(attr_jid(node, name));
    }
    let _ = first_child(node);
    if let Some(again) = comes_back(node) {
        assert_eq!(comes_back(&again).as_ref(), Some(&again), "{node:?} changes");
    }
}

/// A node as it is when it was written and read; `None` when it has no encoding.
fn comes_back(node: &Node) -> Option<Node> {
    let encoded = stanza::encode(node)?;
    let read = stanza::decode(&encoded);
    Some(read.unwrap_or_else(|error| panic!("{node:?} does not come back: {error}")))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_corpus_of_the_fuzzer_has_no_finding() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/frames_and_nodes");
        let mut count = 0;
        for entry in fs::read_dir(corpus).unwrap() {
            super::take(&fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 100, "{count} inputs");
    }
}
