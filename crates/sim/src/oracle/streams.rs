//! The connections of a device: one at a time.

use std::time::Duration;

use wacore_binary::Node;

use crate::{
    oracle::{Violation, ViolationKind},
    stanza::attr,
    world::{ConnectionId, DeviceKey, World},
};

/// How long after the word that a connection was replaced something may still come by it, beyond
/// the latency: what was under way. The connection ends 300 ms after that word.
const UNDER_WAY: Duration = Duration::from_millis(100);

/// A connection that has lost its device to another.
#[derive(Debug)]
pub(super) struct Replaced {
    device: DeviceKey,
    /// From when on nothing may come by it any more.
    silent_from_ms: u64,
    told: bool,
}

impl World {
    /// Notes that a device has logged in, and which of its connections it has replaced by that.
    pub(crate) fn note_login(
        &mut self,
        device: &DeviceKey,
        connection: ConnectionId,
        (older, latency): (Option<ConnectionId>, Duration),
    ) {
        let now_ms = self.clock.elapsed_ms();
        if let Some(older) = older {
            let under_way_ms = u64::try_from((latency + UNDER_WAY).as_millis()).unwrap_or(u64::MAX);
            let silent_from_ms = now_ms.saturating_add(under_way_ms);
            let replaced = Replaced { device: device.clone(), silent_from_ms, told: false };
            self.oracle.replaced.insert(older, replaced);
        }
        self.notes(device).opened(connection, now_ms);
    }

    /// Whether a connection that is about to end was replaced, so that it is listened to.
    pub(crate) fn is_replaced(&self, connection: ConnectionId) -> bool {
        self.oracle.replaced.contains_key(&connection)
    }

    /// Notes what comes by a connection that was replaced.
    pub(crate) fn note_after_replaced(&mut self, connection: ConnectionId, node: &Node) {
        let now_ms = self.clock.elapsed_ms();
        let Some(replaced) = self.oracle.replaced.get_mut(&connection) else {
            return;
        };
        if replaced.told || now_ms < replaced.silent_from_ms {
            return;
        }
        replaced.told = true;
        let stanza = attr(node, "id").unwrap_or_default();
        let device = replaced.device.clone();
        let detail = "keeps using a connection that another has replaced".to_owned();
        self.breach(Violation::new(ViolationKind::TwoStreams, &device, &stanza, detail));
    }

    /// Forgets a connection that is gone.
    pub(crate) fn forget_replaced(&mut self, connection: ConnectionId) {
        self.oracle.replaced.remove(&connection);
    }
}
