//! How many connections there are, and who holds them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::peer::Network;

/// Lets connections in while there is room.
#[derive(Debug)]
pub(super) struct ConnectionLimiter {
    inside: Arc<Mutex<Inside>>,
    connections_max: usize,
    per_network_max: usize,
}

#[derive(Debug, Default)]
struct Inside {
    count: usize,
    /// Networks without a connection are not listed.
    by_network: HashMap<Network, usize>,
}

impl ConnectionLimiter {
    pub(super) fn new(connections_max: usize, per_network_max: usize) -> Self {
        Self { inside: Arc::default(), connections_max, per_network_max }
    }

    /// Leave for one more connection, `None` when there is no room. A connection without a network
    /// is local and counts in the whole only.
    pub(super) fn permit(&self, network: Option<Network>) -> Option<ConnectionPermit> {
        let mut inside = lock(&self.inside);
        if inside.count >= self.connections_max {
            return None;
        }
        if let Some(network) = network {
            let held = inside.by_network.get(&network).copied().unwrap_or_default();
            if held >= self.per_network_max {
                return None;
            }
            inside.by_network.insert(network, held + 1);
        }
        inside.count += 1;
        Some(ConnectionPermit { inside: Arc::clone(&self.inside), network })
    }
}

/// Leave for one connection; dropping it makes room for another.
#[derive(Debug)]
pub(super) struct ConnectionPermit {
    inside: Arc<Mutex<Inside>>,
    network: Option<Network>,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut inside = lock(&self.inside);
        inside.count = inside.count.saturating_sub(1);
        let Some(network) = self.network else { return };
        if let Entry::Occupied(mut held) = inside.by_network.entry(network) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    // Nothing can panic between the two counts.
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::PeerAddress;

    fn network(last: u8) -> Network {
        PeerAddress(([192, 0, 2, last], 1).into()).network()
    }

    #[test]
    fn one_network_cannot_take_every_permit() {
        let limiter = ConnectionLimiter::new(3, 2);
        let greedy = Some(network(1));
        let _held = (limiter.permit(greedy).unwrap(), limiter.permit(greedy).unwrap());
        assert!(limiter.permit(greedy).is_none());
        assert!(limiter.permit(Some(network(2))).is_some());
    }

    #[test]
    fn there_is_an_end_to_all_permits_together() {
        let limiter = ConnectionLimiter::new(2, 2);
        let _first = limiter.permit(Some(network(1))).unwrap();
        let second = limiter.permit(None).unwrap();
        assert!(limiter.permit(Some(network(2))).is_none());
        assert!(limiter.permit(None).is_none());
        drop(second);
        assert!(limiter.permit(None).is_some());
    }

    #[test]
    fn a_permit_that_is_given_back_leaves_nothing() {
        let limiter = ConnectionLimiter::new(2, 1);
        for _ in 0..10 {
            let permit = limiter.permit(Some(network(1)));
            assert!(permit.is_some());
        }
        let inside = lock(&limiter.inside);
        assert_eq!((inside.count, inside.by_network.len()), (0, 0));
    }

    #[test]
    fn a_refused_connection_takes_no_permit() {
        let limiter = ConnectionLimiter::new(1, 5);
        let held = limiter.permit(Some(network(1))).unwrap();
        assert!(limiter.permit(Some(network(1))).is_none());
        drop(held);
        assert!(lock(&limiter.inside).by_network.is_empty());
    }
}
