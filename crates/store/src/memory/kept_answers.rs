//! The kept answers of the memory store.

use jiff::Timestamp;
use waygate_core::error::Error;
use waygate_core::idempotency::{IdempotencyKey, KeptAnswer};
use waygate_core::port::kept_answers::{Creation, KeptAnswers};
use waygate_core::port::link::Deed;

use super::MemoryStore;
use super::shelves::{Shelves, to_millisecond};

impl KeptAnswers for MemoryStore {
    fn kept_answer(&self, key: IdempotencyKey) -> Deed<'_, Result<Option<KeptAnswer>, Error>> {
        Box::pin(async move {
            let shelves = self.shelves();
            Ok(shelves.kept_answers.iter().find(|kept| kept.key == key).cloned())
        })
    }

    fn keep_answer(&self, answer: KeptAnswer, most: u32) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            self.shelves().keep_answer(answer, most);
            Ok(())
        })
    }

    fn create_and_keep(
        &self,
        creation: Creation,
        answer: KeptAnswer,
        most: u32,
    ) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            let mut shelves = self.shelves();
            match creation {
                Creation::Account(account) => shelves.open_account(account),
                Creation::Instance(enrolment) => shelves.enrol(*enrolment),
                Creation::Token(token) => shelves.issue_token(*token),
                Creation::LinkTicket(ticket) => shelves.issue_link_ticket(*ticket),
                Creation::WebhookEndpoint(endpoint) => shelves.add_webhook_endpoint(*endpoint),
                Creation::Message(acceptance) => shelves.accept_message(*acceptance),
            }?;
            shelves.keep_answer(answer, most);
            Ok(())
        })
    }

    fn forget_answers(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move {
            let kept = &mut self.shelves().kept_answers;
            let (before, cutoff) = (kept.len(), to_millisecond(cutoff));
            kept.retain(|answer| answer.asked_at >= cutoff);
            Ok((before - kept.len()) as u64)
        })
    }
}

impl Shelves {
    fn keep_answer(&mut self, answer: KeptAnswer, most: u32) {
        let (key, owner) = (answer.key, answer.owner);
        let asked_at = to_millisecond(answer.asked_at);
        self.kept_answers.retain(|kept| kept.key != key);
        self.kept_answers.push(KeptAnswer { asked_at, ..answer });
        let own = self.kept_answers.iter().filter(|kept| kept.owner == owner).count();
        let mut too_many = own.saturating_sub(most as usize);
        self.kept_answers.retain(|kept| {
            let goes = kept.owner == owner && too_many > 0;
            too_many -= usize::from(goes);
            !goes
        });
    }
}
