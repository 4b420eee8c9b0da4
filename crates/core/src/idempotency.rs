//! Answers that are kept, so that a request which is sent twice is carried out once.
//!
//! A client that heard no answer cannot know whether its request was carried out. With a key of its
//! own choice (`Idempotency-Key`, draft-ietf-httpapi-idempotency-key-header) it sends the same again,
//! and is told what was answered the first time. What a store keeps of key and request are keyed
//! hashes; the answer, which may show a new token, is sealed.

use std::fmt;

use jiff::Timestamp;

use crate::audit::Actor;
use crate::secret::Sealed;

/// Defines a keyed hash that prints no more of itself than it takes to tell two apart.
macro_rules! keyed_hash {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Wraps a hash.
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The hash.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let [a, b, c, d, ..] = self.0;
                write!(f, concat!(stringify!($name), "({}..)"), hex::encode([a, b, c, d]))
            }
        }
    };
}

keyed_hash!(
    /// By which an answer is found: of the key that a client chose, and of who the client is. Equal
    /// keys of two callers have nothing in common.
    IdempotencyKey
);

keyed_hash!(
    /// What was asked, so that a key that comes with something else is noticed.
    RequestHash
);

/// What was answered to a request that came with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// By which it is found.
    pub key: IdempotencyKey,
    /// Whose it is. Each has so many at most; nothing else is decided by it.
    pub owner: Actor,
    /// What was asked.
    pub request: RequestHash,
    /// What was answered.
    pub answer: Sealed,
    /// When it was asked, to the millisecond.
    pub asked_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_prints_a_few_digits_of_itself() {
        let key = IdempotencyKey::from_bytes([0xab; 32]);
        assert_eq!(format!("{key:?}"), "IdempotencyKey(abababab..)");
        let request = RequestHash::from_bytes([0xcd; 32]);
        assert_eq!(format!("{request:?}"), "RequestHash(cdcdcdcd..)");
    }
}
