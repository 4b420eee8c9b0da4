//! Stanzas: decoding a decrypted frame, encoding one, and the shapes every part of the server
//! sends (docs/internals/sim.md, "Stanzas").

mod nesting;
mod writing;

use std::borrow::Cow;

use wacore_binary::{
    Jid, Node, NodeContent, NodeValue, SERVER_JID, builder::NodeBuilder, marshal::unmarshal_ref,
    util::unpack,
};

/// The only flag of a stanza: the rest is a zlib stream.
const FLAG_ZLIB: u8 = 2;

/// Stanzas longer than this are sent as a zlib stream, so that every client's inflater is used.
const PLAIN_BYTES_MAX: usize = 1024;

/// Decodes a decrypted frame. The error says what is wrong with it, for the record.
pub(crate) fn decode(frame: &[u8]) -> Result<Node, String> {
    let flags = frame.first().copied().ok_or("an empty frame")?;
    if flags & !FLAG_ZLIB != 0 {
        return Err(format!("unknown flags {flags:#04x}"));
    }
    let bytes = unpack(frame).map_err(|error| error.to_string())?;
    if nesting::has_nested_addresses(&bytes) {
        return Err("an address within an address".to_owned());
    }
    unmarshal_ref(&bytes).map(|node| node.to_owned()).map_err(|error| error.to_string())
}

/// Encodes a stanza for encryption. `None` when it has no encoding.
pub(crate) fn encode(node: &Node) -> Option<Vec<u8>> {
    let plain = writing::write(node).ok()?;
    if plain.len() <= PLAIN_BYTES_MAX {
        return Some(plain);
    }
    let mut packed = vec![FLAG_ZLIB];
    packed.extend_from_slice(&zlib_stored(plain.get(1..)?));
    Some(packed)
}

/// A zlib stream (RFC 1950) of stored blocks: valid for every inflater, and no compressor needed.
fn zlib_stored(bytes: &[u8]) -> Vec<u8> {
    const BLOCK_BYTES_MAX: usize = 0xffff;
    const ADLER_MODULUS: u32 = 65_521;
    let mut stream = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(BLOCK_BYTES_MAX).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend_from_slice(&length.to_le_bytes());
        stream.extend_from_slice(&(!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % ADLER_MODULUS;
        (low, (high + low) % ADLER_MODULUS)
    });
    stream.extend_from_slice(&(high << 16 | low).to_be_bytes());
    stream
}

/// An attribute as text.
pub(crate) fn attr<'a>(node: &'a Node, key: &str) -> Option<Cow<'a, str>> {
    node.attrs.get(key).map(NodeValue::as_str)
}

/// An attribute as an address.
pub(crate) fn attr_jid(node: &Node, key: &str) -> Option<Jid> {
    node.attrs.get(key).and_then(NodeValue::to_jid)
}

/// Whether a request is addressed to the server. One client writes the name alone, the other the
/// address without a user.
pub(crate) fn is_to_server(iq: &Node) -> bool {
    attr(iq, "to").is_some_and(|to| to.strip_prefix('@').unwrap_or(&to) == SERVER_JID)
}

/// The first child, if the content is a list.
pub(crate) fn first_child(node: &Node) -> Option<&Node> {
    node.children().and_then(<[Node]>::first)
}

/// Content as bytes; a client may send it as a string token just as well.
pub(crate) fn content(node: &Node) -> Option<&[u8]> {
    match node.content.as_ref()? {
        NodeContent::Bytes(bytes) => Some(bytes),
        NodeContent::String(text) => Some(text.as_bytes()),
        NodeContent::Nodes(_) => None,
    }
}

/// The content of a child as bytes.
pub(crate) fn child_content<'a>(node: &'a Node, tag: &str) -> Option<&'a [u8]> {
    content(node.get_optional_child(tag)?)
}

/// The content of a child as exactly `N` bytes.
pub(crate) fn child_array<const N: usize>(node: &Node, tag: &str) -> Option<[u8; N]> {
    child_content(node, tag)?.try_into().ok()
}

/// The name under which a request is counted: `xmlns/type/child`.
pub(crate) fn request_name(iq: &Node) -> String {
    let xmlns = attr(iq, "xmlns").unwrap_or_default();
    let kind = attr(iq, "type").unwrap_or_default();
    let child = first_child(iq).map_or("", |child| child.tag.as_ref());
    format!("{xmlns}/{kind}/{child}")
}

/// What is wrong with an answer to nothing, for the record.
pub(crate) const UNASKED: &str = "an answer to nothing that was asked";

/// An answer without content.
pub(crate) fn iq_result(id: &str) -> NodeBuilder {
    NodeBuilder::new("iq").attr("from", SERVER_JID).attr("type", "result").attr("id", id)
}

/// A request of the server's own.
pub(crate) fn iq_set(id: &str, xmlns: &'static str) -> NodeBuilder {
    NodeBuilder::new("iq")
        .attr("from", SERVER_JID)
        .attr("type", "set")
        .attr("id", id)
        .attr("xmlns", xmlns)
}

/// A refusal of one request.
pub(crate) fn iq_error(id: &str, code: u16, text: &str) -> Node {
    NodeBuilder::new("iq")
        .attr("from", SERVER_JID)
        .attr("type", "error")
        .attr("id", id)
        .children([error(code, text)])
        .build()
}

/// The `<error>` child of a refusal.
pub(crate) fn error(code: u16, text: &str) -> Node {
    NodeBuilder::new("error").attr("code", code).attr("text", text).build()
}

/// The end of a stream, with a number.
pub(crate) fn stream_error(code: u16) -> Node {
    NodeBuilder::new("stream:error").attr("code", code).build()
}

/// The end of a stream because somebody else has a better claim to it.
pub(crate) fn stream_conflict(code: u16, kind: &'static str) -> Node {
    NodeBuilder::new("stream:error")
        .attr("code", code)
        .children([NodeBuilder::new("conflict").attr("type", kind).build()])
        .build()
}

/// The end of a stream that could not be read.
pub(crate) fn stream_malformed() -> Node {
    NodeBuilder::new("stream:error")
        .children([NodeBuilder::new("xml-not-well-formed").build()])
        .build()
}

/// A refused login.
pub(crate) fn failure(reason: u16, location: &str) -> NodeBuilder {
    NodeBuilder::new("failure").attr("reason", reason).attr("location", location)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long() -> Node {
        NodeBuilder::new("iq")
            .attr("id", "1")
            .children([NodeBuilder::new("list").bytes(vec![7; 200_000]).build()])
            .build()
    }

    #[test]
    fn short_and_long_stanzas_survive_the_wire() {
        for node in [iq_error("1", 404, "item-not-found"), long()] {
            assert_eq!(decode(&encode(&node).unwrap()).unwrap(), node);
        }
        assert_eq!(encode(&stream_error(515)).unwrap()[0], 0);
        assert_eq!(encode(&long()).unwrap()[0], FLAG_ZLIB);
    }

    #[test]
    fn frames_that_are_no_stanza_are_refused() {
        assert!(decode(&[]).is_err(), "empty");
        assert!(decode(&[0]).is_err(), "no node");
        assert!(decode(&[4, 0xf8, 1, 2]).is_err(), "unknown flag");
        assert!(decode(&[2, 1, 2, 3]).is_err(), "no zlib stream");
        let mut trailing = encode(&stream_error(515)).unwrap();
        trailing.push(0);
        assert!(decode(&trailing).is_err(), "trailing byte");
        let mut short = encode(&stream_error(515)).unwrap();
        short.pop();
        assert!(decode(&short).is_err(), "truncated");
    }

    /// The longest frame that is taken, of addresses only: the process survives it.
    #[test]
    fn addresses_within_addresses_are_refused_however_many() {
        let count = crate::frame::FRAME_BYTES_MAX - 5;
        let frame = [&[0, 0xf8, 3, 25, 8], &vec![0xfa; count][..]].concat();
        assert_eq!(decode(&frame), Err("an address within an address".to_owned()));
    }

    #[test]
    fn no_frame_is_too_strange_to_be_refused() {
        let mut dice = crate::dice::Dice::derive(1, "frames", 0);
        let whole = encode(&iq_error("1", 404, "item-not-found")).unwrap();
        let (mut refused, rounds) = (0, 20_000);
        for _ in 0..rounds {
            let mut frame = whole.clone();
            for _ in 0..3 {
                let position = dice.number() as usize % frame.len();
                [frame[position]] = dice.bytes();
            }
            frame.truncate(dice.number() as usize % (2 * frame.len()) + 1);
            refused += i32::from(decode(&frame).is_err());
        }
        assert!(refused > rounds / 2, "{refused}");
    }

    #[test]
    fn requests_are_named_by_namespace_type_and_child() {
        let iq = iq_set("1", "encrypt").children([NodeBuilder::new("count").build()]).build();
        assert_eq!(request_name(&iq), "encrypt/set/count");
        assert_eq!(request_name(&NodeBuilder::new("iq").build()), "//");
    }
}
