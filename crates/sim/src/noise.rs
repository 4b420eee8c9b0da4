//! The Noise symmetric state and the transport ciphers (docs/internals/sim.md, "Handshake").
//!
//! Written here by hand and not taken from the client library, so that both sides cannot share a
//! mistake. The handshake patterns are in `handshake.rs`; nothing here knows about stanzas.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};

use crate::digest::{hkdf, sha256};

/// What both sides hash before anything else, and what a client sends first: the magic number 6
/// and the version 3 of the token dictionary.
pub(crate) const INTRO: [u8; 4] = [b'W', b'A', 6, 3];

/// The handshake patterns a server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    Xx,
    Ik,
    XxFallback,
}

impl Pattern {
    /// A name of up to 32 bytes, padded with zeros, is the first hash itself; a longer one is
    /// hashed.
    fn initial_hash(self) -> [u8; 32] {
        match self {
            Self::Xx => *b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0",
            Self::Ik => *b"Noise_IK_25519_AESGCM_SHA256\0\0\0\0",
            Self::XxFallback => sha256(&[b"Noise_XXfallback_25519_AESGCM_SHA256"]),
        }
    }
}

/// The hash, the chaining key and the current cipher of a running handshake.
#[derive(Clone)]
pub(crate) struct Symmetric {
    hash: [u8; 32],
    chaining: [u8; 32],
    cipher: Cipher,
}

impl Symmetric {
    /// The state after the prologue has been mixed in.
    pub(crate) fn new(pattern: Pattern) -> Self {
        let hash = pattern.initial_hash();
        let mut state = Self { hash, chaining: hash, cipher: Cipher::new(&hash) };
        state.mix_hash(&INTRO);
        state
    }

    /// Absorbs public bytes into the transcript.
    pub(crate) fn mix_hash(&mut self, bytes: &[u8]) {
        self.hash = sha256(&[&self.hash, bytes]);
    }

    /// Absorbs a shared secret and starts a fresh cipher.
    pub(crate) fn mix_key(&mut self, secret: &[u8; 32]) {
        let (chaining, key) = halves(&self.chaining, secret);
        self.chaining = chaining;
        self.cipher = Cipher::new(&key);
    }

    /// Encrypts a field of a handshake message.
    pub(crate) fn seal(&mut self, plaintext: &[u8]) -> Option<Vec<u8>> {
        let sealed = self.cipher.seal(plaintext, &self.hash)?;
        self.mix_hash(&sealed);
        Some(sealed)
    }

    /// Decrypts a field of a handshake message; `None` when it was not made for this transcript.
    pub(crate) fn open(&mut self, sealed: &[u8]) -> Option<Vec<u8>> {
        let plaintext = self.cipher.open(sealed, &self.hash)?;
        self.mix_hash(sealed);
        Some(plaintext)
    }

    /// Ends the handshake: the ciphers from initiator to responder and back.
    pub(crate) fn split(&self) -> (Cipher, Cipher) {
        let (forth, back) = halves(&self.chaining, &[]);
        (Cipher::new(&forth), Cipher::new(&back))
    }
}

impl std::fmt::Debug for Symmetric {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Symmetric(..)")
    }
}

fn halves(salt: &[u8], material: &[u8]) -> ([u8; 32], [u8; 32]) {
    let both = hkdf::<64>(salt, material, &[]);
    let (mut first, mut second) = ([0; 32], [0; 32]);
    first.copy_from_slice(&both[..32]);
    second.copy_from_slice(&both[32..]);
    (first, second)
}

/// AES-256-GCM with a counter for a nonce: 8 zero bytes, then the counter.
#[derive(Clone)]
pub(crate) struct Cipher {
    gcm: Aes256Gcm,
    counter: u32,
}

impl Cipher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { gcm: Aes256Gcm::new(key.into()), counter: 0 }
    }

    /// Encrypts under the next nonce. `None` once the counter is used up.
    pub(crate) fn seal(&mut self, plaintext: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
        let (nonce, next) = self.step()?;
        let sealed = self.gcm.encrypt(&nonce.into(), Payload { msg: plaintext, aad }).ok()?;
        self.counter = next;
        Some(sealed)
    }

    /// Decrypts under the next nonce. `None` when the tag is wrong; the counter then stays.
    pub(crate) fn open(&mut self, sealed: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
        let (nonce, next) = self.step()?;
        let plaintext = self.gcm.decrypt(&nonce.into(), Payload { msg: sealed, aad }).ok()?;
        self.counter = next;
        Some(plaintext)
    }

    fn step(&self) -> Option<([u8; 12], u32)> {
        let mut nonce = [0; 12];
        nonce[8..].copy_from_slice(&self.counter.to_be_bytes());
        Some((nonce, self.counter.checked_add(1)?))
    }
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Cipher(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transport_frame_opens_once_and_in_order() {
        let (mut send, mut receive) = (Cipher::new(&[7; 32]), Cipher::new(&[7; 32]));
        let first = send.seal(b"one", &[]).unwrap();
        let second = send.seal(b"two", &[]).unwrap();
        assert_eq!(receive.open(&second, &[]), None, "the second is not the first");
        assert_eq!(receive.open(&first, &[]).unwrap(), b"one");
        assert_eq!(receive.open(&first, &[]), None, "no replay");
        assert_eq!(receive.open(&second, &[]).unwrap(), b"two");
    }

    #[test]
    fn a_used_up_counter_seals_nothing() {
        let mut cipher = Cipher::new(&[7; 32]);
        cipher.counter = u32::MAX;
        assert_eq!(cipher.seal(b"one more", &[]), None);
    }

    #[test]
    fn a_changed_transcript_opens_nothing() {
        let mut ours = Symmetric::new(Pattern::Xx);
        let mut theirs = Symmetric::new(Pattern::Xx);
        ours.mix_key(&[1; 32]);
        theirs.mix_key(&[1; 32]);
        theirs.mix_hash(b"something else");
        let sealed = ours.seal(b"static").unwrap();
        assert_eq!(theirs.open(&sealed), None);
    }
}
