//! What stands in the middle of what was measured.

use std::time::Duration;

/// The time that a share of all takes stay below: 0.5 for the median. Zero of nothing.
pub(crate) fn quantile(takes: &mut [Duration], share: f64) -> Duration {
    takes.sort_unstable();
    let last = takes.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a place in a list that fits into memory"
    )]
    let place = (last as f64 * share.clamp(0.0, 1.0)).round() as usize;
    takes.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_take_that_so_many_stay_below() {
        let ms = Duration::from_millis;
        let mut takes = [ms(30), ms(10), ms(50), ms(20), ms(40)];
        assert_eq!(quantile(&mut takes, 0.5), ms(30));
        assert_eq!(quantile(&mut takes, 0.0), ms(10));
        assert_eq!(quantile(&mut takes, 1.0), ms(50));
        assert_eq!(quantile(&mut [], 0.5), Duration::ZERO);
    }
}
