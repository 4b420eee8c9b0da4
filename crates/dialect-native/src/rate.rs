//! How often a caller may do what.

use std::num::NonZeroU32;

use jiff::Timestamp;
use waygate_core::id::InstanceId;
use waygate_core::instance::linking::{EXPLICIT_MAX, EXPLICIT_WINDOW, RationLeft};
use waygate_core::token::TokenId;
use waygate_http::rate::{self, Decision, Quota};
use waygate_http::rate_headers::ToldLimit;

use crate::problem::Problem;

/// How often tokens may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimits {
    /// As often as the reference says.
    Published,
    /// As often as they like.
    Off,
}

impl RateLimits {
    /// The counts, where somebody counts.
    pub(crate) fn rates(self) -> Option<Rates> {
        match self {
            Self::Published => Some(Rates::default()),
            Self::Off => None,
        }
    }
}

/// How costly a route is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateClass {
    /// 50 requests per second.
    Usual,
    /// 10 requests per second: what makes connections, or has to do with secrets.
    Costly,
}

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// Each token by itself.
    Token(TokenId),
    /// All pages that link one instance together: it has that many tickets for one person.
    Pages(InstanceId),
}

/// What became of a request's count.
pub(crate) struct Taken {
    /// What is told of the limit.
    pub(crate) limit: ToldLimit,
    /// Where there were too many.
    pub(crate) refusal: Option<Problem>,
}

/// The new codes of an instance, of which there are so many in an hour, as an answer tells of them.
pub(crate) fn new_codes(left: RationLeft, now: Timestamp) -> ToldLimit {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    ToldLimit {
        name: "new-codes",
        quota: count(EXPLICIT_MAX),
        window: EXPLICIT_WINDOW,
        remaining: count(left.requests),
        whole_after: left.whole_at.duration_since(now).unsigned_abs(),
    }
}

/// The counts of all callers, one for each class.
#[derive(Debug)]
pub(crate) struct Rates {
    usual: rate::RateLimits<Caller>,
    costly: rate::RateLimits<Caller>,
}

impl Default for Rates {
    fn default() -> Self {
        let per_second = |permits| rate::RateLimits::new(Quota::per_second(permits));
        Self {
            usual: per_second(const { NonZeroU32::new(50).unwrap() }),
            costly: per_second(const { NonZeroU32::new(10).unwrap() }),
        }
    }
}

impl Rates {
    /// Counts a request. The limit is told with its answer, also when it is refused.
    pub(crate) fn take(&self, class: RateClass, caller: Caller) -> Taken {
        let (name, limits) = match class {
            RateClass::Usual => ("usual", &self.usual),
            RateClass::Costly => ("costly", &self.costly),
        };
        let decision = limits.take(&caller);
        let refusal = match decision {
            Decision::Allowed { .. } => None,
            Decision::Refused { retry_after } => Some(Problem::too_many(retry_after)),
        };
        Taken { limit: ToldLimit::of(name, limits.quota(), decision), refusal }
    }
}
