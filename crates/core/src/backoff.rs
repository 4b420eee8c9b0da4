//! How long to wait before the next connection.
//!
//! Fibonacci seconds (1, 1, 2, 3, 5 ...) up to 15 minutes, ten per cent either way: the values
//! WhatsApp's own web client uses, so that a fleet of ours looks like a fleet of browsers.

use std::time::Duration;

/// The longest wait.
pub const WAIT_MAX: Duration = Duration::from_secs(900);

/// A connection that lived this long was a good one: the count of failures starts anew.
pub const STABLE_AFTER: Duration = Duration::from_secs(30);

/// The wait before connection number `failures + 1` in a row, `luck` in `0.0..1.0` choosing
/// within ten per cent either way.
pub fn wait(failures: u32, luck: f64) -> Duration {
    let (mut wait, mut next) = (1_u64, 1_u64);
    for _ in 0..failures {
        (wait, next) = (next, wait.saturating_add(next));
        if wait >= WAIT_MAX.as_secs() {
            break;
        }
    }
    let base = Duration::from_secs(wait).min(WAIT_MAX);
    base.mul_f64(0.9 + 0.2 * luck.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_grow_like_fibonacci_numbers_and_stop_at_fifteen_minutes() {
        let waits: Vec<u64> = (0..8).map(|n| wait(n, 0.5).as_secs()).collect();
        assert_eq!(waits, [1, 1, 2, 3, 5, 8, 13, 21]);
        assert_eq!(wait(15, 0.5).as_secs(), 900);
        assert_eq!(wait(u32::MAX, 0.5).as_secs(), 900);
    }

    proptest! {
        #[test]
        fn a_wait_stays_within_ten_per_cent(failures in 0_u32..40, luck in 0.0_f64..1.0) {
            let (exact, drawn) = (wait(failures, 0.5).as_secs_f64(), wait(failures, luck).as_secs_f64());
            prop_assert!(drawn >= exact * 0.899 && drawn <= exact * 1.101);
        }
    }
}
