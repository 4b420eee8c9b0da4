//! LTHash: the summation hash of an app-state collection (docs/internals/sim.md, "App state").
//!
//! Entries can be added and taken away in any order; two collections with the same entries have
//! the same hash.

use crate::digest::hkdf;

/// 64 lanes of 16 bits, kept as the little-endian bytes that are hashed into a snapshot's MAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LtHash([u8; 128]);

impl LtHash {
    /// The hash of an empty collection.
    pub(crate) fn empty() -> Self {
        Self([0; 128])
    }

    /// Takes in an entry, given by its value MAC.
    pub(crate) fn add(&mut self, value_mac: &[u8]) {
        self.combine(value_mac, u16::wrapping_add);
    }

    /// Takes an entry out again.
    pub(crate) fn subtract(&mut self, value_mac: &[u8]) {
        self.combine(value_mac, u16::wrapping_sub);
    }

    /// The bytes of the hash.
    pub(crate) fn bytes(&self) -> &[u8; 128] {
        &self.0
    }

    fn combine(&mut self, value_mac: &[u8], operation: fn(u16, u16) -> u16) {
        let expanded = hkdf::<128>(&[], value_mac, b"WhatsApp Patch Integrity");
        for (lane, other) in self.0.chunks_exact_mut(2).zip(expanded.chunks_exact(2)) {
            let sum = operation(
                u16::from_le_bytes([lane[0], lane[1]]),
                u16::from_le_bytes([other[0], other[1]]),
            );
            lane.copy_from_slice(&sum.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_subtraction_undoes_addition() {
        let entries: Vec<[u8; 32]> = (0..20).map(|byte| [byte; 32]).collect();
        let (mut forwards, mut backwards) = (LtHash::empty(), LtHash::empty());
        for entry in &entries {
            forwards.add(entry);
        }
        for entry in entries.iter().rev() {
            backwards.add(entry);
        }
        assert_eq!(forwards, backwards);
        for entry in &entries {
            forwards.subtract(entry);
        }
        assert_eq!(forwards, LtHash::empty());
    }

    #[test]
    fn lanes_wrap_and_do_not_carry() {
        let mut hash = LtHash([0xff; 128]);
        let mut expected = LtHash::empty();
        hash.add(&[1; 32]);
        expected.add(&[1; 32]);
        for (lane, other) in hash.0.chunks_exact(2).zip(expected.0.chunks_exact(2)) {
            let lane = u16::from_le_bytes([lane[0], lane[1]]);
            assert_eq!(lane.wrapping_add(1), u16::from_le_bytes([other[0], other[1]]));
        }
    }

    #[test]
    fn the_same_entry_twice_is_not_the_entry_once() {
        let (mut once, mut twice) = (LtHash::empty(), LtHash::empty());
        once.add(&[1; 32]);
        twice.add(&[1; 32]);
        twice.add(&[1; 32]);
        assert_ne!(once, twice);
    }
}
