//! How a phone behaves when nobody holds it (docs/internals/sim.md, "Scripted phones").

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::dice::Dice;

/// The longest wait of a behaviour: a week.
const WAIT_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// The most numbers that one phone writes to.
const WRITES_TO_MAX: usize = 1_000;

/// What a phone does by itself, and when. What is absent it does not do. When, whether and to whom
/// is drawn from the simulator's seed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// How long it takes from a code before its camera, or typed, to the scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scans: Option<Wait>,
    /// It reads what others write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<Reads>,
    /// It answers what it has read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Answers>,
    /// It writes of its own accord.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<Writes>,
    /// It is looked at, and put away; while it is away nothing is read, answered or written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away: Option<Away>,
    /// After so long it unlinks all its devices, again and again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlinks: Option<Wait>,
}

/// A wait, drawn anew each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The shortest.
    pub min_ms: u64,
    /// The longest.
    pub max_ms: u64,
}

/// How messages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reads {
    /// How many of a hundred are.
    pub percent: u8,
    /// How long after they came.
    pub after: Wait,
}

/// How messages are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// How many of a hundred that were read are.
    pub percent: u8,
    /// How long after they were read somebody begins to type.
    pub after: Wait,
    /// For how long.
    pub typing: Wait,
}

/// How a phone writes of its own accord.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writes {
    /// The numbers, of which one is drawn each time.
    pub to: Vec<String>,
    /// How long from one message to the next.
    pub every: Wait,
}

/// How a phone comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Away {
    /// How long it is looked at.
    pub after: Wait,
    /// How long it is put away.
    pub stays: Wait,
}

/// Why a behaviour is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BehaviourError {
    /// A wait that ends before it begins, or lasts more than a week.
    #[error("a wait is from min_ms to max_ms, at most a week")]
    Wait,
    /// More than a hundred of a hundred.
    #[error("percent is 0 to 100")]
    Percent,
    /// Nobody to write to, or too many.
    #[error("a phone writes to 1 to 1,000 numbers")]
    Numbers,
    /// What is done without a pause would never end.
    #[error("what is done again and again needs a wait of at least 1 ms")]
    Breathless,
}

impl Wait {
    /// From the shortest to the longest, both included.
    pub fn of(min: Duration, max: Duration) -> Self {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self { min_ms: ms(min), max_ms: ms(max) }
    }

    pub(crate) fn draw(self, dice: &mut Dice) -> Duration {
        let span_ms = self.max_ms.saturating_sub(self.min_ms);
        Duration::from_millis(self.min_ms + dice.below(span_ms + 1))
    }

    fn check(self) -> Result<(), BehaviourError> {
        let right = self.min_ms <= self.max_ms && Duration::from_millis(self.max_ms) <= WAIT_MAX;
        if right { Ok(()) } else { Err(BehaviourError::Wait) }
    }

    fn check_repeated(self) -> Result<(), BehaviourError> {
        self.check()?;
        if self.min_ms > 0 { Ok(()) } else { Err(BehaviourError::Breathless) }
    }
}

impl Behaviour {
    /// Whether it can be played.
    pub(crate) fn check(&self) -> Result<(), BehaviourError> {
        let Self { scans, reads, answers, writes, away, unlinks } = self;
        let percents = [reads.map(|it| it.percent), answers.map(|it| it.percent)];
        if percents.into_iter().flatten().any(|percent| percent > 100) {
            return Err(BehaviourError::Percent);
        }
        let once = [
            *scans,
            reads.map(|it| it.after),
            answers.map(|it| it.after),
            answers.map(|it| it.typing),
        ];
        once.into_iter().flatten().try_for_each(Wait::check)?;
        if writes.as_ref().is_some_and(|it| it.to.is_empty() || it.to.len() > WRITES_TO_MAX) {
            return Err(BehaviourError::Numbers);
        }
        let repeated = [
            writes.as_ref().map(|it| it.every),
            away.map(|it| it.after),
            away.map(|it| it.stays),
            *unlinks,
        ];
        repeated.into_iter().flatten().try_for_each(Wait::check_repeated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(min_ms: u64, max_ms: u64) -> Wait {
        Wait { min_ms, max_ms }
    }

    #[test]
    fn a_wait_is_between_its_ends_and_reaches_both() {
        let mut dice = Dice::derive(1, "test", 0);
        let drawn: Vec<_> = (0..200).map(|_| wait(3, 5).draw(&mut dice).as_millis()).collect();
        assert!([3, 4, 5].iter().all(|it| drawn.contains(it)));
        assert!(drawn.iter().all(|it| (3..=5).contains(it)));
        assert_eq!(wait(7, 7).draw(&mut dice), Duration::from_millis(7));
    }

    #[test]
    fn what_cannot_be_played_is_refused() {
        let reads = |percent, after| Behaviour {
            reads: Some(Reads { percent, after }),
            ..Behaviour::default()
        };
        let writes = |to: &[&str], every| {
            let to = to.iter().map(|number| (*number).to_owned()).collect();
            Behaviour { writes: Some(Writes { to, every }), ..Behaviour::default() }
        };
        assert_eq!(Behaviour::default().check(), Ok(()));
        assert_eq!(reads(100, wait(0, 0)).check(), Ok(()));
        assert_eq!(reads(101, wait(0, 0)).check(), Err(BehaviourError::Percent));
        assert_eq!(reads(1, wait(2, 1)).check(), Err(BehaviourError::Wait));
        assert_eq!(reads(1, wait(0, u64::MAX)).check(), Err(BehaviourError::Wait));
        assert_eq!(writes(&["15550001111"], wait(1, 1)).check(), Ok(()));
        assert_eq!(writes(&["15550001111"], wait(0, 1)).check(), Err(BehaviourError::Breathless));
        assert_eq!(writes(&[], wait(1, 1)).check(), Err(BehaviourError::Numbers));
    }
}
