//! How often a route may be called, counted as the vendor's framework counts.
//!
//! A minute begins with a caller's first call and is over after sixty seconds, whatever came between;
//! that is what clients of the vendor have learned to wait for, and what its headers can tell. A call
//! that is refused, for whatever reason, gives its permit back.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use waygate_core::id::{AccountId, InstanceId};

/// How long a caller's permits are counted.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// Callers that are counted before those whose minute is over are forgotten.
const CALLERS_KEPT: usize = 1024;

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Caller {
    /// All tokens of an account together.
    Account(AccountId),
    /// Each instance by itself, by whichever token it is called.
    Instance(InstanceId),
}

/// The count of a route's callers.
pub(crate) struct Rates {
    per_minute: u32,
    counts: Mutex<BTreeMap<Caller, Count>>,
}

/// A caller's minute.
#[derive(Debug, Clone, Copy)]
struct Count {
    ends_at: Instant,
    taken: u32,
}

/// A permit that was taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permit {
    caller: Caller,
    ends_at: Instant,
}

/// What is told of a rate with every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
}

impl Rates {
    /// Nobody has called yet.
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute, counts: Mutex::default() }
    }

    /// Takes a permit, or tells how long there is none.
    pub(crate) fn take(&self, caller: Caller) -> Result<Permit, Duration> {
        let now = Instant::now();
        let mut counts = self.counts();
        if counts.len() >= CALLERS_KEPT && !counts.contains_key(&caller) {
            counts.retain(|_caller, count| count.ends_at > now);
        }
        let fresh = Count { ends_at: now + MINUTE, taken: 0 };
        let count = counts.entry(caller).or_insert(fresh);
        if count.ends_at <= now {
            *count = fresh;
        }
        if count.taken >= self.per_minute {
            return Err(count.ends_at - now);
        }
        count.taken += 1;
        Ok(Permit { caller, ends_at: count.ends_at })
    }

    /// Counts the permit as not taken. When its minute is over that is so anyway.
    pub(crate) fn give_back(&self, permit: Permit) {
        let mut counts = self.counts();
        let Some(count) = counts.get_mut(&permit.caller) else { return };
        if count.ends_at == permit.ends_at {
            count.taken = count.taken.saturating_sub(1);
        }
        if count.taken == 0 {
            // The next call begins a minute of its own.
            counts.remove(&permit.caller);
        }
    }

    /// What there is to tell a caller now.
    pub(crate) fn told(&self, caller: Caller) -> Told {
        let now = Instant::now();
        let counts = self.counts();
        let count = counts.get(&caller).filter(|count| count.ends_at > now);
        let taken = count.map_or(0, |count| count.taken);
        Told { limit: self.per_minute, remaining: self.per_minute.saturating_sub(taken) }
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<Caller, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rates").field("per_minute", &self.per_minute).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn caller(byte: u8) -> Caller {
        Caller::Instance(InstanceId::from_random_bytes([byte; 16]))
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_begins_with_the_first_call_and_holds_so_many() {
        let rates = Rates::new(2);
        assert_eq!(rates.told(caller(1)), Told { limit: 2, remaining: 2 });
        rates.take(caller(1)).unwrap();
        tokio::time::advance(40 * SECOND).await;
        rates.take(caller(1)).unwrap();
        assert_eq!(rates.told(caller(1)), Told { limit: 2, remaining: 0 });
        assert_eq!(rates.take(caller(1)).unwrap_err(), 20 * SECOND);
        rates.take(caller(2)).expect("others are counted apart");
        tokio::time::advance(20 * SECOND).await;
        assert_eq!(rates.told(caller(1)), Told { limit: 2, remaining: 2 });
        rates.take(caller(1)).unwrap();
        rates.take(caller(1)).unwrap();
        assert_eq!(rates.take(caller(1)).unwrap_err(), MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn being_refused_does_not_make_the_wait_longer() {
        let rates = Rates::new(1);
        rates.take(caller(1)).unwrap();
        for second in 0..60 {
            assert_eq!(rates.take(caller(1)).unwrap_err(), (60 - second) * SECOND);
            tokio::time::advance(SECOND).await;
        }
        rates.take(caller(1)).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_permit_that_is_given_back_was_never_taken() {
        let rates = Rates::new(1);
        let permit = rates.take(caller(1)).unwrap();
        tokio::time::advance(30 * SECOND).await;
        rates.give_back(permit);
        rates.take(caller(1)).unwrap();
        assert_eq!(rates.take(caller(1)).unwrap_err(), MINUTE, "a minute of its own");
    }

    #[tokio::test(start_paused = true)]
    async fn a_permit_of_an_earlier_minute_frees_nothing_in_this_one() {
        let rates = Rates::new(1);
        let early = rates.take(caller(1)).unwrap();
        tokio::time::advance(MINUTE).await;
        rates.take(caller(1)).unwrap();
        rates.give_back(early);
        rates.take(caller(1)).unwrap_err();
    }

    #[tokio::test(start_paused = true)]
    async fn those_whose_minute_is_over_are_forgotten() {
        let rates = Rates::new(1);
        for byte in 0..=255 {
            for second in 0..=255 {
                let mut bytes = [0; 16];
                (bytes[0], bytes[1]) = (byte, second);
                let caller = Caller::Instance(InstanceId::from_random_bytes(bytes));
                rates.take(caller).unwrap();
            }
            tokio::time::advance(MINUTE).await;
        }
        assert!(rates.counts().len() <= CALLERS_KEPT + 1);
    }
}
