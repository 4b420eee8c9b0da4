//! How a file is encrypted before it is uploaded (docs/internals/sim.md, "Media").

use aes::Aes256;
use cbc::{
    Decryptor, Encryptor,
    cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7},
};

use crate::{
    MediaKind,
    digest::{hkdf, hmac_sha256, same},
};

/// A media key.
pub(crate) type MediaKey = [u8; 32];

/// The bytes of its MAC at the end of an encrypted file.
const MAC_BYTES: usize = 10;

/// What follows from a media key.
struct Keys {
    vector: [u8; 16],
    cipher: [u8; 32],
    mac: [u8; 32],
}

impl Keys {
    fn derive(kind: MediaKind, key: &MediaKey) -> Self {
        // The last 32 bytes, for references between files, are of no use to anybody here.
        let expanded: [u8; 112] = hkdf(&[], key, kind.info());
        let mut keys = Self { vector: [0; 16], cipher: [0; 32], mac: [0; 32] };
        keys.vector.copy_from_slice(&expanded[..16]);
        keys.cipher.copy_from_slice(&expanded[16..48]);
        keys.mac.copy_from_slice(&expanded[48..80]);
        keys
    }

    fn mac(&self, ciphertext: &[u8]) -> [u8; 32] {
        hmac_sha256(&self.mac, &[&self.vector, ciphertext])
    }
}

/// Encrypts a file.
pub(crate) fn seal(kind: MediaKind, key: &MediaKey, plaintext: &[u8]) -> Vec<u8> {
    let keys = Keys::derive(kind, key);
    let mut sealed = Encryptor::<Aes256>::new(&keys.cipher.into(), &keys.vector.into())
        .encrypt_padded_vec::<Pkcs7>(plaintext);
    let mac = keys.mac(&sealed);
    sealed.extend_from_slice(&mac[..MAC_BYTES]);
    sealed
}

/// Decrypts a file, or says what is wrong with it.
pub(crate) fn open(
    kind: MediaKind,
    key: &MediaKey,
    sealed: &[u8],
) -> Result<Vec<u8>, &'static str> {
    let keys = Keys::derive(kind, key);
    let (ciphertext, mac) = sealed
        .len()
        .checked_sub(MAC_BYTES)
        .and_then(|length| sealed.split_at_checked(length))
        .ok_or("the file is shorter than its MAC")?;
    if !same(&keys.mac(ciphertext)[..MAC_BYTES], mac) {
        return Err("the file's MAC is wrong: another key or kind, or altered bytes");
    }
    Decryptor::<Aes256>::new(&keys.cipher.into(), &keys.vector.into())
        .decrypt_padded_vec::<Pkcs7>(ciphertext)
        .map_err(|_padding| "the file is not whole blocks with their padding")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: MediaKey = [7; 32];

    #[test]
    fn a_sealed_file_opens_under_its_own_key_and_kind_only() {
        for length in [0, 1, 15, 16, 17, 1_000] {
            let file = vec![5; length];
            let sealed = seal(MediaKind::Image, &KEY, &file);
            assert_eq!(sealed.len(), (length / 16 + 1) * 16 + MAC_BYTES);
            assert_eq!(open(MediaKind::Image, &KEY, &sealed).as_deref(), Ok(&file[..]));
            assert_eq!(open(MediaKind::Sticker, &KEY, &sealed).as_deref(), Ok(&file[..]));
            open(MediaKind::Video, &KEY, &sealed).unwrap_err();
            open(MediaKind::Image, &[8; 32], &sealed).unwrap_err();
        }
    }

    #[test]
    fn a_file_of_which_one_byte_is_another_does_not_open() {
        let sealed = seal(MediaKind::Audio, &KEY, b"hello");
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            assert!(open(MediaKind::Audio, &KEY, &altered).is_err(), "{place}");
        }
        for length in 0..sealed.len() {
            assert!(open(MediaKind::Audio, &KEY, &sealed[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_mac_over_what_is_not_whole_blocks_does_not_make_a_file_of_it() {
        let half = [1; 8];
        let mac = Keys::derive(MediaKind::Video, &KEY).mac(&half);
        let sealed = [&half[..], &mac[..MAC_BYTES]].concat();
        let wrong = open(MediaKind::Video, &KEY, &sealed).unwrap_err();
        assert!(wrong.contains("blocks"), "{wrong}");
    }
}
