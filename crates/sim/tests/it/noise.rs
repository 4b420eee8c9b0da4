//! The initiator's half of the handshake, and the check of the server's certificates.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use wacore_libsignal::protocol::{KeyPair, PublicKey};
use waproto::{
    buffa::{Message as _, MessageField},
    codec::{handshake_message_decode, handshake_message_to_vec},
    whatsapp::{
        CertChain, HandshakeMessage,
        cert_chain::noise_certificate::Details,
        handshake_message::{ClientFinish, ClientHello, ServerHello},
    },
};

pub(crate) fn public(pair: &KeyPair) -> [u8; 32] {
    pair.public_key.public_key_bytes().try_into().unwrap()
}

pub(crate) fn agree(pair: &KeyPair, theirs: &[u8]) -> [u8; 32] {
    let theirs = PublicKey::from_djb_public_key_bytes(theirs).unwrap();
    pair.calculate_agreement(&theirs).unwrap()
}

pub(crate) fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    PublicKey::from_djb_public_key_bytes(key).unwrap().verify_signature(message, signature)
}

pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().into()
}

pub(crate) fn hkdf(salt: &[u8], material: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    let key = hmac(salt, material);
    let (mut output, mut block) = (Vec::new(), Vec::new());
    for counter in 1_u8.. {
        if output.len() >= length {
            break;
        }
        block = hmac(&key, &[&block, info, &[counter]].concat()).to_vec();
        output.extend_from_slice(&block);
    }
    output.truncate(length);
    output
}

/// A cipher with its counter.
pub(crate) struct Cipher {
    key: [u8; 32],
    counter: u32,
}

impl Cipher {
    fn new(key: &[u8]) -> Self {
        Self { key: key.try_into().unwrap(), counter: 0 }
    }

    fn nonce(&mut self) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[8..].copy_from_slice(&self.counter.to_be_bytes());
        self.counter += 1;
        nonce
    }

    pub(crate) fn seal(&mut self, msg: &[u8], aad: &[u8]) -> Vec<u8> {
        let nonce = self.nonce();
        Aes256Gcm::new(&self.key.into()).encrypt(&nonce.into(), Payload { msg, aad }).unwrap()
    }

    pub(crate) fn open(&mut self, msg: &[u8], aad: &[u8]) -> Vec<u8> {
        let nonce = self.nonce();
        Aes256Gcm::new(&self.key.into()).decrypt(&nonce.into(), Payload { msg, aad }).unwrap()
    }
}

/// The state of a handshake.
pub(crate) struct Handshake {
    hash: [u8; 32],
    chaining: Vec<u8>,
    cipher: Cipher,
}

impl Handshake {
    pub(crate) fn new(name: &[u8]) -> Self {
        let hash: [u8; 32] = if name.len() <= 32 {
            let mut padded = [0; 32];
            padded[..name.len()].copy_from_slice(name);
            padded
        } else {
            Sha256::digest(name).into()
        };
        let mut state = Self { hash, chaining: hash.to_vec(), cipher: Cipher::new(&hash) };
        state.mix_hash(b"WA\x06\x03");
        state
    }

    pub(crate) fn mix_hash(&mut self, bytes: &[u8]) {
        self.hash = Sha256::digest([&self.hash, bytes].concat()).into();
    }

    pub(crate) fn mix_key(&mut self, secret: [u8; 32]) {
        let both = hkdf(&self.chaining, &secret, &[], 64);
        self.chaining = both[..32].to_vec();
        self.cipher = Cipher::new(&both[32..]);
    }

    pub(crate) fn seal(&mut self, plaintext: &[u8]) -> Vec<u8> {
        let sealed = self.cipher.seal(plaintext, &self.hash);
        self.mix_hash(&sealed);
        sealed
    }

    pub(crate) fn open(&mut self, sealed: &[u8]) -> Vec<u8> {
        let plaintext = self.cipher.open(sealed, &self.hash);
        self.mix_hash(sealed);
        plaintext
    }

    /// The ciphers to and from the server.
    pub(crate) fn split(&self) -> (Cipher, Cipher) {
        let both = hkdf(&self.chaining, &[], &[], 64);
        (Cipher::new(&both[..32]), Cipher::new(&both[32..]))
    }
}

pub(crate) fn hello(ephemeral: &KeyPair, sealed: Option<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
    let (sealed_static, payload) = sealed.unzip();
    handshake_message_to_vec(&HandshakeMessage {
        client_hello: MessageField::some(ClientHello {
            ephemeral: Some(public(ephemeral).to_vec()),
            r#static: sealed_static,
            payload,
            ..ClientHello::default()
        }),
        ..HandshakeMessage::default()
    })
}

pub(crate) fn finish(sealed_static: Vec<u8>, payload: Vec<u8>) -> Vec<u8> {
    handshake_message_to_vec(&HandshakeMessage {
        client_finish: MessageField::some(ClientFinish {
            r#static: Some(sealed_static),
            payload: Some(payload),
            ..ClientFinish::default()
        }),
        ..HandshakeMessage::default()
    })
}

pub(crate) fn server_hello(frame: &[u8]) -> ServerHello {
    let message = handshake_message_decode(frame).unwrap();
    message.server_hello.as_option().expect("a server hello").clone()
}

/// Checks the whole chain up to the root and that its leaf is the handshake's key.
pub(crate) fn check_chain(chain: &[u8], root: &[u8; 32], server_static: &[u8]) {
    let chain = CertChain::decode_from_slice(chain).unwrap();
    let intermediate = chain.intermediate.as_option().expect("an intermediate certificate");
    let leaf = chain.leaf.as_option().expect("a leaf certificate");
    let above = intermediate.details.as_deref().unwrap();
    let below = leaf.details.as_deref().unwrap();
    assert!(verify(root, above, intermediate.signature.as_deref().unwrap()));
    let above = Details::decode_from_slice(above).unwrap();
    assert!(verify(above.key.as_deref().unwrap(), below, leaf.signature.as_deref().unwrap()));
    let below = Details::decode_from_slice(below).unwrap();
    assert_eq!(above.issuer_serial, Some(0));
    assert_eq!(below.issuer_serial, above.serial);
    assert_eq!(below.key.as_deref().unwrap(), server_static);
}
