//! A phone as a Signal party: its identity, its prekeys and its sessions with other devices
//! (docs/internals/sim.md, "Messages").
//!
//! Session set-up and ratchet are the Signal library's; its traits are asynchronous, but over
//! stores in memory they never wait, so everything here is plain code.

use std::{collections::BTreeMap, future::Future};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use wacore_libsignal::protocol::{
    CiphertextMessage, DeviceId, Direction, GenericSignedPreKey as _, IdentityChange, IdentityKey,
    IdentityKeyPair, IdentityKeyStore, PreKeyBundle, PreKeyId, PreKeyRecord, PreKeySignalMessage,
    PreKeyStore, ProtocolAddress, PublicKey, SessionRecord, SessionStore, SignalMessage,
    SignalProtocolError, SignedPreKeyId, SignedPreKeyRecord, SignedPreKeyStore, Timestamp,
    UsePQRatchet, message_decrypt_prekey, message_decrypt_signal, message_encrypt,
    process_prekey_bundle,
};
use waproto::{codec::message_to_vec, whatsapp::Message};

use crate::{
    dice::Dice,
    keys::{KEY_TYPE, KeyPair},
    prekeys::{KeyBundle, PreKey, SignedPreKey},
    world::DeviceKey,
};

/// The one-time prekeys a phone has on the server in all of its life. It uploads no further ones,
/// so that a test can use them up.
pub(crate) const ONE_TIME_PREKEYS: u32 = 100;

/// The id of a phone's only signed prekey.
const SIGNED_PREKEY: [u8; 3] = [0, 0, 1];

type Outcome<T> = Result<T, SignalProtocolError>;

/// A phone's keys and sessions.
#[derive(Debug)]
pub(crate) struct SignalParty {
    pub(crate) pair: KeyPair,
    pub(crate) registration_id: u32,
    signed: OwnSignedPreKey,
    one_time: OneTimePreKeys,
    sessions: Sessions,
}

/// An encrypted message, as it goes into `<enc>`.
#[derive(Debug)]
pub(crate) struct Sealed {
    /// `pkmsg` as long as the other side has not answered, `msg` from then on.
    pub(crate) kind: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Why a message could not be decrypted.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// There is no session with the sender, which is nobody's mistake.
    NoSession,
    /// The message's counter has been used before.
    UsedCounter,
    /// A prekey that this phone never had, or that has been used.
    UnknownPreKey,
    /// Everything else.
    Unreadable(String),
}

impl SignalParty {
    /// A phone that has just been set up.
    pub(crate) fn generate(dice: &mut Dice) -> Self {
        let pair = KeyPair::generate(dice);
        let signed = KeyPair::generate(dice);
        let signature = pair.sign(dice, &[&[KEY_TYPE], &signed.public()]);
        let registration_id = dice.number() >> 18 | 1;
        Self {
            pair,
            registration_id,
            signed: OwnSignedPreKey { pair: signed, signature },
            one_time: OneTimePreKeys::default(),
            sessions: Sessions::default(),
        }
    }

    /// The keys that the server gives out to whoever wants to write to this phone.
    pub(crate) fn bundle(&mut self, dice: &mut Dice) -> KeyBundle {
        KeyBundle {
            registration_id: self.registration_id.to_be_bytes(),
            identity: self.pair.public(),
            signed: SignedPreKey {
                id: SIGNED_PREKEY,
                value: self.signed.pair.public(),
                signature: self.signed.signature,
            },
            one_time: self.one_time.give_out(dice),
        }
    }

    pub(crate) fn has_session(&self, peer: &DeviceKey) -> bool {
        self.sessions.records.contains_key(address(peer).as_str())
    }

    /// Forgets the session with a device, so that the next message opens another.
    pub(crate) fn forget_session(&mut self, peer: &DeviceKey) {
        self.sessions.records.remove(address(peer).as_str());
    }

    /// Forgets all sessions, as a phone does whose application was installed anew from a backup.
    pub(crate) fn forget_sessions(&mut self) {
        self.sessions = Sessions::default();
    }

    /// Opens a session with a device whose keys these are, in place of an older one.
    pub(crate) fn open_session(
        &mut self,
        peer: &DeviceKey,
        bundle: &KeyBundle,
        dice: &mut Dice,
    ) -> Outcome<()> {
        let bundle = signal_bundle(peer, bundle)?;
        let mut identities = self.identities();
        now(process_prekey_bundle(
            &address(peer),
            &mut self.sessions,
            &mut identities,
            &bundle,
            dice.rng(),
            UsePQRatchet::No,
        ))
        .map(drop)
    }

    /// Encrypts for a device that there is a session with.
    pub(crate) fn seal(
        &mut self,
        peer: &DeviceKey,
        message: &Message,
        dice: &mut Dice,
    ) -> Outcome<Sealed> {
        let plaintext = pad(message_to_vec(message), dice);
        let mut identities = self.identities();
        let address = address(peer);
        match now(message_encrypt(&plaintext, &address, &mut self.sessions, &mut identities))? {
            CiphertextMessage::PreKeySignalMessage(message) => {
                Ok(Sealed { kind: "pkmsg", bytes: message.serialized().to_vec() })
            }
            CiphertextMessage::SignalMessage(message) => {
                Ok(Sealed { kind: "msg", bytes: message.serialized().to_vec() })
            }
            CiphertextMessage::SenderKeyMessage(_) | CiphertextMessage::PlaintextContent(_) => {
                Err(SignalProtocolError::InvalidState("seal", "a session of two".to_owned()))
            }
        }
    }

    /// Decrypts what a device has written; the padding is still on.
    pub(crate) fn open(
        &mut self,
        peer: &DeviceKey,
        (kind, bytes): (&str, &[u8]),
        dice: &mut Dice,
    ) -> Result<Vec<u8>, OpenError> {
        let opened = if kind == "pkmsg" {
            self.open_first(peer, bytes, dice)
        } else {
            self.open_further(peer, bytes, dice)
        };
        opened.map_err(OpenError::from)
    }

    fn open_first(&mut self, peer: &DeviceKey, bytes: &[u8], dice: &mut Dice) -> Outcome<Vec<u8>> {
        let message = PreKeySignalMessage::try_from(bytes)?;
        let mut identities = self.identities();
        let opened = now(message_decrypt_prekey(
            &message,
            &address(peer),
            &mut self.sessions,
            &mut identities,
            &mut self.one_time,
            &self.signed,
            dice.rng(),
            UsePQRatchet::No,
        ))?;
        if let Some(id) = opened.consumed_prekey_id {
            self.one_time.secrets.remove(&id.into());
        }
        Ok(opened.plaintext)
    }

    fn open_further(
        &mut self,
        peer: &DeviceKey,
        bytes: &[u8],
        dice: &mut Dice,
    ) -> Outcome<Vec<u8>> {
        let message = SignalMessage::try_from(bytes)?;
        let mut identities = self.identities();
        let opened = now(message_decrypt_signal(
            &message,
            &address(peer),
            &mut self.sessions,
            &mut identities,
            dice.rng(),
        ))?;
        Ok(opened.plaintext)
    }

    fn identities(&self) -> Identities {
        Identities { pair: self.pair.clone(), registration_id: self.registration_id }
    }
}

impl From<SignalProtocolError> for OpenError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library has thirty, and adds to them")]
    fn from(error: SignalProtocolError) -> Self {
        match error {
            SignalProtocolError::SessionNotFound(_) => Self::NoSession,
            SignalProtocolError::DuplicatedMessage(..) => Self::UsedCounter,
            SignalProtocolError::InvalidPreKeyId | SignalProtocolError::InvalidSignedPreKeyId => {
                Self::UnknownPreKey
            }
            other => Self::Unreadable(other.to_string()),
        }
    }
}

/// The device's Signal address.
fn address(device: &DeviceKey) -> ProtocolAddress {
    ProtocolAddress::new(device.number.as_str(), DeviceId::from(u32::from(device.device)))
}

/// What a future over stores in memory comes to, at once.
fn now<T>(future: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let waited = || "a store in memory never waits".to_owned();
    future
        .now_or_never()
        .unwrap_or_else(|| Err(SignalProtocolError::InvalidState("a store in memory", waited())))
}

fn signal_bundle(peer: &DeviceKey, bundle: &KeyBundle) -> Outcome<PreKeyBundle> {
    let one_time = match &bundle.one_time {
        Some(key) => {
            let value = PublicKey::from_djb_public_key_bytes(&key.value)?;
            Some((PreKeyId::from(number(key.id)), value))
        }
        None => None,
    };
    PreKeyBundle::new(
        u32::from_be_bytes(bundle.registration_id),
        DeviceId::from(u32::from(peer.device)),
        one_time,
        SignedPreKeyId::from(number(bundle.signed.id)),
        PublicKey::from_djb_public_key_bytes(&bundle.signed.value)?,
        bundle.signed.signature.to_vec(),
        IdentityKey::new(PublicKey::from_djb_public_key_bytes(&bundle.identity)?),
    )
}

/// One to sixteen bytes, each telling how many there are.
fn pad(mut plaintext: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let [random] = dice.bytes();
    let padding = random % 16 + 1;
    plaintext.extend(std::iter::repeat_n(padding, usize::from(padding)));
    plaintext
}

fn number(id: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, id[0], id[1], id[2]])
}

/// The sessions with other devices, by their Signal addresses.
#[derive(Default)]
struct Sessions {
    records: BTreeMap<String, SessionRecord>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.records.keys()).finish()
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, address: &ProtocolAddress) -> Outcome<Option<SessionRecord>> {
        Ok(self.records.get(address.as_str()).cloned())
    }

    async fn has_session(&self, address: &ProtocolAddress) -> Outcome<bool> {
        Ok(self.records.contains_key(address.as_str()))
    }

    async fn store_session(
        &mut self,
        address: &ProtocolAddress,
        record: SessionRecord,
    ) -> Outcome<()> {
        self.records.insert(address.as_str().to_owned(), record);
        Ok(())
    }
}

/// The phone's own identity. Those of others are compared with what the server knows of them, so
/// that none of them has to be remembered here.
struct Identities {
    pair: KeyPair,
    registration_id: u32,
}

#[async_trait]
impl IdentityKeyStore for Identities {
    async fn get_identity_key_pair(&self) -> Outcome<IdentityKeyPair> {
        let pair = self.pair.signal();
        Ok(IdentityKeyPair::new(IdentityKey::new(pair.public_key), pair.private_key.clone()))
    }

    async fn get_local_registration_id(&self) -> Outcome<u32> {
        Ok(self.registration_id)
    }

    async fn save_identity(
        &mut self,
        _address: &ProtocolAddress,
        _identity: &IdentityKey,
    ) -> Outcome<IdentityChange> {
        Ok(IdentityChange::NewOrUnchanged)
    }

    async fn is_trusted_identity(
        &self,
        _address: &ProtocolAddress,
        _identity: &IdentityKey,
        _direction: Direction,
    ) -> Outcome<bool> {
        Ok(true)
    }

    async fn get_identity(&self, _address: &ProtocolAddress) -> Outcome<Option<IdentityKey>> {
        Ok(None)
    }
}

/// The one-time prekeys: drawn when the server gives them out, forgotten when they were used.
#[derive(Debug, Default)]
struct OneTimePreKeys {
    given_out: u32,
    secrets: BTreeMap<u32, KeyPair>,
}

impl OneTimePreKeys {
    fn give_out(&mut self, dice: &mut Dice) -> Option<PreKey> {
        if self.given_out == ONE_TIME_PREKEYS {
            return None;
        }
        self.given_out += 1;
        let pair = KeyPair::generate(dice);
        let value = pair.public();
        self.secrets.insert(self.given_out, pair);
        let [_, id @ ..] = self.given_out.to_be_bytes();
        Some(PreKey { id, value })
    }
}

#[async_trait]
impl PreKeyStore for OneTimePreKeys {
    async fn get_pre_key(&self, id: PreKeyId) -> Outcome<PreKeyRecord> {
        let pair = self.secrets.get(&id.into()).ok_or(SignalProtocolError::InvalidPreKeyId)?;
        Ok(PreKeyRecord::new(id, pair.signal()))
    }

    async fn save_pre_key(&mut self, _id: PreKeyId, _record: &PreKeyRecord) -> Outcome<()> {
        Ok(())
    }

    async fn remove_pre_key(&mut self, id: PreKeyId) -> Outcome<()> {
        self.secrets.remove(&id.into());
        Ok(())
    }
}

/// The one signed prekey.
#[derive(Debug)]
struct OwnSignedPreKey {
    pair: KeyPair,
    signature: [u8; 64],
}

#[async_trait]
impl SignedPreKeyStore for OwnSignedPreKey {
    async fn get_signed_pre_key(&self, id: SignedPreKeyId) -> Outcome<SignedPreKeyRecord> {
        if u32::from(id) != number(SIGNED_PREKEY) {
            return Err(SignalProtocolError::InvalidSignedPreKeyId);
        }
        let made = Timestamp::from_epoch_millis(0);
        Ok(SignedPreKeyRecord::new(id, made, self.pair.signal(), &self.signature))
    }

    async fn save_signed_pre_key(
        &mut self,
        _id: SignedPreKeyId,
        _record: &SignedPreKeyRecord,
    ) -> Outcome<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: &str) -> DeviceKey {
        DeviceKey { number: number.to_owned(), device: 0 }
    }

    fn text(text: &str) -> Message {
        Message { conversation: Some(text.to_owned()), ..Message::default() }
    }

    /// Two phones, of which the first has opened a session with the second.
    fn acquainted() -> (SignalParty, SignalParty, Dice) {
        let mut dice = Dice::derive(1, "test", 0);
        let (mut ada, mut ben) =
            (SignalParty::generate(&mut dice), SignalParty::generate(&mut dice));
        let bundle = ben.bundle(&mut dice);
        ada.open_session(&device("2"), &bundle, &mut dice).unwrap();
        (ada, ben, dice)
    }

    #[test]
    fn two_phones_write_to_each_other() {
        let (mut ada, mut ben, mut dice) = acquainted();
        let first = ada.seal(&device("2"), &text("hello"), &mut dice).unwrap();
        assert_eq!(first.kind, "pkmsg");
        let opened = ben.open(&device("1"), (first.kind, &first.bytes), &mut dice).unwrap();
        let padding = usize::from(*opened.last().unwrap());
        assert_eq!(opened[..opened.len() - padding], message_to_vec(&text("hello")));

        let answer = ben.seal(&device("1"), &text("hello too"), &mut dice).unwrap();
        assert_eq!(answer.kind, "msg", "the session is there");
        ada.open(&device("2"), (answer.kind, &answer.bytes), &mut dice).unwrap();
        let third = ada.seal(&device("2"), &text("how are you?"), &mut dice).unwrap();
        assert_eq!(third.kind, "msg", "it was answered");
    }

    #[test]
    fn a_message_opens_once() {
        let (mut ada, mut ben, mut dice) = acquainted();
        let sealed = ada.seal(&device("2"), &text("once"), &mut dice).unwrap();
        ben.open(&device("1"), (sealed.kind, &sealed.bytes), &mut dice).unwrap();
        let again = ben.open(&device("1"), (sealed.kind, &sealed.bytes), &mut dice);
        assert!(matches!(again, Err(OpenError::UsedCounter)), "{again:?}");
    }

    #[test]
    fn a_prekey_is_used_once() {
        let (mut ada, mut ben, mut dice) = acquainted();
        let sealed = ada.seal(&device("2"), &text("once"), &mut dice).unwrap();
        ben.open(&device("1"), (sealed.kind, &sealed.bytes), &mut dice).unwrap();
        ben.forget_sessions();
        let again = ben.open(&device("1"), (sealed.kind, &sealed.bytes), &mut dice);
        assert!(matches!(again, Err(OpenError::UnknownPreKey)), "{again:?}");
    }

    #[test]
    fn without_a_session_there_is_nothing_to_read() {
        let (mut ada, mut ben, mut dice) = acquainted();
        let first = ada.seal(&device("2"), &text("one"), &mut dice).unwrap();
        ben.open(&device("1"), (first.kind, &first.bytes), &mut dice).unwrap();
        let answer = ben.seal(&device("1"), &text("two"), &mut dice).unwrap();
        ada.forget_sessions();
        assert!(!ada.has_session(&device("2")));
        let read = ada.open(&device("2"), (answer.kind, &answer.bytes), &mut dice);
        assert!(matches!(read, Err(OpenError::NoSession)), "{read:?}");
    }

    #[test]
    fn one_time_prekeys_come_to_an_end() {
        let mut dice = Dice::derive(1, "test", 0);
        let mut phone = SignalParty::generate(&mut dice);
        let given = (0..=ONE_TIME_PREKEYS).filter_map(|_| phone.bundle(&mut dice).one_time);
        let ids: Vec<u32> = given.map(|key| number(key.id)).collect();
        assert_eq!(ids, (1..=ONE_TIME_PREKEYS).collect::<Vec<_>>());
    }
}
