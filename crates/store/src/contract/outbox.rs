//! Messages that wait to be sent, and what is remembered of them.

use waygate_core::error::{Error, Kind};
use waygate_core::event::{EventKind, EventName, NewEvent, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::message::queued::{MessageRecord, QueuedMessage, WaitingMessage};
use waygate_core::message::status::{Progress, SendFailure, Status, StatusChanged};
use waygate_core::port::outbox::{Acceptance, Settlement};

use super::samples::refusal;
use super::samples::{acceptance, after_ms, enrolled, event, instance_id, message_id, opened};
use crate::Store;

const SENT: Status = Status::Reached(Progress::Sent);
const DELIVERED: Status = Status::Reached(Progress::Delivered);
const EXPIRED: Status = Status::Failed(SendFailure::Expired);

async fn subject(store: &dyn Store) -> Result<InstanceId, Error> {
    let owner = opened(store, 1).await?;
    Ok(enrolled(store, 1, &owner).await?.id)
}

/// The record of a message that was accepted.
fn record(seed: u8, status: Status, at_ms: i64) -> MessageRecord {
    let chat = acceptance(seed, instance_id(1)).message.message.chat;
    MessageRecord { id: message_id(seed), chat, by_api: true, status, at: after_ms(at_ms) }
}

fn step(seed: u8, status: Status) -> NewEvent {
    let MessageRecord { id, chat, by_api, .. } = record(seed, status, 0);
    EventKind::MessageStatus(StatusChanged { id, chat, status, by_api, by: None }).into()
}

/// The end of a message's wait, with an event of it and one of its step.
fn settlement(seed: u8, status: Status, at_ms: i64) -> Settlement {
    let events = vec![event(1).into(), step(seed, status)];
    Settlement { id: message_id(seed), status, at: after_ms(at_ms), events }
}

/// What the journal says happened.
async fn told(store: &dyn Store, instance: InstanceId) -> Result<Vec<EventName>, Error> {
    let events = store.read_after(instance, Sequence(0), 99).await?;
    Ok(events.into_iter().map(|event| event.kind.name()).collect())
}

/// Those of one instance, each as it was accepted.
pub async fn messages_wait_in_the_order_in_which_they_were_accepted(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let [one, other] = [1, 2].map(|seed| enrolled(store, seed, &owner));
    let (one, other) = (one.await?.id, other.await?.id);
    assert_eq!(store.queued_messages(one, 9).await?, []);
    for (seed, instance) in [(3, one), (4, other), (2, one), (1, one)] {
        store.accept_message(acceptance(seed, instance)).await?;
    }
    let waiting = |seeds: &[u8]| -> Vec<QueuedMessage> {
        seeds.iter().map(|seed| acceptance(*seed, one).message).collect()
    };
    assert_eq!(store.queued_messages(one, 9).await?, waiting(&[3, 2, 1]));
    assert_eq!(store.queued_messages(one, 2).await?, waiting(&[3, 2]));
    assert_eq!(store.queued_messages(other, 9).await?, waiting(&[4]));
    assert_eq!(
        (store.count_queued_messages(one).await?, store.count_queued_messages(other).await?),
        (3, 1)
    );
    let queued = record(2, Status::Reached(Progress::Queued), 0);
    assert_eq!(store.message_record(one, message_id(2)).await?, Some(queued));
    assert_eq!(store.message_record(other, message_id(2)).await?, None);
    Ok(())
}

/// An id is taken for as long as anything is known of its message.
pub async fn a_message_is_accepted_once_and_only_while_there_is_room(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    let accepted = |seed, queue_max| {
        store.accept_message(Acceptance { queue_max, ..acceptance(seed, instance) })
    };
    accepted(1, 2).await?;
    assert_eq!(refusal(accepted(1, 2).await), Some(Kind::Conflict));
    accepted(2, 2).await?;
    assert_eq!(refusal(accepted(3, 2).await), Some(Kind::WrongState));
    assert!(store.settle_queued_message(instance, settlement(1, SENT, 1)).await?);
    assert_eq!(refusal(accepted(1, 2).await), Some(Kind::Conflict));
    accepted(3, 2).await?;
    let of_nobody = store.accept_message(acceptance(4, instance_id(9))).await;
    assert_eq!(refusal(of_nobody), Some(Kind::NotFound));
    store.remove(instance, after_ms(2)).await?;
    assert_eq!(refusal(accepted(4, 9).await), Some(Kind::NotFound));
    Ok(())
}

/// Whatever came of it, and in whatever place it stood.
pub async fn a_message_leaves_the_queue_once_and_with_its_events(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    for seed in [1, 2, 3] {
        store.accept_message(acceptance(seed, instance)).await?;
    }
    assert!(store.settle_queued_message(instance, settlement(2, EXPIRED, 5)).await?);
    for seed in [2, 4] {
        assert!(!store.settle_queued_message(instance, settlement(seed, SENT, 6)).await?);
    }
    assert!(!store.settle_queued_message(instance_id(9), settlement(1, SENT, 6)).await?);
    let left = store.queued_messages(instance, 9).await?;
    assert_eq!(left, [1, 3].map(|seed| acceptance(seed, instance).message));
    assert_eq!(store.message_record(instance, message_id(2)).await?, Some(record(2, EXPIRED, 5)));
    assert_eq!(
        told(store, instance).await?,
        [EventName::StateChanged, EventName::MessageStatus],
        "what is refused writes nothing"
    );
    let quiet = Settlement { events: Vec::new(), ..settlement(1, SENT, 7) };
    assert!(store.settle_queued_message(instance, quiet).await?);
    assert_eq!(store.message_record(instance, message_id(1)).await?, Some(record(1, SENT, 7)));
    Ok(())
}

/// Also of a message that this gateway did not send, and of one that was seen before it was settled.
pub async fn a_record_goes_forward_only_and_writes_each_step_down_once(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    let foreign = MessageRecord { by_api: false, ..record(7, SENT, 1) };
    let note = |record: &MessageRecord| {
        store.note_message(instance, record.clone(), vec![step(7, record.status)])
    };
    assert!(note(&foreign).await?);
    let delivered = MessageRecord { status: DELIVERED, at: after_ms(2), ..foreign.clone() };
    assert!(note(&MessageRecord { by_api: true, ..delivered.clone() }).await?);
    for late in [&foreign, &delivered] {
        assert!(!note(late).await?);
    }
    let known = store.message_record(instance, message_id(7)).await?;
    assert_eq!(known, Some(delivered), "by whom it was sent is known from the beginning");
    assert_eq!(told(store, instance).await?, [EventName::MessageStatus; 2]);

    store.accept_message(acceptance(1, instance)).await?;
    assert!(store.note_message(instance, record(1, DELIVERED, 3), vec![]).await?);
    assert!(store.settle_queued_message(instance, settlement(1, SENT, 4)).await?);
    assert_eq!(store.message_record(instance, message_id(1)).await?, Some(record(1, DELIVERED, 3)));
    let last = told(store, instance).await?.pop();
    assert_eq!(last, Some(EventName::StateChanged), "the step was told before");
    let of_nobody = store.note_message(instance_id(9), record(1, SENT, 1), vec![]).await;
    assert_eq!(refusal(of_nobody), Some(Kind::NotFound));
    Ok(())
}

/// Of all instances together.
pub async fn expired_messages_are_told_oldest_first_and_the_next_is_known(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let [one, other] = [1, 2].map(|seed| enrolled(store, seed, &owner));
    let (one, other) = (one.await?.id, other.await?.id);
    assert_eq!(store.next_expiry().await?, None);
    for (seed, instance, expires_ms) in [(1, one, 30), (2, other, 10), (3, one, 20)] {
        let Acceptance { message, .. } = acceptance(seed, instance);
        let message = QueuedMessage { expires_at: after_ms(expires_ms), ..message };
        store.accept_message(Acceptance { message, ..acceptance(seed, instance) }).await?;
    }
    assert_eq!(store.next_expiry().await?, Some(after_ms(10)));
    assert_eq!(store.expired_messages(after_ms(9), 9).await?, []);
    let named = |seed, instance| {
        let MessageRecord { id, chat, .. } = record(seed, SENT, 0);
        WaitingMessage { instance, id, chat }
    };
    let expired = store.expired_messages(after_ms(20), 9).await?;
    assert_eq!(expired, [named(2, other), named(3, one)]);
    assert_eq!(store.expired_messages(after_ms(30), 1).await?, [named(2, other)]);
    assert!(store.settle_queued_message(other, settlement(2, EXPIRED, 20)).await?);
    assert_eq!(store.next_expiry().await?, Some(after_ms(20)));
    Ok(())
}

/// A record is needed for as long as its message waits.
pub async fn old_records_are_forgotten_but_not_those_of_waiting_messages(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    for seed in [1, 2, 3] {
        store.accept_message(acceptance(seed, instance)).await?;
    }
    for (seed, at_ms) in [(1, 4), (2, 5)] {
        assert!(store.settle_queued_message(instance, settlement(seed, SENT, at_ms)).await?);
    }
    assert_eq!(store.forget_messages(after_ms(5)).await?, 1);
    assert_eq!(store.forget_messages(after_ms(5)).await?, 0);
    let mut known = Vec::new();
    for seed in [1, 2, 3] {
        known.push(store.message_record(instance, message_id(seed)).await?.is_some());
    }
    assert_eq!(known, [false, true, true]);
    Ok(())
}

/// Nothing of them expires afterwards.
pub async fn queue_and_records_go_with_their_instance(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    store.accept_message(acceptance(1, instance)).await?;
    store.remove(instance, after_ms(1)).await?;
    assert_eq!(store.queued_messages(instance, 9).await?, []);
    assert_eq!(store.count_queued_messages(instance).await?, 0);
    assert_eq!(store.message_record(instance, message_id(1)).await?, None);
    assert_eq!(store.next_expiry().await?, None);
    assert!(!store.settle_queued_message(instance, settlement(1, SENT, 2)).await?);
    Ok(())
}
