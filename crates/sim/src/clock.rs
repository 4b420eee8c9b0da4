//! The simulator's clock: tokio's, anchored to a configured wall-clock time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Answers what time it is. Never reads the machine's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    epoch: Duration,
    started: Instant,
}

impl Clock {
    /// Starts at `epoch` now.
    pub(crate) fn start(epoch: SystemTime) -> Self {
        let epoch = epoch.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { epoch, started: Instant::now() }
    }

    /// How long the simulator has been running, in milliseconds.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn unix_s(&self) -> u64 {
        (self.epoch + self.started.elapsed()).as_secs()
    }

    pub(crate) fn unix_ms(&self) -> i64 {
        let now = self.epoch + self.started.elapsed();
        i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
    }
}
