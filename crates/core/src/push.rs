//! Pushing: what waits in an instance's queue is sent to the address that its owner has set, one after
//! the other, each until it arrived.
//!
//! The queue is the one that is fetched from where no address is set. One attempt is under way at a
//! time, and while one fails those behind it wait: a receiver hears of everything in its order.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Receipt;

/// In which form an instance's events are pushed, and by which rules. Stores and programs use these
/// words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushForm {
    /// As whoever fetches would get it. Nothing but 200 counts, and the next attempt is a minute later.
    #[default]
    Notification,
    /// In an envelope that says what it is. Every success counts, and the pauses grow.
    Envelope,
}

/// The text names no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such form")]
pub struct UnknownPushForm;

/// What an attempt means for what was pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It arrived.
    Arrived,
    /// To be attempted again, after this pause.
    Again(Duration),
    /// The receiver will never take it, so those behind it must not wait for it.
    Refused,
}

/// A queue of which nothing is pushed for a while, since the last attempt came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// What was attempted.
    pub receipt: Receipt,
    /// How often that was attempted.
    pub attempts: u32,
    /// Since when every attempt has failed, whatever was attempted.
    pub since: Timestamp,
    /// When the next attempt is made.
    pub next_at: Timestamp,
    /// The status of the last answer, where there was one.
    pub status: Option<u16>,
    /// Why there was none, in words.
    pub error: Option<String>,
}

const MINUTE: Duration = Duration::from_secs(60);

/// The pauses of [`PushForm::Envelope`]; the last one stays.
const GROWING: [Duration; 5] = [
    Duration::from_secs(10),
    MINUTE,
    Duration::from_secs(5 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(60 * 60),
];

impl PushForm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Notification, Self::Envelope];

    /// The word that stores and programs use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notification => "notification",
            Self::Envelope => "envelope",
        }
    }

    /// How long an attempt may take as a whole.
    pub fn within(self) -> Duration {
        match self {
            Self::Notification => Duration::from_secs(180),
            Self::Envelope => Duration::from_secs(30),
        }
    }

    /// Judges an attempt: the how manieth of this notification it was, from 1 on, and the status of the
    /// answer, where there was one.
    pub fn judge(self, attempt: u32, status: Option<u16>) -> Verdict {
        match (self, status) {
            (Self::Notification, Some(200)) | (Self::Envelope, Some(200..=299)) => Verdict::Arrived,
            (Self::Notification, _) => Verdict::Again(MINUTE),
            // What its receivers answer to an event whose name they do not know.
            (Self::Envelope, Some(422)) => Verdict::Refused,
            (Self::Envelope, _) => {
                let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
                let [.., longest] = GROWING;
                Verdict::Again(GROWING.get(place).copied().unwrap_or(longest))
            }
        }
    }
}

impl FromStr for PushForm {
    type Err = UnknownPushForm;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|form| form.as_str() == text).ok_or(UnknownPushForm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_called_as_it_is_stored() {
        for form in PushForm::ALL {
            assert_eq!(serde_json::to_value(form).unwrap(), form.as_str());
            assert_eq!(form.as_str().parse(), Ok(form));
        }
        assert_eq!("".parse::<PushForm>(), Err(UnknownPushForm));
    }

    #[test]
    fn a_notification_arrives_with_200_alone_and_is_sent_again_after_a_minute() {
        let form = PushForm::Notification;
        for status in 100..=599 {
            let expected = if status == 200 { Verdict::Arrived } else { Verdict::Again(MINUTE) };
            for attempt in [1, 2, 1_440] {
                assert_eq!(form.judge(attempt, Some(status)), expected, "{status}");
            }
        }
        assert_eq!(form.judge(1, None), Verdict::Again(MINUTE));
    }

    #[test]
    fn an_envelope_arrives_with_every_success_and_is_refused_by_those_who_do_not_know_it() {
        let form = PushForm::Envelope;
        for status in 100..=599 {
            let expected = match status {
                200..=299 => Verdict::Arrived,
                422 => Verdict::Refused,
                _ => Verdict::Again(GROWING[0]),
            };
            assert_eq!(form.judge(1, Some(status)), expected, "{status}");
        }
        let pauses = [1, 2, 3, 4, 5, 6, u32::MAX].map(|attempt| form.judge(attempt, None));
        let minutes = |count| Verdict::Again(MINUTE * count);
        let ten = Verdict::Again(Duration::from_secs(10));
        let hour = minutes(60);
        assert_eq!(pauses, [ten, minutes(1), minutes(5), minutes(15), hour, hour, hour]);
    }
}
