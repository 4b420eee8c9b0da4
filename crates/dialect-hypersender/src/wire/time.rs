//! Times, as all answers tell them.

use jiff::Timestamp;

/// A time as the vendor's examples have it: UTC, without saying so, to the second.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_neither_a_zone_nor_a_fraction() {
        let at = Timestamp::from_millisecond(1_800_000_000_999).unwrap();
        assert_eq!(time(at), "2027-01-15T08:00:00");
    }
}
