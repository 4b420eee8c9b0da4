//! A wall clock that a test owns together with tokio's.
#![expect(clippy::expect_used, reason = "test code")]

use jiff::Timestamp;
use tokio::time::Instant;
use waygate_core::clock::Clock;

/// The time at which every test begins, as snapshots show it.
const START: &str = "2026-03-01T10:20:30.456Z";

/// A clock that moves with tokio's: it stands still in a test that pauses time, unless the test moves
/// it.
#[derive(Debug, Clone, Copy)]
pub struct PausedClock {
    began: Instant,
}

impl Default for PausedClock {
    /// A clock that begins now.
    fn default() -> Self {
        Self { began: Instant::now() }
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let start: Timestamp = START.parse().expect("a time");
        start + self.began.elapsed()
    }
}
