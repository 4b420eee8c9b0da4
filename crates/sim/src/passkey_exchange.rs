//! The cryptography of the passkey gate, the phone's side
//! (docs/internals/sim.md, "The passkey gate").
//!
//! The companion commits itself to a nonce before it sees the phone's, so neither can choose the
//! code that both show; the code is what the user compares.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use waproto::{
    buffa::{Enumeration as _, Message as _},
    whatsapp::{
        CompanionEphemeralIdentity, EncryptedPairingRequest, PairingRequest,
        PrimaryEphemeralIdentity, ProloguePayload, device_props::PlatformType,
    },
};

use crate::{
    dice::Dice,
    digest::{hkdf, hmac_sha256, same, sha256},
    keys::{KeyPair, is_of_small_order},
    pairing_code::ALPHABET,
};

/// The bytes that a code is of, and the letters in front of its dash.
const CODE_BYTES: usize = 5;
const CODE_GROUP: usize = 4;

/// The length of a sealed request's authentication.
const TAG_BYTES: usize = 16;

/// What the companion begins with.
#[derive(Clone)]
pub(crate) struct Prologue {
    payload: Vec<u8>,
    identity: Vec<u8>,
    ephemeral: [u8; 32],
    pub(crate) device_type: PlatformType,
    pub(crate) reference: String,
    commitment: [u8; 32],
}

/// The companion's last word, sealed.
pub(crate) struct SealedRequest {
    ciphertext: Vec<u8>,
    iv: [u8; 12],
}

/// The companion's last word: who it is, and the secret under which it wants to be answered.
pub(crate) struct OpenedRequest {
    pub(crate) noise: [u8; 32],
    pub(crate) identity: [u8; 32],
    pub(crate) adv_secret: [u8; 32],
}

/// What the phone holds from its answer to the prologue on.
pub(crate) struct Exchange {
    prologue: Prologue,
    ephemeral: KeyPair,
    nonce: [u8; 32],
}

impl Prologue {
    /// Reads a payload; the error says what is wrong with it.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, &'static str> {
        let outer = ProloguePayload::decode_from_slice(payload)
            .map_err(|_other| "prologue_payload is no protobuf")?;
        let commitment = outer.commitment.into_option().and_then(|it| it.hash);
        let commitment = array(commitment).ok_or("the commitment is not 32 bytes")?;
        let identity = outer.companion_ephemeral_identity.unwrap_or_default();
        let inner = CompanionEphemeralIdentity::decode_from_slice(&identity)
            .map_err(|_other| "the companion's identity is no protobuf")?;
        let ephemeral: [u8; 32] =
            array(inner.public_key).ok_or("the ephemeral key is not 32 bytes")?;
        if is_of_small_order(&ephemeral) {
            return Err("the ephemeral key is of small order");
        }
        Ok(Self {
            payload: payload.to_vec(),
            identity,
            ephemeral,
            device_type: inner.device_type.ok_or("no device type, or one that does not exist")?,
            reference: inner.r#ref.ok_or("no ref")?,
            commitment,
        })
    }

    /// Whether this proves that whoever began knows the secret of the scanned or typed code.
    pub(crate) fn is_proved_by(&self, proof: &[u8; 32], adv_secret: &[u8; 32]) -> bool {
        let key = hkdf::<32>(&[], adv_secret, b"shortcake-passkey-handoff-v1");
        same(&hmac_sha256(&key, &[&self.payload]), proof)
    }
}

impl SealedRequest {
    /// Reads a sealed request; the error says what is wrong with it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        let sealed = EncryptedPairingRequest::decode_from_slice(bytes)
            .map_err(|_other| "encrypted_pairing_request is no protobuf")?;
        let ciphertext = sealed.encrypted_payload.unwrap_or_default();
        if ciphertext.len() <= TAG_BYTES {
            return Err("the encrypted payload is too short");
        }
        Ok(Self { ciphertext, iv: array(sealed.iv).ok_or("the IV is not 12 bytes")? })
    }
}

impl Exchange {
    /// The phone takes a prologue up.
    pub(crate) fn new(prologue: Prologue, dice: &mut Dice) -> Self {
        Self { prologue, ephemeral: KeyPair::generate(dice), nonce: dice.bytes() }
    }

    /// What the companion is told of the phone.
    pub(crate) fn primary_identity(&self) -> Vec<u8> {
        PrimaryEphemeralIdentity {
            public_key: Some(self.ephemeral.public().to_vec()),
            nonce: Some(self.nonce.to_vec()),
        }
        .encode_to_vec()
    }

    /// Whether this is the nonce to which the companion has committed itself.
    pub(crate) fn was_committed_to(&self, nonce: &[u8; 32]) -> bool {
        same(&sha256(&[&self.prologue.identity, nonce]), &self.prologue.commitment)
    }

    /// The code that both sides show.
    pub(crate) fn code(&self, nonce: &[u8; 32]) -> String {
        let hash = sha256(&[nonce, &self.ephemeral.public()]);
        let mixed: Vec<u8> =
            self.nonce.iter().zip(hash).map(|(ours, theirs)| ours ^ theirs).collect();
        code_of(&mixed)
    }

    /// Opens the companion's last word. `None` when it was sealed for somebody else, or is none.
    pub(crate) fn open(&self, sealed: &SealedRequest) -> Option<OpenedRequest> {
        let Prologue { device_type, reference, .. } = &self.prologue;
        let shared = self.ephemeral.agree(&self.prologue.ephemeral)?;
        let salt = format!("Companion Pairing {} with ref {reference}", device_type.to_i32());
        let key = hkdf::<32>(salt.as_bytes(), &shared, b"Pairing Information Encryption Key");
        let opened = Aes256Gcm::new(&key.into())
            .decrypt(&sealed.iv.into(), Payload { msg: &sealed.ciphertext, aad: &[] })
            .ok()?;
        let request = PairingRequest::decode_from_slice(&opened).ok()?;
        Some(OpenedRequest {
            noise: array(request.companion_public_key)?,
            identity: array(request.companion_identity_key)?,
            adv_secret: array(request.adv_secret)?,
        })
    }
}

fn array<const N: usize>(bytes: Option<Vec<u8>>) -> Option<[u8; N]> {
    bytes?.try_into().ok()
}

/// The first five bytes in base 32, five bits for each character.
fn code_of(bytes: &[u8]) -> String {
    let number = bytes.iter().take(CODE_BYTES).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let digits = (0..2 * CODE_GROUP).rev().map(|place| number >> (5 * place) & 0x1f);
    let mut code: String =
        digits.filter_map(|digit| ALPHABET.chars().nth(usize::try_from(digit).ok()?)).collect();
    code.insert(CODE_GROUP, '-');
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_the_alphabet_of_pairing_codes() {
        assert_eq!(code_of(&[0; 5]), "1111-1111");
        assert_eq!(code_of(&[0xff; 32]), "ZZZZ-ZZZZ");
        assert_eq!(code_of(&[0x00, 0x44, 0x32, 0x14, 0xc7]), "1234-5678");
    }
}
