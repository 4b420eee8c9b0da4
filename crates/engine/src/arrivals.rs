//! The news that a journal has grown.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use waygate_core::id::InstanceId;

/// Wakes those who wait for an instance's next event. It shortens a wait and nothing else: what there
/// is says the journal.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<BTreeMap<InstanceId, watch::Sender<()>>>);

/// Somebody who waits.
#[derive(Debug)]
pub(crate) struct Awaited {
    arrivals: Arc<Arrivals>,
    instance: InstanceId,
    told: watch::Receiver<()>,
}

impl Arrivals {
    /// There is something new about this instance.
    pub(crate) fn tell(&self, instance: InstanceId) {
        if let Some(awaited) = self.lock().get(&instance) {
            awaited.send_replace(());
        }
    }

    /// Hears of what is told from now on: to be called before looking.
    pub(crate) fn watch(self: &Arc<Self>, instance: InstanceId) -> Awaited {
        let told = self.lock().entry(instance).or_default().subscribe();
        Awaited { arrivals: Arc::clone(self), instance, told }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<InstanceId, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Awaited {
    /// Waits for the next news; what came since the last wait counts. Cancel-safe.
    pub(crate) async fn next(&mut self) {
        if self.told.changed().await.is_err() {
            pending::<()>().await;
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        let mut waiting = self.arrivals.lock();
        // This one still counts. Nobody can come in between: that takes the lock too.
        if waiting.get(&self.instance).is_some_and(|told| told.receiver_count() <= 1) {
            waiting.remove(&self.instance);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn instance(byte: u8) -> InstanceId {
        InstanceId::from_random_bytes([byte; 16])
    }

    #[test]
    fn whoever_waits_hears_of_his_own_instance_and_of_nothing_before() {
        let arrivals = Arc::new(Arrivals::default());
        arrivals.tell(instance(1));
        let [mut one, mut same, mut other] = [1, 1, 2].map(|byte| arrivals.watch(instance(byte)));
        assert_eq!(one.next().now_or_never(), None);
        arrivals.tell(instance(1));
        arrivals.tell(instance(1));
        assert_eq!((one.next().now_or_never(), same.next().now_or_never()), (Some(()), Some(())));
        assert_eq!((one.next().now_or_never(), other.next().now_or_never()), (None, None));
    }

    #[test]
    fn nothing_is_kept_of_those_who_left() {
        let arrivals = Arc::new(Arrivals::default());
        let [one, same, other] = [1, 1, 2].map(|byte| arrivals.watch(instance(byte)));
        drop(one);
        assert_eq!(arrivals.lock().len(), 2);
        drop([same, other]);
        assert_eq!(arrivals.lock().len(), 0);
    }
}
