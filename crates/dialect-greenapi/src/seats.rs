//! One session for each instance: the one that came last.
//!
//! A page that is loaded again must not be locked out by its own predecessor, whose connection may
//! be dead without anybody having noticed. So the older session goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use waygate_core::id::InstanceId;

/// Who has an instance's one place: as many entries as there are sessions at most.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seats(Arc<Mutex<BTreeMap<InstanceId, Arc<Notify>>>>);

/// The place of a session until it is dropped, or until another one takes it.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Seats,
    instance: InstanceId,
    lost: Arc<Notify>,
}

impl Seats {
    /// Takes an instance's place from whoever has it.
    pub(crate) fn take(&self, instance: InstanceId) -> Seat {
        let lost = Arc::new(Notify::new());
        if let Some(before) = self.lock().insert(instance, Arc::clone(&lost)) {
            // Kept for it when it is busy just now.
            before.notify_one();
        }
        Seat { seats: self.clone(), instance, lost }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<InstanceId, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits until another session has taken the place. Cancel-safe.
    pub(crate) async fn lost(&self) {
        self.lost.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        if taken.get(&self.instance).is_some_and(|lost| Arc::ptr_eq(lost, &self.lost)) {
            taken.remove(&self.instance);
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

    fn is_lost(seat: &Seat) -> bool {
        seat.lost().now_or_never().is_some()
    }

    #[test]
    fn the_newcomer_has_the_place_and_the_one_before_hears_of_it() {
        let seats = Seats::default();
        let first = seats.take(instance(1));
        assert!(!is_lost(&first));
        let second = seats.take(instance(1));
        assert!(is_lost(&first));
        assert!(!is_lost(&second));
    }

    #[test]
    fn instances_do_not_share_a_place() {
        let seats = Seats::default();
        let first = seats.take(instance(1));
        let other = seats.take(instance(2));
        assert!(!is_lost(&first));
        assert!(!is_lost(&other));
    }

    #[test]
    fn nothing_is_kept_of_sessions_that_have_ended_in_any_order() {
        let seats = Seats::default();
        let [first, second, third] = [1, 1, 2].map(|byte| seats.take(instance(byte)));
        drop(first);
        assert_eq!(seats.lock().len(), 2, "the place of the newcomer stays his");
        let fourth = seats.take(instance(1));
        assert!(is_lost(&second));
        drop([second, third, fourth]);
        assert!(seats.lock().is_empty());
    }
}
