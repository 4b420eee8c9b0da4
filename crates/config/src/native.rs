//! `[native]`: Waygate's own API.

use crate::greenapi::RateLimits;
use crate::key::{Absent, Choice as _, Key, Kind};
use crate::reader::{Reader, Reported};

/// How Waygate's own API is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Native {
    /// How often a token may call.
    pub rate_limits: RateLimits,
}

const RATE_LIMITS: Key<RateLimits> = Key {
    name: "native.rate_limits",
    kind: Kind::OneOf(RateLimits::words),
    absent: Absent::Default("published"),
    description: "How often a token may call Waygate's own API: `published` is what its reference \
                  says, `off` is as often as it likes.",
    check: RateLimits::choose,
};

impl Native {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let rate_limits = reader.value(&RATE_LIMITS);
        Ok(Self { rate_limits: rate_limits?.value })
    }
}
