//! What is noted of one device, and how it is shown.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::world::ConnectionId;

/// The connections, and the stanzas of a kind, remembered of one device: the newest.
const KEPT_MAX: usize = 10_000;

/// Everything that was noted of a device, the oldest first. Of what there is much of, the newest
/// 10,000 are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceRecord {
    /// Its connections.
    pub streams: Vec<StreamRecord>,
    /// The counters that it has used.
    pub chains: Vec<ChainRecord>,
    /// The ids of the messages that it has written.
    pub written: Vec<String>,
    /// The ids of those that a phone has read.
    pub read: Vec<String>,
    /// The ids of the messages that it has acknowledged.
    pub acked: Vec<String>,
    /// The receipts that it has sent.
    pub receipts: Vec<ReceiptRecord>,
}

/// One connection of a device, from its login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamRecord {
    /// The connection's number.
    pub connection: u64,
    /// When it logged in, in milliseconds since the simulator was created.
    pub since_ms: u64,
    /// When it ended; `None` while it is open.
    pub until_ms: Option<u64>,
}

/// The counters of one ratchet key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainRecord {
    /// The device that the messages were sealed for (`number:device`).
    pub to: String,
    /// A name for the ratchet key.
    pub chain: String,
    /// The counters, the newest 2,000.
    pub counters: Vec<u32>,
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptRecord {
    /// The message's id.
    pub id: String,
    /// Its type; without one a message was delivered.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// What is noted of one device.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) streams: VecDeque<StreamRecord>,
    written: VecDeque<String>,
    read: VecDeque<String>,
    acked: VecDeque<String>,
    receipts: VecDeque<ReceiptRecord>,
    /// What was acknowledged without a receipt, with the moment.
    unsettled: BTreeMap<String, u64>,
}

impl Notes {
    pub(super) fn opened(&mut self, connection: ConnectionId, since_ms: u64) {
        keep(&mut self.streams, StreamRecord { connection, since_ms, until_ms: None });
    }

    pub(super) fn ended(&mut self, connection: ConnectionId, now_ms: u64) {
        if let Some(stream) = self.streams.iter_mut().rfind(|it| it.connection == connection) {
            stream.until_ms.get_or_insert(now_ms);
        }
    }

    pub(super) fn written(&mut self, id: &str) {
        keep(&mut self.written, id.to_owned());
    }

    pub(super) fn read(&mut self, id: &str) {
        keep(&mut self.read, id.to_owned());
    }

    pub(super) fn acked(&mut self, id: &str, unsettled_ms: Option<u64>) {
        keep(&mut self.acked, id.to_owned());
        if let Some(now_ms) = unsettled_ms {
            self.unsettled.entry(id.to_owned()).or_insert(now_ms);
        }
    }

    pub(super) fn receipt(&mut self, id: &str, kind: Option<&str>) {
        self.settle(id);
        let receipt = ReceiptRecord { id: id.to_owned(), kind: kind.map(str::to_owned) };
        keep(&mut self.receipts, receipt);
    }

    /// No receipt is waited for any more.
    pub(super) fn settle(&mut self, id: &str) {
        self.unsettled.remove(id);
    }

    /// What was acknowledged without a receipt, when the device has been online for so long since
    /// then. While it is away nothing can come.
    pub(super) fn unsettled(&self, now_ms: u64, within_ms: u64) -> impl Iterator<Item = &str> {
        let online = self.streams.back().filter(|stream| stream.until_ms.is_none());
        let since_ms = online.map(|stream| stream.since_ms);
        self.unsettled.iter().filter_map(move |(id, acked_ms)| {
            let waited = now_ms.saturating_sub(since_ms?.max(*acked_ms));
            (waited >= within_ms).then_some(id.as_str())
        })
    }

    pub(super) fn shown(&self, chains: Vec<ChainRecord>) -> DeviceRecord {
        DeviceRecord {
            streams: self.streams.iter().cloned().collect(),
            chains,
            written: self.written.iter().cloned().collect(),
            read: self.read.iter().cloned().collect(),
            acked: self.acked.iter().cloned().collect(),
            receipts: self.receipts.iter().cloned().collect(),
        }
    }
}

fn keep<T>(kept: &mut VecDeque<T>, fresh: T) {
    kept.push_back(fresh);
    if kept.len() > KEPT_MAX {
        kept.pop_front();
    }
}
