//! Curve25519 key pairs: agreement and XEdDSA signatures.
//!
//! The arithmetic is the Signal library's; this module fixes the form of keys on the wire (32 raw
//! bytes; the 33-byte form with its leading type byte occurs only inside Signal structures) and
//! keeps secrets out of `Debug`.

use wacore_libsignal::protocol::{KeyPair as SignalKeyPair, PrivateKey, PublicKey};

use crate::dice::Dice;

/// The type byte in front of a Curve25519 key inside Signal structures and signatures.
pub(crate) const KEY_TYPE: u8 = 5;

/// A private key with its public key.
#[derive(Clone)]
pub(crate) struct KeyPair {
    inner: SignalKeyPair,
    public: [u8; 32],
}

impl KeyPair {
    /// A fresh pair.
    pub(crate) fn generate(dice: &mut Dice) -> Self {
        Self::from_secret(dice.bytes())
    }

    /// The pair of a given private key, which is clamped first.
    #[expect(clippy::expect_used, reason = "32 bytes are always a private key once clamped")]
    pub(crate) fn from_secret(secret: [u8; 32]) -> Self {
        let private = PrivateKey::deserialize(&secret).expect("32 bytes");
        let inner = SignalKeyPair::try_from(private).expect("a clamped scalar has a public key");
        let mut public = [0; 32];
        public.copy_from_slice(inner.public_key.public_key_bytes());
        Self { inner, public }
    }

    /// The public key as 32 raw bytes.
    pub(crate) fn public(&self) -> [u8; 32] {
        self.public
    }

    /// The pair in the Signal library's own type.
    pub(crate) fn signal(&self) -> &SignalKeyPair {
        &self.inner
    }

    /// The XEdDSA signature over the parts in order.
    #[expect(clippy::expect_used, reason = "the library's only error is a foreign key type")]
    pub(crate) fn sign(&self, dice: &mut Dice, parts: &[&[u8]]) -> [u8; 64] {
        self.inner
            .private_key
            .calculate_signature_for_multipart_message(parts, dice.rng())
            .expect("a Curve25519 key signs")
    }

    /// The shared secret with a public key. `None` when that key contributes nothing (one of the
    /// small-order points), which no honest peer sends.
    pub(crate) fn agree(&self, theirs: &[u8; 32]) -> Option<[u8; 32]> {
        let theirs = PublicKey::from_djb_public_key_bytes(theirs).ok()?;
        let shared = self.inner.private_key.calculate_agreement(&theirs).ok()?;
        (shared != [0; 32]).then_some(shared)
    }
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("KeyPair(..)")
    }
}

/// Whether `signature` is `key`'s XEdDSA signature over the parts in order.
pub(crate) fn verify(key: &[u8; 32], parts: &[&[u8]], signature: &[u8]) -> bool {
    signature.len() == 64
        && PublicKey::from_djb_public_key_bytes(key)
            .is_ok_and(|key| key.verify_signature_for_multipart_message(parts, signature))
}

/// The points of small order, and the two ways to write the least ones a second time: whoever
/// agrees on a secret with one of them gets all zeros.
const SMALL_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    low(1, 0, 0),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
    low(0xec, 0xff, 0x7f),
    low(0xed, 0xff, 0x7f),
    low(0xee, 0xff, 0x7f),
];

const fn low(first: u8, between: u8, last: u8) -> [u8; 32] {
    let mut point = [between; 32];
    point[0] = first;
    point[31] = last;
    point
}

/// Whether a public key contributes nothing to any agreement, see [`KeyPair::agree`].
pub(crate) fn is_of_small_order(key: &[u8; 32]) -> bool {
    let mut point = *key;
    // The highest bit does not count.
    point[31] &= 0x7f;
    SMALL_ORDER.contains(&point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_small_order_is_one_that_nobody_can_agree_with() {
        let mut dice = Dice::derive(1, "test", 0);
        let pair = KeyPair::generate(&mut dice);
        for point in SMALL_ORDER {
            let mut high = point;
            high[31] |= 0x80;
            for key in [point, high] {
                assert!(is_of_small_order(&key));
                assert_eq!(pair.agree(&key), None, "{key:?}");
            }
        }
        assert!(!is_of_small_order(&pair.public()));
        assert!(!is_of_small_order(&low(9, 0, 0)), "the base point");
    }

    #[test]
    fn two_pairs_agree_on_one_secret() {
        let mut dice = Dice::derive(1, "test", 0);
        let (ours, theirs) = (KeyPair::generate(&mut dice), KeyPair::generate(&mut dice));
        assert_eq!(ours.agree(&theirs.public()), theirs.agree(&ours.public()));
        assert_eq!(ours.agree(&[0; 32]), None, "the point at infinity");
    }

    #[test]
    fn a_signature_holds_for_its_key_and_its_message_only() {
        let mut dice = Dice::derive(1, "test", 0);
        let (ours, theirs) = (KeyPair::generate(&mut dice), KeyPair::generate(&mut dice));
        let signature = ours.sign(&mut dice, &[b"a", b"b"]);
        assert!(verify(&ours.public(), &[b"ab"], &signature));
        assert!(!verify(&ours.public(), &[b"ac"], &signature));
        assert!(!verify(&theirs.public(), &[b"ab"], &signature));
        assert!(!verify(&ours.public(), &[b"ab"], &signature[1..]));
    }
}
