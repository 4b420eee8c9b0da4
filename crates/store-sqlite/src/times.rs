//! Times as the database keeps them: in milliseconds.

use jiff::Timestamp;
use waygate_core::error::Error;

use crate::failure::internal;

pub(crate) fn to_ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub(crate) fn from_ms(at_ms: i64) -> Result<Timestamp, Error> {
    Timestamp::from_millisecond(at_ms).map_err(internal)
}
