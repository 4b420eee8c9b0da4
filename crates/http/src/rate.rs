//! Rate limits: how often each of many callers may do a thing.
//!
//! The algorithm is GCRA as the `governor` crate has it: one moment per key and no counters to
//! reset, so a caller who keeps to the rate is never refused. The clock is tokio's, which a paused
//! test can move.

use std::fmt;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::RateLimiter;
use governor::clock::{Clock, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use tokio::time::Instant;

/// The least number of takes between two sweeps.
const TAKES_PER_SWEEP_MIN: usize = 1024;

/// The longest that a spent quota takes to be full again: more than any use, and far from where
/// governor's nanoseconds overflow.
const REFILL_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How often: a permit comes back in each interval, and some can be saved up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    interval: Duration,
    burst: NonZeroU32,
}

impl Quota {
    /// So many permits in a second, all at once if the caller likes.
    pub const fn per_second(permits: NonZeroU32) -> Self {
        let interval = Duration::from_nanos(1_000_000_000 / permits.get() as u64);
        Self { interval, burst: permits }
    }

    /// One permit in each interval, of 1 ns to a year.
    pub const fn one_per(interval: Duration) -> Self {
        Self { interval, burst: NonZeroU32::MIN }
    }

    /// The same rate, with so many permits that can be saved up. They come back within a year at
    /// the latest.
    #[must_use]
    pub const fn with_burst(self, burst: NonZeroU32) -> Self {
        Self { burst, ..self }
    }

    /// How many permits can be saved up.
    pub const fn burst(self) -> u32 {
        self.burst.get()
    }

    /// How long it takes until all of them are there, where so many are now.
    pub fn whole_after(self, remaining: u32) -> Duration {
        self.interval.saturating_mul(self.burst().saturating_sub(remaining))
    }

    fn to_governor(self) -> governor::Quota {
        let interval = self.interval.min(REFILL_MAX / self.burst.get());
        governor::Quota::with_period(interval)
            // It refuses zero; a billion a second is the nearest it has.
            .unwrap_or(const { governor::Quota::per_second(NonZeroU32::new(1_000_000_000).unwrap()) })
            .allow_burst(self.burst)
    }
}

/// What a limit says to one take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allowed {
        /// How many more would be allowed at this moment.
        remaining: u32,
    },
    /// Too soon. Nothing was used up, however often it is tried.
    Refused {
        /// When the next one will be allowed; zero if that is now, the moment having just come.
        retry_after: Duration,
    },
}

/// A wait in whole seconds, as `Retry-After` tells it (RFC 9110, 10.2.3): at least one and never too
/// few.
pub fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

/// One quota for each key: an address, a token, a token with a class of routes.
///
/// Keys whose quota is full again are forgotten from time to time, while takes go on, so memory
/// follows the keys of the last interval and not all there ever were.
pub struct RateLimits<K: Clone + Eq + Hash> {
    quota: Quota,
    limiter: Limiter<K>,
    takes_until_sweep: AtomicUsize,
}

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, TokioClock, StateInformationMiddleware>;

impl<K: Clone + Eq + Hash> RateLimits<K> {
    /// Nobody has taken anything yet.
    pub fn new(quota: Quota) -> Self {
        let limiter = RateLimiter::hashmap_with_clock(quota.to_governor(), TokioClock);
        Self {
            quota,
            limiter: limiter.with_middleware(),
            takes_until_sweep: AtomicUsize::new(TAKES_PER_SWEEP_MIN),
        }
    }

    /// The quota that each key has.
    pub fn quota(&self) -> Quota {
        self.quota
    }

    /// Takes one permit of a key, if there is one.
    pub fn take(&self, key: &K) -> Decision {
        // Exactly one take meets the end of the count; those that run past it do no harm.
        if self.takes_until_sweep.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.sweep();
        }
        match self.limiter.check_key(key) {
            Ok(state) => Decision::Allowed { remaining: state.remaining_burst_capacity() },
            Err(refusal) => {
                Decision::Refused { retry_after: refusal.wait_time_from(TokioClock.now()) }
            }
        }
    }

    /// Forgets the keys that are as good as new. Waits for as many takes as it left keys, so that
    /// sweeping costs each take the same, however many keys there are.
    fn sweep(&self) {
        self.limiter.retain_recent();
        let takes = self.limiter.len().max(TAKES_PER_SWEEP_MIN);
        self.takes_until_sweep.store(takes, Ordering::Relaxed);
    }
}

impl<K: Clone + Eq + Hash> fmt::Debug for RateLimits<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Keys can be addresses or made from tokens.
        f.debug_struct("RateLimits").field("keys", &self.limiter.len()).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy)]
struct TokioClock;

impl Clock for TokioClock {
    type Instant = Moment;

    fn now(&self) -> Moment {
        Moment(Instant::now())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(Instant);

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_duration_since(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}

impl Add<Nanos> for Moment {
    type Output = Self;

    fn add(self, duration: Nanos) -> Self {
        Self(self.0 + Duration::from(duration))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn permits(count: u32) -> NonZeroU32 {
        NonZeroU32::new(count).unwrap()
    }

    fn is_allowed(decision: Decision) -> bool {
        matches!(decision, Decision::Allowed { .. })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_allowed_and_the_next_one_is_told_when_to_come_back() {
        let limits = RateLimits::new(Quota::per_second(permits(2)));
        assert_eq!(limits.take(&1), Decision::Allowed { remaining: 1 });
        assert_eq!(limits.take(&1), Decision::Allowed { remaining: 0 });
        assert_eq!(limits.take(&1), Decision::Refused { retry_after: SECOND / 2 });
        tokio::time::advance(SECOND / 2).await;
        assert_eq!(limits.take(&1), Decision::Allowed { remaining: 0 });
    }

    #[tokio::test(start_paused = true)]
    async fn keys_do_not_share_a_quota() {
        let limits = RateLimits::new(Quota::one_per(SECOND));
        assert!(is_allowed(limits.take(&1)));
        assert!(is_allowed(limits.take(&2)));
        assert!(!is_allowed(limits.take(&1)));
    }

    #[tokio::test(start_paused = true)]
    async fn being_refused_costs_nothing() {
        let limits = RateLimits::new(Quota::one_per(SECOND));
        assert!(is_allowed(limits.take(&1)));
        for _ in 0..100 {
            assert_eq!(limits.take(&1), Decision::Refused { retry_after: SECOND });
        }
        tokio::time::advance(SECOND).await;
        assert!(is_allowed(limits.take(&1)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_keeps_to_the_rate_is_never_refused() {
        let limits = RateLimits::new(Quota::one_per(SECOND).with_burst(permits(3)));
        for _ in 0..20 {
            assert!(is_allowed(limits.take(&1)));
            tokio::time::advance(SECOND).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_are_full_again_are_forgotten() {
        let limits = RateLimits::new(Quota::one_per(SECOND));
        for round in 0..50 {
            for key in 0..1000 {
                assert!(is_allowed(limits.take(&(round, key))));
            }
            tokio::time::advance(2 * SECOND).await;
        }
        let kept = limits.limiter.len();
        assert!(kept <= 2 * TAKES_PER_SWEEP_MIN, "{kept} keys are kept");
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_is_not_full_survives_a_sweep() {
        let limits = RateLimits::new(Quota::one_per(60 * SECOND));
        assert!(is_allowed(limits.take(&0)));
        limits.sweep();
        assert!(!is_allowed(limits.take(&0)));
    }

    #[test]
    fn a_client_is_never_told_to_come_back_too_soon() {
        for (millis, told) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (9500, 10), (59_001, 60)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), told, "{millis} ms");
        }
    }

    #[test]
    fn a_limit_prints_no_key() {
        let limits = RateLimits::new(Quota::one_per(SECOND));
        assert!(is_allowed(limits.take(&"canary")));
        assert_eq!(format!("{limits:?}"), "RateLimits { keys: 1, .. }");
    }

    proptest! {
        /// Neither governor's arithmetic nor ours leaves its range, and a first take is free.
        #[test]
        fn any_quota_can_be_used(seconds: u64, nanos in 0..1_000_000_000_u32, burst in 1..=u32::MAX) {
            let quota = Quota::one_per(Duration::new(seconds, nanos)).with_burst(permits(burst));
            let limits = RateLimits::new(quota);
            prop_assert!(is_allowed(limits.take(&0)));
            limits.take(&0);
            limits.sweep();
        }
    }
}
