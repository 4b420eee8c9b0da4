//! `[greenapi]`: the GREEN-API dialect.

use crate::key::{Absent, Choice, Key, Kind};
use crate::reader::{Reader, Reported};

/// How GREEN-API's contract is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GreenApi {
    /// How often a client may call.
    pub rate_limits: RateLimits,
}

/// How often clients may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimits {
    /// As often as the vendor publishes.
    Published,
    /// As often as they like.
    Off,
}

impl Choice for RateLimits {
    const ALL: &'static [(&'static str, Self)] =
        &[("published", Self::Published), ("off", Self::Off)];
}

const RATE_LIMITS: Key<RateLimits> = Key {
    name: "greenapi.rate_limits",
    kind: Kind::OneOf(RateLimits::words),
    absent: Absent::Default("published"),
    description: "How often a client may call each GREEN-API method of an instance: `published` \
                  is what GREEN-API publishes, `off` is as often as it likes.",
    check: RateLimits::choose,
};

impl GreenApi {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let rate_limits = reader.value(&RATE_LIMITS);
        Ok(Self { rate_limits: rate_limits?.value })
    }
}
