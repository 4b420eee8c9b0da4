//! The companion's side of Signal sessions.

use std::collections::HashMap;

use async_trait::async_trait;
use rand::{SeedableRng as _, rngs::StdRng};
use wacore_libsignal::protocol::{
    CiphertextMessage, DeviceId, Direction, GenericSignedPreKey as _, IdentityChange, IdentityKey,
    IdentityKeyPair, IdentityKeyStore, PreKeyBundle, PreKeyId, PreKeyRecord, PreKeySignalMessage,
    PreKeyStore, ProtocolAddress, SessionRecord, SessionStore, SignalMessage, SignalProtocolError,
    SignedPreKeyId, SignedPreKeyRecord, SignedPreKeyStore, Timestamp, UsePQRatchet,
    message_decrypt_prekey, message_decrypt_signal, message_encrypt, process_prekey_bundle,
};

use crate::{
    companion::Companion,
    noise::{hmac, public},
};

type Outcome<T> = Result<T, SignalProtocolError>;

/// The Signal address of a device.
pub(crate) fn address(number: &str, device: u16) -> ProtocolAddress {
    ProtocolAddress::new(number, DeviceId::from(u32::from(device)))
}

/// Decrypts a `pkmsg` of the phone's and strips the padding.
pub(crate) async fn open_greeting(companion: &Companion, sealed: &[u8]) -> Vec<u8> {
    let (mut sessions, phone) = (Sessions::default(), address("15550001111", 0));
    sessions.open(companion, &phone, ("pkmsg", sealed)).await.unwrap()
}

/// A companion's sessions with others, and how often something was drawn for them.
#[derive(Clone, Default)]
pub(crate) struct Sessions(HashMap<String, SessionRecord>, u64);

impl Sessions {
    /// Fresh randomness every time, and the same in every run.
    fn rng(&mut self, companion: &Companion) -> StdRng {
        self.1 += 1;
        StdRng::from_seed(hmac(&public(&companion.identity), &self.1.to_be_bytes()))
    }

    /// Opens a session with a device whose keys these are.
    pub(crate) async fn begin(
        &mut self,
        companion: &Companion,
        address: &ProtocolAddress,
        bundle: &PreKeyBundle,
    ) {
        let mut rng = self.rng(companion);
        let (mut identities, pq) = (Identities(companion), UsePQRatchet::No);
        process_prekey_bundle(address, self, &mut identities, bundle, &mut rng, pq).await.unwrap();
    }

    pub(crate) fn has(&self, address: &ProtocolAddress) -> bool {
        self.0.contains_key(address.as_str())
    }

    /// Encrypts bytes as they are; says of which type it is.
    pub(crate) async fn seal(
        &mut self,
        companion: &Companion,
        address: &ProtocolAddress,
        plaintext: &[u8],
    ) -> (&'static str, Vec<u8>) {
        let mut identities = Identities(companion);
        match message_encrypt(plaintext, address, self, &mut identities).await.unwrap() {
            CiphertextMessage::PreKeySignalMessage(message) => {
                ("pkmsg", message.serialized().to_vec())
            }
            CiphertextMessage::SignalMessage(message) => ("msg", message.serialized().to_vec()),
            other @ (CiphertextMessage::SenderKeyMessage(_)
            | CiphertextMessage::PlaintextContent(_)) => panic!("{other:?}"),
        }
    }

    /// Decrypts and strips the padding.
    pub(crate) async fn open(
        &mut self,
        companion: &Companion,
        address: &ProtocolAddress,
        (kind, sealed): (&str, &[u8]),
    ) -> Outcome<Vec<u8>> {
        let mut rng = self.rng(companion);
        let mut identities = Identities(companion);
        let opened = if kind == "pkmsg" {
            let message = PreKeySignalMessage::try_from(sealed)?;
            let (mut prekeys, signed) = (PreKeys(companion), SignedPreKeys(companion));
            message_decrypt_prekey(
                &message,
                address,
                self,
                &mut identities,
                &mut prekeys,
                &signed,
                &mut rng,
                UsePQRatchet::No,
            )
            .await?
        } else {
            let message = SignalMessage::try_from(sealed)?;
            message_decrypt_signal(&message, address, self, &mut identities, &mut rng).await?
        };
        let mut plaintext = opened.plaintext;
        let padding = usize::from(*plaintext.last().unwrap());
        assert!((1..=16).contains(&padding));
        plaintext.truncate(plaintext.len() - padding);
        Ok(plaintext)
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, address: &ProtocolAddress) -> Outcome<Option<SessionRecord>> {
        Ok(self.0.get(address.as_str()).cloned())
    }

    async fn has_session(&self, address: &ProtocolAddress) -> Outcome<bool> {
        Ok(self.has(address))
    }

    async fn store_session(
        &mut self,
        address: &ProtocolAddress,
        record: SessionRecord,
    ) -> Outcome<()> {
        self.0.insert(address.as_str().to_owned(), record);
        Ok(())
    }
}

struct Identities<'a>(&'a Companion);

#[async_trait]
impl IdentityKeyStore for Identities<'_> {
    async fn get_identity_key_pair(&self) -> Outcome<IdentityKeyPair> {
        let pair = &self.0.identity;
        Ok(IdentityKeyPair::new(IdentityKey::new(pair.public_key), pair.private_key.clone()))
    }

    async fn get_local_registration_id(&self) -> Outcome<u32> {
        Ok(0x1234)
    }

    async fn save_identity(
        &mut self,
        _: &ProtocolAddress,
        _: &IdentityKey,
    ) -> Outcome<IdentityChange> {
        Ok(IdentityChange::NewOrUnchanged)
    }

    async fn is_trusted_identity(
        &self,
        _: &ProtocolAddress,
        _: &IdentityKey,
        _: Direction,
    ) -> Outcome<bool> {
        Ok(true)
    }

    async fn get_identity(&self, _: &ProtocolAddress) -> Outcome<Option<IdentityKey>> {
        Ok(None)
    }
}

struct PreKeys<'a>(&'a Companion);

#[async_trait]
impl PreKeyStore for PreKeys<'_> {
    async fn get_pre_key(&self, id: PreKeyId) -> Outcome<PreKeyRecord> {
        let index = usize::try_from(u32::from(id)).unwrap() - 1;
        Ok(PreKeyRecord::new(id, &self.0.prekeys[index]))
    }

    async fn save_pre_key(&mut self, _: PreKeyId, _: &PreKeyRecord) -> Outcome<()> {
        Ok(())
    }

    async fn remove_pre_key(&mut self, _: PreKeyId) -> Outcome<()> {
        Ok(())
    }
}

struct SignedPreKeys<'a>(&'a Companion);

#[async_trait]
impl SignedPreKeyStore for SignedPreKeys<'_> {
    async fn get_signed_pre_key(&self, id: SignedPreKeyId) -> Outcome<SignedPreKeyRecord> {
        assert_eq!(u32::from(id), 1);
        Ok(SignedPreKeyRecord::new(
            id,
            Timestamp::from_epoch_millis(0),
            &self.0.signed_prekey,
            &self.0.signed_prekey_signature,
        ))
    }

    async fn save_signed_pre_key(
        &mut self,
        _: SignedPreKeyId,
        _: &SignedPreKeyRecord,
    ) -> Outcome<()> {
        Ok(())
    }
}
