//! What clients do that no single stanza shows: two connections kept in use, a counter used for two
//! texts, an id used for two messages, a message acknowledged and then forgotten, keys thrown away
//! (docs/internals/sim.md, "Oracle").
//!
//! Most of it is found when it happens. What only time shows (no receipt has come, a device never
//! came back) is judged when somebody asks.

mod chains;
mod record;
mod streams;
mod violation;

use std::collections::{BTreeMap, BTreeSet};

pub use record::{ChainRecord, DeviceRecord, ReceiptRecord, StreamRecord};
pub use violation::{Violation, ViolationKind};

use crate::{
    account::{Account, Written},
    message_form::Envelope,
    oracle::{chains::Chains, record::Notes},
    world::{ConnectionId, DeviceKey, Stage, World},
};

/// The written messages remembered of one device.
const WRITTEN_KEPT_MAX: usize = 1_000;

/// How long a device may be online without a receipt for what it has acknowledged. Both clients
/// send the two in one breath.
const RECEIPT_WITHIN_MS: u64 = 5_000;

/// What is remembered to find it out.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    /// The counters of one device's messages to another.
    chains: BTreeMap<(DeviceKey, DeviceKey), Chains>,
    devices: BTreeMap<DeviceKey, Notes>,
    /// The connections that were ended because their device had come by another one.
    replaced: BTreeMap<ConnectionId, streams::Replaced>,
}

impl World {
    /// Notes a message that one device has sealed for another.
    pub(crate) fn note_sealed(
        &mut self,
        (from, to): (&DeviceKey, &DeviceKey),
        (id, envelope): (&str, &Envelope),
        bytes: &[u8],
    ) {
        let chains = self.oracle.chains.entry((from.clone(), to.clone())).or_default();
        if chains.note(envelope, bytes) {
            let counter = envelope.counter;
            let detail = format!("used counter {counter} for two messages to {to}");
            self.breach(Violation::new(ViolationKind::CounterReused, from, id, detail));
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
                let detail = "used one id for two messages".to_owned();
                self.breach(Violation::new(ViolationKind::IdReused, from, id, detail));
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
        self.notes(from).written(id);
    }

    /// Notes that a phone has read what a device has written.
    pub(crate) fn note_read(&mut self, from: &DeviceKey, id: &str) {
        if from.device != 0 {
            self.notes(from).read(id);
        }
    }

    /// Notes that a device and its phone say different things under one id.
    pub(crate) fn note_contradicted(&mut self, from: &DeviceKey, id: &str) {
        let detail = "used one id and said two things".to_owned();
        self.breach(Violation::new(ViolationKind::IdReused, from, id, detail));
    }

    /// Notes that a message was acknowledged, and whether its receipt is still to come.
    pub(crate) fn note_acked(&mut self, by: &DeviceKey, id: &str, unsettled: bool) {
        let unsettled_ms = unsettled.then(|| self.clock.elapsed_ms());
        self.notes(by).acked(id, unsettled_ms);
    }

    /// Notes that a message has its receipt.
    pub(crate) fn note_receipt(&mut self, by: &DeviceKey, id: &str, kind: Option<&str>) {
        self.notes(by).receipt(id, kind);
    }

    /// Judges a connection that has ended.
    pub(crate) fn note_ended(&mut self, connection: ConnectionId, device: &DeviceKey) {
        let now_ms = self.clock.elapsed_ms();
        for violation in self.forgotten(device, now_ms) {
            self.notes(device).settle(&violation.stanza);
            self.breach(violation);
        }
        self.notes(device).ended(connection, now_ms);
    }

    /// The messages that a device has acknowledged, and has been online since for so long that the
    /// receipt should have come.
    fn forgotten(&self, device: &DeviceKey, now_ms: u64) -> Vec<Violation> {
        let Some(notes) = self.oracle.devices.get(device) else {
            return Vec::new();
        };
        let late = notes.unsettled(now_ms, RECEIPT_WITHIN_MS).map(|id| {
            let detail = "acknowledged a message and sent no receipt".to_owned();
            Violation::new(ViolationKind::AckedAndDropped, device, id, detail)
        });
        late.collect()
    }

    /// Notes that somebody wants to be linked who shows keys of a device that is linked already and
    /// has been online: it has forgotten that it is.
    pub(crate) fn note_registration(&mut self, noise: &[u8; 32], identity: &[u8; 32]) {
        let known = self.accounts.values().find_map(|account| {
            let (device, _) = account.devices.iter().find(|(_, device)| {
                device.noise == *noise || device.registration.identity == *identity
            })?;
            Some(DeviceKey { number: account.number.clone(), device: *device })
        });
        let Some(device) = known else {
            return;
        };
        if self.oracle.devices.get(&device).is_some_and(|notes| !notes.streams.is_empty()) {
            let detail = "asked to be linked and is linked".to_owned();
            self.breach(Violation::new(ViolationKind::CredentialsDeleted, &device, "", detail));
        }
    }

    /// The devices that are linked still and gone for good: another one of the same name was linked
    /// while they were away, and they have not come back.
    fn forsaken(&self, account: &Account) -> Vec<Violation> {
        let streams = |device: u16| {
            let key = DeviceKey { number: account.number.clone(), device };
            Some(&self.oracle.devices.get(&key)?.streams)
        };
        let mut found = Vec::new();
        for (number, device) in &account.devices {
            let last = streams(*number).and_then(|it| it.back()?.until_ms);
            let Some(left_ms) = last.filter(|_| device.online.is_none()) else {
                continue;
            };
            let successor = account.devices.iter().find(|(other, it)| {
                let name = |it: &crate::account::Device| {
                    (it.registration.os.clone(), it.registration.platform.clone())
                };
                let first = streams(**other).and_then(|it| it.front());
                it.key_index > device.key_index
                    && name(it) == name(device)
                    && first.is_some_and(|first| first.since_ms >= left_ms)
            });
            if let Some((successor, _)) = successor {
                let key = DeviceKey { number: account.number.clone(), device: *number };
                let detail = format!("is linked and away since device {successor} has its name");
                found.push(Violation::new(ViolationKind::CredentialsDeleted, &key, "", detail));
            }
        }
        found
    }

    /// What is a violation by now, if nothing more comes.
    pub(crate) fn suspicions(&self) -> Vec<Violation> {
        let now_ms = self.clock.elapsed_ms();
        let devices = self.oracle.devices.keys();
        let forgotten = devices.flat_map(|device| self.forgotten(device, now_ms));
        forgotten.chain(self.accounts.values().flat_map(|it| self.forsaken(it))).collect()
    }

    /// What was noted of a device, if there is or was one.
    pub(crate) fn record(&self, device: &DeviceKey) -> Option<DeviceRecord> {
        let chains = self.oracle.chains.iter().filter(|((from, _), _)| from == device);
        let chains = chains.flat_map(|((_, to), chains)| chains.shown(to)).collect();
        Some(self.oracle.devices.get(device)?.shown(chains))
    }

    fn notes(&mut self, device: &DeviceKey) -> &mut Notes {
        self.oracle.devices.entry(device.clone()).or_default()
    }

    /// Notes that a device has said that a message arrived, though a fault has lost or held back what
    /// it said.
    pub(crate) fn note_settled(&mut self, connection: ConnectionId, id: &str) {
        if let Some(device) = self.on(connection) {
            self.notes(&device).settle(id);
        }
    }

    /// The device that has logged in on a connection.
    fn on(&self, connection: ConnectionId) -> Option<DeviceKey> {
        match &self.connections.get(&connection)?.stage {
            Stage::Registered(key) => Some(key.clone()),
            Stage::Handshaking | Stage::Unregistered(_) | Stage::Leaving | Stage::Mute => None,
        }
    }

    /// Puts on record what no well-behaved client does, and what it is told nothing of.
    pub(crate) fn breach(&mut self, violation: Violation) {
        if self.excusing {
            return;
        }
        tracing::debug!(kind = ?violation.kind, "a breach was put on record");
        self.report.record_breach(violation);
    }
}
