//! The port to the records of an instance: what its link to WhatsApp has to remember, sealed.

use std::fmt;

use super::link::Deed;
use crate::error::Error;
use crate::id::InstanceId;
use crate::secret::Sealed;

/// What a record is of. A store keeps the word and knows nothing else of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// The key under which all other records of the instance are sealed.
    DataKey,
    /// The device itself: its keys, its account, its counters.
    Device,
    /// The identity of another device.
    Identity,
    /// The ratchet with another device.
    Session,
    /// A key that one other device will use to begin a session.
    Prekey,
    /// A key that vouches for those.
    SignedPrekey,
    /// The ratchet of a group and a device.
    SenderKey,
    /// A key of the account's own state.
    SyncKey,
    /// Which of those came last.
    LatestSyncKey,
    /// How far a collection of that state is known.
    SyncVersion,
    /// An entry of such a collection.
    SyncMac,
    /// Which devices of a group have our key.
    SenderKeyDevices,
    /// The number behind a hidden id.
    LidMapping,
    /// The hidden id of a number.
    PhoneMapping,
    /// With what a session began, to recognise a repetition.
    BaseKey,
    /// The devices of somebody.
    DeviceList,
    /// What is known of a group.
    GroupMetadata,
    /// A token of trust for a chat.
    TrustToken,
    /// A message that was sent and may have to be sent again.
    SentMessage,
    /// A message that came and is not yet written down elsewhere.
    PendingInbound,
    /// What opens reactions, votes and edits of a message.
    MessageSecret,
}

impl RecordKind {
    /// All of them, the one that opens the others first.
    pub const ALL: [Self; 21] = [
        Self::DataKey,
        Self::Device,
        Self::Identity,
        Self::Session,
        Self::Prekey,
        Self::SignedPrekey,
        Self::SenderKey,
        Self::SyncKey,
        Self::LatestSyncKey,
        Self::SyncVersion,
        Self::SyncMac,
        Self::SenderKeyDevices,
        Self::LidMapping,
        Self::PhoneMapping,
        Self::BaseKey,
        Self::DeviceList,
        Self::GroupMetadata,
        Self::TrustToken,
        Self::SentMessage,
        Self::PendingInbound,
        Self::MessageSecret,
    ];

    /// The word under which it is stored. Sealed values are bound to it: it never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DataKey => "data_key",
            Self::Device => "device",
            Self::Identity => "identity",
            Self::Session => "session",
            Self::Prekey => "prekey",
            Self::SignedPrekey => "signed_prekey",
            Self::SenderKey => "sender_key",
            Self::SyncKey => "sync_key",
            Self::LatestSyncKey => "latest_sync_key",
            Self::SyncVersion => "sync_version",
            Self::SyncMac => "sync_mac",
            Self::SenderKeyDevices => "sender_key_devices",
            Self::LidMapping => "lid_mapping",
            Self::PhoneMapping => "phone_mapping",
            Self::BaseKey => "base_key",
            Self::DeviceList => "device_list",
            Self::GroupMetadata => "group_metadata",
            Self::TrustToken => "trust_token",
            Self::SentMessage => "sent_message",
            Self::PendingInbound => "pending_inbound",
            Self::MessageSecret => "message_secret",
        }
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of a record among those of its kind. It is kept in clear, so it must tell nothing.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey(Box<[u8]>);

impl RecordKey {
    /// The longest that a store takes.
    pub const LENGTH_MAX: usize = 64;

    /// A key of these bytes.
    pub fn from_bytes(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordKey({} bytes)", self.0.len())
    }
}

/// A record with its address within an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is of.
    pub kind: RecordKind,
    /// Its name among those.
    pub key: RecordKey,
    /// What it holds.
    pub value: Sealed,
    /// The time until which it is worth keeping, in whatever unit its owner counts; none is for ever.
    pub due: Option<i64>,
}

/// A step of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordChange {
    /// Keeps a record in the place of the one that is there.
    Put(Record),
    /// Deletes the record of this name, if there is one.
    Delete(RecordKind, RecordKey),
    /// Deletes the records of this kind whose names begin so.
    DeleteUnder(RecordKind, RecordKey),
}

/// Which records to tell, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordScan {
    /// What they are of.
    pub kind: RecordKind,
    /// How their names begin.
    pub under: RecordKey,
    /// The name after which to begin.
    pub after: Option<RecordKey>,
    /// How many at most.
    pub limit: u32,
}

/// Keeps small sealed values by instance, kind and key.
///
/// What a call wrote is committed when it returns, and survives a loss of power. An instance need not be
/// enrolled to have records; they go with it when it is
/// [removed](super::registry::Registry::remove). Errors are `Internal` for every failure of the storage,
/// and others where it says so.
pub trait Records: fmt::Debug + Send + Sync + 'static {
    /// The values of these names, one for each, in this order.
    fn records(
        &self,
        instance: InstanceId,
        kind: RecordKind,
        keys: Vec<RecordKey>,
    ) -> Deed<'_, Result<Vec<Option<Sealed>>, Error>>;

    /// The records that are asked for, with their names.
    fn scan_records(
        &self,
        instance: InstanceId,
        scan: RecordScan,
    ) -> Deed<'_, Result<Vec<(RecordKey, Sealed)>, Error>>;

    /// Takes these steps one after the other: all of them or none. `Invalid` for a name that is too
    /// long.
    fn change_records(
        &self,
        instance: InstanceId,
        changes: Vec<RecordChange>,
    ) -> Deed<'_, Result<(), Error>>;

    /// Deletes what was due before `cutoff`; tells how many.
    fn forget_records(
        &self,
        instance: InstanceId,
        kind: RecordKind,
        cutoff: i64,
    ) -> Deed<'_, Result<u64, Error>>;

    /// Deletes the records of this kind, or of every kind, so that they are found in no file any more.
    fn erase_records(
        &self,
        instance: InstanceId,
        kind: Option<RecordKind>,
    ) -> Deed<'_, Result<(), Error>>;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_word_of_its_own() {
        let words: BTreeSet<&str> = RecordKind::ALL.into_iter().map(RecordKind::as_str).collect();
        assert_eq!(words.len(), RecordKind::ALL.len());
        assert_eq!(RecordKind::ALL[0], RecordKind::DataKey);
    }

    #[test]
    fn names_of_records_do_not_print_themselves() {
        assert_eq!(format!("{:?}", RecordKey::from_bytes(*b"canary")), "RecordKey(6 bytes)");
    }
}
