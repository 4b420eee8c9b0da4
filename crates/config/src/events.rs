//! `[events]`: how much of what happened is kept.

use std::time::Duration;

use crate::key::{Absent, Key, Kind, Refusal};
use crate::reader::{Reader, Reported};

const HOUR: u64 = 60 * 60;

/// The longest time that can be named, in days.
const DAYS_MAX: u64 = 3650;

/// The most events of an instance that can be kept.
const COUNT_MAX: u64 = 10_000_000;

/// How much of what happened is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Events {
    /// How long an event is kept.
    pub kept_for: Duration,
    /// How many events of each instance are kept.
    pub kept_max: u64,
    /// How long a notification waits for whoever fetches it.
    pub waiting_for: Duration,
    /// How many notifications of each instance wait, and of its events for each webhook endpoint.
    pub waiting_max: u64,
}

const KEEP_DAYS: Key<Duration> = Key {
    name: "events.keep_days",
    kind: Kind::Text("a whole number of days from 1 to 3650"),
    absent: Absent::Default("90"),
    description: "How long an event stays in its instance's journal, in days. The last change of \
                  state stays for longer.",
    check: days,
};

const KEEP_MAX: Key<u64> = Key {
    name: "events.keep_max",
    kind: Kind::Text("a whole number from 1000 to 10000000"),
    absent: Absent::Default("100000"),
    description: "How many events of each instance its journal keeps. The oldest go first.",
    check: count,
};

const WAITING_HOURS: Key<Duration> = Key {
    name: "events.waiting_hours",
    kind: Kind::Text("a whole number of hours from 1 to 720"),
    absent: Absent::Default("24"),
    description: "How long a notification waits for a client of GREEN-API that fetches it, in \
                  hours. How many were dropped is told in the instance's journal.",
    check: hours,
};

const WAITING_MAX: Key<u64> = Key {
    name: "events.waiting_max",
    kind: Kind::Text("a whole number from 1000 to 10000000"),
    absent: Absent::Default("100000"),
    description: "How many notifications of each instance wait, and how many of its events for each \
                  webhook endpoint. The oldest go first: notifications are dropped, events for an \
                  endpoint become dead letters. How many is told in the instance's journal.",
    check: count,
};

impl Events {
    /// Each key is read before any is missed, so that all problems are found.
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let (kept_for, kept_max) = (reader.value(&KEEP_DAYS), reader.value(&KEEP_MAX));
        let (waiting_for, waiting_max) = (reader.value(&WAITING_HOURS), reader.value(&WAITING_MAX));
        Ok(Self {
            kept_for: kept_for?.value,
            kept_max: kept_max?.value,
            waiting_for: waiting_for?.value,
            waiting_max: waiting_max?.value,
        })
    }
}

fn days(text: &str) -> Result<Duration, Refusal> {
    whole(text, 1, DAYS_MAX).map(|days| Duration::from_secs(days * 24 * HOUR))
}

fn hours(text: &str) -> Result<Duration, Refusal> {
    whole(text, 1, 720).map(|hours| Duration::from_secs(hours * HOUR))
}

fn count(text: &str) -> Result<u64, Refusal> {
    whole(text, 1000, COUNT_MAX)
}

fn whole(text: &str, least: u64, most: u64) -> Result<u64, Refusal> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && (least..=most).contains(number));
    number.ok_or(Refusal::NotThat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_digits_within_its_range() {
        for (text, seconds) in [
            ("1", Some(86_400)),
            ("3650", Some(315_360_000)),
            ("0", None),
            ("3651", None),
            ("+1", None),
            ("1.5", None),
            ("a day", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(days(text).ok().map(|days| days.as_secs()), seconds, "{text}");
        }
        assert_eq!((count("999").ok(), count("1000").ok()), (None, Some(1000)));
        assert_eq!(hours("24").ok(), Some(Duration::from_secs(86_400)));
    }
}
