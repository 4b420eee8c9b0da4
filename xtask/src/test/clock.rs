//! How long a step takes.

use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Stopwatch {
    started: Instant,
}

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "measures real builds; no test waits for it")]
    pub(super) fn start() -> Self {
        Self { started: Instant::now() }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
