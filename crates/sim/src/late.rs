//! What a fault has held back on one connection, until it is due or may pass.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

/// How long a stanza waits for another one to overtake it. Clients ping after 15 to 30 s; whoever waits
/// for an answer waits longer than this.
const OVERTAKEN_WITHIN: Duration = Duration::from_secs(2);

/// When a stanza goes its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    AtOnce,
    After(Duration),
    /// When the next one has gone, or nothing comes.
    BehindNext,
}

/// What is held back, in the order in which it is due.
#[derive(Debug)]
pub(crate) struct Late<T> {
    held: BTreeMap<(Instant, u64), (T, bool)>,
    last: u64,
}

impl<T> Default for Late<T> {
    fn default() -> Self {
        Self { held: BTreeMap::new(), last: 0 }
    }
}

impl<T> Late<T> {
    /// Holds something back; gives it back if there is no reason to.
    pub(crate) fn hold(&mut self, pace: Pace, held: T) -> Option<T> {
        let (wait, until_next) = match pace {
            Pace::AtOnce => return Some(held),
            Pace::After(wait) => (wait, false),
            Pace::BehindNext => (OVERTAKEN_WITHIN, true),
        };
        self.last += 1;
        self.held.insert((Instant::now() + wait, self.last), (held, until_next));
        None
    }

    /// When the next one is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.held.first_key_value().map(|((due, _), _)| *due)
    }

    /// The next one, if it is due by now.
    pub(crate) fn pop_due(&mut self) -> Option<T> {
        let first = self.held.first_entry()?;
        (first.key().0 <= Instant::now()).then(|| first.remove().0)
    }

    /// Those that have been overtaken now.
    pub(crate) fn overtaken(&mut self) -> Vec<T> {
        let free = self.held.extract_if(.., |_, (_, until_next)| *until_next);
        free.map(|(_, (held, _))| held).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_held_back_comes_when_it_is_due_or_overtaken() {
        let mut late = Late::default();
        assert_eq!(late.hold(Pace::AtOnce, 1), Some(1));
        assert_eq!(late.hold(Pace::After(Duration::from_secs(9)), 2), None);
        assert_eq!(late.hold(Pace::BehindNext, 3), None);
        assert_eq!(late.hold(Pace::After(Duration::from_secs(1)), 4), None);
        assert_eq!(late.hold(Pace::After(Duration::from_secs(1)), 5), None);
        assert_eq!(late.pop_due(), None);
        assert_eq!(late.due(), Some(Instant::now() + Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!((late.pop_due(), late.pop_due(), late.pop_due()), (Some(4), Some(5), None));
        assert_eq!(late.overtaken(), [3]);
        assert_eq!(late.hold(Pace::BehindNext, 6), None);
        tokio::time::advance(OVERTAKEN_WITHIN).await;
        assert_eq!((late.pop_due(), late.pop_due()), (Some(6), None));
    }
}
