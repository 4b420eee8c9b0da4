//! Linking on demand: when an unlinked instance may hold a connection.
//!
//! A connection without an account exists only so that somebody can see a code. It is opened when
//! somebody looks and closed when nobody does. A forgotten page must not knock at WhatsApp for
//! ever, so attempts without a scan are spaced further and further; a person who asks in so many
//! words is served at once, a few times an hour.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::input::Ration;

/// How long one look keeps a linking connection open.
pub const DEMAND: Duration = Duration::from_secs(90);

/// Attempts in a row without a scan before the next ones are spaced.
pub const ATTEMPTS_UNSPACED: u32 = 10;

/// The first spacing; it doubles with each further attempt without a scan.
pub const SPACING_FIRST: Duration = Duration::from_secs(5 * 60);

/// The longest spacing.
pub const SPACING_MAX: Duration = Duration::from_secs(60 * 60);

/// Explicit requests for a new code within [`EXPLICIT_WINDOW`].
pub const EXPLICIT_MAX: usize = 10;

/// The window in which explicit requests are counted.
pub const EXPLICIT_WINDOW: Duration = Duration::from_secs(60 * 60);

/// Who looked when, and how many attempts went by unscanned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Linking {
    demand_until: Option<Timestamp>,
    unscanned: u32,
    spaced_until: Option<Timestamp>,
    explicit: VecDeque<Timestamp>,
    /// Codes shown in the running attempt.
    pub rounds: u32,
}

impl Linking {
    /// Somebody looks.
    pub fn look(&mut self, now: Timestamp) {
        self.look_until(now + DEMAND);
    }

    /// Somebody will be looking at least until then.
    pub fn look_until(&mut self, until: Timestamp) {
        self.demand_until = self.demand_until.max(Some(until));
    }

    /// Whether somebody looked lately enough.
    pub fn is_wanted(&self, now: Timestamp) -> bool {
        self.demand_until.is_some_and(|until| until > now)
    }

    /// When the present demand ends, if there is one.
    pub fn demand_until(&self) -> Option<Timestamp> {
        self.demand_until
    }

    /// The present demand is over.
    pub fn lapse(&mut self) {
        self.demand_until = None;
    }

    /// Before this time no attempt starts by a look alone; `None` when one may start now.
    pub fn spaced_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.spaced_until.filter(|until| *until > now)
    }

    /// No attempt starts by a look alone before `until`.
    pub fn defer(&mut self, until: Timestamp) {
        self.spaced_until = self.spaced_until.max(Some(until));
    }

    /// An attempt that had shown a code ended without a scan.
    pub fn attempt_failed(&mut self, now: Timestamp) {
        self.unscanned = self.unscanned.saturating_add(1);
        self.rounds = 0;
        if let Some(doublings) = self.unscanned.checked_sub(ATTEMPTS_UNSPACED) {
            let factor = 1_u32.checked_shl(doublings.min(16)).unwrap_or(u32::MAX);
            let spacing = SPACING_FIRST.saturating_mul(factor).min(SPACING_MAX);
            self.spaced_until = Some(now + spacing);
        }
    }

    /// An attempt is broken off. It counts when it had shown a code, whoever broke it off.
    pub fn abandon(&mut self, now: Timestamp) {
        if self.rounds > 0 {
            self.attempt_failed(now);
        }
    }

    /// A phone accepted: all counting starts anew.
    pub fn scanned(&mut self) {
        *self = Self { explicit: std::mem::take(&mut self.explicit), ..Self::default() };
    }

    /// What is left of the explicit requests.
    pub fn ration_left(&self, now: Timestamp) -> RationLeft {
        let counted = self.explicit.iter().filter(|at| **at + EXPLICIT_WINDOW > now);
        let requests = EXPLICIT_MAX.saturating_sub(counted.clone().count());
        let whole_at = counted.max().map_or(now, |newest| *newest + EXPLICIT_WINDOW);
        RationLeft { requests, whole_at }
    }

    /// A person asks for a new code in so many words; it overrules the spacing.
    ///
    /// # Errors
    ///
    /// How long to wait, when [`EXPLICIT_MAX`] requests within the last hour are used up and somebody
    /// minds.
    pub fn ask(&mut self, ration: Ration, now: Timestamp) -> Result<(), Duration> {
        while let Some(oldest) = self.explicit.front() {
            let free_at = *oldest + EXPLICIT_WINDOW;
            if free_at > now {
                if self.explicit.len() < EXPLICIT_MAX {
                    break;
                }
                if ration == Ration::Hourly {
                    return Err(free_at.duration_since(now).unsigned_abs());
                }
            }
            self.explicit.pop_front();
        }
        self.explicit.push_back(now);
        self.spaced_until = None;
        self.look(now);
        Ok(())
    }
}

/// What is left of the explicit requests of the last [`EXPLICIT_WINDOW`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RationLeft {
    /// So many can be made now.
    pub requests: usize,
    /// When there are [`EXPLICIT_MAX`] again; now, where none is missing.
    pub whole_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn a_look_lasts_ninety_seconds() {
        let mut linking = Linking::default();
        linking.look(at(0));
        assert!(linking.is_wanted(at(89)));
        assert!(!linking.is_wanted(at(90)));
    }

    #[test]
    fn the_eleventh_attempt_is_five_minutes_away_and_then_it_doubles_to_an_hour() {
        let mut linking = Linking::default();
        let mut spacings = vec![];
        for _ in 0..15 {
            linking.attempt_failed(at(0));
            let spaced = linking.spaced_until(at(0));
            spacings.push(spaced.map_or(0, |until| until.duration_since(at(0)).as_secs() / 60));
        }
        assert_eq!(spacings, [0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn a_scan_ends_the_spacing() {
        let mut linking = Linking::default();
        (0..20).for_each(|_| linking.attempt_failed(at(0)));
        linking.scanned();
        assert_eq!(linking.spaced_until(at(1)), None);
        linking.attempt_failed(at(2));
        assert_eq!(linking.spaced_until(at(2)), None, "the count began anew");
    }

    #[test]
    fn a_person_may_ask_ten_times_an_hour_whatever_the_spacing() {
        let mut linking = Linking::default();
        (0..20).for_each(|_| linking.attempt_failed(at(0)));
        for second in 0..10 {
            assert_eq!(linking.ask(Ration::Hourly, at(second)), Ok(()));
            assert_eq!(linking.spaced_until(at(second)), None);
        }
        assert_eq!(linking.ask(Ration::Hourly, at(10)), Err(Duration::from_secs(3590)));
        assert_eq!(
            linking.ask(Ration::Hourly, at(3600)),
            Ok(()),
            "the first request has left the window"
        );
        assert_eq!(linking.ask(Ration::Hourly, at(3600)), Err(Duration::from_secs(1)));
    }

    #[test]
    fn what_is_left_of_the_ration_is_what_can_be_asked_for() {
        let mut linking = Linking::default();
        assert_eq!(linking.ration_left(at(0)), RationLeft { requests: 10, whole_at: at(0) });
        for (second, requests) in (0..10).zip((0..10).rev()) {
            linking.ask(Ration::Hourly, at(second)).unwrap();
            let left = RationLeft { requests, whole_at: at(second + 3600) };
            assert_eq!(linking.ration_left(at(second)), left);
        }
        let left = |second| linking.ration_left(at(second)).requests;
        assert_eq!([3599, 3600, 3604, 3608, 3609].map(left), [0, 1, 5, 9, 10]);
    }

    #[test]
    fn without_a_ration_a_person_may_ask_as_often_as_he_likes() {
        let mut linking = Linking::default();
        for second in 0..50 {
            assert_eq!(linking.ask(Ration::Unlimited, at(second)), Ok(()));
            assert!(linking.explicit.len() <= EXPLICIT_MAX, "no more is remembered than counts");
        }
        assert_eq!(linking.ask(Ration::Hourly, at(50)), Err(Duration::from_secs(3590)));
    }
}
