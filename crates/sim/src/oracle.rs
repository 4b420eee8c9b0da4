//! What clients do that no single stanza shows: a counter used for two texts, an id used for two
//! messages, a message acknowledged and then forgotten (docs/internals/sim.md, "Oracle").

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    account::Written,
    digest::sha256,
    message_form::Envelope,
    world::{ConnectionId, DeviceKey, World},
};

/// The sealed messages remembered of one device to another.
const SEALED_KEPT_MAX: usize = 256;

/// The written messages remembered of one device.
const WRITTEN_KEPT_MAX: usize = 1_000;

/// What is remembered to find it out.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    /// The newest messages of one device to another, with the hashes of their ciphertexts.
    sealed: BTreeMap<(DeviceKey, DeviceKey), VecDeque<Sealed>>,
    /// The messages acknowledged on each connection without a receipt, yet.
    acked: BTreeMap<ConnectionId, BTreeSet<String>>,
}

/// A message from outside, with the hash of its ciphertext.
type Sealed = (Envelope, [u8; 32]);

impl World {
    /// Notes a message that one device has sealed for another.
    pub(crate) fn note_sealed(
        &mut self,
        (from, to): (&DeviceKey, &DeviceKey),
        envelope: &Envelope,
        bytes: &[u8],
    ) {
        let hash = sha256(&[bytes]);
        let known = self.oracle.sealed.entry((from.clone(), to.clone())).or_default();
        let same_counter = known.iter().find(|(it, _)| {
            it.ratchet_key == envelope.ratchet_key && it.counter == envelope.counter
        });
        let reused = same_counter.is_some_and(|(_, other)| *other != hash);
        known.push_back((envelope.clone(), hash));
        if known.len() > SEALED_KEPT_MAX {
            known.pop_front();
        }
        if reused {
            let counter = envelope.counter;
            self.breach(format!("{from} used counter {counter} for two messages to {to}"));
        }
    }

    /// Notes that a device has written a message. To write it again is right on a later
    /// connection, because the server's ack may have been lost, and when somebody asked for it.
    pub(crate) fn note_written(
        &mut self,
        connection: ConnectionId,
        (from, id, chat): (&DeviceKey, &str, &str),
    ) {
        let Some(device) = self.device(from) else {
            return;
        };
        if let Some(known) = device.written.iter_mut().find(|known| known.id == id) {
            let allowed = !known.asked.is_empty() || known.connection != connection;
            if !allowed || known.chat != chat {
                self.breach(format!("{from} used the id {id} for two messages"));
            } else {
                known.connection = connection;
            }
            return;
        }
        device.written.push_back(Written {
            id: id.to_owned(),
            chat: chat.to_owned(),
            connection,
            asked: BTreeSet::new(),
        });
        if device.written.len() > WRITTEN_KEPT_MAX {
            device.written.pop_front();
        }
    }

    /// Notes that a message was acknowledged; its receipt is still to come.
    pub(crate) fn note_acked(&mut self, connection: ConnectionId, id: &str) {
        self.oracle.acked.entry(connection).or_default().insert(id.to_owned());
    }

    /// Notes that a message has its receipt.
    pub(crate) fn note_settled(&mut self, connection: ConnectionId, id: &str) {
        if let Some(acked) = self.oracle.acked.get_mut(&connection) {
            acked.remove(id);
        }
    }

    /// Judges a connection that has ended: what was acknowledged on it must have its receipt.
    pub(crate) fn judge_ended(&mut self, connection: ConnectionId, device: &DeviceKey) {
        for id in self.oracle.acked.remove(&connection).unwrap_or_default() {
            self.breach(format!("{device} acknowledged the message {id} and sent no receipt"));
        }
    }

    /// Forgets what was acknowledged on a connection that a fault has ended: its receipts may have been
    /// under way. The messages come again.
    pub(crate) fn forgive(&mut self, connection: ConnectionId) {
        self.oracle.acked.remove(&connection);
    }

    /// Puts on record what no well-behaved client does, and what it is told nothing of.
    pub(crate) fn breach(&mut self, detail: String) {
        if self.excusing {
            return;
        }
        tracing::debug!("a breach was put on record");
        self.report.record_breach(detail);
    }
}
