//! Queues that are pushed: how they are held back, and what went without having reached anybody.

use jiff::Timestamp;
use waygate_core::error::Error;
use waygate_core::event::dropped::Dropped;
use waygate_core::event::{EventKind, EventName, NewEvent, Receipt, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;
use waygate_core::push::HeldBack;

use super::samples::{after_ms, enrolled, event, instance_id, opened};
use crate::Store;

const FIRST: Timestamp = Timestamp::UNIX_EPOCH;

/// More than there are in any case.
const PLENTY: u64 = 1000;

async fn subject(store: &dyn Store) -> Result<InstanceId, Error> {
    let owner = opened(store, 1).await?;
    Ok(enrolled(store, 1, &owner).await?.id)
}

/// So many events of which somebody is notified, one each millisecond from the first on.
async fn happen(store: &dyn Store, instance: InstanceId, count: i64) -> Result<(), Error> {
    for at_ms in 0..count {
        let topics = vec![Switch::StateChanges];
        let new = NewEvent { topics, ..NewEvent::from(event(1)) };
        store.commit(instance, after_ms(at_ms), vec![new], None).await?;
    }
    Ok(())
}

fn held(receipt: u64, attempts: u32) -> HeldBack {
    HeldBack {
        receipt: Receipt(receipt),
        attempts,
        since: after_ms(1),
        next_at: after_ms(60_001),
        status: attempts.is_multiple_of(2).then_some(500),
        error: (!attempts.is_multiple_of(2))
            .then(|| "the receiver could not be reached".to_owned()),
    }
}

/// Receipts and reasons of what was dropped.
async fn dropped(
    store: &dyn Store,
    instance: InstanceId,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<(u64, Dropped)>, Error> {
    let list = store.dropped_notifications(instance, before.map(Receipt), limit).await?;
    Ok(list.into_iter().map(|it| (it.receipt.0, it.why)).collect())
}

/// What is said last counts, and nobody else's queue is touched.
pub async fn a_queue_is_held_back_until_it_is_let_go(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let one = enrolled(store, 1, &owner).await?.id;
    let two = enrolled(store, 2, &owner).await?.id;
    assert_eq!(store.held_back(one).await?, None);
    for attempts in 1..=2 {
        store.hold_back(one, held(1, attempts)).await?;
        assert_eq!(store.held_back(one).await?, Some(held(1, attempts)));
    }
    assert_eq!(store.held_back(two).await?, None);
    store.let_go(two).await?;
    assert_eq!(store.held_back(one).await?, Some(held(1, 2)));
    for _again in 0..2 {
        store.let_go(one).await?;
        assert_eq!(store.held_back(one).await?, None);
    }
    store.hold_back(instance_id(9), held(1, 1)).await?;
    assert_eq!(store.held_back(instance_id(9)).await?, None);
    Ok(())
}

/// A receiver that takes one works again, and so does whoever clears the queue of one that does not.
pub async fn what_takes_the_head_off_lets_the_queue_go(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    happen(store, instance, 4).await?;
    store.hold_back(instance, held(1, 1)).await?;
    assert!(!store.settle(instance, Receipt(2), FIRST).await?);
    assert!(!store.drop_refused(instance, Receipt(2), FIRST, after_ms(9)).await?);
    assert_eq!(store.held_back(instance).await?, Some(held(1, 1)), "nothing was taken off");
    assert!(store.settle(instance, Receipt(1), FIRST).await?);
    assert_eq!(store.held_back(instance).await?, None);
    store.hold_back(instance, held(2, 1)).await?;
    assert!(store.drop_refused(instance, Receipt(2), FIRST, after_ms(9)).await?);
    assert_eq!(store.held_back(instance).await?, None);
    store.hold_back(instance, held(3, 1)).await?;
    store.clear_notifications(instance).await?;
    assert_eq!(store.held_back(instance).await?, None);
    Ok(())
}

/// Each with its reason, and the event by which it can be looked up as long as the journal has it.
pub async fn what_is_dropped_is_listed_with_its_reason(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    happen(store, instance, 8).await?;
    assert!(store.drop_refused(instance, Receipt(1), FIRST, after_ms(8)).await?);
    store.drop_notifications(after_ms(9), after_ms(2), PLENTY).await?;
    store.drop_notifications(after_ms(10), FIRST, 5).await?;
    // All but the newest of them, and the two that tell of what was dropped.
    store.forget_events(FIRST, 5).await?;
    store.drop_notifications(after_ms(11), FIRST, PLENTY).await?;
    let all = [
        (6, Dropped::Forgotten),
        (5, Dropped::Forgotten),
        (4, Dropped::Forgotten),
        (3, Dropped::TooMany),
        (2, Dropped::TooOld),
        (1, Dropped::Refused),
    ];
    assert_eq!(dropped(store, instance, None, 9).await?, all);
    assert_eq!(dropped(store, instance, Some(4), 2).await?, all[3..5]);
    assert_eq!(dropped(store, instance, None, 0).await?, []);
    assert_eq!(dropped(store, instance_id(9), None, 9).await?, []);
    let list = store.dropped_notifications(instance, None, 9).await?;
    let old = list.iter().find(|it| it.receipt == Receipt(2));
    let told = old.map(|it| (it.sequence, it.topic, it.at, it.dropped_at));
    let (topic, at) = (Switch::StateChanges, after_ms(1));
    assert_eq!(told, Some((Sequence(2), topic, at, after_ms(9))));
    let counts = store.newest(instance, EventName::NotificationsDropped, None, 9).await?;
    let counts: Vec<_> = counts.into_iter().map(|event| event.kind).collect();
    let count = |count| EventKind::NotificationsDropped { count };
    assert_eq!(counts, [count(3), count(1), count(1), count(1)], "none goes without a word");
    assert_eq!(store.waiting(instance, FIRST).await?, 2);
    Ok(())
}

/// The oldest go first.
pub async fn the_list_of_what_was_dropped_has_its_limits(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    happen(store, instance, 6).await?;
    for (now_ms, since_ms) in [(10, 2), (11, 4), (12, 6)] {
        store.drop_notifications(after_ms(now_ms), after_ms(since_ms), PLENTY).await?;
    }
    let listed = async || {
        let list = dropped(store, instance, None, 9).await?;
        Ok::<_, Error>(list.into_iter().map(|(receipt, _)| receipt).collect::<Vec<_>>())
    };
    assert_eq!(store.forget_dropped_notifications(FIRST, PLENTY).await?, 0);
    assert_eq!(listed().await?, [6, 5, 4, 3, 2, 1]);
    assert_eq!(store.forget_dropped_notifications(after_ms(11), PLENTY).await?, 2);
    assert_eq!(listed().await?, [6, 5, 4, 3]);
    assert_eq!(store.forget_dropped_notifications(FIRST, 3).await?, 1);
    assert_eq!(listed().await?, [6, 5, 4]);
    assert_eq!(store.forget_dropped_notifications(after_ms(12), 1).await?, 2);
    assert_eq!(listed().await?, [6]);
    Ok(())
}

/// Nothing is kept of one that was removed, and nothing of it comes back.
pub async fn nothing_of_a_queue_outlives_its_instance(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    happen(store, instance, 2).await?;
    store.drop_notifications(after_ms(9), after_ms(1), PLENTY).await?;
    store.hold_back(instance, held(2, 1)).await?;
    assert!(store.remove(instance, after_ms(10)).await?);
    assert_eq!(store.held_back(instance).await?, None);
    assert_eq!(dropped(store, instance, None, 9).await?, []);
    store.hold_back(instance, held(2, 1)).await?;
    assert_eq!(store.held_back(instance).await?, None);
    assert!(!store.drop_refused(instance, Receipt(2), FIRST, after_ms(11)).await?);
    assert_eq!(store.forget_dropped_notifications(after_ms(99), 0).await?, 0);
    Ok(())
}
