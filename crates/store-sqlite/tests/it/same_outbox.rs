//! Whatever is asked of queues in whatever order, SQLite answers as memory does.

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Event, EventKind, NewEvent, Sequence};
use waygate_core::message::queued::{MessageRecord, QueuedMessage, WaitingMessage};
use waygate_core::message::status::{Progress, SendFailure, Status, StatusChanged};
use waygate_core::port::outbox::{Acceptance, Settlement};
use waygate_store::contract::samples::{
    acceptance, after_ms, enrolled, event, instance_id, message_id, opened,
};
use waygate_store::{MemoryStore, Store};

use crate::file::File;

/// A question, in small numbers.
#[derive(Debug, Clone)]
enum Question {
    Accept { id: u8, message: u8, at_ms: i64, room: u32 },
    Queued { id: u8, limit: u32 },
    Count { id: u8 },
    Settle { id: u8, message: u8, status: Status, at_ms: i64 },
    Expired { now_ms: i64, limit: u32 },
    NextExpiry,
    Record { id: u8, message: u8 },
    Note { id: u8, message: u8, status: Status, at_ms: i64 },
    Forget { cutoff_ms: i64 },
    Remove { id: u8 },
}

#[derive(Debug, PartialEq)]
enum Answer {
    Done,
    Whether(bool),
    Count(u64),
    Queued(Vec<QueuedMessage>),
    Waiting(Vec<WaitingMessage>),
    Next(Option<Timestamp>),
    Record(Option<MessageRecord>),
    Refused(Kind),
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Reached(Progress::Sent)),
        Just(Status::Reached(Progress::Delivered)),
        Just(Status::Reached(Progress::Read)),
        Just(Status::Failed(SendFailure::Cleared)),
        Just(Status::Failed(SendFailure::Refused(Some(479)))),
    ]
}

fn question() -> impl Strategy<Value = Question> {
    let (id, message, ms) = (|| 1..4_u8, || 1..5_u8, || 0..9_i64);
    prop_oneof![
        6 => (id(), message(), ms(), 0..4_u32)
            .prop_map(|(id, message, at_ms, room)| Question::Accept { id, message, at_ms, room }),
        2 => (id(), 0..4_u32).prop_map(|(id, limit)| Question::Queued { id, limit }),
        1 => id().prop_map(|id| Question::Count { id }),
        4 => (id(), message(), status(), ms()).prop_map(|(id, message, status, at_ms)| {
            Question::Settle { id, message, status, at_ms }
        }),
        2 => (ms(), 0..4_u32).prop_map(|(now_ms, limit)| Question::Expired { now_ms, limit }),
        1 => Just(Question::NextExpiry),
        2 => (id(), message()).prop_map(|(id, message)| Question::Record { id, message }),
        4 => (id(), message(), status(), ms()).prop_map(|(id, message, status, at_ms)| {
            Question::Note { id, message, status, at_ms }
        }),
        1 => ms().prop_map(|cutoff_ms| Question::Forget { cutoff_ms }),
        1 => id().prop_map(|id| Question::Remove { id }),
    ]
}

fn record(message: u8, status: Status, at_ms: i64) -> MessageRecord {
    let chat = acceptance(message, instance_id(1)).message.message.chat;
    MessageRecord { id: message_id(message), chat, by_api: false, status, at: after_ms(at_ms) }
}

/// Something that always is written down, and a step that is where it goes forward.
fn events(message: u8, status: Status) -> Vec<NewEvent> {
    let MessageRecord { id, chat, by_api, .. } = record(message, status, 0);
    let step = StatusChanged { id, chat, status, by_api, by: None };
    vec![event(1).into(), EventKind::MessageStatus(step).into()]
}

async fn answer(store: &dyn Store, question: &Question) -> Answer {
    ask(store, question).await.unwrap_or_else(|error| Answer::Refused(error.kind()))
}

async fn ask(store: &dyn Store, question: &Question) -> Result<Answer, Error> {
    Ok(match question {
        Question::Accept { id, message, at_ms, room } => {
            let Acceptance { instance, message, .. } = acceptance(*message, instance_id(*id));
            let (accepted_at, expires_at) = (after_ms(*at_ms), after_ms(*at_ms + 3));
            let message = QueuedMessage { accepted_at, expires_at, ..message };
            let acceptance = Acceptance { instance, message, queue_max: *room };
            store.accept_message(acceptance).await.map(|()| Answer::Done)?
        }
        Question::Queued { id, limit } => {
            Answer::Queued(store.queued_messages(instance_id(*id), *limit).await?)
        }
        Question::Count { id } => {
            Answer::Count(store.count_queued_messages(instance_id(*id)).await?)
        }
        Question::Settle { id, message, status, at_ms } => {
            let (id, status, at) = (instance_id(*id), *status, after_ms(*at_ms));
            let events = events(*message, status);
            let settlement = Settlement { id: message_id(*message), status, at, events };
            Answer::Whether(store.settle_queued_message(id, settlement).await?)
        }
        Question::Expired { now_ms, limit } => {
            let mut expired = store.expired_messages(after_ms(*now_ms), u32::MAX).await?;
            // Of those that expire together the order is nobody's business.
            expired.sort_by_key(|it| (it.instance, it.id.clone()));
            expired.truncate(*limit as usize);
            Answer::Waiting(expired)
        }
        Question::NextExpiry => Answer::Next(store.next_expiry().await?),
        Question::Record { id, message } => {
            Answer::Record(store.message_record(instance_id(*id), message_id(*message)).await?)
        }
        Question::Note { id, message, status, at_ms } => {
            let record = record(*message, *status, *at_ms);
            let step = events(*message, *status).split_off(1);
            Answer::Whether(store.note_message(instance_id(*id), record, step).await?)
        }
        Question::Forget { cutoff_ms } => {
            Answer::Count(store.forget_messages(after_ms(*cutoff_ms)).await?)
        }
        Question::Remove { id } => {
            Answer::Whether(store.remove(instance_id(*id), after_ms(9)).await?)
        }
    })
}

/// Two instances; a third one there never was.
async fn begin(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    for seed in [1, 2] {
        enrolled(store, seed, &owner).await?;
    }
    Ok(())
}

async fn told(store: &dyn Store) -> Result<Vec<Vec<Event>>, Error> {
    let mut told = Vec::new();
    for seed in [1, 2] {
        told.push(store.read_after(instance_id(seed), Sequence(0), u32::MAX).await?);
    }
    Ok(told)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_answers_as_memory_does_of_queues(questions in vec(question(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (file, memory) = (File::new(), MemoryStore::default());
            let differences = file.with(async |sqlite| {
                begin(sqlite).await.unwrap();
                begin(&memory).await.unwrap();
                for question in &questions {
                    let (sqlite, memory) =
                        (answer(sqlite, question).await, answer(&memory, question).await);
                    prop_assert_eq!(sqlite, memory, "{:?}", question);
                }
                prop_assert_eq!(told(sqlite).await.unwrap(), told(&memory).await.unwrap());
                Ok(())
            });
            differences.await
        })?;
    }
}
