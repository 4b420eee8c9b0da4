//! `[hypersender]`: the Hypersender dialect.

use crate::greenapi::RateLimits;
use crate::key::{Absent, Choice as _, Key, Kind};
use crate::reader::{Reader, Reported};

/// How Hypersender's contract is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hypersender {
    /// How often a client may call.
    pub rate_limits: RateLimits,
}

const RATE_LIMITS: Key<RateLimits> = Key {
    name: "hypersender.rate_limits",
    kind: Kind::OneOf(RateLimits::words),
    absent: Absent::Default("published"),
    description: "How often a client may call each route of Hypersender's API: `published` is what \
                  Hypersender publishes, and no more than ten new QR codes an hour for each \
                  instance; `off` is as often as it likes.",
    check: RateLimits::choose,
};

impl Hypersender {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let rate_limits = reader.value(&RATE_LIMITS);
        Ok(Self { rate_limits: rate_limits?.value })
    }
}
