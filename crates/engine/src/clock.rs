//! The system's clock.

use jiff::Timestamp;
use waygate_core::clock::Clock;

/// The clock of the machine: the only place that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everyone is given")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
