//! The refs that were given out and may still be scanned, or why not.

use std::collections::{BTreeMap, VecDeque};

use tokio::time::Instant;

use crate::world::ConnectionId;

/// Refs remembered although nobody can link by them any more, so that a late scan can be told why.
const KEPT_MAX: usize = 10_000;

/// How many of the oldest are looked at for every new one. More than one, so that the number falls
/// again after a time in which all of them were of use.
const LOOKED_AT: usize = 8;

/// A ref that was given out.
#[derive(Debug, Clone)]
pub(crate) struct RefEntry {
    pub(crate) connection: ConnectionId,
    pub(crate) expires: Instant,
    pub(crate) used: bool,
}

/// Has no `Debug`: a ref is half of a QR code.
#[derive(Default)]
pub(crate) struct Refs {
    entries: BTreeMap<String, RefEntry>,
    in_order: VecDeque<String>,
}

impl Refs {
    /// Remembers a ref that is about to be given out. Of those before it some are forgotten when
    /// there are too many, but never one whose time is not over and whose connection `is_open`.
    pub(crate) fn remember(
        &mut self,
        text: String,
        entry: RefEntry,
        is_open: impl Fn(ConnectionId) -> bool,
    ) {
        self.in_order.push_back(text.clone());
        self.entries.insert(text, entry);
        let now = Instant::now();
        for _ in 0..LOOKED_AT {
            if self.entries.len() <= KEPT_MAX {
                return;
            }
            let Some(oldest) = self.in_order.pop_front() else {
                return;
            };
            let of_use = |entry: &RefEntry| now < entry.expires && is_open(entry.connection);
            if self.entries.get(&oldest).is_some_and(of_use) {
                self.in_order.push_back(oldest);
            } else {
                self.entries.remove(&oldest);
            }
        }
    }

    /// What became of a ref.
    pub(crate) fn get_mut(&mut self, text: &str) -> Option<&mut RefEntry> {
        self.entries.get_mut(text)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIFE: Duration = Duration::from_mins(1);

    impl Refs {
        fn add(&mut self, name: usize, is_open: impl Fn(ConnectionId) -> bool) {
            let connection = ConnectionId::try_from(name).unwrap();
            let entry = RefEntry { connection, expires: Instant::now() + LIFE, used: false };
            self.remember(name.to_string(), entry, is_open);
        }

        fn knows(&mut self, name: usize) -> bool {
            self.get_mut(&name.to_string()).is_some()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_refs_of_open_connections_are_kept_however_many_there_are() {
        let mut refs = Refs::default();
        for name in 0..2 * KEPT_MAX {
            refs.add(name, |_| true);
        }
        assert!((0..2 * KEPT_MAX).all(|name| refs.knows(name)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_refs_of_closed_connections_are_forgotten_when_there_are_too_many() {
        let mut refs = Refs::default();
        for name in 0..=KEPT_MAX {
            refs.add(name, |connection| connection != 7);
        }
        // The eighth of those that were looked at.
        assert!(!refs.knows(7));
        assert!((0..=KEPT_MAX).filter(|name| *name != 7).all(|name| refs.knows(name)));
    }

    #[tokio::test(start_paused = true)]
    async fn refs_whose_time_is_over_are_forgotten_when_there_are_too_many() {
        let mut refs = Refs::default();
        for name in 0..2 * KEPT_MAX {
            refs.add(name, |_| true);
        }
        tokio::time::advance(LIFE).await;
        for name in 0..KEPT_MAX {
            refs.add(2 * KEPT_MAX + name, |_| true);
        }
        assert_eq!(refs.entries.len(), KEPT_MAX);
        assert_eq!(refs.in_order.len(), KEPT_MAX);
        assert!((2 * KEPT_MAX..3 * KEPT_MAX).all(|name| refs.knows(name)), "the young ones stay");
    }
}
