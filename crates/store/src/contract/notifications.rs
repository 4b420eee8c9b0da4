//! The notifications that wait for whoever fetches them.

use jiff::Timestamp;
use waygate_core::error::Error;
use waygate_core::event::{EventKind, EventName, NewEvent, Receipt, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;

use super::samples::{after_ms, enrolled, event, instance_id, opened};
use crate::Store;

const FIRST: Timestamp = Timestamp::UNIX_EPOCH;

/// More than there are in any case.
const PLENTY: u64 = 1000;

async fn subject(store: &dyn Store) -> Result<InstanceId, Error> {
    let owner = opened(store, 1).await?;
    Ok(enrolled(store, 1, &owner).await?.id)
}

/// An event of which somebody is notified in these words, at so many milliseconds.
async fn happens(
    store: &dyn Store,
    instance: InstanceId,
    at_ms: i64,
    topics: &[Switch],
) -> Result<Sequence, Error> {
    let new = NewEvent { topics: topics.to_vec(), ..NewEvent::from(event(1)) };
    store.commit(instance, after_ms(at_ms), vec![new], None).await
}

/// Receipt, topic and event of the head.
async fn head(
    store: &dyn Store,
    instance: InstanceId,
    since: Timestamp,
) -> Result<Option<(u64, Switch, u64)>, Error> {
    let head = store.head(instance, since).await?;
    Ok(head.map(|it| (it.receipt.0, it.topic, it.event.sequence.0)))
}

/// Each topic of an event waits by itself, in the order of the events.
pub async fn the_head_stays_until_it_is_settled(store: &dyn Store) -> Result<(), Error> {
    let (state, connection) = (Switch::StateChanges, Switch::ConnectionChanges);
    let instance = subject(store).await?;
    assert_eq!(head(store, instance, FIRST).await?, None);
    happens(store, instance, 0, &[]).await?;
    assert_eq!(head(store, instance, FIRST).await?, None);
    happens(store, instance, 1, &[state, connection]).await?;
    happens(store, instance, 2, &[connection]).await?;
    for expected in [(1, state, 2), (2, connection, 2), (3, connection, 3)] {
        for _again in 0..2 {
            assert_eq!(head(store, instance, FIRST).await?, Some(expected));
        }
        assert_eq!(store.waiting(instance, FIRST).await?, 4 - expected.0);
        assert!(store.settle(instance, Receipt(expected.0), FIRST).await?);
    }
    assert_eq!(head(store, instance, FIRST).await?, None);
    assert_eq!(store.waiting(instance, FIRST).await?, 0);
    let full = store.read_after(instance, Sequence(0), 9).await?;
    assert_eq!(full.len(), 3, "what was settled stays in the journal");
    Ok(())
}

/// Who settles twice, or guesses, takes nothing away; and no receipt comes a second time.
pub async fn only_the_head_is_settled_and_once(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    for at_ms in 0..3 {
        happens(store, instance, at_ms, &[Switch::StateChanges]).await?;
    }
    for wrong in [0, 2, 3, 4, u64::MAX] {
        assert!(!store.settle(instance, Receipt(wrong), FIRST).await?, "{wrong}");
    }
    assert!(store.settle(instance, Receipt(1), FIRST).await?);
    assert!(!store.settle(instance, Receipt(1), FIRST).await?);
    assert!(!store.settle(instance_id(9), Receipt(2), FIRST).await?);
    assert_eq!(store.waiting(instance, FIRST).await?, 2);
    store.clear_notifications(instance).await?;
    assert_eq!(
        (store.waiting(instance, FIRST).await?, head(store, instance, FIRST).await?),
        (0, None)
    );
    happens(store, instance, 5, &[Switch::StateChanges]).await?;
    assert_eq!(head(store, instance, FIRST).await?, Some((4, Switch::StateChanges, 4)));
    Ok(())
}

/// Nobody fetches another's, and nothing waits for one that was removed.
pub async fn notifications_are_of_one_instance_and_go_with_it(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let one = enrolled(store, 1, &owner).await?.id;
    let two = enrolled(store, 2, &owner).await?.id;
    for instance in [one, two] {
        happens(store, instance, 0, &[Switch::StateChanges]).await?;
    }
    store.clear_notifications(one).await?;
    assert_eq!((store.waiting(one, FIRST).await?, store.waiting(two, FIRST).await?), (0, 1));
    store.remove(two, after_ms(1)).await?;
    assert_eq!((store.waiting(two, FIRST).await?, head(store, two, FIRST).await?), (0, None));
    assert_eq!(store.drop_notifications(after_ms(2), after_ms(2), 0).await?, []);
    Ok(())
}

/// What has waited for too long is not told of any more, even before it is dropped.
pub async fn what_is_too_old_is_neither_told_nor_counted_nor_settled(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    for at_ms in [0, 10, 20] {
        happens(store, instance, at_ms, &[Switch::StateChanges]).await?;
    }
    for (since_ms, first, count) in
        [(0, Some(1), 3), (1, Some(2), 2), (20, Some(3), 1), (21, None, 0)]
    {
        let since = after_ms(since_ms);
        let found = head(store, instance, since).await?.map(|(receipt, ..)| receipt);
        assert_eq!((found, store.waiting(instance, since).await?), (first, count), "{since_ms}");
    }
    assert!(!store.settle(instance, Receipt(1), after_ms(1)).await?);
    assert!(store.settle(instance, Receipt(2), after_ms(1)).await?);
    Ok(())
}

/// Nothing goes without a word of it.
pub async fn dropping_takes_the_oldest_and_the_journal_says_how_many(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    for at_ms in 0..7 {
        happens(store, instance, at_ms, &[Switch::StateChanges]).await?;
    }
    assert_eq!(store.drop_notifications(after_ms(9), FIRST, PLENTY).await?, []);
    assert_eq!(store.drop_notifications(after_ms(9), after_ms(2), PLENTY).await?, [instance]);
    assert_eq!(store.drop_notifications(after_ms(9), after_ms(2), 4).await?, [instance]);
    assert_eq!(head(store, instance, FIRST).await?, Some((4, Switch::StateChanges, 4)));
    // The three that led up to it: the events themselves are kept for longer, but not for ever.
    assert_eq!(store.forget_events(FIRST, 4).await?, 5);
    assert_eq!(store.drop_notifications(after_ms(9), FIRST, PLENTY).await?, [instance]);
    let told = store.newest(instance, EventName::NotificationsDropped, None, 9).await?;
    let told: Vec<_> = told.into_iter().map(|event| (event.at, event.kind)).collect();
    let dropped = |count| (after_ms(9), EventKind::NotificationsDropped { count });
    assert_eq!(told, [dropped(2), dropped(1), dropped(2)]);
    assert_eq!(store.waiting(instance, FIRST).await?, 2);
    Ok(())
}
