//! The system's clock.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use waygate_core::clock::Clock;

/// The clock of the machine: the only place that reads it.
///
/// It follows the machine's clock forwards, also in leaps, as after a sleep. It never goes back:
/// whatever waits for a time would wait for so much longer, and a code that has expired would be
/// shown again. When the machine's clock is set back, this one goes on at the pace of time until
/// the other has caught up.
#[derive(Debug)]
pub struct SystemClock {
    began: Instant,
    /// What this clock showed when it was last read, and how long it had run then.
    read: Mutex<(Timestamp, Duration)>,
}

impl SystemClock {
    /// A clock that shows what the machine's does.
    pub fn start() -> Self {
        Self { began: Instant::now(), read: Mutex::new((wall_clock(), Duration::ZERO)) }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let runs_for = self.began.elapsed();
        *read = (advanced(*read, runs_for, wall_clock()), runs_for);
        read.0
    }
}

/// What the clock shows after it has run for so long, beside the machine's own.
fn advanced(read: (Timestamp, Duration), runs_for: Duration, wall: Timestamp) -> Timestamp {
    let (shown, ran_for) = read;
    let passed = runs_for.saturating_sub(ran_for);
    shown.checked_add(passed).unwrap_or(shown).max(wall)
}

#[expect(clippy::disallowed_methods, reason = "this is the clock that everyone is given")]
fn wall_clock() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn it_follows_leaps_forwards_and_goes_on_when_the_machines_clock_is_set_back() {
        let mut read = (at(1_000_000), Duration::ZERO);
        for (runs_for, wall, shown) in [
            (10, 1_000_010, 1_000_010),
            (20, 1_086_420, 1_086_420),
            (30, 1_000_030, 1_086_430),
            (40, 0, 1_086_440),
            (40, 0, 1_086_440),
            (50, 1_086_449, 1_086_450),
            (60, 1_086_461, 1_086_461),
        ] {
            let runs_for = Duration::from_secs(runs_for);
            read = (advanced(read, runs_for, at(wall)), runs_for);
            assert_eq!(read.0, at(shown), "after {runs_for:?}, the machine's at {wall}");
        }
    }

    #[test]
    fn it_shows_the_machines_time() {
        let (before, shown, after) = (wall_clock(), SystemClock::start().now(), wall_clock());
        assert!(before <= shown && shown <= after);
    }
}
