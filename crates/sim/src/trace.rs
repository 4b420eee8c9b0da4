//! What was said on every connection, in order: two runs that say the same are the same run
//! (docs/internals/sim.md, "Determinism").

use serde::Serialize;
use wacore_binary::Node;

use crate::{
    digest::sha256,
    stanza::attr,
    world::{ConnectionId, World},
};

/// The stanzas of one trace; further ones are left out.
const LINES_MAX: usize = 1_000_000;

/// One stanza. What it says is only there as a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TraceLine {
    /// When, in milliseconds since the simulator was created.
    pub at_ms: u64,
    /// The connection's number.
    pub connection: u64,
    /// Whether the server said it.
    pub from_server: bool,
    /// Its name.
    pub tag: String,
    /// Its id, if it has one.
    pub id: String,
    /// The first bytes of the SHA-256 of all of it, in hexadecimal.
    pub hash: String,
}

impl World {
    /// Writes a stanza down, if somebody wants to know.
    pub(crate) fn trace(&self, connection: ConnectionId, from_server: bool, node: &Node) {
        let at_ms = self.clock.elapsed_ms();
        let mut lines = self.lines.borrow_mut();
        let Some(lines) = lines.as_mut().filter(|lines| lines.len() < LINES_MAX) else {
            return;
        };
        let encoded = wacore_binary::marshal(node).unwrap_or_default();
        lines.push(TraceLine {
            at_ms,
            connection,
            from_server,
            tag: node.tag.to_string(),
            id: attr(node, "id").unwrap_or_default().into_owned(),
            hash: hex::encode(sha256(&[&encoded]).first_chunk::<8>().unwrap_or(&[0; 8])),
        });
    }
}
