//! Prekeys as the server keeps them (docs/internals/sim.md, "Prekeys").

use std::collections::{BTreeMap, BTreeSet};

use sha1::{Digest as _, Sha1};
use wacore_binary::{Node, builder::NodeBuilder};

use crate::{
    keys::{KEY_TYPE, is_of_small_order, verify},
    stanza::{child_array, child_content, content},
};

/// The most one-time prekeys in one upload.
const UPLOAD_KEYS_MAX: usize = 2_000;

/// The most one-time prekeys of one device that are still to be given out. Clients upload 812.
const STOCK_KEYS_MAX: usize = 5_000;

/// The middle prekey of a device.
#[derive(Debug, Clone)]
pub(crate) struct SignedPreKey {
    pub(crate) id: [u8; 3],
    pub(crate) value: [u8; 32],
    pub(crate) signature: [u8; 64],
}

impl SignedPreKey {
    /// Reads `<skey>`; `None` when a part is absent or has the wrong size.
    pub(crate) fn read(skey: &Node) -> Option<Self> {
        Some(Self {
            id: child_array(skey, "id")?,
            value: child_array(skey, "value")?,
            signature: child_array(skey, "signature")?,
        })
    }

    /// Whether it is signed by this identity, in the 33-byte form.
    pub(crate) fn is_signed_by(&self, identity: &[u8; 32]) -> bool {
        verify(identity, &[&[KEY_TYPE], &self.value], &self.signature)
    }

    pub(crate) fn node(&self) -> Node {
        NodeBuilder::new("skey")
            .children([
                NodeBuilder::new("id").bytes(self.id).build(),
                NodeBuilder::new("value").bytes(self.value).build(),
                NodeBuilder::new("signature").bytes(self.signature).build(),
            ])
            .build()
    }
}

/// A one-time prekey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PreKey {
    pub(crate) id: [u8; 3],
    pub(crate) value: [u8; 32],
}

impl PreKey {
    /// Reads `<key>`; `None` when a part is absent or has the wrong size.
    pub(crate) fn read(key: &Node) -> Option<Self> {
        Some(Self { id: child_array(key, "id")?, value: child_array(key, "value")? })
    }

    pub(crate) fn node(&self) -> Node {
        NodeBuilder::new("key")
            .children([
                NodeBuilder::new("id").bytes(self.id).build(),
                NodeBuilder::new("value").bytes(self.value).build(),
            ])
            .build()
    }
}

/// What is given out of a device's keys to somebody who wants to write to it.
#[derive(Debug, Clone)]
pub(crate) struct KeyBundle {
    pub(crate) registration_id: [u8; 4],
    pub(crate) identity: [u8; 32],
    pub(crate) signed: SignedPreKey,
    pub(crate) one_time: Option<PreKey>,
}

impl KeyBundle {
    /// Reads the keys that come with a wish for a message again; `None` when they are not whole or
    /// the signed prekey is not signed by the identity.
    pub(crate) fn read(keys: &Node, registration: &Node) -> Option<Self> {
        if child_content(keys, "type") != Some(&[KEY_TYPE]) {
            return None;
        }
        let one_time = match keys.get_optional_child("key") {
            Some(key) => Some(PreKey::read(key)?),
            None => None,
        };
        let bundle = Self {
            registration_id: content(registration)?.try_into().ok()?,
            identity: child_array(keys, "identity")?,
            signed: SignedPreKey::read(keys.get_optional_child("skey")?)?,
            one_time,
        };
        let of_small_order = one_time.is_some_and(|key| is_of_small_order(&key.value));
        (bundle.signed.is_signed_by(&bundle.identity) && !of_small_order).then_some(bundle)
    }

    /// As the children of a `<user>`.
    pub(crate) fn nodes(&self) -> Vec<Node> {
        let mut nodes = vec![
            NodeBuilder::new("registration").bytes(self.registration_id).build(),
            NodeBuilder::new("type").bytes([KEY_TYPE]).build(),
            NodeBuilder::new("identity").bytes(self.identity).build(),
            self.signed.node(),
        ];
        nodes.extend(self.one_time.map(|key| key.node()));
        nodes
    }
}

/// A device's public keys on the server. Each one-time key is given out once.
#[derive(Debug)]
pub(crate) struct KeyStock {
    pub(crate) signed: SignedPreKey,
    available: BTreeMap<[u8; 3], [u8; 32]>,
    spent: BTreeSet<[u8; 3]>,
    uploaded: bool,
}

impl KeyStock {
    /// The stock of a device that has only registered.
    pub(crate) fn new(signed: SignedPreKey) -> Self {
        Self { signed, available: BTreeMap::new(), spent: BTreeSet::new(), uploaded: false }
    }

    /// How many one-time prekeys are left.
    pub(crate) fn len(&self) -> usize {
        self.available.len()
    }

    /// Whether there ever was an upload.
    pub(crate) fn was_uploaded(&self) -> bool {
        self.uploaded
    }

    /// What of an upload is no key that somebody could use: a point of small order, or one key
    /// under two ids.
    pub(crate) fn unusable(&self, upload: &Upload) -> Option<&'static str> {
        let mut held: BTreeMap<[u8; 32], [u8; 3]> =
            self.available.iter().map(|(id, value)| (*value, *id)).collect();
        let values = upload.keys.iter().map(|key| &key.value);
        if values.chain([&upload.signed.value]).any(is_of_small_order) {
            return Some("a key of small order");
        }
        for key in &upload.keys {
            if held.insert(key.value, key.id).is_some_and(|id| id != key.id) {
                return Some("one key under two ids");
            }
        }
        None
    }

    /// Adds an upload. A key that is still there may be uploaded again unchanged.
    pub(crate) fn add(&mut self, upload: Upload) -> Result<(), &'static str> {
        for key in &upload.keys {
            if self.spent.contains(&key.id) {
                return Err("a prekey id that was given out already");
            }
            if self.available.get(&key.id).is_some_and(|value| *value != key.value) {
                return Err("another key under the id of an unused one");
            }
        }
        let fresh = upload.keys.iter().filter(|key| !self.available.contains_key(&key.id)).count();
        if self.available.len() + fresh > STOCK_KEYS_MAX {
            return Err("more prekeys than a device may have");
        }
        self.signed = upload.signed;
        self.available.extend(upload.keys.iter().map(|key| (key.id, key.value)));
        self.uploaded = true;
        Ok(())
    }

    /// Gives out a one-time prekey, never to be given out again.
    pub(crate) fn take(&mut self) -> Option<PreKey> {
        let (id, value) = self.available.pop_first()?;
        self.spent.insert(id);
        Some(PreKey { id, value })
    }

    /// The answer to `<digest/>`, by which a client checks that the server holds its keys.
    pub(crate) fn digest(&self, registration_id: [u8; 4], identity: &[u8; 32]) -> Node {
        let mut hash = Sha1::new();
        hash.update(identity);
        hash.update(self.signed.value);
        hash.update(self.signed.signature);
        for value in self.available.values() {
            hash.update(value);
        }
        let ids = self.available.keys().map(|id| NodeBuilder::new("id").bytes(*id).build());
        NodeBuilder::new("digest")
            .children([
                NodeBuilder::new("registration").bytes(registration_id).build(),
                NodeBuilder::new("type").bytes([KEY_TYPE]).build(),
                NodeBuilder::new("identity").bytes(*identity).build(),
                self.signed.node(),
                NodeBuilder::new("list").children(ids).build(),
                NodeBuilder::new("hash").bytes(hash.finalize().to_vec()).build(),
            ])
            .build()
    }
}

/// A prekey upload.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) registration_id: [u8; 4],
    pub(crate) identity: [u8; 32],
    pub(crate) signed: SignedPreKey,
    pub(crate) keys: Vec<PreKey>,
}

impl Upload {
    /// Reads an upload; the error names the part that is absent or malformed.
    pub(crate) fn read(iq: &Node) -> Result<Self, &'static str> {
        let registration_id = child_array(iq, "registration").ok_or("registration")?;
        if child_content(iq, "type") != Some(&[KEY_TYPE]) {
            return Err("type");
        }
        let identity = child_array(iq, "identity").ok_or("identity")?;
        let skey = iq.get_optional_child("skey").ok_or("skey")?;
        let signed = SignedPreKey::read(skey).ok_or("skey")?;
        let list = iq.get_optional_child("list").and_then(Node::children).ok_or("list")?;
        if list.is_empty() || list.len() > UPLOAD_KEYS_MAX {
            return Err("list");
        }
        let mut keys = Vec::with_capacity(list.len());
        let mut ids = BTreeSet::new();
        for node in list {
            let key = PreKey {
                id: child_array(node, "id").ok_or("key id")?,
                value: child_array(node, "value").ok_or("key value")?,
            };
            if node.tag != "key" || !ids.insert(key.id) {
                return Err("list");
            }
            keys.push(key);
        }
        Ok(Self { registration_id, identity, signed, keys })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: u8, value: u8) -> PreKey {
        PreKey { id: [0, 0, id], value: [value; 32] }
    }

    fn signed() -> SignedPreKey {
        SignedPreKey { id: [0, 0, 1], value: [1; 32], signature: [2; 64] }
    }

    fn upload(keys: Vec<PreKey>) -> Upload {
        Upload { registration_id: [0; 4], identity: [3; 32], signed: signed(), keys }
    }

    #[test]
    fn a_one_time_prekey_is_given_out_once_and_never_taken_back() {
        let mut stock = KeyStock::new(signed());
        stock.add(upload(vec![key(1, 1), key(2, 2)])).unwrap();
        assert_eq!(stock.take(), Some(key(1, 1)));
        assert_eq!(stock.take(), Some(key(2, 2)));
        assert_eq!(stock.take(), None);
        assert!(stock.add(upload(vec![key(1, 1)])).is_err());
    }

    #[test]
    fn an_upload_may_be_repeated_but_not_contradicted() {
        let mut stock = KeyStock::new(signed());
        stock.add(upload(vec![key(1, 1)])).unwrap();
        stock.add(upload(vec![key(1, 1), key(2, 2)])).unwrap();
        assert_eq!(stock.len(), 2);
        assert!(stock.add(upload(vec![key(2, 9)])).is_err());
    }
}
