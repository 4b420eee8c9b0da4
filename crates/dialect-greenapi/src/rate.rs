//! How often a method may be called, in the vendor's terms.

use std::num::NonZeroU32;
use std::time::Duration;

use waygate_core::id::{AccountId, InstanceId};
use waygate_http::rate::Quota;

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// Each instance by itself.
    Instance(InstanceId),
    /// All partner tokens of an account together.
    Account(AccountId),
}

/// Calls in a second, or seconds for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    permits: NonZeroU32,
    seconds: NonZeroU32,
}

impl Rate {
    pub(crate) const ONE_PER_SECOND: Self =
        Self { permits: NonZeroU32::MIN, seconds: NonZeroU32::MIN };

    pub(crate) const THREE_PER_SECOND: Self =
        Self { permits: const { NonZeroU32::new(3).unwrap() }, seconds: NonZeroU32::MIN };

    pub(crate) const FIFTY_PER_SECOND: Self =
        Self { permits: const { NonZeroU32::new(50).unwrap() }, seconds: NonZeroU32::MIN };
    pub(crate) const FIVE_PER_SECOND: Self =
        Self { permits: const { NonZeroU32::new(5).unwrap() }, seconds: NonZeroU32::MIN };

    pub(crate) const HUNDRED_PER_SECOND: Self =
        Self { permits: const { NonZeroU32::new(100).unwrap() }, seconds: NonZeroU32::MIN };

    pub(crate) const ONE_PER_TEN_SECONDS: Self =
        Self { permits: NonZeroU32::MIN, seconds: const { NonZeroU32::new(10).unwrap() } };

    /// The quota that stands behind the published rate: permits come back a tenth sooner. A client
    /// that calls once a second is now and then a little early, and the vendor, who counts by whole
    /// seconds, does not mind.
    pub(crate) fn quota(self) -> Quota {
        let interval = Duration::from_millis(900) * self.seconds.get() / self.permits.get();
        Quota::one_per(interval).with_burst(self.permits)
    }

    /// Calls per second, as `X-RateLimit-Replenish-Rate` says it: `3`, `0.1`.
    pub(crate) fn per_second(self) -> f64 {
        f64::from(self.permits.get()) / f64::from(self.seconds.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_told_in_calls_per_second() {
        for (rate, told) in [
            (Rate::ONE_PER_SECOND, "1"),
            (Rate::THREE_PER_SECOND, "3"),
            (Rate::FIFTY_PER_SECOND, "50"),
            (Rate::HUNDRED_PER_SECOND, "100"),
            (Rate::ONE_PER_TEN_SECONDS, "0.1"),
        ] {
            assert_eq!(rate.per_second().to_string(), told);
        }
    }
}
