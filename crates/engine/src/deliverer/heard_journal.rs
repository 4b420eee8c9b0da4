//! A journal that tells the deliverer of what was written.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Notify;
use waygate_core::error::Error;
use waygate_core::event::{Event, EventKind, EventName, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::standing::Standing;
use waygate_core::port::journal::Journal;
use waygate_core::port::link::Deed;

/// Wakes whoever waits for news after each event that was committed.
#[derive(Debug)]
pub(crate) struct HeardJournal {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) news: Arc<Notify>,
}

impl HeardJournal {
    fn told<'a>(
        &'a self,
        written: Deed<'a, Result<Sequence, Error>>,
    ) -> Deed<'a, Result<Sequence, Error>> {
        Box::pin(async move {
            let sequence = written.await?;
            self.news.notify_one();
            Ok(sequence)
        })
    }
}

impl Journal for HeardJournal {
    fn append(
        &self,
        instance: InstanceId,
        at: Timestamp,
        kind: EventKind,
        standing: Standing,
    ) -> Deed<'_, Result<Sequence, Error>> {
        self.told(self.journal.append(instance, at, kind, standing))
    }

    fn note(
        &self,
        instance: InstanceId,
        at: Timestamp,
        kind: EventKind,
    ) -> Deed<'_, Result<Sequence, Error>> {
        self.told(self.journal.note(instance, at, kind))
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
}
