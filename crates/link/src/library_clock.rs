//! The library's clock.
//!
//! The library keeps one wall clock and one monotonic clock per process. A test that owns the time
//! gives its own before the first connection; a real process leaves the system's in place.

use std::sync::Arc;

use jiff::Timestamp;
use waygate_core::clock::Clock;
use whatsapp_rust::wacore::time::{
    MonotonicProvider, TimeProvider, now_millis, set_monotonic_provider, set_time_provider,
};

/// The library has read its clock already, or was given one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the library's clock is already in use")]
pub struct ClockInUse;

/// Makes the library read this clock, for the rest of the process.
///
/// # Errors
///
/// When the library has a clock already.
pub fn install(clock: &Arc<dyn Clock>) -> Result<(), ClockInUse> {
    set_time_provider(Shared(Arc::clone(clock))).map_err(|_text| ClockInUse)?;
    set_monotonic_provider(Shared(Arc::clone(clock))).map_err(|_text| ClockInUse)
}

/// The time by the clock that the library reads.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millisecond(now_millis()).unwrap_or(Timestamp::MAX)
}

struct Shared(Arc<dyn Clock>);

impl TimeProvider for Shared {
    fn now_millis(&self) -> i64 {
        self.0.now().as_millisecond()
    }
}

impl MonotonicProvider for Shared {
    fn now_nanos(&self) -> u64 {
        u64::try_from(self.0.now().as_nanosecond()).unwrap_or(0)
    }
}
