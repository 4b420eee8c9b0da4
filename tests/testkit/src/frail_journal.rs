//! A journal that fails when a test says so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Event, EventName, Extent, NewEvent, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::standing::Standing;
use waygate_core::message::MessageKey;
use waygate_core::port::journal::Journal;
use waygate_core::port::link::Deed;

/// What becomes of messages that are to be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// They are.
    Written,
    /// They are, so much later.
    Late(Duration),
    /// They are not, so many times from now on.
    Refused(usize),
    /// They are, and nobody is told: the process ends between the two.
    WrittenUntold,
}

/// Stands before a journal.
#[derive(Debug)]
pub struct FrailJournal {
    journal: Arc<dyn Journal>,
    fate: Mutex<Fate>,
}

impl FrailJournal {
    /// One before this journal, which fails in nothing yet.
    pub fn before(journal: Arc<dyn Journal>) -> Self {
        Self { journal, fate: Mutex::new(Fate::Written) }
    }

    /// Says what becomes of messages from now on.
    pub fn set(&self, fate: Fate) {
        *self.fate.lock().unwrap_or_else(PoisonError::into_inner) = fate;
    }

    /// What becomes of these events.
    fn fate(&self, events: &[NewEvent]) -> Fate {
        if !events.iter().any(|event| event.only_once.is_some()) {
            return Fate::Written;
        }
        let mut fate = self.fate.lock().unwrap_or_else(PoisonError::into_inner);
        let now = *fate;
        *fate = match now {
            Fate::Refused(0 | 1) | Fate::Written => Fate::Written,
            Fate::Refused(count) => Fate::Refused(count - 1),
            Fate::Late(_) | Fate::WrittenUntold => now,
        };
        now
    }
}

impl Journal for FrailJournal {
    fn commit(
        &self,
        instance: InstanceId,
        at: Timestamp,
        events: Vec<NewEvent>,
        standing: Option<Standing>,
    ) -> Deed<'_, Result<Sequence, Error>> {
        Box::pin(async move {
            match self.fate(&events) {
                Fate::Written | Fate::Refused(0) => {
                    self.journal.commit(instance, at, events, standing).await
                }
                Fate::Late(by) => {
                    tokio::time::sleep(by).await; // allowed: it is what this journal does
                    self.journal.commit(instance, at, events, standing).await
                }
                Fate::Refused(_) => Err(Error::new(Kind::Internal, "the disk is full")),
                Fate::WrittenUntold => {
                    self.journal.commit(instance, at, events, standing).await?;
                    std::future::pending().await
                }
            }
        })
    }

    fn read_after(
        &self,
        instance: InstanceId,
        after: Sequence,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        self.journal.read_after(instance, after, limit)
    }

    fn newest(
        &self,
        instance: InstanceId,
        name: EventName,
        before: Option<Sequence>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        self.journal.newest(instance, name, before, limit)
    }

    fn event_of(
        &self,
        instance: InstanceId,
        key: MessageKey,
    ) -> Deed<'_, Result<Option<Event>, Error>> {
        self.journal.event_of(instance, key)
    }

    fn extent(&self, instance: InstanceId) -> Deed<'_, Result<Extent, Error>> {
        self.journal.extent(instance)
    }

    fn forget_events(&self, cutoff: Timestamp, count_max: u64) -> Deed<'_, Result<u64, Error>> {
        self.journal.forget_events(cutoff, count_max)
    }

    fn forget_seen(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.journal.forget_seen(cutoff)
    }
}
