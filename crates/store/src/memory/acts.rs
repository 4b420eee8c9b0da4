//! The record of who did what.

use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;
use waygate_core::audit::{Act, Entry};
use waygate_core::error::Error;
use waygate_core::id::AccountId;
use waygate_core::port::audit::Audit;
use waygate_core::port::link::Deed;

use super::MemoryStore;
use super::shelves::to_millisecond;

/// Everything that was done, oldest first.
#[derive(Debug, Default)]
pub(super) struct Acts {
    entries: Vec<Entry>,
    last_number: u64,
}

impl MemoryStore {
    fn acts_kept(&self) -> MutexGuard<'_, Acts> {
        self.acts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audit for MemoryStore {
    fn record(&self, act: Act) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            let mut acts = self.acts_kept();
            acts.last_number += 1;
            let (number, at) = (acts.last_number, to_millisecond(act.at));
            acts.entries.push(Entry { number, act: Act { at, ..act } });
            Ok(())
        })
    }

    fn acts(
        &self,
        account: Option<AccountId>,
        before: Option<u64>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Entry>, Error>> {
        Box::pin(async move {
            let meant = |entry: &&Entry| {
                account.is_none_or(|account| entry.act.account == Some(account))
                    && before.is_none_or(|before| entry.number < before)
            };
            let acts = self.acts_kept();
            Ok(acts.entries.iter().rev().filter(meant).take(limit as usize).cloned().collect())
        })
    }

    fn forget_acts(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move {
            let mut acts = self.acts_kept();
            let before = acts.entries.len();
            acts.entries.retain(|entry| entry.act.at >= cutoff);
            Ok((before - acts.entries.len()) as u64)
        })
    }
}
