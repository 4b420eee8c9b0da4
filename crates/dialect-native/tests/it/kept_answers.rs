//! Kept answers of a process that ends before it has kept what it has not kept with the work itself.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::idempotency::{IdempotencyKey, KeptAnswer};
use waygate_core::port::kept_answers::{Creation, KeptAnswers};
use waygate_core::port::link::Deed;

#[derive(Debug)]
pub(crate) struct BrokenOff {
    store: Arc<dyn KeptAnswers>,
    seen: Mutex<Vec<Vec<u8>>>,
}

impl BrokenOff {
    pub(crate) fn new(store: Arc<dyn KeptAnswers>) -> Arc<Self> {
        Arc::new(Self { store, seen: Mutex::default() })
    }

    /// Every answer that was to be kept, as the store gets it.
    pub(crate) fn seen(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap().clone()
    }

    fn see(&self, answer: &KeptAnswer) {
        self.seen.lock().unwrap().push(answer.answer.as_bytes().to_vec());
    }
}

impl KeptAnswers for BrokenOff {
    fn kept_answer(&self, key: IdempotencyKey) -> Deed<'_, Result<Option<KeptAnswer>, Error>> {
        self.store.kept_answer(key)
    }

    fn keep_answer(&self, answer: KeptAnswer, _most: u32) -> Deed<'_, Result<(), Error>> {
        self.see(&answer);
        Box::pin(async { Err(Error::new(Kind::Internal, "the process has ended")) })
    }

    fn create_and_keep(
        &self,
        creation: Creation,
        answer: KeptAnswer,
        most: u32,
    ) -> Deed<'_, Result<(), Error>> {
        self.see(&answer);
        self.store.create_and_keep(creation, answer, most)
    }

    fn forget_answers(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.store.forget_answers(cutoff)
    }
}
