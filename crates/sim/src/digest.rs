//! Hashes, message authentication and key derivation under the names the protocol uses.
//!
//! Thin and total: none of these can fail, so callers stay free of error paths that no input can
//! reach.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};

/// SHA-256 over the parts in order.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// HMAC-SHA-256 over the parts in order.
#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
pub(crate) fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HMAC-SHA-512 over the parts in order.
#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
pub(crate) fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> [u8; 64] {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).expect("a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HKDF-SHA-256 (RFC 5869) with `N` bytes of output. An empty salt is the absent one.
pub(crate) fn hkdf<const N: usize>(salt: &[u8], material: &[u8], info: &[u8]) -> [u8; N] {
    let key = hmac_sha256(salt, &[material]);
    let mut output = [0; N];
    let mut previous: Vec<u8> = Vec::new();
    for (counter, chunk) in (1_u8..=255).zip(output.chunks_mut(32)) {
        previous = hmac_sha256(&key, &[&previous, info, &[counter]]).to_vec();
        chunk.copy_from_slice(&previous[..chunk.len()]);
    }
    output
}

/// Whether two byte strings are equal, in time that depends on their length only.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 5869, test cases 1 and 3.
    #[test]
    fn hkdf_agrees_with_its_rfc() {
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        assert_eq!(
            hex::encode(hkdf::<42>(&salt, &[0x0b; 22], &info)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
        assert_eq!(
            hex::encode(hkdf::<42>(&[], &[0x0b; 22], &[])),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        );
    }

    #[test]
    fn byte_strings_are_the_same_only_when_every_byte_and_the_length_are() {
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abc", b"abd"));
        assert!(!same(b"abc", b"ab"));
    }
}
