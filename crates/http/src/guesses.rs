//! How often one address may try a token that opens nothing.
//!
//! Every request of which the client's address is known carries a [`Guesser`]. A surface asks it before
//! it looks a token up, and tells it of every token that was none. A token that is good uses nothing up,
//! so who has one is never slowed by himself. Requests that are under way at once are let through
//! together: as many more as an address may hold connections.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::Extensions;
use tokio::time::Instant;

use crate::peer::{ClientAddress, Network, Range};

/// Ten a minute for an address, all at once if it likes.
const ADDRESS: Allowance = Allowance { interval: Duration::from_secs(6), burst: 10 };

/// A hundred a minute for all addresses that may well be one customer's.
const RANGE: Allowance = Allowance { interval: Duration::from_millis(600), burst: 100 };

/// The least number of kept counts between two sweeps.
const SWEEP_AT_MIN: usize = 1024;

/// One guess is forgotten in each interval, and so many may be open.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    interval: Duration,
    burst: u32,
}

/// Whose guesses are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Counted {
    Network(Network),
    Range(Range),
}

/// The wrong tokens of everybody.
#[derive(Debug, Default)]
pub(crate) struct Guesses(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// When the last wrong one will be forgotten.
    forgotten_at: HashMap<Counted, Instant>,
    sweep_at: usize,
}

/// Whoever sent a request, as one who may be guessing tokens. One whose address is not known, or is of
/// this machine, may guess as he likes.
#[derive(Debug, Clone, Default)]
pub struct Guesser(Option<(ClientAddress, Arc<Guesses>)>);

/// Too many wrong tokens came from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong tokens came from this address")]
pub struct TooManyGuesses {
    /// When the next one may be tried.
    pub retry_after: Duration,
}

impl Guesser {
    pub(crate) fn new(client: ClientAddress, guesses: Arc<Guesses>) -> Self {
        let is_local = client.0.to_canonical().is_loopback();
        Self((!is_local).then_some((client, guesses)))
    }

    /// Whoever sent the request with these extensions.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Whether a token of his may be looked at now.
    ///
    /// # Errors
    ///
    /// When too many were wrong lately.
    pub fn may_try(&self) -> Result<(), TooManyGuesses> {
        let Some((client, guesses)) = &self.0 else { return Ok(()) };
        match guesses.wait(*client) {
            Duration::ZERO => Ok(()),
            retry_after => Err(TooManyGuesses { retry_after }),
        }
    }

    /// His token opened nothing.
    pub fn was_wrong(&self) {
        if let Some((client, guesses)) = &self.0 {
            guesses.add(*client);
        }
    }
}

impl Guesses {
    fn wait(&self, client: ClientAddress) -> Duration {
        let (counts, now) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        let waits = counted(client).map(|(counted, allowance)| {
            let open = counts.forgotten_at.get(&counted);
            let open = open.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
            open.saturating_sub(allowance.interval * (allowance.burst - 1))
        });
        waits.into_iter().max().unwrap_or_default()
    }

    fn add(&self, client: ClientAddress) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        for (counted, allowance) in counted(client) {
            let forgotten_at = counts.forgotten_at.entry(counted).or_insert(now);
            let next = (*forgotten_at).max(now) + allowance.interval;
            // Those that were under way together make nobody wait longer.
            *forgotten_at = next.min(now + allowance.interval * allowance.burst);
        }
        counts.sweep(now);
    }
}

impl Counts {
    /// Drops what is forgotten, each time that there may be much of it.
    fn sweep(&mut self, now: Instant) {
        if self.forgotten_at.len() >= self.sweep_at.max(SWEEP_AT_MIN) {
            self.forgotten_at.retain(|_counted, at| *at > now);
            self.sweep_at = self.forgotten_at.len() * 2;
        }
    }
}

fn counted(client: ClientAddress) -> [(Counted, Allowance); 2] {
    [(Counted::Network(client.network()), ADDRESS), (Counted::Range(client.range()), RANGE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guesser(address: &str, guesses: &Arc<Guesses>) -> Guesser {
        Guesser::new(ClientAddress(address.parse().unwrap()), Arc::clone(guesses))
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_ten_wrong_tokens_a_minute() {
        let guesses = Arc::default();
        let (bad, other) = (guesser("192.0.2.1", &guesses), guesser("192.0.2.2", &guesses));
        for _ in 0..10 {
            bad.may_try().unwrap();
            bad.was_wrong();
        }
        let retry_after = Duration::from_secs(6);
        assert_eq!(bad.may_try(), Err(TooManyGuesses { retry_after }));
        other.may_try().unwrap();
        tokio::time::advance(retry_after).await;
        bad.may_try().unwrap();
        bad.was_wrong();
        assert_eq!(bad.may_try(), Err(TooManyGuesses { retry_after }));
        tokio::time::advance(Duration::from_secs(60)).await;
        for _ in 0..10 {
            bad.may_try().unwrap();
            bad.was_wrong();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_of_one_range_have_a_hundred() {
        let guesses = Arc::default();
        for last in 0..100 {
            let one = guesser(&format!("2001:db8:0:11{last:02x}::1"), &guesses);
            one.may_try().unwrap();
            one.was_wrong();
        }
        assert!(guesser("2001:db8:0:11ff::1", &guesses).may_try().is_err());
        guesser("2001:db8:0:1200::1", &guesses).may_try().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_that_come_at_once_make_nobody_wait_longer_than_ten() {
        let guesses = Arc::default();
        let bad = guesser("192.0.2.1", &guesses);
        for _ in 0..1000 {
            bad.was_wrong();
        }
        assert_eq!(bad.may_try().unwrap_err().retry_after, Duration::from_secs(6));
    }

    #[tokio::test(start_paused = true)]
    async fn this_machine_and_whoever_has_no_address_are_not_counted() {
        let guesses = Arc::default();
        let locals = ["127.0.0.1", "::1", "::ffff:127.0.0.9"];
        let locals = locals.map(|address| guesser(address, &guesses));
        for free in locals.into_iter().chain([Guesser::default()]) {
            for _ in 0..1000 {
                free.was_wrong();
            }
            free.may_try().unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_forgotten_takes_no_room() {
        let guesses: Arc<Guesses> = Arc::default();
        for wave in 0..20_u8 {
            for last in 0..255_u8 {
                guesser(&format!("10.{wave}.{last}.1"), &guesses).was_wrong();
            }
            tokio::time::advance(Duration::from_secs(60)).await;
        }
        assert!(guesses.0.lock().unwrap().forgotten_at.len() <= 2 * SWEEP_AT_MIN);
    }
}
