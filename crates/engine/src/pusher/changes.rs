//! The news that another address is set.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;
use waygate_core::id::InstanceId;

/// The instances for which something else is set than before. Kept until it is looked at; each of them
/// once, so there are no more than instances.
#[derive(Debug, Default)]
pub(crate) struct PushChanges {
    changed: Mutex<BTreeSet<InstanceId>>,
    noted: Notify,
}

impl PushChanges {
    /// Something else is set for this one, or it was removed.
    pub(crate) fn note(&self, instance: InstanceId) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(instance);
        self.noted.notify_one();
    }

    /// Waits until there are some, and takes them. Cancel-safe.
    pub(crate) async fn next(&self) -> BTreeSet<InstanceId> {
        loop {
            let changed =
                std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner));
            if !changed.is_empty() {
                return changed;
            }
            self.noted.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn each_change_is_told_once_also_when_nobody_looked_at_that_time() {
        let changes = PushChanges::default();
        let [one, other] = [1, 2].map(|byte| InstanceId::from_random_bytes([byte; 16]));
        assert_eq!(changes.next().now_or_never(), None);
        for instance in [one, other, one] {
            changes.note(instance);
        }
        assert_eq!(changes.next().now_or_never(), Some([one, other].into()));
        assert_eq!(changes.next().now_or_never(), None);
    }
}
