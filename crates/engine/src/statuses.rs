//! How far the messages of an account have come, as receipts tell it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use waygate_core::event::{EventKind, NewEvent};
use waygate_core::message::MessageId;
use waygate_core::message::address::Address;
use waygate_core::message::arrival::StatusSeen;
use waygate_core::message::status::{Progress, Status, StatusChanged};

/// Messages of an instance of which it is remembered how far they came. Receipts of older ones are
/// told once all the same; but one that comes late may be told although the message has come further.
const REMEMBERED_MAX: usize = 4096;

type Key = (Address, MessageId);

#[derive(Debug, Default)]
struct Remembered {
    reached: BTreeMap<Key, Progress>,
    /// In the order in which they were first heard of.
    order: VecDeque<Key>,
}

impl Remembered {
    /// Whether this is further than the message was.
    fn advances(&mut self, key: Key, progress: Progress) -> bool {
        if let Some(reached) = self.reached.get_mut(&key) {
            let advances = *reached < progress;
            *reached = progress.max(*reached);
            return advances;
        }
        if self.order.len() == REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.reached.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.reached.insert(key, progress);
        true
    }
}

/// Receipts of one instance.
#[derive(Default)]
pub(crate) struct Statuses(Mutex<Remembered>);

impl std::fmt::Debug for Statuses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Statuses")
    }
}

impl Statuses {
    /// The steps that receipts tell. A message only goes on, each step is told once: neither the
    /// second device of a receiver nor the second person of a group tells anything new.
    pub(crate) fn news(&self, seen: StatusSeen) -> Vec<NewEvent> {
        let StatusSeen { chat, ids, progress, by } = seen;
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.into_iter()
            .filter(|id| remembered.advances((chat.clone(), id.clone()), progress))
            .map(|id| {
                let (chat, by) = (chat.clone(), by.clone());
                let status = Status::Reached(progress);
                let changed = StatusChanged { id, chat, status, by_api: false, by };
                let only_once = changed.key();
                NewEvent { only_once, ..NewEvent::from(EventKind::MessageStatus(changed)) }
            })
            .collect()
    }

    /// What was told is not written down.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Remembered::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(ids: &[&str], progress: Progress) -> StatusSeen {
        let chat = Address::person("15550002222").unwrap();
        let ids = ids.iter().map(|id| MessageId((*id).into())).collect();
        StatusSeen { chat, ids, progress, by: None }
    }

    fn told(statuses: &Statuses, ids: &[&str], progress: Progress) -> Vec<String> {
        let news = statuses.news(seen(ids, progress));
        let ids = news.iter().map(|event| {
            let EventKind::MessageStatus(changed) = &event.kind else { panic!("{event:?}") };
            changed.id.to_string()
        });
        ids.collect()
    }

    #[test]
    fn a_message_only_goes_on_and_each_step_is_told_once() {
        let statuses = Statuses::default();
        assert_eq!(told(&statuses, &["A", "B"], Progress::Delivered), ["A", "B"]);
        assert_eq!(told(&statuses, &["A", "C"], Progress::Delivered), ["C"]);
        assert_eq!(told(&statuses, &["A"], Progress::Played), ["A"]);
        assert!(told(&statuses, &["A"], Progress::Read).is_empty(), "it was played");
        assert_eq!(told(&statuses, &["B"], Progress::Read), ["B"]);
        statuses.forget();
        assert_eq!(told(&statuses, &["B"], Progress::Read), ["B"]);
    }

    #[test]
    fn old_messages_make_room_for_newer_ones() {
        let statuses = Statuses::default();
        let ids: Vec<String> = (0..=REMEMBERED_MAX).map(|number| number.to_string()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_eq!(told(&statuses, &ids, Progress::Read).len(), REMEMBERED_MAX + 1);
        assert_eq!(told(&statuses, &["0", "1"], Progress::Read), ["0"]);
        assert_eq!(statuses.0.lock().unwrap().reached.len(), REMEMBERED_MAX);
    }
}
