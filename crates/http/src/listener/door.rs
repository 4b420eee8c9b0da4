//! How many connections there are, and who holds them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::peer::Network;

/// Lets connections in while there is room.
#[derive(Debug)]
pub(super) struct Door {
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

impl Door {
    pub(super) fn new(connections_max: usize, per_network_max: usize) -> Self {
        Self { inside: Arc::default(), connections_max, per_network_max }
    }

    /// A place for one more connection, `None` when there is none. A connection without a network
    /// is local and counts in the whole only.
    pub(super) fn enter(&self, network: Option<Network>) -> Option<Place> {
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
        Some(Place { inside: Arc::clone(&self.inside), network })
    }
}

/// A connection's place; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place {
    inside: Arc<Mutex<Inside>>,
    network: Option<Network>,
}

impl Drop for Place {
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
    fn one_network_cannot_take_every_place() {
        let door = Door::new(3, 2);
        let greedy = Some(network(1));
        let _held = (door.enter(greedy).unwrap(), door.enter(greedy).unwrap());
        assert!(door.enter(greedy).is_none());
        assert!(door.enter(Some(network(2))).is_some());
    }

    #[test]
    fn there_is_an_end_to_all_places_together() {
        let door = Door::new(2, 2);
        let _first = door.enter(Some(network(1))).unwrap();
        let second = door.enter(None).unwrap();
        assert!(door.enter(Some(network(2))).is_none());
        assert!(door.enter(None).is_none());
        drop(second);
        assert!(door.enter(None).is_some());
    }

    #[test]
    fn a_place_that_is_given_back_leaves_nothing() {
        let door = Door::new(2, 1);
        for _ in 0..10 {
            let place = door.enter(Some(network(1)));
            assert!(place.is_some());
        }
        let inside = lock(&door.inside);
        assert_eq!((inside.count, inside.by_network.len()), (0, 0));
    }

    #[test]
    fn a_refused_connection_takes_no_place() {
        let door = Door::new(1, 5);
        let held = door.enter(Some(network(1))).unwrap();
        assert!(door.enter(Some(network(1))).is_none());
        drop(held);
        assert!(lock(&door.inside).by_network.is_empty());
    }
}
