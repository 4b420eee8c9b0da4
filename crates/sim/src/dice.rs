//! Randomness, all of it drawn from the simulator's seed.
//!
//! Every consumer derives a generator of its own from the seed and a label, so that what one
//! connection draws does not depend on how many others drew before it. Nothing in the crate may
//! use another source of randomness.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use crate::digest::sha256;

/// A seeded generator for keys, salts and ids.
pub(crate) struct Dice {
    rng: StdRng,
}

impl Dice {
    /// The generator of one purpose (`label`) and one instance of it (`index`).
    pub(crate) fn derive(seed: u64, label: &str, index: u64) -> Self {
        let key = sha256(&[&seed.to_be_bytes(), label.as_bytes(), &index.to_be_bytes()]);
        Self { rng: StdRng::from_seed(key) }
    }

    /// Fresh bytes.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// A number below 2^32.
    pub(crate) fn number(&mut self) -> u32 {
        self.rng.next_u32()
    }

    /// A number below this one, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // 64 bits over what is drawn from here leave no bias that could be seen.
        self.rng.next_u64() % end.max(1)
    }

    /// So often of a hundred times.
    pub(crate) fn percent(&mut self, percent: u8) -> bool {
        self.below(100) < u64::from(percent)
    }

    /// A place among so many, the first when there is none; all are about equally likely.
    pub(crate) fn index(&mut self, count: usize) -> usize {
        (self.number() as usize).checked_rem(count).unwrap_or(0)
    }

    /// The generator itself, for the Signal library, which takes one.
    pub(crate) fn rng(&mut self) -> &mut StdRng {
        &mut self.rng
    }
}

impl std::fmt::Debug for Dice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Dice(..)")
    }
}
