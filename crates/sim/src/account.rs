//! Accounts: a phone, its settings and its linked devices.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wacore_binary::{Jid, Node};

use crate::{
    app_state::{COLLECTIONS, CRITICAL, Collection, SyncKey},
    clock::Clock,
    code_stages::CodesAsked,
    device_identity::{DeviceNumbers, key_index_list},
    dice::Dice,
    digest::sha256,
    inbox::Mailbox,
    letter::{Letter, LetterCopy},
    payload::Registration,
    phone_gate::Passkeys,
    picture::ProfilePicture,
    prekeys::{KeyBundle, KeyStock},
    signal_party::SignalParty,
    world::{ConnectionId, DeviceKey},
};

/// The companions an account may have at once.
pub(crate) const COMPANIONS_MAX: usize = 4;

/// Hidden ids have fifteen digits.
const LID_MIN: u64 = 100_000_000_000_000;
const LID_SPAN: u64 = 9 * LID_MIN;

/// The highest device number; after it the numbers start again.
const DEVICE_MAX: u16 = 99;

/// One account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) number: String,
    pub(crate) lid: String,
    pub(crate) phone: SignalParty,
    pub(crate) raw_id: u32,
    pub(crate) push_name: String,
    pub(crate) sync_key: SyncKey,
    pub(crate) collections: BTreeMap<&'static str, Collection>,
    pub(crate) devices: BTreeMap<u16, Device>,
    pub(crate) privacy: BTreeMap<String, String>,
    pub(crate) picture: Option<ProfilePicture>,
    pub(crate) codes_asked: CodesAsked,
    pub(crate) passkeys: Passkeys,
    /// Whether the phone is new enough to have companions.
    pub(crate) multi_device: bool,
    pub(crate) mailbox: Mailbox,
    /// What a slow phone has yet to read, the oldest first.
    pub(crate) unread: VecDeque<(Letter, LetterCopy)>,
    /// Whether somebody looks at the phone.
    pub(crate) available: bool,
    /// When it last changed whether the account is there.
    pub(crate) seen_unix_s: Option<u64>,
    pub(crate) dice: Dice,
    unlinked: BTreeSet<u16>,
    last_device: u16,
    last_key_index: u32,
}

/// One linked device.
#[expect(clippy::struct_excessive_bools, reason = "three independent facts")]
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) key_index: u32,
    pub(crate) noise: [u8; 32],
    pub(crate) registration: Registration,
    pub(crate) stock: KeyStock,
    /// As countersigned by the device, for everybody else.
    pub(crate) signed_identity: Vec<u8>,
    pub(crate) linked_unix_s: u64,
    pub(crate) online: Option<ConnectionId>,
    /// Whether the client asked for its stanzas on the current connection.
    pub(crate) active: bool,
    /// Whether the client has said that somebody looks at it.
    pub(crate) available: bool,
    pub(crate) greeted: bool,
    pub(crate) queue: VecDeque<Queued>,
    /// The messages that have arrived, the newest last.
    pub(crate) received: VecDeque<Letter>,
    /// The messages that the device has written, the newest last.
    pub(crate) written: VecDeque<Written>,
}

/// A stanza kept until its device has acknowledged it.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) id: String,
    pub(crate) node: Node,
    /// The message that it is a copy of, if it is one.
    pub(crate) letter: Option<Letter>,
    pub(crate) sent_on: Option<ConnectionId>,
}

/// What is remembered of a message that a device has written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) id: String,
    pub(crate) chat: String,
    pub(crate) connection: ConnectionId,
    /// The devices that could not read it and asked for it again.
    pub(crate) asked: BTreeSet<DeviceKey>,
}

impl Queued {
    /// A stanza that is no message.
    pub(crate) fn new(id: String, node: Node) -> Self {
        Self { id, node, letter: None, sent_on: None }
    }

    /// A copy of a message.
    pub(crate) fn letter(letter: Letter, node: Node) -> Self {
        Self { id: letter.id.clone(), node, letter: Some(letter), sent_on: None }
    }
}

impl Account {
    /// A new account; all of its keys follow from the seed and the number.
    pub(crate) fn create(number: &str, seed: u64, clock: Clock) -> Self {
        let mut dice = Dice::derive(seed, &format!("phone {number}"), 0);
        let phone = SignalParty::generate(&mut dice);
        let hash = sha256(&[&seed.to_be_bytes(), b"lid", number.as_bytes()]);
        let digits = hash.iter().fold(0, |sum, byte| (sum * 256 + u64::from(*byte)) % LID_SPAN);
        let lid = LID_MIN + digits;
        let sync_key =
            SyncKey { id: dice.bytes(), data: dice.bytes(), created_unix_ms: clock.unix_ms() };
        let tail = number.get(number.len().saturating_sub(4)..).unwrap_or(number);
        let mut account = Self {
            number: number.to_owned(),
            lid: lid.to_string(),
            phone,
            raw_id: dice.number() >> 1,
            push_name: String::new(),
            sync_key,
            collections: COLLECTIONS.iter().map(|name| (*name, Collection::empty(name))).collect(),
            devices: BTreeMap::new(),
            privacy: default_privacy(),
            picture: None,
            codes_asked: CodesAsked::default(),
            passkeys: Passkeys::default(),
            multi_device: true,
            mailbox: Mailbox::default(),
            unread: VecDeque::new(),
            available: false,
            seen_unix_s: None,
            dice,
            unlinked: BTreeSet::new(),
            last_device: 0,
            last_key_index: 0,
        };
        account.set_push_name(&format!("Phone {tail}"), clock);
        account
    }

    /// Writes the push name into the app state.
    pub(crate) fn set_push_name(&mut self, name: &str, clock: Clock) {
        name.clone_into(&mut self.push_name);
        if let Some(collection) = self.collections.get_mut(CRITICAL) {
            collection.set_push_name(name, &self.sync_key, clock.unix_ms(), &mut self.dice);
        }
    }

    /// Whether somebody looks at one of the account's devices.
    pub(crate) fn is_available(&self) -> bool {
        self.available || self.devices.values().any(|device| device.available)
    }

    /// Whether all places for companions are taken.
    pub(crate) fn is_full(&self) -> bool {
        self.devices.len() >= COMPANIONS_MAX
    }

    /// The numbers of the next device to be linked; `None` when all places are taken.
    pub(crate) fn next_numbers(&mut self) -> Option<(u16, u32)> {
        if self.is_full() {
            return None;
        }
        let device = (self.last_device + 1..=DEVICE_MAX)
            .chain(1..=self.last_device)
            .find(|device| !self.devices.contains_key(device))?;
        self.last_device = device;
        self.last_key_index += 1;
        Some((device, self.last_key_index))
    }

    /// Links a device.
    pub(crate) fn link(&mut self, number: u16, device: Device) {
        self.unlinked.remove(&number);
        self.devices.insert(number, device);
    }

    /// Unlinks a device and remembers that it was one.
    pub(crate) fn unlink(&mut self, number: u16) -> Option<Device> {
        let device = self.devices.remove(&number)?;
        self.unlinked.insert(number);
        Some(device)
    }

    /// Whether this number belonged to a device that was unlinked since.
    pub(crate) fn was_unlinked(&self, device: u16) -> bool {
        self.unlinked.contains(&device)
    }

    /// The keys of a device (0 is the phone) for somebody who wants to write to it, and with them a
    /// one-time prekey, as long as there are any.
    pub(crate) fn bundle(&mut self, device: u16) -> Option<KeyBundle> {
        if device == 0 {
            return Some(self.phone.bundle(&mut self.dice));
        }
        let device = self.devices.get_mut(&device)?;
        Some(KeyBundle {
            registration_id: device.registration.regid,
            identity: device.registration.identity,
            signed: device.stock.signed.clone(),
            one_time: device.stock.take(),
        })
    }

    /// The address of a device (0 is the phone) under its phone number.
    pub(crate) fn jid(&self, device: u16) -> Jid {
        Jid::pn_device(self.number.as_str(), device)
    }

    /// The address of a device under the account's hidden id.
    pub(crate) fn lid_jid(&self, device: u16) -> Jid {
        Jid::lid_device(self.lid.as_str(), device)
    }

    /// The signed list of valid companions.
    pub(crate) fn key_index_list(&mut self, clock: Clock) -> Vec<u8> {
        let numbers = DeviceNumbers {
            raw_id: self.raw_id,
            timestamp_unix_s: clock.unix_s(),
            key_index: self.last_key_index,
        };
        let valid = std::iter::once(0)
            .chain(self.devices.values().map(|device| device.key_index))
            .collect();
        key_index_list(&self.phone.pair, &mut self.dice, numbers, valid)
    }
}

fn default_privacy() -> BTreeMap<String, String> {
    [
        ("readreceipts", "all"),
        ("profile", "all"),
        ("status", "contacts"),
        ("online", "all"),
        ("last", "all"),
        ("groupadd", "all"),
        ("calladd", "all"),
        ("messages", "all"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
