//! The keys of this process: how tokens are hashed and secrets sealed.
//!
//! One master key, kept outside the store, gives five by HKDF-SHA-256: one for the hashes by which
//! tokens are found, one for those of requests that may be sent twice, one for the proofs in the
//! addresses of files (all three HMAC-SHA-256), one for sealing (XChaCha20-Poly1305 with a random
//! nonce), and one that is given away, to whoever seals the keys of linked accounts. The associated data of a sealed value is its address, so a value that was moved to another row does
//! not open.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use waygate_core::error::{Error, Kind};
use waygate_core::idempotency::{IdempotencyKey, RequestHash};
use waygate_core::port::registry::Registry;
use waygate_core::secret::{Sealed, TokenText};
use waygate_core::token::TokenHash;
use zeroize::Zeroizing;

use crate::dice::Dice;
use crate::idempotency::Asked;

/// The first byte of every sealed value; another one means another form.
const VERSION: u8 = 1;

const NONCE_LENGTH: usize = 24;

/// Enough that nobody guesses it.
pub(crate) type FileProof = [u8; 16];

/// What is sealed under [`CHECK_ADDRESS`] to recognise the key by.
const CHECK_TEXT: &[u8] = b"waygate";

const CHECK_ADDRESS: &str = "key-check";

/// The keys made of one master key.
#[derive(Clone)]
pub struct Keyring {
    hashing: Zeroizing<[u8; 32]>,
    repeating: Zeroizing<[u8; 32]>,
    filing: Zeroizing<[u8; 32]>,
    sealing: Zeroizing<[u8; 32]>,
    wrapping: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(hidden)")
    }
}

impl Keyring {
    /// The keys of this master key.
    pub fn from_master(master: &[u8; 32]) -> Self {
        let source = Hkdf::<Sha256>::new(None, master);
        let key = |purpose: &str| {
            let mut key = Zeroizing::new([0; 32]);
            // 32 bytes are always within HKDF's length; otherwise zeros would be a weak key.
            #[expect(clippy::expect_used, reason = "proven: 32 is below 255 * 32")]
            source.expand(purpose.as_bytes(), key.as_mut()).expect("a short output");
            key
        };
        Self {
            hashing: key("waygate token hash v1"),
            repeating: key("waygate idempotency v1"),
            filing: key("waygate file address v1"),
            sealing: key("waygate seal v1"),
            wrapping: key("waygate vault v1"),
        }
    }

    /// Makes sure that this is the key with which the store's secrets were sealed; a store that
    /// holds none yet is bound to it from now on.
    ///
    /// # Errors
    ///
    /// `Invalid` when the store was sealed with another key.
    pub async fn bind(&self, registry: &dyn Registry, dice: &Dice) -> Result<(), Error> {
        match registry.key_check().await? {
            None => registry.keep_key_check(self.seal(CHECK_ADDRESS, CHECK_TEXT, dice)?).await,
            Some(check) if self.open(CHECK_ADDRESS, &check).is_ok() => Ok(()),
            Some(_) => Err(Error::new(
                Kind::Invalid,
                "the master key is not the one with which this data directory was made",
            )),
        }
    }

    /// The key under which the keys of linked accounts are sealed.
    pub fn vault_key(&self) -> Zeroizing<[u8; 32]> {
        self.wrapping.clone()
    }

    /// The hash by which a token is found. Takes the same time for every token of a length.
    pub(crate) fn token_hash(&self, token: &TokenText) -> TokenHash {
        TokenHash::from_bytes(keyed(&self.hashing, &[token.expose().as_bytes()]))
    }

    /// The hash by which an answer is found: of the client's key, and of who the client is.
    pub(crate) fn idempotency_key(&self, Asked { caller, key, .. }: Asked<'_>) -> IdempotencyKey {
        let caller = caller.to_string();
        // No caller's name has a zero in it.
        let parts = [b"key\0".as_slice(), caller.as_bytes(), b"\0", key.as_bytes()];
        IdempotencyKey::from_bytes(keyed(&self.repeating, &parts))
    }

    /// The hash of what is asked.
    pub(crate) fn request(&self, Asked { request, .. }: Asked<'_>) -> RequestHash {
        let [first, second, third] = request;
        // With their lengths, so that nothing can move from one part to the next.
        let lengths = [first.len().to_be_bytes(), second.len().to_be_bytes()];
        let parts = [b"request\0".as_slice(), &lengths[0], &lengths[1], first, second, third];
        RequestHash::from_bytes(keyed(&self.repeating, &parts))
    }

    /// The proof that we gave out the address of what is named so.
    pub(crate) fn file_proof(&self, named: &[u8]) -> FileProof {
        let whole = mac(&self.filing, &[named]).finalize().into_bytes();
        let mut proof = FileProof::default();
        for (byte, made) in proof.iter_mut().zip(whole) {
            *byte = made;
        }
        proof
    }

    /// Whether this is that proof. Takes the same time for every one.
    pub(crate) fn is_file_proof(&self, named: &[u8], proof: &FileProof) -> bool {
        mac(&self.filing, &[named]).verify_truncated_left(proof).is_ok()
    }

    /// Seals a secret for one place.
    pub(crate) fn seal(&self, address: &str, secret: &[u8], dice: &Dice) -> Result<Sealed, Error> {
        let nonce: [u8; NONCE_LENGTH] = dice.bytes();
        let payload = Payload { msg: secret, aad: &associated(address) };
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_length| Error::new(Kind::Internal, "a secret could not be sealed"))?;
        let mut bytes = Vec::with_capacity(1 + NONCE_LENGTH + sealed.len());
        bytes.push(VERSION);
        bytes.extend(nonce);
        bytes.extend(sealed);
        Ok(Sealed::from_bytes(bytes))
    }

    /// Opens what was sealed for that place.
    pub(crate) fn open(&self, address: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        let unreadable = || Error::new(Kind::Internal, "a stored secret could not be opened");
        let (version, rest) = sealed.as_bytes().split_first().ok_or_else(unreadable)?;
        let (nonce, message) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or_else(unreadable)?;
        if *version != VERSION {
            return Err(unreadable());
        }
        let payload = Payload { msg: message, aad: &associated(address) };
        let secret = self
            .cipher()
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_forged| unreadable())?;
        Ok(Zeroizing::new(secret))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.sealing).into())
    }
}

/// The hash of these parts together, under a key.
fn keyed(key: &Zeroizing<[u8; 32]>, parts: &[&[u8]]) -> [u8; 32] {
    mac(key, parts).finalize().into_bytes().into()
}

fn mac(key: &Zeroizing<[u8; 32]>, parts: &[&[u8]]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "proven: HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_ref()).expect("any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

fn associated(address: &str) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(address.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use waygate_core::audit::Actor;

    use super::*;

    fn keyring(byte: u8) -> Keyring {
        Keyring::from_master(&[byte; 32])
    }

    #[test]
    fn a_secret_opens_at_its_place_with_its_key_and_nowhere_else() {
        let (keyring_a, dice) = (keyring(1), Dice::from_seed(1));
        let sealed = keyring_a.seal("settings/1", b"secret", &dice).unwrap();
        assert_eq!(**keyring_a.open("settings/1", &sealed).unwrap(), *b"secret");
        keyring_a.open("settings/2", &sealed).unwrap_err();
        keyring(2).open("settings/1", &sealed).unwrap_err();
        let again = keyring_a.seal("settings/1", b"secret", &dice).unwrap();
        assert_ne!(sealed, again, "a nonce is never used twice");
    }

    #[test]
    fn a_sealed_value_that_was_changed_anywhere_does_not_open() {
        let (keyring, dice) = (keyring(1), Dice::from_seed(1));
        let sealed = keyring.seal("a", b"secret", &dice).unwrap();
        for place in 0..sealed.as_bytes().len() {
            let mut bytes = sealed.as_bytes().to_vec();
            bytes[place] ^= 1;
            keyring.open("a", &Sealed::from_bytes(bytes)).unwrap_err();
        }
        for length in 0..sealed.as_bytes().len() {
            let cut = Sealed::from_bytes(&sealed.as_bytes()[..length]);
            keyring.open("a", &cut).unwrap_err();
        }
    }

    #[test]
    fn tokens_are_told_apart_and_the_hash_needs_the_key() {
        let (a, b) = (TokenText::new("a"), TokenText::new("b"));
        assert_eq!(keyring(1).token_hash(&a), keyring(1).token_hash(&a));
        assert_ne!(keyring(1).token_hash(&a), keyring(1).token_hash(&b));
        assert_ne!(keyring(1).token_hash(&a), keyring(2).token_hash(&a));
    }

    #[test]
    fn requests_are_told_apart_by_who_asks_under_which_key_for_what() {
        let token = |byte| Actor::Token(TokenHash::from_bytes([byte; 32]).id());
        let asked = |caller, key, request| Asked { caller, key, request };
        let post = [b"POST".as_slice(), b"/a", b"{}"];
        let ring = keyring(1);
        let one = asked(token(1), "k", post);
        assert_eq!(ring.idempotency_key(one), ring.idempotency_key(one));
        assert_eq!(ring.request(one), ring.request(asked(token(2), "l", post)));
        for other in [asked(token(2), "k", post), asked(Actor::Operator, "k", post)] {
            assert_ne!(ring.idempotency_key(one), ring.idempotency_key(other));
        }
        assert_ne!(ring.idempotency_key(one), ring.idempotency_key(asked(token(1), "K", post)));
        assert_ne!(ring.idempotency_key(one), keyring(2).idempotency_key(one));
        for other in [
            [b"PUT".as_slice(), b"/a", b"{}"],
            [b"POST".as_slice(), b"/a{", b"}"],
            [b"POST/".as_slice(), b"a", b"{}"],
            [b"POST".as_slice(), b"/a", b"{} "],
        ] {
            assert_ne!(ring.request(one), ring.request(asked(token(1), "k", other)));
        }
    }

    #[test]
    fn a_keyring_does_not_print_itself() {
        assert_eq!(format!("{:?}", keyring(7)), "Keyring(hidden)");
    }
}
