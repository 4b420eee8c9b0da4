//! The files that were uploaded, who may upload, and where a file can be fetched
//! (docs/internals/sim.md, "Media").
//!
//! Nothing is remembered of a token or of an address but the secret that both are made with: they
//! say themselves for whom and how long they are good.

use std::collections::{BTreeMap, VecDeque};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;

use crate::{
    dice::Dice,
    digest::{hmac_sha256, same, sha256},
};

/// What can be uploaded, by the name in the path.
pub(crate) const UPLOADS: [&str; 9] = [
    "audio",
    "document",
    "image",
    "md-app-state",
    "md-msg-hist",
    "sticker-pack",
    "thumbnail-link",
    "thumbnail-sticker-pack",
    "video",
];

/// Where files are, below the host.
pub(crate) const FOLDER: &str = "/v/t62.7118-24/";

/// The largest file, encrypted.
pub(crate) const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long a client is to keep what it was told of the host, and how long its token is good.
pub(crate) const ROUTE_TTL_S: u64 = 300;
pub(crate) const AUTH_TTL_S: u64 = 21_600;

/// All files together; the oldest go when there are more.
const KEPT_BYTES_MAX: usize = 4 * FILE_BYTES_MAX;

/// How long an address is good.
const ADDRESS_VALID_S: u64 = 14 * 86_400;

/// The media host that clients are told of while there is no socket.
const NOWHERE: &str = "media.invalid";

/// A file as it was uploaded.
#[derive(Debug, Clone)]
pub(crate) struct MediaFile {
    /// What it was uploaded as, of [`UPLOADS`].
    pub(crate) upload: &'static str,
    /// The SHA-256 of the bytes.
    pub(crate) hash: [u8; 32],
    pub(crate) bytes: Bytes,
}

impl MediaFile {
    pub(crate) fn new(upload: &'static str, bytes: Bytes) -> Self {
        Self { upload, hash: sha256(&[&bytes]), bytes }
    }

    /// How clients name it: its hash.
    pub(crate) fn token(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.hash)
    }
}

/// Why there is no file at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressError {
    /// Its signature is not the store's.
    Signature,
    /// Its time is over.
    Expired,
    /// There is nothing, or not any more.
    Gone,
}

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthError {
    Unknown,
    Expired,
}

/// Has no `Debug`: it holds what tokens are made with.
pub(crate) struct MediaStore {
    /// The host, with its port, that clients are told of.
    pub(crate) host: String,
    secret: [u8; 32],
    files: BTreeMap<String, MediaFile>,
    in_order: VecDeque<String>,
    bytes: usize,
    room: usize,
}

impl MediaStore {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            host: NOWHERE.to_owned(),
            secret: Dice::derive(seed, "media", 0).bytes(),
            files: BTreeMap::new(),
            in_order: VecDeque::new(),
            bytes: 0,
            room: KEPT_BYTES_MAX,
        }
    }

    /// A token for a device, given by the hidden id of its account and its number.
    pub(crate) fn issue(&self, lid: &str, device: u16, unix_s: u64) -> String {
        let claim = format!("{lid}.{device}.{}", unix_s + AUTH_TTL_S);
        format!("{claim}.{}", self.sign("auth", &claim))
    }

    /// The hidden id and the number in a token.
    pub(crate) fn check(&self, token: &str, unix_s: u64) -> Result<(String, u16), AuthError> {
        let (claim, signature) = token.rsplit_once('.').ok_or(AuthError::Unknown)?;
        if !same(self.sign("auth", claim).as_bytes(), signature.as_bytes()) {
            return Err(AuthError::Unknown);
        }
        let mut parts = claim.split('.');
        let (Some(lid), Some(device), Some(until)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(AuthError::Unknown);
        };
        match (device.parse(), until.parse::<u64>()) {
            (Ok(device), Ok(until)) if unix_s < until => Ok((lid.to_owned(), device)),
            (Ok(_), Ok(_)) => Err(AuthError::Expired),
            _ => Err(AuthError::Unknown),
        }
    }

    /// Keeps a file and says where it can be fetched, below the host. The same bytes are kept once.
    pub(crate) fn keep(&mut self, file: MediaFile, unix_s: u64) -> String {
        let name = self.name(file.upload, &file.hash);
        if !self.files.contains_key(&name) {
            self.bytes += file.bytes.len();
            self.in_order.push_back(name.clone());
            self.files.insert(name.clone(), file);
            self.make_room();
        }
        self.address(&name, unix_s)
    }

    /// Where a file can be fetched, if it has been uploaded as this before.
    pub(crate) fn known(&self, upload: &str, hash: &[u8; 32], unix_s: u64) -> Option<String> {
        let name = self.name(upload, hash);
        self.files.contains_key(&name).then(|| self.address(&name, unix_s))
    }

    /// The file at an address: its path below the host, with the query that is part of it. What
    /// clients add to the query is not looked at here.
    pub(crate) fn at(&self, direct_path: &str, unix_s: u64) -> Result<&MediaFile, AddressError> {
        let (path, query) = direct_path.split_once('?').ok_or(AddressError::Signature)?;
        let name = path.strip_prefix(FOLDER).ok_or(AddressError::Gone)?;
        let value = |wanted: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == wanted).map(|(_, value)| value)
        };
        let (Some(signature), Some(until)) = (value("oh"), value("oe")) else {
            return Err(AddressError::Signature);
        };
        if !same(self.sign_address(name, until).as_bytes(), signature.as_bytes()) {
            return Err(AddressError::Signature);
        }
        match u64::from_str_radix(until, 16) {
            Ok(until) if unix_s < until => self.files.get(name).ok_or(AddressError::Gone),
            _ => Err(AddressError::Expired),
        }
    }

    /// The whole address of what is at a path below the host.
    pub(crate) fn url(&self, direct_path: &str) -> String {
        format!("https://{}{direct_path}&mms3=true", self.host)
    }

    fn make_room(&mut self) {
        while self.bytes > self.room {
            let Some(oldest) = self.in_order.pop_front() else { return };
            if let Some(file) = self.files.remove(&oldest) {
                self.bytes = self.bytes.saturating_sub(file.bytes.len());
            }
        }
    }

    /// Looks as a real one does, and follows from what the file is.
    fn name(&self, upload: &str, hash: &[u8; 32]) -> String {
        let drawn = hmac_sha256(&self.secret, &[upload.as_bytes(), b" ", hash]);
        let mut numbers = drawn
            .chunks(8)
            .map(|chunk| chunk.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte)) >> 8);
        let mut number = || numbers.next().unwrap_or_default();
        format!("{}_{}_{}_n.enc", number(), number(), number())
    }

    fn address(&self, name: &str, unix_s: u64) -> String {
        let until = format!("{:X}", unix_s + ADDRESS_VALID_S);
        let signature = self.sign_address(name, &until);
        format!("{FOLDER}{name}?ccb=11-4&oh={signature}&oe={until}&_nc_sid=5e03e0")
    }

    fn sign_address(&self, name: &str, until: &str) -> String {
        format!("01_{}", self.sign("address", &format!("{name} {until}")))
    }

    fn sign(&self, purpose: &str, claim: &str) -> String {
        let mac = hmac_sha256(&self.secret, &[purpose.as_bytes(), b" ", claim.as_bytes()]);
        BASE64_URL_SAFE_NO_PAD.encode(&mac[..24])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn image(fill: u8) -> MediaFile {
        MediaFile::new("image", vec![fill; 3].into())
    }

    #[test]
    fn a_file_is_found_under_its_address_until_its_time_is_over() {
        let mut store = MediaStore::new(1);
        let address = store.keep(image(1), NOW);
        assert_eq!(store.at(&address, NOW).unwrap().hash, image(1).hash);
        assert_eq!(store.at(&address, NOW + ADDRESS_VALID_S).unwrap_err(), AddressError::Expired);
        let later = store.keep(image(1), NOW + 60);
        assert_ne!(address, later);
        assert_eq!(store.files.len(), 1, "the same bytes are kept once");
        store.at(&later, NOW + ADDRESS_VALID_S).unwrap();
        assert_eq!(store.known("image", &image(1).hash, NOW + 60), Some(later));
        assert_eq!(store.known("video", &image(1).hash, NOW), None);
    }

    #[test]
    fn an_address_in_which_a_character_is_another_is_nobodys() {
        let mut store = MediaStore::new(1);
        let address = store.keep(image(1), NOW);
        for (from, to) in [("oh=01_", "oh=02_"), ("oe=6", "oe=7"), ("oe=", "of="), ("?", "x")] {
            let altered = address.replacen(from, to, 1);
            assert_ne!(altered, address);
            assert_eq!(store.at(&altered, NOW).unwrap_err(), AddressError::Signature, "{altered}");
        }
        assert_eq!(MediaStore::new(1).at(&address, NOW).unwrap_err(), AddressError::Gone);
        assert_eq!(MediaStore::new(2).at(&address, NOW).unwrap_err(), AddressError::Signature);
    }

    #[test]
    fn a_token_names_its_device_and_is_good_for_its_time() {
        let store = MediaStore::new(1);
        let token = store.issue("217387403928938", 3, NOW);
        assert_eq!(store.check(&token, NOW), Ok(("217387403928938".to_owned(), 3)));
        assert_eq!(store.check(&token, NOW + AUTH_TTL_S), Err(AuthError::Expired));
        for altered in [token.replacen('3', "4", 1), token.replacen('2', "", 1), String::new()] {
            assert_eq!(store.check(&altered, NOW), Err(AuthError::Unknown), "{altered}");
        }
    }

    #[test]
    fn the_oldest_files_make_room() {
        let mut store = MediaStore::new(1);
        store.room = 10;
        let addresses: Vec<String> = (0..4).map(|fill| store.keep(image(fill), NOW)).collect();
        assert_eq!(store.at(&addresses[0], NOW).unwrap_err(), AddressError::Gone);
        assert!(addresses[1..].iter().all(|address| store.at(address, NOW).is_ok()));
        assert_eq!(store.bytes, 9);
    }
}
