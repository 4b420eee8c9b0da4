//! How often a client that goes on where it was is cut off, and when.

/// How many times; the nightly run drops more.
#[expect(clippy::disallowed_methods, reason = "`cargo xtask test` says how many")]
pub(crate) fn drops() -> u64 {
    let text = std::env::var("EVENT_DROPS").ok();
    text.map_or(100, |text| text.parse().expect("EVENT_DROPS is a number"))
}

/// Reproducible, which is all that is asked of it.
pub(crate) struct Luck(pub(crate) u64);

impl Luck {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        // Knuth's generator; the upper bits are the better ones.
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
