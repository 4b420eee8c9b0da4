//! The cryptography of linking by an eight-character code, the phone's side
//! (docs/internals/sim.md, "Linking by code").
//!
//! The code never travels: both sides wrap their ephemeral keys with a key derived from it, and a
//! phone with the wrong code learns so only when the companion's key bundle does not open.

use aes::Aes256;
use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit as _, StreamCipher as _},
};

use crate::{
    dice::Dice,
    digest::{hkdf, same},
    keys::KeyPair,
};

/// The length of a wrapped ephemeral key: salt 32, initialization vector 16, ciphertext 32.
pub(crate) const WRAPPED_BYTES: usize = 80;

/// The length of a wrapped key bundle: salt 32, nonce 12, ciphertext 96, tag 16.
pub(crate) const BUNDLE_BYTES: usize = 156;

const ROUNDS: u32 = 131_072;
pub(crate) const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTVWXYZ";

/// A code in the form both sides derive keys from. A secret: it has no useful `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PairingCode(String);

impl PairingCode {
    /// Reads what a person typed: a dash, spaces and the case do not matter. `None` unless eight
    /// characters of the alphabet remain.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let code: String = text
            .chars()
            .filter(|character| !matches!(character, '-' | ' '))
            .map(|character| character.to_ascii_uppercase())
            .collect();
        (code.len() == 8 && code.chars().all(|character| ALPHABET.contains(character)))
            .then_some(Self(code))
    }

    fn key(&self, salt: &[u8]) -> [u8; 32] {
        pbkdf2::pbkdf2_hmac_array::<sha2::Sha256, 32>(self.0.as_bytes(), salt, ROUNDS)
    }

    /// Recovers an ephemeral key. With the wrong code the result is noise, not an error.
    pub(crate) fn unwrap_key(&self, wrapped: &[u8; WRAPPED_BYTES]) -> [u8; 32] {
        let (salt, rest) = wrapped.split_at(32);
        let (iv, ciphertext) = rest.split_at(16);
        let mut key = [0; 32];
        key.copy_from_slice(ciphertext);
        let mut vector = [0; 16];
        vector.copy_from_slice(iv);
        Ctr128BE::<Aes256>::new(&self.key(salt).into(), &vector.into()).apply_keystream(&mut key);
        key
    }

    /// Wraps an ephemeral key under a salt and a vector of its own.
    pub(crate) fn wrap_key(&self, key: &[u8; 32], dice: &mut Dice) -> [u8; WRAPPED_BYTES] {
        let (salt, vector): ([u8; 32], [u8; 16]) = (dice.bytes(), dice.bytes());
        let mut ciphertext = *key;
        Ctr128BE::<Aes256>::new(&self.key(&salt).into(), &vector.into())
            .apply_keystream(&mut ciphertext);
        let mut wrapped = [0; WRAPPED_BYTES];
        wrapped[..32].copy_from_slice(&salt);
        wrapped[32..48].copy_from_slice(&vector);
        wrapped[48..].copy_from_slice(&ciphertext);
        wrapped
    }
}

impl std::fmt::Debug for PairingCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PairingCode(..)")
    }
}

/// What the phone holds while it waits for the companion's finish.
#[derive(Debug, Clone)]
pub(crate) struct PrimaryHello {
    pub(crate) ephemeral: KeyPair,
    pub(crate) companion_ephemeral: [u8; 32],
}

impl PrimaryHello {
    /// Opens the companion's key bundle and derives the ADV secret both sides now share. `None`
    /// when the bundle does not open or speaks of other identities: the code was wrong.
    pub(crate) fn adv_secret(
        &self,
        phone: &KeyPair,
        companion_identity: &[u8; 32],
        bundle: &[u8; BUNDLE_BYTES],
    ) -> Option<[u8; 32]> {
        let shared = self.ephemeral.agree(&self.companion_ephemeral)?;
        let (salt, rest) = bundle.split_at(32);
        let (nonce, sealed) = rest.split_at(12);
        let key = hkdf::<32>(salt, &shared, b"link_code_pairing_key_bundle_encryption_key");
        let nonce: [u8; 12] = nonce.try_into().ok()?;
        let opened = Aes256Gcm::new(&key.into())
            .decrypt(&nonce.into(), Payload { msg: sealed, aad: &[] })
            .ok()?;
        let (companion, rest) = opened.split_at_checked(32)?;
        let (primary, random) = rest.split_at_checked(32)?;
        if !same(companion, companion_identity) || !same(primary, &phone.public()) {
            return None;
        }
        let identities = phone.agree(companion_identity)?;
        let material = [&shared, &identities, random].concat();
        Some(hkdf::<32>(&[], &material, b"adv_secret"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The companion's half of the exchange.
    fn finish(
        ephemeral: &KeyPair,
        identity: &KeyPair,
        primary_ephemeral: &[u8; 32],
        primary_identity: &[u8; 32],
    ) -> ([u8; BUNDLE_BYTES], [u8; 32]) {
        let shared = ephemeral.agree(primary_ephemeral).unwrap();
        let (salt, nonce, random) = ([1; 32], [2; 12], [3; 32]);
        let key = hkdf::<32>(&salt, &shared, b"link_code_pairing_key_bundle_encryption_key");
        let plaintext = [identity.public(), *primary_identity, random].concat();
        let sealed = Aes256Gcm::new(&key.into())
            .encrypt(&nonce.into(), Payload { msg: &plaintext, aad: &[] })
            .unwrap();
        let bundle = [&salt[..], &nonce, &sealed].concat().try_into().unwrap();
        let identities = identity.agree(primary_identity).unwrap();
        let material = [shared, identities, random].concat();
        (bundle, hkdf::<32>(&[], &material, b"adv_secret"))
    }

    #[test]
    fn both_sides_end_with_one_secret_and_a_wrong_code_with_none() {
        let mut dice = Dice::derive(1, "test", 0);
        let [phone, phone_ephemeral, companion, companion_ephemeral] =
            std::array::from_fn(|_| KeyPair::generate(&mut dice));
        let right = PairingCode::parse("ABCD-1234").unwrap();
        let wrong = PairingCode::parse("ABCD1235").unwrap();

        let wrapped = right.wrap_key(&companion_ephemeral.public(), &mut dice);
        assert_eq!(right.unwrap_key(&wrapped), companion_ephemeral.public());
        assert_ne!(wrong.unwrap_key(&wrapped), companion_ephemeral.public());

        let (bundle, secret) =
            finish(&companion_ephemeral, &companion, &phone_ephemeral.public(), &phone.public());
        let hello = PrimaryHello {
            ephemeral: phone_ephemeral,
            companion_ephemeral: companion_ephemeral.public(),
        };
        assert_eq!(hello.adv_secret(&phone, &companion.public(), &bundle), Some(secret));
        assert_eq!(hello.adv_secret(&phone, &phone.public(), &bundle), None, "other identity");
        let misled = PrimaryHello { companion_ephemeral: wrong.unwrap_key(&wrapped), ..hello };
        assert_eq!(misled.adv_secret(&phone, &companion.public(), &bundle), None);
    }

    #[test]
    fn what_a_person_types_is_read_kindly_but_not_guessed() {
        let code = PairingCode::parse("ABCD1234").unwrap();
        assert_eq!(PairingCode::parse("abcd-1234").unwrap(), code);
        assert_eq!(PairingCode::parse(" ABCD 1234 ").unwrap(), code);
        assert_eq!(PairingCode::parse("ABCD123"), None);
        assert_eq!(PairingCode::parse("ABCD123O"), None);
        assert_eq!(PairingCode::parse("ABCD123\u{c4}"), None);
        assert_eq!(format!("{code:?}"), "PairingCode(..)");
    }
}
