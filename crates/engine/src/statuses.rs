//! How far the messages of an account have come, as receipts tell it.
//!
//! A message only goes on, and each step is told once: neither the second device of its receiver nor the
//! second reader of a group tells anything new. What each message has reached is kept by the store, so
//! that holds over the end of a process, too.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use waygate_core::clock::Clock;
use waygate_core::error::Error;
use waygate_core::event::EventKind;
use waygate_core::id::InstanceId;
use waygate_core::message::MessageId;
use waygate_core::message::arrival::StatusSeen;
use waygate_core::message::queued::MessageRecord;
use waygate_core::message::status::{Progress, Status, StatusChanged};
use waygate_core::port::outbox::Outbox;

use crate::scribe::Scribe;

/// How long a receipt may wait until it is written down that its message was sent. Only one that is
/// quicker than our own store has to wait at all.
const SENT_WITHIN: Duration = Duration::from_secs(5);

/// Receipts of one instance.
pub(crate) struct Statuses {
    instance: InstanceId,
    outbox: Arc<dyn Outbox>,
    scribe: Arc<Scribe>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statuses").field("instance", &self.instance).finish_non_exhaustive()
    }
}

impl Statuses {
    pub(crate) fn new(
        instance: InstanceId,
        outbox: Arc<dyn Outbox>,
        scribe: Arc<Scribe>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { instance, outbox, scribe, clock }
    }

    /// Writes the steps down that a receipt tells. Each is a transaction of its own, and all of them are
    /// asked for at once, so that the store can commit them together.
    pub(crate) async fn take(&self, seen: StatusSeen) -> Result<(), Error> {
        try_join_all(seen.ids.iter().map(|id| self.step(id, &seen))).await?;
        Ok(())
    }

    async fn step(&self, id: &MessageId, seen: &StatusSeen) -> Result<(), Error> {
        let known = self.once_sent(id).await?;
        let by_api = known.as_ref().is_some_and(|record| record.by_api);
        let step = |progress, by| {
            let status = Status::Reached(progress);
            let (id, chat) = (id.clone(), seen.chat.clone());
            EventKind::MessageStatus(StatusChanged { id, chat, status, by_api, by }).into()
        };
        // What its receiver has was sent, whatever became of WhatsApp's own word for it.
        let sent = known.filter(is_unsent).map(|_unsent| step(Progress::Sent, None));
        let events = sent.into_iter().chain([step(seen.progress, seen.by.clone())]).collect();
        let events = self.scribe.with_topics(self.instance, events).await?;
        let (id, chat, status) = (id.clone(), seen.chat.clone(), Status::Reached(seen.progress));
        let record = MessageRecord { id, chat, by_api, status, at: self.clock.now() };
        if self.outbox.note_message(self.instance, record, events).await? {
            self.scribe.tell(self.instance);
        }
        Ok(())
    }

    /// What is known of a message, once it is written down that it was sent: its receiver may be quicker.
    async fn once_sent(&self, id: &MessageId) -> Result<Option<MessageRecord>, Error> {
        let look = || self.outbox.message_record(self.instance, id.clone());
        let sent = async {
            let mut news = self.scribe.arrivals.watch(self.instance);
            loop {
                match look().await {
                    Ok(Some(record)) if is_unsent(&record) => news.next().await,
                    known => return known,
                }
            }
        };
        match tokio::time::timeout(SENT_WITHIN, sent).await {
            Ok(known) => known,
            // The acknowledgement was lost, or the process that had it ended; it will be sent again.
            Err(_late) => look().await,
        }
    }
}

fn is_unsent(record: &MessageRecord) -> bool {
    record.status == Status::Reached(Progress::Queued)
}
