//! Times, as all answers tell them.

use jiff::Timestamp;

/// RFC 3339 in UTC, with milliseconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The same of a time that was written down in milliseconds since 1970; nothing for what was never a time.
pub(crate) fn rfc3339_ms(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms).map(rfc3339).unwrap_or_default()
}

/// From `now` to `at`; zero when that is over.
pub(crate) fn left_ms(now: Timestamp, at: Timestamp) -> u64 {
    u64::try_from(at.duration_since(now).as_millis()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds_and_what_is_over_has_none_left() {
        let now = Timestamp::from_millisecond(1_800_000_000_500).unwrap();
        assert_eq!(rfc3339(now), "2027-01-15T08:00:00.500Z");
        let at = Timestamp::from_second(1_800_000_002).unwrap();
        assert_eq!((left_ms(now, at), left_ms(at, now)), (1500, 0));
    }
}
