//! The orders that stand: which of them strikes next, and how often each has.

use std::{collections::VecDeque, time::Duration};

use serde::Serialize;
use tokio::time::Instant;

use super::{
    Fault,
    order::{Order, Whom},
};
use crate::dice::Dice;

/// The orders that may stand at once.
const STANDING_MAX: usize = 1_000;

/// A fault that waits for what it strikes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StandingFault {
    /// Its number, by which it can be lifted.
    pub id: u64,
    /// What was ordered.
    #[serde(flatten)]
    pub order: Order,
    /// How often it strikes yet; until it is lifted, or its time is over, when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
    /// How often it has struck.
    pub struck: u64,
}

/// What happens to a dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DialFault {
    Refuse { status: u16 },
    Hang,
}

#[derive(Debug)]
struct Entry {
    shown: StandingFault,
    ends: Option<Instant>,
}

/// All orders that stand, the oldest first.
#[derive(Debug)]
pub(crate) struct Standing {
    entries: VecDeque<Entry>,
    last_id: u64,
    pub(super) dice: Dice,
}

impl Standing {
    pub(crate) fn new(dice: Dice) -> Self {
        Self { entries: VecDeque::new(), last_id: 0, dice }
    }

    /// Whether nothing can strike.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keeps an order for what it will strike, in place of an earlier one like it.
    pub(super) fn keep(&mut self, order: Order) {
        self.entries.retain(|entry| !order.replaces(&entry.shown.order));
        if order.count == Some(0) || self.entries.len() >= STANDING_MAX {
            return;
        }
        self.last_id += 1;
        let ends = order.for_ms.map(|for_ms| Instant::now() + Duration::from_millis(for_ms));
        let (id, left) = (self.last_id, order.count);
        self.entries.push_back(Entry { shown: StandingFault { id, order, left, struck: 0 }, ends });
    }

    /// The orders that stand now.
    pub(crate) fn shown(&mut self) -> Vec<StandingFault> {
        self.forget_ended();
        self.entries.iter().map(|entry| entry.shown.clone()).collect()
    }

    /// Lifts the order of this number, or all; whether there was any.
    pub(crate) fn lift(&mut self, id: Option<u64>) -> bool {
        self.forget_ended();
        let before = self.entries.len();
        self.entries.retain(|entry| id.is_some_and(|id| entry.shown.id != id));
        self.entries.len() < before
    }

    fn forget_ended(&mut self) {
        let now = Instant::now();
        self.entries.retain(|entry| entry.ends.is_none_or(|ends| now < ends));
    }

    /// Takes a share of the oldest order that is for this one and that `pick` wants; with the name of
    /// the fault.
    pub(super) fn strike<T>(
        &mut self,
        whom: Whom<'_>,
        pick: impl Fn(&Fault) -> Option<T>,
    ) -> Option<(&'static str, T)> {
        if self.entries.is_empty() {
            return None;
        }
        self.forget_ended();
        let dice = &mut self.dice;
        let (position, name, picked) =
            self.entries.iter().enumerate().find_map(|(at, entry)| {
                let order = &entry.shown.order;
                let picked = pick(&order.fault).filter(|_| order.is_for(whom))?;
                let hit = order.share() == 100 || dice.index(100) < usize::from(order.share());
                hit.then(|| (at, order.fault.name(), picked))
            })?;
        let entry = self.entries.get_mut(position)?;
        entry.shown.struck += 1;
        entry.shown.left = entry.shown.left.map(|left| left.saturating_sub(1));
        if entry.shown.left == Some(0) {
            self.entries.remove(position);
        }
        Some((name, picked))
    }

    /// This share of what is there, rounded up, drawn from the dice.
    pub(super) fn draw<T>(&mut self, mut all: Vec<T>, percent: u8) -> Vec<T> {
        if percent >= 100 {
            return all;
        }
        let wanted = (all.len() * usize::from(percent)).div_ceil(100);
        for position in 0..wanted {
            let other = position + self.dice.index(all.len() - position);
            all.swap(position, other);
        }
        all.truncate(wanted);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing() -> Standing {
        Standing::new(Dice::derive(1, "faults", 0))
    }

    fn hang(fault: &Fault) -> Option<()> {
        matches!(fault, Fault::HangDials).then_some(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_order_takes_the_place_of_the_earlier_and_none_is_left_of_an_empty_one() {
        let mut standing = standing();
        standing.keep(Fault::HangDials.times(5));
        standing.keep(Fault::HangDials.times(1));
        standing.keep(Fault::refuse_dials().times(1));
        let left: Vec<_> = standing.shown().iter().map(|it| (it.id, it.left)).collect();
        assert_eq!(left, [(2, Some(1)), (3, Some(1))]);
        assert_eq!(standing.strike(Whom::Nobody, hang), Some(("hang_dials", ())));
        assert_eq!(standing.strike(Whom::Nobody, hang), None);
        standing.keep(Fault::refuse_dials().times(0));
        assert!(standing.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_ends_with_its_time_or_when_it_is_lifted() {
        let mut standing = standing();
        standing.keep(Order::from(Fault::HangDials).for_ms(1_000));
        tokio::time::advance(Duration::from_millis(999)).await;
        assert!(standing.strike(Whom::Nobody, hang).is_some());
        assert_eq!(standing.shown()[0].struck, 1);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(standing.strike(Whom::Nobody, hang), None);
        assert!(standing.is_empty());
        standing.keep(Fault::HangDials.into());
        assert!(!standing.lift(Some(1)), "that one has ended");
        assert!(standing.lift(Some(2)));
        assert!(!standing.lift(None), "nothing stands");
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_of_what_is_to_come_is_drawn_one_by_one_and_of_what_is_there_exactly() {
        let mut standing = standing();
        standing.keep(Order::from(Fault::HangDials).percent(30));
        let struck = (0..1_000).filter(|_| standing.strike(Whom::Nobody, hang).is_some()).count();
        // 300 are to be expected; a deviation of 100 is one of almost seven sigma.
        assert!((200..400).contains(&struck), "{struck}");
        let mut drawn = standing.draw((0..10).collect(), 25);
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), 3);
        assert!(standing.draw(Vec::<u8>::new(), 25).is_empty());
    }
}
