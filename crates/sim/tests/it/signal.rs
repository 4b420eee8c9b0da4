//! Opening the phone's greeting with the companion's private keys.

use async_trait::async_trait;
use rand::{SeedableRng as _, rngs::StdRng};
use wacore_libsignal::protocol::{
    DeviceId, Direction, GenericSignedPreKey as _, IdentityChange, IdentityKey, IdentityKeyPair,
    IdentityKeyStore, PreKeyId, PreKeyRecord, PreKeySignalMessage, PreKeyStore, ProtocolAddress,
    SessionRecord, SessionStore, SignalProtocolError, SignedPreKeyId, SignedPreKeyRecord,
    SignedPreKeyStore, Timestamp, UsePQRatchet, message_decrypt_prekey,
};

use crate::companion::Companion;

type Outcome<T> = Result<T, SignalProtocolError>;

/// Decrypts a `pkmsg` and strips the padding.
pub(crate) async fn open_greeting(companion: &Companion, sealed: &[u8]) -> Vec<u8> {
    let message = PreKeySignalMessage::try_from(sealed).unwrap();
    let address = ProtocolAddress::new("15550001111", DeviceId::from(0));
    let mut sessions = Sessions(None);
    let mut identities = Identities(companion);
    let mut prekeys = PreKeys(companion);
    let signed = SignedPreKeys(companion);
    let opened = message_decrypt_prekey(
        &message,
        &address,
        &mut sessions,
        &mut identities,
        &mut prekeys,
        &signed,
        &mut StdRng::seed_from_u64(1),
        UsePQRatchet::No,
    )
    .await
    .unwrap();
    let mut plaintext = opened.plaintext.clone();
    let padding = usize::from(*plaintext.last().unwrap());
    assert!((1..=16).contains(&padding));
    plaintext.truncate(plaintext.len() - padding);
    plaintext
}

struct Sessions(Option<SessionRecord>);

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, _: &ProtocolAddress) -> Outcome<Option<SessionRecord>> {
        Ok(self.0.clone())
    }

    async fn has_session(&self, _: &ProtocolAddress) -> Outcome<bool> {
        Ok(self.0.is_some())
    }

    async fn store_session(&mut self, _: &ProtocolAddress, record: SessionRecord) -> Outcome<()> {
        self.0 = Some(record);
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
