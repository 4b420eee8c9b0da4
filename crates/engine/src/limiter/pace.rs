//! How fast the fleet may connect, and whether at all, by what became of the connections before.
//!
//! WhatsApp's wish for patience halves the rate; it comes back step by step in quiet. A refusal of the
//! version strikes every instance alike: a second instance that hears it stops all of them, and one at a
//! time tries whether it has passed.

use std::time::Duration;

use tokio::time::Instant;
use waygate_core::id::InstanceId;
use waygate_core::port::link::LinkEvent;
use waygate_core::reason::EndReason;

use super::PER_SECOND;

/// The slowest rate: a fleet that is not wanted still tries, every five seconds.
const PER_SECOND_MIN: f64 = 0.2;

/// What is added to the rate after each [`QUIET`].
const RAISE: f64 = 0.5;

/// How long nothing may go wrong before the rate is raised.
const QUIET: Duration = Duration::from_secs(30);

/// In how long the refusals of a version have to come to count together, and how long nobody dials
/// after them.
const REFUSALS_WITHIN: Duration = Duration::from_secs(10 * 60);

/// When the next one tries, after one whose try said nothing of the version.
const NEXT_TRY_AFTER: Duration = Duration::from_secs(60);

/// How long a try may take until it counts as one that said nothing.
const TRY_WITHIN: Duration = Duration::from_secs(3 * 60);

/// What a connection says of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It is of use.
    Good,
    /// WhatsApp wants fewer, or cannot be reached.
    Slower,
    /// WhatsApp does not want this version.
    VersionRefused,
    /// It ended, which says nothing of the others.
    Ended,
}

impl Sign {
    /// What this event is a sign of, if it is one.
    pub(crate) fn of(event: &LinkEvent) -> Option<Self> {
        let LinkEvent::Ended(reason) = event else {
            let useful = matches!(event, LinkEvent::Connected { .. } | LinkEvent::QrIssued { .. });
            return useful.then_some(Self::Good);
        };
        Some(match reason {
            EndReason::RateLimited | EndReason::ServerBusy | EndReason::DialFailed => Self::Slower,
            EndReason::Refused { code: 405 | 409 | 418 } => Self::VersionRefused,
            EndReason::RestartRequired
            | EndReason::CodesExhausted
            | EndReason::DeviceRemoved
            | EndReason::StreamUnauthorized
            | EndReason::UnknownConflict
            | EndReason::Replaced
            | EndReason::StreamFault { .. }
            | EndReason::Malformed
            | EndReason::Closed
            | EndReason::NotTrusted
            | EndReason::VersionUnknown
            | EndReason::Refused { .. }
            | EndReason::TemporaryBan { .. }
            | EndReason::LoggedOutByUs
            | EndReason::HungUp
            | EndReason::Fault
            | EndReason::KeysUnavailable
            | EndReason::KeysGone
            | EndReason::StoreUnavailable => Self::Ended,
        })
    }
}

/// Whether connections are made at all.
#[derive(Debug)]
enum Breaker {
    /// They are.
    Closed,
    /// None before this.
    Open { until: Instant },
    /// None until it shows what becomes of this instance's, or it takes too long.
    Trying { instance: InstanceId, until: Instant },
}

/// The rule. It is told the time.
#[derive(Debug)]
pub(super) struct Pace {
    rate: f64,
    /// When something last went wrong, or the rate was raised.
    changed_at: Instant,
    /// Who was told that the version is refused, and when.
    refusals: Vec<(InstanceId, Instant)>,
    breaker: Breaker,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        let (refusals, breaker) = (Vec::new(), Breaker::Closed);
        Self { rate: PER_SECOND, changed_at: now, refusals, breaker }
    }

    /// Connections per second at this time.
    pub(super) fn rate(&mut self, now: Instant) -> f64 {
        while self.rate < PER_SECOND && self.changed_at + QUIET <= now {
            self.rate = (self.rate + RAISE).min(PER_SECOND);
            self.changed_at += QUIET;
        }
        self.rate
    }

    /// Before when no connection may be made.
    pub(super) fn not_before(&self, now: Instant) -> Instant {
        match self.breaker {
            Breaker::Closed => now,
            Breaker::Open { until } | Breaker::Trying { until, .. } => until,
        }
    }

    /// A connection of this instance is about to be made, which may be.
    pub(super) fn begin(&mut self, instance: InstanceId, now: Instant) {
        if !matches!(self.breaker, Breaker::Closed) {
            self.breaker = Breaker::Trying { instance, until: now + TRY_WITHIN };
        }
    }

    /// Hears what a connection of this instance is a sign of.
    pub(super) fn hear(&mut self, instance: InstanceId, sign: Sign, now: Instant) {
        match sign {
            Sign::Good => {
                self.refusals.retain(|(refused, _at)| *refused != instance);
                if !matches!(self.breaker, Breaker::Closed) {
                    tracing::info!(
                        "the version is taken again; instances connect, slowly at first"
                    );
                    self.breaker = Breaker::Closed;
                    self.refusals.clear();
                    (self.rate, self.changed_at) = (PER_SECOND_MIN, now);
                }
            }
            Sign::Slower => {
                self.rate = (self.rate(now) / 2.0).max(PER_SECOND_MIN);
                self.changed_at = now;
                self.try_said_nothing(instance, now);
            }
            Sign::VersionRefused => self.count_refusal(instance, now),
            Sign::Ended => self.try_said_nothing(instance, now),
        }
    }

    fn count_refusal(&mut self, instance: InstanceId, now: Instant) {
        let counts = |(refused, at): &(InstanceId, Instant)| {
            *refused != instance && *at + REFUSALS_WITHIN > now
        };
        self.refusals.retain(counts);
        self.refusals.push((instance, now));
        let is_open = !matches!(self.breaker, Breaker::Closed);
        if is_open || self.refusals.len() > 1 {
            if !is_open {
                tracing::error!(
                    "WhatsApp refuses this version: no instance connects, but for one every ten minutes"
                );
            }
            self.breaker = Breaker::Open { until: now + REFUSALS_WITHIN };
        }
    }

    fn try_said_nothing(&mut self, instance: InstanceId, now: Instant) {
        if let Breaker::Trying { instance: tries, .. } = self.breaker
            && tries == instance
        {
            self.breaker = Breaker::Open { until: now + NEXT_TRY_AFTER };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(number: u8) -> InstanceId {
        InstanceId::from_random_bytes([number; 16])
    }

    fn after(begun: Instant, seconds: u64) -> Instant {
        begun + Duration::from_secs(seconds)
    }

    #[test]
    fn a_wish_for_patience_halves_the_rate_which_comes_back_in_quiet() {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        let mut told = vec![pace.rate(begun)];
        for second in [1, 2, 3, 4, 5, 6] {
            pace.hear(instance(1), Sign::Slower, after(begun, second));
            told.push(pace.rate(after(begun, second)));
        }
        assert_eq!(told, [5.0, 2.5, 1.25, 0.625, 0.3125, 0.2, 0.2]);
        for (second, rate) in [(35, 0.2), (36, 0.7), (66, 1.2), (126, 2.2), (1000, 5.0)] {
            assert!((pace.rate(after(begun, second)) - rate).abs() < 1e-9, "{second}");
        }
    }

    #[test]
    fn two_instances_whose_version_is_refused_stop_all_and_one_is_not_enough() {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        for second in [0, 1, 2] {
            pace.hear(instance(1), Sign::VersionRefused, after(begun, second));
        }
        let now = after(begun, 3);
        assert_eq!(pace.not_before(now), now);
        pace.hear(instance(2), Sign::VersionRefused, now);
        assert_eq!(pace.not_before(now), now + REFUSALS_WITHIN);
    }

    #[test]
    fn refusals_that_are_far_apart_stop_nobody() {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        for (number, second) in [(1, 0), (2, 600), (3, 1200)] {
            let now = after(begun, second);
            pace.hear(instance(number), Sign::VersionRefused, now);
            assert_eq!(pace.not_before(now), now, "{number}");
        }
    }

    #[test]
    fn one_tries_while_all_others_wait_and_its_success_lets_them_in_slowly() {
        let begun = Instant::now();
        let mut pace = Pace::new(begun);
        for number in [1, 2] {
            pace.hear(instance(number), Sign::VersionRefused, begun);
        }
        let second = after(begun, 600);
        assert_eq!(pace.not_before(second), second);
        pace.begin(instance(3), second);
        assert_eq!(pace.not_before(second), second + TRY_WITHIN);
        // What others still tell changes nothing.
        pace.hear(instance(4), Sign::Ended, second);
        assert_eq!(pace.not_before(second), second + TRY_WITHIN);
        pace.hear(instance(3), Sign::VersionRefused, second);
        assert_eq!(pace.not_before(second), second + REFUSALS_WITHIN);

        let third = second + REFUSALS_WITHIN;
        pace.begin(instance(1), third);
        pace.hear(instance(1), Sign::Ended, third);
        assert_eq!(pace.not_before(third), third + NEXT_TRY_AFTER);
        let fourth = third + NEXT_TRY_AFTER;
        pace.begin(instance(2), fourth);
        pace.hear(instance(2), Sign::Good, fourth);
        assert_eq!(pace.not_before(fourth), fourth);
        assert!((pace.rate(fourth) - PER_SECOND_MIN).abs() < 1e-9);
        pace.hear(instance(2), Sign::VersionRefused, fourth);
        assert_eq!(pace.not_before(fourth), fourth, "the count begins anew");
    }

    #[test]
    fn what_strikes_all_alike_is_told_from_what_ends_one() {
        for (reason, sign) in [
            (EndReason::RateLimited, Sign::Slower),
            (EndReason::ServerBusy, Sign::Slower),
            (EndReason::DialFailed, Sign::Slower),
            (EndReason::Refused { code: 405 }, Sign::VersionRefused),
            (EndReason::Refused { code: 409 }, Sign::VersionRefused),
            (EndReason::Refused { code: 418 }, Sign::VersionRefused),
            (EndReason::Refused { code: 401 }, Sign::Ended),
            (EndReason::Closed, Sign::Ended),
            (EndReason::HungUp, Sign::Ended),
        ] {
            assert_eq!(Sign::of(&LinkEvent::Ended(reason)), Some(sign), "{reason:?}");
        }
        assert_eq!(Sign::of(&LinkEvent::PairingCodeTyped), None);
    }
}
