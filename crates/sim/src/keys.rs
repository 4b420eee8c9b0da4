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

#[cfg(test)]
mod tests {
    use super::*;

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
