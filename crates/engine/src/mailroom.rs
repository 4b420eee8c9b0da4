//! What of the queues is going on in this process: for which instances there may be something to send,
//! and which messages somebody is at.

use std::collections::BTreeSet;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use waygate_core::id::InstanceId;
use waygate_core::message::MessageId;

/// Wakes the sender, and keeps two from being at one message. It holds nothing that must outlive the
/// process: what waits says the store.
#[derive(Debug, Default)]
pub(crate) struct Mailroom {
    stirred: Mutex<BTreeSet<InstanceId>>,
    news: Notify,
    claimed: Mutex<BTreeSet<(InstanceId, MessageId)>>,
}

/// A message that nobody else is at until this is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    mailroom: Arc<Mailroom>,
    instance: InstanceId,
    id: MessageId,
}

impl Mailroom {
    /// There may be something to send for this instance.
    pub(crate) fn tell(&self, instance: InstanceId) {
        locked(&self.stirred).insert(instance);
        self.news.notify_one();
    }

    /// The instances that were told of since the last time; waits for one. Cancel-safe.
    pub(crate) async fn stirred(&self) -> BTreeSet<InstanceId> {
        loop {
            let stirred = take(&mut *locked(&self.stirred));
            if !stirred.is_empty() {
                return stirred;
            }
            self.news.notified().await;
        }
    }

    /// The message, when nobody is at it.
    pub(crate) fn claim(self: &Arc<Self>, instance: InstanceId, id: &MessageId) -> Option<Claim> {
        let is_free = locked(&self.claimed).insert((instance, id.clone()));
        is_free.then(|| Claim { mailroom: Arc::clone(self), instance, id: id.clone() })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        locked(&self.mailroom.claimed).remove(&(self.instance, self.id.clone()));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn instance(byte: u8) -> InstanceId {
        InstanceId::from_random_bytes([byte; 16])
    }

    #[tokio::test]
    async fn an_instance_that_was_told_of_often_comes_once() {
        let mailroom = Mailroom::default();
        for byte in [2, 1, 2] {
            mailroom.tell(instance(byte));
        }
        assert_eq!(mailroom.stirred().await, [instance(1), instance(2)].into());
        assert_eq!(mailroom.stirred().now_or_never(), None);
        mailroom.tell(instance(2));
        assert_eq!(mailroom.stirred().await, [instance(2)].into());
    }

    #[test]
    fn one_of_many_is_at_a_message() {
        let mailroom = Arc::new(Mailroom::default());
        let id = MessageId::from_random_bytes([1; 9]);
        let claim = mailroom.claim(instance(1), &id).unwrap();
        assert!(mailroom.claim(instance(1), &id).is_none());
        assert!(mailroom.claim(instance(2), &id).is_some());
        drop(claim);
        assert!(mailroom.claim(instance(1), &id).is_some());
    }
}
