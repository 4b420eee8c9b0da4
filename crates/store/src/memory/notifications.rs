//! Journals, and the notifications that wait for whoever fetches them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::event::dropped::{Dropped, DroppedNotification};
use waygate_core::event::{
    Event, EventKind, EventName, Extent, NewEvent, Notification, Receipt, Sequence,
};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;
use waygate_core::instance::standing::Standing;
use waygate_core::message::MessageKey;
use waygate_core::port::link::Deed;
use waygate_core::port::notifications::Notifications;
use waygate_core::push::HeldBack;

use super::MemoryStore;
use super::shelves::{Shelf, Shelves, no_instance, to_millisecond};

/// What happened to one instance.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pub(super) events: Vec<Event>,
    last_sequence: u64,
    forgotten: u64,
    waiting: Vec<Waiting>,
    last_receipt: u64,
    /// In the order of their receipts.
    dropped: Vec<DroppedNotification>,
    held_back: Option<HeldBack>,
    /// What is written down only once, when it was, and where.
    seen: BTreeMap<MessageKey, (Timestamp, Sequence)>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    receipt: u64,
    sequence: Sequence,
    topic: Switch,
    at: Timestamp,
}

impl Journal {
    fn write(&mut self, at: Timestamp, event: NewEvent) -> Event {
        self.last_sequence += 1;
        let (sequence, at) = (Sequence(self.last_sequence), to_millisecond(at));
        let written = Event { sequence, at, kind: event.kind };
        self.events.push(written.clone());
        for topic in event.topics {
            self.last_receipt += 1;
            self.waiting.push(Waiting { receipt: self.last_receipt, sequence, topic, at });
        }
        written
    }

    /// Writes an event down, unless it is one that may be told again and was.
    fn write_once(&mut self, at: Timestamp, event: NewEvent) -> Option<Event> {
        if let Some(key) = &event.only_once {
            if self.seen.contains_key(key) {
                return None;
            }
            let sequence = Sequence(self.last_sequence + 1);
            self.seen.insert(key.clone(), (to_millisecond(at), sequence));
        }
        Some(self.write(at, event))
    }

    fn forget_seen(&mut self, cutoff: Timestamp) -> u64 {
        let before = self.seen.len();
        self.seen.retain(|_, (at, _)| *at >= cutoff);
        (before - self.seen.len()) as u64
    }

    fn event(&self, sequence: Sequence) -> Option<&Event> {
        self.events.iter().find(|event| event.sequence == sequence)
    }

    fn head(&self, since: Timestamp) -> Option<Notification> {
        self.waiting.iter().filter(|it| it.at >= since).find_map(|it| {
            let event = self.event(it.sequence)?.clone();
            Some(Notification { receipt: Receipt(it.receipt), topic: it.topic, event })
        })
    }

    fn settle(&mut self, receipt: Receipt, since: Timestamp) -> bool {
        let is_head = self.head(since).is_some_and(|head| head.receipt == receipt);
        if is_head {
            self.waiting.retain(|it| it.receipt != receipt.0);
            self.held_back = None;
        }
        is_head
    }

    /// Drops the head and notes it; `None` when this is not the head.
    fn drop_refused(
        &mut self,
        receipt: Receipt,
        since: Timestamp,
        now: Timestamp,
    ) -> Option<Event> {
        let refused = self.waiting.iter().find(|it| it.receipt == receipt.0).copied();
        let refused = refused.filter(|_it| self.settle(receipt, since))?;
        Some(self.keep_dropped(now, vec![(refused, Dropped::Refused)]))
    }

    fn keep_dropped(&mut self, now: Timestamp, dropped: Vec<(Waiting, Dropped)>) -> Event {
        let count = dropped.len() as u64;
        let now = to_millisecond(now);
        self.dropped.extend(dropped.into_iter().map(|(it, why)| DroppedNotification {
            receipt: Receipt(it.receipt),
            sequence: it.sequence,
            topic: it.topic,
            at: it.at,
            dropped_at: now,
            why,
        }));
        self.dropped.sort_by_key(|it| it.receipt);
        self.write(now, EventKind::NotificationsDropped { count }.into())
    }

    fn forget_dropped(&mut self, cutoff: Timestamp, count_max: u64) -> u64 {
        let before = self.dropped.len();
        let followed = before.saturating_sub(usize::try_from(count_max).unwrap_or(usize::MAX));
        self.dropped.drain(..followed);
        self.dropped.retain(|it| it.dropped_at >= cutoff);
        (before - self.dropped.len()) as u64
    }

    /// Drops what is too much and notes how many went; `None` when nothing did.
    fn drop_notifications(
        &mut self,
        now: Timestamp,
        since: Timestamp,
        count_max: u64,
    ) -> Option<Event> {
        let bound = self.last_receipt.saturating_sub(count_max);
        let waiting = std::mem::take(&mut self.waiting);
        let mut dropped = Vec::new();
        for it in waiting {
            if it.at < since {
                dropped.push((it, Dropped::TooOld));
            } else if it.receipt <= bound {
                dropped.push((it, Dropped::TooMany));
            } else if self.event(it.sequence).is_none() {
                dropped.push((it, Dropped::Forgotten));
            } else {
                self.waiting.push(it);
            }
        }
        (!dropped.is_empty()).then(|| self.keep_dropped(now, dropped))
    }

    fn forget(&mut self, cutoff: Timestamp, count_max: u64) -> u64 {
        let old = self.events.iter().rev().find(|event| event.at < cutoff);
        let old = old.map_or(0, |event| event.sequence.0);
        let bound = old.max(self.last_sequence.saturating_sub(count_max));
        if bound <= self.forgotten {
            return 0;
        }
        self.forgotten = bound;
        let changes = |event: &&Event| event.kind.name() == EventName::StateChanged;
        let last_change = self.events.iter().rev().find(changes).map(|event| event.sequence);
        let before = self.events.len();
        self.events.retain(|it| it.sequence.0 > bound || Some(it.sequence) == last_change);
        (before - self.events.len()) as u64
    }
}

impl Shelves {
    pub(super) fn commit(
        &mut self,
        instance: InstanceId,
        at: Timestamp,
        events: Vec<NewEvent>,
        standing: Option<Standing>,
    ) -> Result<Sequence, Error> {
        if events.is_empty() {
            return Err(Error::new(Kind::Invalid, "there is nothing to write down"));
        }
        let shelf = self.present(instance).ok_or_else(no_instance)?;
        let written: Vec<Event> =
            events.into_iter().filter_map(|event| shelf.journal.write_once(at, event)).collect();
        if let Some(standing) = standing {
            shelf.record.standing = Some(standing);
        }
        let (account, last) = (shelf.record.account, Sequence(shelf.journal.last_sequence));
        for event in &written {
            self.webhooks.dispatch(account, instance, event);
        }
        Ok(last)
    }

    pub(super) fn extent(&mut self, instance: InstanceId) -> Extent {
        let journal = self.present(instance).map(|shelf| &shelf.journal);
        let (forgotten, newest) =
            journal.map_or((0, 0), |journal| (journal.forgotten, journal.last_sequence));
        Extent { forgotten: Sequence(forgotten), newest: Sequence(newest) }
    }

    pub(super) fn forget_events(&mut self, cutoff: Timestamp, count_max: u64) -> u64 {
        let cutoff = to_millisecond(cutoff);
        self.all_present().map(|shelf| shelf.journal.forget(cutoff, count_max)).sum()
    }

    pub(super) fn forget_seen(&mut self, cutoff: Timestamp) -> u64 {
        let cutoff = to_millisecond(cutoff);
        self.all_present().map(|shelf| shelf.journal.forget_seen(cutoff)).sum()
    }

    pub(super) fn event_of(&mut self, instance: InstanceId, key: &MessageKey) -> Option<Event> {
        let journal = &self.present(instance)?.journal;
        let (_at, sequence) = journal.seen.get(key)?;
        journal.event(*sequence).cloned()
    }

    fn all_present(&mut self) -> impl Iterator<Item = &mut Shelf> {
        self.instances.iter_mut().filter(|it| it.record.removed_at.is_none())
    }
}

impl Notifications for MemoryStore {
    fn head(
        &self,
        instance: InstanceId,
        since: Timestamp,
    ) -> Deed<'_, Result<Option<Notification>, Error>> {
        Box::pin(async move {
            let since = to_millisecond(since);
            Ok(self.shelves().present(instance).and_then(|it| it.journal.head(since)))
        })
    }

    fn settle(
        &self,
        instance: InstanceId,
        receipt: Receipt,
        since: Timestamp,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move {
            let since = to_millisecond(since);
            let mut shelves = self.shelves();
            Ok(shelves.present(instance).is_some_and(|it| it.journal.settle(receipt, since)))
        })
    }

    fn waiting(&self, instance: InstanceId, since: Timestamp) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move {
            let since = to_millisecond(since);
            let mut shelves = self.shelves();
            let waiting = shelves.present(instance).map(|it| &it.journal.waiting);
            Ok(waiting.map_or(0, |all| all.iter().filter(|it| it.at >= since).count() as u64))
        })
    }

    fn clear_notifications(&self, instance: InstanceId) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            if let Some(shelf) = self.shelves().present(instance) {
                shelf.journal.waiting.clear();
                shelf.journal.held_back = None;
            }
            Ok(())
        })
    }

    fn drop_notifications(
        &self,
        now: Timestamp,
        since: Timestamp,
        count_max: u64,
    ) -> Deed<'_, Result<Vec<InstanceId>, Error>> {
        Box::pin(async move {
            let since = to_millisecond(since);
            let mut shelves = self.shelves();
            let told: Vec<_> = shelves
                .all_present()
                .filter_map(|it| {
                    let (account, id) = (it.record.account, it.record.id);
                    let event = it.journal.drop_notifications(now, since, count_max)?;
                    Some((account, id, event))
                })
                .collect();
            for (account, instance, event) in &told {
                shelves.webhooks.dispatch(*account, *instance, event);
            }
            Ok(told.into_iter().map(|(_, instance, _)| instance).collect())
        })
    }

    fn drop_refused(
        &self,
        instance: InstanceId,
        receipt: Receipt,
        since: Timestamp,
        now: Timestamp,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move {
            let since = to_millisecond(since);
            let mut shelves = self.shelves();
            let Some(shelf) = shelves.present(instance) else { return Ok(false) };
            let account = shelf.record.account;
            let Some(event) = shelf.journal.drop_refused(receipt, since, now) else {
                return Ok(false);
            };
            shelves.webhooks.dispatch(account, instance, &event);
            Ok(true)
        })
    }

    fn dropped_notifications(
        &self,
        instance: InstanceId,
        before: Option<Receipt>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<DroppedNotification>, Error>> {
        Box::pin(async move {
            let mut shelves = self.shelves();
            let Some(shelf) = shelves.present(instance) else { return Ok(Vec::new()) };
            let newest_first = shelf.journal.dropped.iter().rev();
            let wanted = newest_first.filter(|it| before.is_none_or(|before| it.receipt < before));
            Ok(wanted.take(limit as usize).cloned().collect())
        })
    }

    fn forget_dropped_notifications(
        &self,
        cutoff: Timestamp,
        count_max: u64,
    ) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move {
            let cutoff = to_millisecond(cutoff);
            let mut shelves = self.shelves();
            let forgotten =
                shelves.all_present().map(|it| it.journal.forget_dropped(cutoff, count_max));
            Ok(forgotten.sum())
        })
    }

    fn held_back(&self, instance: InstanceId) -> Deed<'_, Result<Option<HeldBack>, Error>> {
        Box::pin(async move {
            Ok(self.shelves().present(instance).and_then(|it| it.journal.held_back.clone()))
        })
    }

    fn hold_back(&self, instance: InstanceId, held: HeldBack) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            if let Some(shelf) = self.shelves().present(instance) {
                let (since, next_at) = (to_millisecond(held.since), to_millisecond(held.next_at));
                shelf.journal.held_back = Some(HeldBack { since, next_at, ..held });
            }
            Ok(())
        })
    }

    fn let_go(&self, instance: InstanceId) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            if let Some(shelf) = self.shelves().present(instance) {
                shelf.journal.held_back = None;
            }
            Ok(())
        })
    }
}
