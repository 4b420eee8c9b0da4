//! A wall clock that follows tokio's, so that a test that pauses time owns all of it.

use jiff::Timestamp;
use tokio::time::Instant;
use waygate_core::clock::Clock;

/// Where test time begins, in seconds since 1970: some day in 2026.
pub const EPOCH_S: i64 = 1_790_000_000;

/// A clock that began at [`EPOCH_S`] and moves with tokio's.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    begun: Instant,
}

impl TokioClock {
    /// A clock that begins now.
    pub fn start() -> Self {
        Self { begun: Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        let epoch = Timestamp::from_second(EPOCH_S).unwrap_or(Timestamp::UNIX_EPOCH);
        epoch + self.begun.elapsed()
    }
}
