//! What may be told more than once is written down once.

use waygate_core::error::{Error, Kind};
use waygate_core::event::{EventKind, NewEvent, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;
use waygate_core::message::address::Address;
use waygate_core::message::{MessageId, MessageKey};

use super::samples::{after_ms, enrolled, event, instance_id, opened, refusal};
use crate::Store;

const FIRST: Sequence = Sequence(0);

/// The key of a message with this id, of one of a few people in one of a few chats.
fn key(chat: u8, sender: u8, id: &str) -> Result<MessageKey, Error> {
    let person = |seed: u8| {
        let digits = format!("1555000{seed:04}");
        let invalid = |invalid| Error::new(Kind::Internal, "a sample").because(invalid);
        Address::person(&digits).map_err(invalid)
    };
    Ok(MessageKey { chat: person(chat)?, sender: person(sender)?, id: MessageId(id.into()) })
}

/// An event of a message, to be told by its device.
fn message(device: u16, key: MessageKey) -> NewEvent {
    NewEvent { only_once: Some(key), ..NewEvent::from(event(device)) }
}

async fn devices(store: &dyn Store, instance: InstanceId) -> Result<Vec<u16>, Error> {
    let events = store.read_after(instance, FIRST, 100).await?;
    let device = |kind: &EventKind| {
        let EventKind::StateChanged(change) = kind else { return 0 };
        change.account.as_ref().map_or(0, |it| it.device)
    };
    Ok(events.iter().map(|event| device(&event.kind)).collect())
}

/// It is known by its chat, its sender and its id together, and by nothing less.
pub async fn a_message_is_written_down_once(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let instance = enrolled(store, 1, &owner).await?.id;
    let other = enrolled(store, 3, &owner).await?.id;
    for (device, instance, key, newest) in [
        (1, instance, key(1, 2, "A")?, 1),
        (2, instance, key(1, 2, "A")?, 1),
        (3, instance, key(1, 2, "B")?, 2),
        (4, instance, key(1, 3, "A")?, 3),
        (5, instance, key(2, 2, "A")?, 4),
        (6, other, key(1, 2, "A")?, 1),
        (7, instance, key(2, 2, "A")?, 4),
    ] {
        let committed = store.commit(instance, after_ms(0), vec![message(device, key)], None);
        assert_eq!(committed.await?, Sequence(newest), "of {device}");
    }
    assert_eq!(devices(store, instance).await?, [1, 3, 4, 5]);
    assert_eq!(devices(store, other).await?, [6]);
    for (instance, key, sequence) in [
        (instance, key(1, 2, "A")?, Some(1)),
        (instance, key(2, 2, "A")?, Some(4)),
        (instance, key(2, 2, "B")?, None),
        (other, key(2, 2, "A")?, None),
    ] {
        let event = store.event_of(instance, key).await?;
        assert_eq!(event.map(|it| it.sequence.0), sequence);
    }
    Ok(())
}

/// Also where the same message stands in it twice. Numbers and receipts have no gaps.
pub async fn of_a_commit_only_what_is_new_is_written_with_its_notifications(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let instance = enrolled(store, 1, &owner).await?.id;
    let notified = |device, id| {
        let topics = vec![Switch::IncomingMessages];
        Ok::<_, Error>(NewEvent { topics, ..message(device, key(1, 2, id)?) })
    };
    store.commit(instance, after_ms(0), vec![notified(1, "A")?], None).await?;
    let several = vec![
        notified(2, "B")?,
        notified(3, "A")?,
        NewEvent::from(event(4)),
        notified(5, "B")?,
        notified(6, "C")?,
    ];
    assert_eq!(store.commit(instance, after_ms(1), several, None).await?, Sequence(4));
    assert_eq!(devices(store, instance).await?, [1, 2, 4, 6]);
    assert_eq!(store.waiting(instance, after_ms(0)).await?, 3);
    for (sequence, id) in [(1, "A"), (2, "B"), (4, "C")] {
        let event = store.event_of(instance, key(1, 2, id)?).await?;
        assert_eq!(event.map(|it| it.sequence), Some(Sequence(sequence)));
        let head = store.head(instance, after_ms(0)).await?;
        let head = head.ok_or_else(|| Error::new(Kind::Internal, "nothing waits"))?;
        assert_eq!(head.event.sequence, Sequence(sequence));
        assert!(store.settle(instance, head.receipt, after_ms(0)).await?);
    }
    Ok(())
}

/// What is forgotten is written again.
pub async fn forgetting_what_was_seen_leaves_events_and_what_is_newer(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let instance = enrolled(store, 1, &owner).await?.id;
    for (device, at_ms) in [(1, 1), (2, 2), (3, 3)] {
        let key = key(1, 2, &device.to_string())?;
        store.commit(instance, after_ms(at_ms), vec![message(device, key)], None).await?;
    }
    assert_eq!(store.forget_seen(after_ms(2)).await?, 1);
    assert_eq!(store.forget_seen(after_ms(2)).await?, 0);
    assert_eq!(devices(store, instance).await?, [1, 2, 3]);
    assert_eq!(store.event_of(instance, key(1, 2, "1")?).await?, None);
    assert_eq!(store.forget_events(after_ms(3), 100).await?, 2);
    assert_eq!(store.event_of(instance, key(1, 2, "2")?).await?, None, "the event is forgotten");
    for (device, newest) in [(1, 4), (2, 4), (3, 4)] {
        let key = key(1, 2, &device.to_string())?;
        let committed = store.commit(instance, after_ms(4), vec![message(device, key)], None);
        assert_eq!(committed.await?, Sequence(newest), "of {device}");
    }
    Ok(())
}

/// And for one that is gone nothing is seen.
pub async fn what_was_seen_goes_with_its_instance(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let instance = enrolled(store, 1, &owner).await?.id;
    store.commit(instance, after_ms(0), vec![message(1, key(1, 2, "A")?)], None).await?;
    store.remove(instance, after_ms(1)).await?;
    assert_eq!(store.event_of(instance, key(1, 2, "A")?).await?, None);
    for gone in [instance, instance_id(9)] {
        let again = store.commit(gone, after_ms(2), vec![message(2, key(1, 2, "B")?)], None);
        assert_eq!(refusal(again.await), Some(Kind::NotFound));
    }
    assert_eq!(store.forget_seen(after_ms(9)).await?, 0);
    Ok(())
}
