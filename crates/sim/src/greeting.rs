//! The phone's first message to a new companion: the app-state keys, end-to-end encrypted
//! (docs/internals/sim.md, "Greeting").
//!
//! Clients wait for it before they call themselves connected. Session set-up and ratchet are the
//! Signal library's; its traits are asynchronous, but over a store in memory they never wait, so
//! everything here is plain code.

use async_trait::async_trait;
use futures_util::FutureExt as _;
use wacore_libsignal::protocol::{
    CiphertextMessage, DeviceId, Direction, IdentityChange, IdentityKey, IdentityKeyPair,
    IdentityKeyStore, PreKeyBundle, PreKeyId, ProtocolAddress, PublicKey, SessionRecord,
    SessionStore, SignalProtocolError, SignedPreKeyId, UsePQRatchet, message_encrypt,
    process_prekey_bundle,
};
use waproto::{
    buffa::MessageField,
    codec::message_to_vec,
    whatsapp::{
        Message,
        message::{
            AppStateSyncKey, AppStateSyncKeyData, AppStateSyncKeyFingerprint, AppStateSyncKeyId,
            AppStateSyncKeyShare, ProtocolMessage, protocol_message::Type,
        },
    },
};

use crate::{
    app_state::SyncKey,
    dice::Dice,
    keys::KeyPair,
    prekeys::{PreKey, SignedPreKey},
};

/// The phone as a Signal party.
#[derive(Debug, Clone)]
pub(crate) struct PhoneIdentity {
    pub(crate) pair: KeyPair,
    pub(crate) registration_id: u32,
}

/// A companion's keys, taken from the server's stock.
#[derive(Debug)]
pub(crate) struct Recipient<'a> {
    /// The companion's Signal address: the account's number and the device.
    pub(crate) number: &'a str,
    pub(crate) device: u16,
    pub(crate) registration_id: [u8; 4],
    pub(crate) identity: [u8; 32],
    pub(crate) signed: &'a SignedPreKey,
    pub(crate) one_time: Option<PreKey>,
}

/// The greeting's plaintext.
pub(crate) fn key_share(key: &SyncKey, raw_id: u32) -> Message {
    let fingerprint = AppStateSyncKeyFingerprint {
        raw_id: Some(raw_id),
        current_index: Some(0),
        device_indexes: vec![0],
    };
    let shared = AppStateSyncKey {
        key_id: MessageField::some(AppStateSyncKeyId { key_id: Some(key.id.to_vec()) }),
        key_data: MessageField::some(AppStateSyncKeyData {
            key_data: Some(key.data.to_vec()),
            fingerprint: MessageField::some(fingerprint),
            timestamp: Some(key.created_unix_ms),
        }),
    };
    let protocol = ProtocolMessage {
        r#type: Some(Type::APP_STATE_SYNC_KEY_SHARE),
        app_state_sync_key_share: MessageField::some(AppStateSyncKeyShare { keys: vec![shared] }),
        ..ProtocolMessage::default()
    };
    Message { protocol_message: MessageField::some(protocol), ..Message::default() }
}

/// Encrypts a message that opens a session with `recipient`. The error is the library's.
pub(crate) fn seal(
    phone: &PhoneIdentity,
    recipient: &Recipient<'_>,
    message: &Message,
    dice: &mut Dice,
) -> Result<Vec<u8>, SignalProtocolError> {
    seal_inner(phone, recipient, message, dice).now_or_never().unwrap_or(Err(
        SignalProtocolError::InvalidState("greeting", "a store in memory never waits".to_owned()),
    ))
}

async fn seal_inner(
    phone: &PhoneIdentity,
    recipient: &Recipient<'_>,
    message: &Message,
    dice: &mut Dice,
) -> Result<Vec<u8>, SignalProtocolError> {
    let address =
        ProtocolAddress::new(recipient.number, DeviceId::from(u32::from(recipient.device)));
    let one_time = match &recipient.one_time {
        Some(key) => {
            let value = PublicKey::from_djb_public_key_bytes(&key.value)?;
            Some((PreKeyId::from(number(key.id)), value))
        }
        None => None,
    };
    let bundle = PreKeyBundle::new(
        u32::from_be_bytes(recipient.registration_id),
        DeviceId::from(u32::from(recipient.device)),
        one_time,
        SignedPreKeyId::from(number(recipient.signed.id)),
        PublicKey::from_djb_public_key_bytes(&recipient.signed.value)?,
        recipient.signed.signature.to_vec(),
        IdentityKey::new(PublicKey::from_djb_public_key_bytes(&recipient.identity)?),
    )?;
    let mut sessions = OneSession::default();
    let mut identities = Identities { phone: phone.clone() };
    process_prekey_bundle(
        &address,
        &mut sessions,
        &mut identities,
        &bundle,
        dice.rng(),
        UsePQRatchet::No,
    )
    .await?;
    let plaintext = pad(message_to_vec(message), dice);
    let sealed = message_encrypt(&plaintext, &address, &mut sessions, &mut identities).await?;
    match sealed {
        CiphertextMessage::PreKeySignalMessage(message) => Ok(message.serialized().to_vec()),
        CiphertextMessage::SignalMessage(_)
        | CiphertextMessage::SenderKeyMessage(_)
        | CiphertextMessage::PlaintextContent(_) => Err(SignalProtocolError::InvalidState(
            "greeting",
            "a fresh session starts with a prekey message".to_owned(),
        )),
    }
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

/// The store of the one session that is being opened.
#[derive(Default)]
struct OneSession {
    record: Option<SessionRecord>,
}

#[async_trait]
impl SessionStore for OneSession {
    async fn load_session(
        &self,
        _address: &ProtocolAddress,
    ) -> Result<Option<SessionRecord>, SignalProtocolError> {
        Ok(self.record.clone())
    }

    async fn has_session(&self, _address: &ProtocolAddress) -> Result<bool, SignalProtocolError> {
        Ok(self.record.is_some())
    }

    async fn store_session(
        &mut self,
        _address: &ProtocolAddress,
        record: SessionRecord,
    ) -> Result<(), SignalProtocolError> {
        self.record = Some(record);
        Ok(())
    }
}

/// The phone's own identity; the companion's was checked by the server when it registered.
struct Identities {
    phone: PhoneIdentity,
}

#[async_trait]
impl IdentityKeyStore for Identities {
    async fn get_identity_key_pair(&self) -> Result<IdentityKeyPair, SignalProtocolError> {
        let pair = self.phone.pair.signal();
        Ok(IdentityKeyPair::new(IdentityKey::new(pair.public_key), pair.private_key.clone()))
    }

    async fn get_local_registration_id(&self) -> Result<u32, SignalProtocolError> {
        Ok(self.phone.registration_id)
    }

    async fn save_identity(
        &mut self,
        _address: &ProtocolAddress,
        _identity: &IdentityKey,
    ) -> Result<IdentityChange, SignalProtocolError> {
        Ok(IdentityChange::NewOrUnchanged)
    }

    async fn is_trusted_identity(
        &self,
        _address: &ProtocolAddress,
        _identity: &IdentityKey,
        _direction: Direction,
    ) -> Result<bool, SignalProtocolError> {
        Ok(true)
    }

    async fn get_identity(
        &self,
        _address: &ProtocolAddress,
    ) -> Result<Option<IdentityKey>, SignalProtocolError> {
        Ok(None)
    }
}
