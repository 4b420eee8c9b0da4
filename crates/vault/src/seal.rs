//! Sealing values and hiding names.
//!
//! The master's key wraps a data key, drawn at random for each instance; two keys are made of that one by
//! HKDF-SHA-256: one seals (XChaCha20-Poly1305, a random nonce each time), one makes names
//! (HMAC-SHA-256). A sealed value is bound to its address, so one that was moved does not open.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use waygate_core::id::InstanceId;
use waygate_core::port::records::{RecordKey, RecordKind};
use waygate_core::secret::Sealed;
use zeroize::Zeroizing;

/// The first byte of every sealed value; another one means another form.
const VERSION: u8 = 1;

const NONCE_LENGTH: usize = 24;

/// The length of a name. Nobody can look for two that are alike without the key.
const NAME_LENGTH: usize = 16;

/// What seals.
#[derive(Clone)]
pub(crate) struct SealingKey(Zeroizing<[u8; 32]>);

/// Where a value belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address<'a> {
    pub(crate) instance: InstanceId,
    pub(crate) kind: RecordKind,
    pub(crate) key: &'a RecordKey,
}

impl Address<'_> {
    /// Its parts cannot be mistaken for others: one has a fixed length, one has no zero in it, one is
    /// the rest.
    fn associated(self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.instance.as_u128().to_be_bytes());
        bytes.extend(self.kind.as_str().as_bytes());
        bytes.push(0);
        bytes.extend(self.key.as_bytes());
        bytes
    }
}

impl SealingKey {
    pub(crate) fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self(key)
    }

    /// Nothing when the value is too long to be sealed.
    pub(crate) fn seal(
        &self,
        address: Address<'_>,
        value: &[u8],
        random: &[u8; 32],
    ) -> Option<Sealed> {
        let nonce = random.first_chunk::<NONCE_LENGTH>()?;
        let payload = Payload { msg: value, aad: &address.associated() };
        let sealed = self.cipher().encrypt(&XNonce::from(*nonce), payload).ok()?;
        let mut bytes = Vec::with_capacity(1 + NONCE_LENGTH + sealed.len());
        bytes.push(VERSION);
        bytes.extend(nonce);
        bytes.extend(sealed);
        Some(Sealed::from_bytes(bytes))
    }

    /// Nothing when it was changed, belongs elsewhere, or was sealed with another key.
    pub(crate) fn open(&self, address: Address<'_>, sealed: &Sealed) -> Option<Vec<u8>> {
        let (version, rest) = sealed.as_bytes().split_first()?;
        let (nonce, message) = rest.split_first_chunk::<NONCE_LENGTH>()?;
        if *version != VERSION {
            return None;
        }
        let payload = Payload { msg: message, aad: &address.associated() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(hidden)")
    }
}

/// The keys of one instance's records.
pub(crate) struct DataKey {
    pub(crate) sealing: SealingKey,
    naming: Zeroizing<[u8; 32]>,
}

impl DataKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let source = Hkdf::<Sha256>::new(None, key);
        let made = |purpose: &str| {
            let mut key = Zeroizing::new([0; 32]);
            #[expect(clippy::expect_used, reason = "proven: 32 is below 255 * 32")]
            source.expand(purpose.as_bytes(), key.as_mut()).expect("a short output");
            key
        };
        Self {
            sealing: SealingKey::new(made("waygate record seal v1")),
            naming: made("waygate record name v1"),
        }
    }

    /// The name of what is addressed by these parts together.
    pub(crate) fn name(&self, kind: RecordKind, parts: &[&[u8]]) -> [u8; NAME_LENGTH] {
        #[expect(clippy::expect_used, reason = "proven: HMAC takes keys of every length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(self.naming.as_ref()).expect("any length");
        mac.update(kind.as_str().as_bytes());
        mac.update(&[0]);
        for part in parts {
            // With its length, so that nothing can move from one part to the next.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let whole = mac.finalize().into_bytes();
        let mut name = [0; NAME_LENGTH];
        for (byte, made) in name.iter_mut().zip(whole) {
            *byte = made;
        }
        name
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SealingKey {
        SealingKey::new(Zeroizing::new([byte; 32]))
    }

    fn instance(byte: u8) -> InstanceId {
        InstanceId::from_random_bytes([byte; 16])
    }

    #[test]
    fn a_value_opens_at_its_address_with_its_key_and_nowhere_else() {
        let (here, there) = (RecordKey::from_bytes(*b"a"), RecordKey::from_bytes(*b"b"));
        let kind = RecordKind::Session;
        let address = Address { instance: instance(1), kind, key: &here };
        let sealed = key(1).seal(address, b"secret", &[7; 32]).unwrap();
        assert_eq!(key(1).open(address, &sealed).unwrap(), b"secret");
        for other in [
            Address { instance: instance(2), ..address },
            Address { kind: RecordKind::SenderKey, ..address },
            Address { key: &there, ..address },
        ] {
            assert_eq!(key(1).open(other, &sealed), None, "{other:?}");
        }
        assert_eq!(key(2).open(address, &sealed), None);
    }

    #[test]
    fn a_sealed_value_that_was_changed_anywhere_does_not_open() {
        let name = RecordKey::default();
        let address = Address { instance: instance(1), kind: RecordKind::Device, key: &name };
        let sealed = key(1).seal(address, b"secret", &[7; 32]).unwrap();
        for place in 0..sealed.as_bytes().len() {
            for bit in 0..8 {
                let mut bytes = sealed.as_bytes().to_vec();
                bytes[place] ^= 1 << bit;
                assert_eq!(key(1).open(address, &Sealed::from_bytes(bytes)), None);
            }
            let cut = Sealed::from_bytes(&sealed.as_bytes()[..place]);
            assert_eq!(key(1).open(address, &cut), None);
        }
    }

    #[test]
    fn names_are_told_apart_by_key_kind_and_parts() {
        let named = |key: u8, kind, parts: &[&[u8]]| DataKey::new(&[key; 32]).name(kind, parts);
        let one = named(1, RecordKind::Session, &[b"ab", b"c"]);
        assert_eq!(one, named(1, RecordKind::Session, &[b"ab", b"c"]));
        for other in [
            named(2, RecordKind::Session, &[b"ab", b"c"]),
            named(1, RecordKind::Identity, &[b"ab", b"c"]),
            named(1, RecordKind::Session, &[b"a", b"bc"]),
            named(1, RecordKind::Session, &[b"abc"]),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn keys_do_not_print_themselves() {
        assert_eq!(format!("{:?}", key(7)), "SealingKey(hidden)");
        assert_eq!(format!("{:?}", DataKey::new(&[7; 32])), "DataKey(hidden)");
    }
}
