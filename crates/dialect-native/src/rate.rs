//! How often a caller may do what.

use std::num::NonZeroU32;

use waygate_core::id::InstanceId;
use waygate_core::token::TokenId;
use waygate_http::rate::{self, Decision, Quota};

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
    pub(crate) fn take(&self, class: RateClass, caller: Caller) -> Result<(), Problem> {
        let limits = match class {
            RateClass::Usual => &self.usual,
            RateClass::Costly => &self.costly,
        };
        match limits.take(&caller) {
            Decision::Allowed { .. } => Ok(()),
            Decision::Refused { retry_after } => Err(Problem::too_many(retry_after)),
        }
    }
}
