//! When a delivery is attempted again, and when no more.
//!
//! The waits are those of the example in Standard Webhooks 1.0.0.

use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

/// The waits after the first attempt, the second and so on. After the last one's attempt there is none.
pub const WAITS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 60 * 60),
    Duration::from_secs(5 * 60 * 60),
    Duration::from_secs(10 * 60 * 60),
    Duration::from_secs(14 * 60 * 60),
    Duration::from_secs(20 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];

/// How many attempts there are: one more than waits.
pub const ATTEMPTS_MAX: u32 = 10;

/// By how much a wait may be longer or shorter, so that what failed together does not come together.
pub const JITTER: f64 = 0.2;

/// How much later than planned a receiver may ask to be tried again.
pub const ASKED_LATER_MAX: Duration = Duration::from_secs(60 * 60);

/// How long an endpoint may fail before nothing is sent to it any more.
pub const FAILING_MAX: Duration = Duration::from_secs(5 * 24 * 60 * 60);

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// An answer with this status, and what it says of when to come again.
    Answered {
        /// The status.
        status: u16,
        /// `Retry-After`, as it came.
        retry_after: Option<&'a str>,
    },
    /// No answer.
    Unanswered,
}

/// What an attempt means for its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It arrived.
    Arrived,
    /// To be attempted again, at this time.
    Again(Timestamp),
    /// Given up: there were as many attempts as there may be.
    GivenUp,
    /// Given up: the endpoint says that it is gone, and wants nothing any more.
    Gone,
}

/// Judges an attempt: the how manieth it was, from 1 on, what came of it, and a number in `0.0..1.0`.
pub fn judge(attempt: u32, outcome: Outcome<'_>, now: Timestamp, luck: f64) -> Verdict {
    let retry_after = match outcome {
        Outcome::Answered { status: 200..=299, .. } => return Verdict::Arrived,
        // The one answer that means never again; other ones of 4xx are often a bad day.
        Outcome::Answered { status: 410, .. } => return Verdict::Gone,
        Outcome::Answered { status: 429 | 503, retry_after } => retry_after,
        Outcome::Answered { .. } | Outcome::Unanswered => None,
    };
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(wait) = WAITS.get(place) else { return Verdict::GivenUp };
    let planned = later(now, wait.mul_f64(1.0 - JITTER + 2.0 * JITTER * luck));
    let asked = retry_after.and_then(|text| read_retry_after(text, now)).unwrap_or(planned);
    // A receiver may ask for more time, never for less, and not for ever.
    Verdict::Again(asked.clamp(planned, later(planned, ASKED_LATER_MAX)))
}

/// Whether an endpoint that has failed since then, and has just failed, is to be disabled.
pub fn has_failed_too_long(failing_since: Option<Timestamp>, now: Timestamp) -> bool {
    let max = SignedDuration::try_from(FAILING_MAX).unwrap_or(SignedDuration::MAX);
    failing_since.is_some_and(|since| now.duration_since(since) >= max)
}

/// Seconds, or a date (RFC 9110, 10.2.3); what is neither says nothing.
fn read_retry_after(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit mean as late as may be.
        return Some(later(now, Duration::from_secs(text.parse().unwrap_or(u64::MAX))));
    }
    rfc2822::parse(text).ok().map(|date| date.timestamp())
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDDLE: f64 = 0.5;

    fn now() -> Timestamp {
        "2026-03-01T10:20:30Z".parse().unwrap()
    }

    fn seconds_until(verdict: Verdict) -> i64 {
        match verdict {
            Verdict::Again(at) => at.duration_since(now()).as_secs(),
            Verdict::Arrived | Verdict::GivenUp | Verdict::Gone => panic!("{verdict:?}"),
        }
    }

    fn asked(status: u16, retry_after: &str) -> Verdict {
        let retry_after = Some(retry_after);
        judge(2, Outcome::Answered { status, retry_after }, now(), MIDDLE)
    }

    #[test]
    fn ten_attempts_take_seventy_five_hours_and_a_half_give_or_take_a_fifth() {
        for (luck, wanted) in [(0.0, 217_684), (MIDDLE, 272_105), (1.0, 326_526)] {
            let waits = (1..ATTEMPTS_MAX)
                .map(|attempt| seconds_until(judge(attempt, Outcome::Unanswered, now(), luck)));
            assert_eq!(waits.sum::<i64>(), wanted);
        }
        let last = judge(ATTEMPTS_MAX, Outcome::Unanswered, now(), MIDDLE);
        assert_eq!(last, Verdict::GivenUp);
        assert_eq!(judge(u32::MAX, Outcome::Unanswered, now(), MIDDLE), Verdict::GivenUp);
    }

    #[test]
    fn every_status_means_one_thing() {
        for status in 100..=599 {
            let verdict = judge(1, Outcome::Answered { status, retry_after: None }, now(), MIDDLE);
            match status {
                200..=299 => assert_eq!(verdict, Verdict::Arrived, "{status}"),
                410 => assert_eq!(verdict, Verdict::Gone),
                _ => assert_eq!(seconds_until(verdict), 5, "{status}"),
            }
            // Only these two may ask for another time.
            let verdict = asked(status, "600");
            match status {
                200..=299 => assert_eq!(verdict, Verdict::Arrived, "{status}"),
                410 => assert_eq!(verdict, Verdict::Gone),
                429 | 503 => assert_eq!(seconds_until(verdict), 600),
                _ => assert_eq!(seconds_until(verdict), 300, "{status}"),
            }
        }
        let last = Outcome::Answered { status: 429, retry_after: Some("60") };
        assert_eq!(judge(ATTEMPTS_MAX, last, now(), MIDDLE), Verdict::GivenUp);
    }

    #[test]
    fn a_receiver_may_ask_for_at_most_an_hour_more_and_for_nothing_less() {
        // Planned is 300 s after now, so the latest is 3900 s.
        for (text, wanted) in [
            ("0", 300),
            ("299", 300),
            ("301", 301),
            (" 600 ", 600),
            ("3900", 3900),
            ("3901", 3900),
            ("99999999999999999999999999", 3900),
            ("Sun, 01 Mar 2026 10:40:30 GMT", 1200),
            ("Sun, 01 Mar 2026 09:00:00 GMT", 300),
            ("Wed, 01 Dec 9999 00:00:00 GMT", 3900),
            // Beyond all time that can be told: the same as nothing.
            ("Fri, 31 Dec 9999 23:59:59 GMT", 300),
            ("-1", 300),
            ("1.5", 300),
            ("soon", 300),
            ("", 300),
            ("2026-03-01T10:40:30Z", 300),
        ] {
            for status in 100..=599 {
                let verdict = asked(status, text);
                match status {
                    200..=299 => assert_eq!(verdict, Verdict::Arrived, "{status} {text}"),
                    410 => assert_eq!(verdict, Verdict::Gone, "{text}"),
                    429 | 503 => assert_eq!(seconds_until(verdict), wanted, "{status} {text}"),
                    _ => assert_eq!(seconds_until(verdict), 300, "{status} {text}"),
                }
            }
        }
    }

    #[test]
    fn an_endpoint_may_fail_for_five_days() {
        let since = |seconds: i64| Some(now() - SignedDuration::from_secs(seconds));
        assert!(!has_failed_too_long(None, now()));
        assert!(!has_failed_too_long(since(5 * 86_400 - 1), now()));
        assert!(has_failed_too_long(since(5 * 86_400), now()));
    }
}
