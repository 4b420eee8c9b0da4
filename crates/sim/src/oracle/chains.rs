//! The counters of the messages that one device has sealed for another.

use std::collections::{BTreeMap, VecDeque};

use crate::{digest::sha256, message_form::Envelope, oracle::ChainRecord, world::DeviceKey};

/// The ratchet keys remembered of one device to another; each answer begins another.
const CHAINS_MAX: usize = 64;

/// The counters remembered of one ratchet key, the newest.
const COUNTERS_MAX: usize = 2_000;

/// The first bytes of a message's hash: enough to tell two messages apart.
type Hash = [u8; 16];

/// What one device has used towards another.
#[derive(Debug, Default)]
pub(super) struct Chains(VecDeque<Chain>);

#[derive(Debug)]
struct Chain {
    ratchet_key: [u8; 32],
    counters: BTreeMap<u32, Hash>,
}

impl Chains {
    /// Notes a message; whether its counter has been used for another one before.
    pub(super) fn note(&mut self, envelope: &Envelope, bytes: &[u8]) -> bool {
        let whole = sha256(&[bytes]);
        let hash = *whole.first_chunk().unwrap_or(&[0; 16]);
        let known = self.0.iter_mut().find(|chain| chain.ratchet_key == envelope.ratchet_key);
        let Some(chain) = known else {
            let counters = BTreeMap::from([(envelope.counter, hash)]);
            self.0.push_back(Chain { ratchet_key: envelope.ratchet_key, counters });
            if self.0.len() > CHAINS_MAX {
                self.0.pop_front();
            }
            return false;
        };
        let other = chain.counters.insert(envelope.counter, hash).is_some_and(|it| it != hash);
        if chain.counters.len() > COUNTERS_MAX {
            chain.counters.pop_first();
        }
        other
    }

    /// For whoever asks.
    pub(super) fn shown(&self, to: &DeviceKey) -> impl Iterator<Item = ChainRecord> {
        self.0.iter().map(move |chain| ChainRecord {
            to: to.to_string(),
            // A name for it, not the key.
            chain: hex::encode(sha256(&[&chain.ratchet_key]).first_chunk::<4>().unwrap_or(&[0; 4])),
            counters: chain.counters.keys().copied().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(key: u8, counter: u32) -> Envelope {
        Envelope { first: false, ratchet_key: [key; 32], counter, identity: None }
    }

    #[test]
    fn a_counter_is_used_twice_by_two_messages_of_one_key_only() {
        let mut chains = Chains::default();
        assert!(!chains.note(&envelope(1, 0), b"one"));
        assert!(!chains.note(&envelope(1, 1), b"two"));
        assert!(!chains.note(&envelope(2, 0), b"under another key"));
        assert!(!chains.note(&envelope(1, 0), b"one"), "the same once more");
        assert!(chains.note(&envelope(1, 1), b"three"));
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let mut chains = Chains::default();
        for counter in 0..=u32::try_from(COUNTERS_MAX).unwrap() {
            chains.note(&envelope(0, counter), b"");
        }
        assert_eq!(chains.0[0].counters.len(), COUNTERS_MAX);
        for key in 0..=u8::try_from(CHAINS_MAX).unwrap() {
            chains.note(&envelope(key, 0), b"");
        }
        assert_eq!(chains.0.len(), CHAINS_MAX);
    }
}
