//! Whatever is asked in whatever order, SQLite answers as memory does.

use proptest::collection::vec;
use proptest::prelude::*;
use waygate_core::audit::Actor;
use waygate_core::error::{Error, Kind};
use waygate_core::event::dropped::DroppedNotification;
use waygate_core::event::{Event, EventName, Extent, NewEvent, Notification, Receipt, Sequence};
use waygate_core::id::{InstanceId, LinkTicketId};
use waygate_core::idempotency::{IdempotencyKey, KeptAnswer, RequestHash};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::instance::settings::Switch;
use waygate_core::instance::state::StateName;
use waygate_core::link_ticket::{LinkTicket, TicketEnd, TicketEnding, TicketOpening};
use waygate_core::message::address::Address;
use waygate_core::message::{MessageId, MessageKey};
use waygate_core::port::kept_answers::Creation;
use waygate_core::port::registry::{Enrolment, InstanceFilter};
use waygate_core::push::HeldBack;
use waygate_core::tenant::Account;
use waygate_core::token::{ApiToken, TokenKind};
use waygate_store::contract::samples::{
    account, after_ms, event, hash, instance_id, record, sealed, standing, token,
};
use waygate_store::{MemoryStore, Store};

use crate::everything::Everything;
use crate::file::File;

/// A question, in small numbers: whoever draws few of them meets the same thing twice.
#[derive(Debug, Clone)]
enum Question {
    OpenAccount { id: u8, name: u8 },
    RenameAccount { id: u8, name: u8 },
    CloseAccount { id: u8, at_ms: i64 },
    Describe { id: u8, phone: Option<u8> },
    Enrol { id: u8, number: u8, owner: u8, token: u8 },
    Instances { account: Option<u8>, with_removed: bool },
    Remove { id: u8, at_ms: i64 },
    ForgetRemoved { cutoff_ms: i64 },
    IssueToken(Asked),
    ReplaceToken(Asked),
    RevokeToken { token: u8, at_ms: i64 },
    SaveSettings { id: u8, settings: u8 },
    KeepKeyCheck { check: u8 },
    Append { id: u8, at_ms: i64, device: u16 },
    OfLinkTickets(OfLinkTickets),
    OfKeptAnswers(OfKeptAnswers),
    OfNotifications(OfNotifications),
    ReadAfter { id: u8, after: u64, limit: u32 },
    Newest { id: u8, before: Option<u64>, limit: u32 },
}

/// A question of link tickets.
#[derive(Debug, Clone)]
enum OfLinkTickets {
    IssueLinkTicket { id: u8, ticket: u8, text: u8, at_ms: i64 },
    OpenLinkTicket { ticket: u8, pass: u8, at_ms: i64 },
    EndLinkTicket { ticket: u8, revoked: bool, at_ms: i64 },
    ForgetLinkTickets { cutoff_ms: i64 },
}

/// A question of kept answers.
#[derive(Debug, Clone)]
enum OfKeptAnswers {
    KeepAnswer { key: u8, by_operator: bool, at_ms: i64, most: u32 },
    OpenAndKeep { id: u8, key: u8, most: u32 },
    ForgetAnswers { cutoff_ms: i64 },
}

/// A question of what waits, and of what is forgotten.
#[derive(Debug, Clone)]
enum OfNotifications {
    Happens { id: u8, at_ms: i64, topics: usize, more: bool, message: Option<u8> },
    Head { id: u8, since_ms: i64 },
    Settle { id: u8, receipt: u64, since_ms: i64 },
    Waiting { id: u8, since_ms: i64 },
    Clear { id: u8 },
    Drop { since_ms: i64, count_max: u64 },
    DropRefused { id: u8, receipt: u64, since_ms: i64 },
    Dropped { id: u8, before: Option<u64>, limit: u32 },
    ForgetDropped { cutoff_ms: i64, count_max: u64 },
    HoldBack { id: u8, receipt: u64 },
    HeldBack { id: u8 },
    ForgetEvents { cutoff_ms: i64, count_max: u64 },
    ForgetSeen { cutoff_ms: i64 },
    Extent { id: u8 },
}

/// A token that is asked for.
#[derive(Debug, Clone)]
struct Asked {
    token: u8,
    owner: u8,
    instance: Option<u8>,
    partner: bool,
    at_ms: i64,
}

#[derive(Debug, PartialEq)]
enum Answer {
    Done,
    Whether(bool),
    Count(u64),
    Instances(Vec<InstanceRecord>),
    Number(Sequence),
    Events(Vec<Event>),
    Head(Option<Notification>),
    Touched(Vec<InstanceId>),
    Dropped(Vec<DroppedNotification>),
    HeldBack(Option<HeldBack>),
    Extent(Extent),
    Refused(Kind),
}

fn asked() -> impl Strategy<Value = Asked> {
    (1..9_u8, 1..4_u8, proptest::option::weighted(0.8, 1..5_u8), any::<bool>(), 0..9_i64).prop_map(
        |(token, owner, instance, partner, at_ms)| Asked { token, owner, instance, partner, at_ms },
    )
}

fn of_link_tickets() -> impl Strategy<Value = OfLinkTickets> {
    let id = || 1..5_u8;
    let ms = || 0..9_i64;
    prop_oneof![
        4 => (id(), 1..5_u8, 1..5_u8, ms()).prop_map(|(id, ticket, text, at_ms)| {
            OfLinkTickets::IssueLinkTicket { id, ticket, text, at_ms }
        }),
        3 => (1..5_u8, 1..9_u8, ms())
            .prop_map(|(ticket, pass, at_ms)| OfLinkTickets::OpenLinkTicket { ticket, pass, at_ms }),
        2 => (1..5_u8, any::<bool>(), ms()).prop_map(|(ticket, revoked, at_ms)| {
            OfLinkTickets::EndLinkTicket { ticket, revoked, at_ms }
        }),
        1 => ms().prop_map(|cutoff_ms| OfLinkTickets::ForgetLinkTickets { cutoff_ms }),
    ]
}

fn of_kept_answers() -> impl Strategy<Value = OfKeptAnswers> {
    let (key, most, ms) = (|| 1..5_u8, || 0..4_u32, || 0..9_i64);
    prop_oneof![
        4 => (key(), any::<bool>(), ms(), most()).prop_map(|(key, by_operator, at_ms, most)| {
            OfKeptAnswers::KeepAnswer { key, by_operator, at_ms, most }
        }),
        1 => (1..4_u8, key(), most())
            .prop_map(|(id, key, most)| OfKeptAnswers::OpenAndKeep { id, key, most }),
        1 => ms().prop_map(|cutoff_ms| OfKeptAnswers::ForgetAnswers { cutoff_ms }),
    ]
}

fn of_notifications() -> impl Strategy<Value = OfNotifications> {
    let id = || 1..5_u8;
    let ms = || 0..9_i64;
    prop_oneof![
        8 => (id(), ms(), 0..3_usize, any::<bool>(), proptest::option::of(1..4_u8)).prop_map(
            |(id, at_ms, topics, more, message)| {
                OfNotifications::Happens { id, at_ms, topics, more, message }
            }
        ),
        3 => (id(), ms()).prop_map(|(id, since_ms)| OfNotifications::Head { id, since_ms }),
        4 => (id(), 1..5_u64, ms()).prop_map(|(id, receipt, since_ms)| {
            OfNotifications::Settle { id, receipt, since_ms }
        }),
        2 => (id(), ms()).prop_map(|(id, since_ms)| OfNotifications::Waiting { id, since_ms }),
        1 => id().prop_map(|id| OfNotifications::Clear { id }),
        2 => (ms(), 0..5_u64)
            .prop_map(|(since_ms, count_max)| OfNotifications::Drop { since_ms, count_max }),
        2 => (ms(), 0..5_u64).prop_map(|(cutoff_ms, count_max)| {
            OfNotifications::ForgetEvents { cutoff_ms, count_max }
        }),
        1 => ms().prop_map(|cutoff_ms| OfNotifications::ForgetSeen { cutoff_ms }),
        1 => id().prop_map(|id| OfNotifications::Extent { id }),
        2 => (id(), 1..5_u64, ms()).prop_map(|(id, receipt, since_ms)| {
            OfNotifications::DropRefused { id, receipt, since_ms }
        }),
        2 => (id(), proptest::option::of(0..9_u64), 0..9_u32)
            .prop_map(|(id, before, limit)| OfNotifications::Dropped { id, before, limit }),
        1 => (7..12_i64, 0..5_u64).prop_map(|(cutoff_ms, count_max)| {
            OfNotifications::ForgetDropped { cutoff_ms, count_max }
        }),
        2 => (id(), 1..5_u64)
            .prop_map(|(id, receipt)| OfNotifications::HoldBack { id, receipt }),
        2 => id().prop_map(|id| OfNotifications::HeldBack { id }),
    ]
}

fn question() -> impl Strategy<Value = Question> {
    let id = || 1..5_u8;
    let ms = || 0..9_i64;
    prop_oneof![
        2 => (1..4_u8, 1..4_u8).prop_map(|(id, name)| Question::OpenAccount { id, name }),
        1 => (1..4_u8, 1..5_u8).prop_map(|(id, name)| Question::RenameAccount { id, name }),
        1 => (1..4_u8, ms()).prop_map(|(id, at_ms)| Question::CloseAccount { id, at_ms }),
        1 => (id(), proptest::option::of(0..9_u8))
            .prop_map(|(id, phone)| Question::Describe { id, phone }),
        6 => (id(), id(), 1..4_u8, 1..9_u8).prop_map(|(id, number, owner, token)| {
            Question::Enrol { id, number, owner, token }
        }),
        1 => (proptest::option::of(1..4_u8), any::<bool>())
            .prop_map(|(account, with_removed)| Question::Instances { account, with_removed }),
        2 => (id(), ms()).prop_map(|(id, at_ms)| Question::Remove { id, at_ms }),
        1 => ms().prop_map(|cutoff_ms| Question::ForgetRemoved { cutoff_ms }),
        3 => asked().prop_map(Question::IssueToken),
        3 => asked().prop_map(Question::ReplaceToken),
        2 => (1..9_u8, ms()).prop_map(|(token, at_ms)| Question::RevokeToken { token, at_ms }),
        2 => (id(), any::<u8>()).prop_map(|(id, settings)| Question::SaveSettings { id, settings }),
        1 => any::<u8>().prop_map(|check| Question::KeepKeyCheck { check }),
        6 => (id(), ms(), any::<u16>())
            .prop_map(|(id, at_ms, device)| Question::Append { id, at_ms, device }),
        10 => of_link_tickets().prop_map(Question::OfLinkTickets),
        4 => of_kept_answers().prop_map(Question::OfKeptAnswers),
        10 => of_notifications().prop_map(Question::OfNotifications),
        2 => (id(), 0..9_u64, 0..9_u32)
            .prop_map(|(id, after, limit)| Question::ReadAfter { id, after, limit }),
        1 => (id(), prop::option::of(0..9_u64), 0..9_u32)
            .prop_map(|(id, before, limit)| Question::Newest { id, before, limit }),
    ]
}

fn wanted(asked: &Asked) -> ApiToken {
    let owner = account(asked.owner);
    ApiToken {
        kind: if asked.partner { TokenKind::Partner } else { TokenKind::Instance },
        instance: asked.instance.map(instance_id),
        issued_at: after_ms(asked.at_ms),
        expires_at: asked.partner.then(|| after_ms(asked.at_ms + 1)),
        ..token(asked.token, &record(1, &owner))
    }
}

fn ticket_id(seed: u8) -> LinkTicketId {
    LinkTicketId::from_random_bytes([seed; 16])
}

fn link_ticket(instance: u8, id: u8, text: u8, at_ms: i64) -> LinkTicket {
    LinkTicket {
        id: ticket_id(id),
        instance: instance_id(instance),
        hash: hash(text),
        terms: sealed(text),
        session_s: u32::from(id),
        issued_at: after_ms(at_ms),
        expires_at: after_ms(at_ms + 5),
        opened: None,
        ended: None,
    }
}

async fn answer(store: &dyn Store, question: &Question) -> Answer {
    ask(store, question).await.unwrap_or_else(|error| Answer::Refused(error.kind()))
}

async fn ask(store: &dyn Store, question: &Question) -> Result<Answer, Error> {
    let done = |()| Answer::Done;
    Ok(match question {
        Question::OpenAccount { id, name } => {
            let named = Account { name: account(*name).name, ..account(*id) };
            store.open_account(named).await.map(done)?
        }
        Question::RenameAccount { id, name } => {
            store.rename_account(account(*id).id, account(*name).name).await.map(done)?
        }
        Question::CloseAccount { id, at_ms } => {
            Answer::Whether(store.close_account(account(*id).id, after_ms(*at_ms)).await?)
        }
        Question::Describe { id, phone } => {
            let phone = phone.and_then(|digit| format!("1555000111{digit}").parse().ok());
            store.describe(instance_id(*id), "new".into(), phone).await.map(done)?
        }
        Question::Enrol { id, number, owner, token: seed } => {
            let owner = account(*owner);
            let number = record(*number, &owner).number;
            let record = InstanceRecord { number, ..record(*id, &owner) };
            let tokens = vec![token(*seed, &record), token(*seed + 1, &record)];
            store.enrol(Enrolment { record, tokens, settings: sealed(*id) }).await.map(done)?
        }
        Question::Instances { account: owner, with_removed } => {
            let account = owner.map(|seed| account(seed).id);
            let filter = InstanceFilter { account, with_removed: *with_removed };
            Answer::Instances(store.instances(filter).await?)
        }
        Question::Remove { id, at_ms } => {
            Answer::Whether(store.remove(instance_id(*id), after_ms(*at_ms)).await?)
        }
        Question::ForgetRemoved { cutoff_ms } => {
            Answer::Count(store.forget_removed(after_ms(*cutoff_ms)).await?)
        }
        Question::IssueToken(asked) => store.issue_token(wanted(asked)).await.map(done)?,
        Question::ReplaceToken(asked) => store.replace_token(wanted(asked)).await.map(done)?,
        Question::RevokeToken { token, at_ms } => {
            Answer::Whether(store.revoke_token(hash(*token).id(), after_ms(*at_ms)).await?)
        }
        Question::SaveSettings { id, settings } => {
            store.save_settings(instance_id(*id), sealed(*settings)).await.map(done)?
        }
        Question::KeepKeyCheck { check } => store.keep_key_check(sealed(*check)).await.map(done)?,
        Question::Append { id, at_ms, device } => {
            let state = if device % 2 == 0 { StateName::Online } else { StateName::Offline };
            let (at, kind) = (after_ms(*at_ms), event(*device));
            Answer::Number(store.append(instance_id(*id), at, kind, standing(state)).await?)
        }
        Question::OfLinkTickets(question) => ask_of_link_tickets(store, question).await?,
        Question::OfKeptAnswers(question) => ask_of_kept_answers(store, question).await?,
        Question::OfNotifications(question) => ask_of_notifications(store, question).await?,
        Question::ReadAfter { id, after, limit } => {
            Answer::Events(store.read_after(instance_id(*id), Sequence(*after), *limit).await?)
        }
        Question::Newest { id, before, limit } => Answer::Events(
            store
                .newest(instance_id(*id), EventName::StateChanged, before.map(Sequence), *limit)
                .await?,
        ),
    })
}

async fn ask_of_link_tickets(store: &dyn Store, question: &OfLinkTickets) -> Result<Answer, Error> {
    Ok(match question {
        OfLinkTickets::IssueLinkTicket { id, ticket, text, at_ms } => {
            let wanted = link_ticket(*id, *ticket, *text, *at_ms);
            store.issue_link_ticket(wanted).await.map(|()| Answer::Done)?
        }
        OfLinkTickets::OpenLinkTicket { ticket, pass, at_ms } => {
            let opening = TicketOpening { pass: hash(*pass), at: after_ms(*at_ms) };
            let until = after_ms(*at_ms + 3);
            Answer::Whether(store.open_link_ticket(ticket_id(*ticket), opening, until).await?)
        }
        OfLinkTickets::EndLinkTicket { ticket, revoked, at_ms } => {
            let why = if *revoked { TicketEnd::Revoked } else { TicketEnd::Expired };
            let ending = TicketEnding { why, at: after_ms(*at_ms) };
            Answer::Whether(store.end_link_ticket(ticket_id(*ticket), ending).await?)
        }
        OfLinkTickets::ForgetLinkTickets { cutoff_ms } => {
            Answer::Count(store.forget_link_tickets(after_ms(*cutoff_ms)).await?)
        }
    })
}

fn kept(key: u8, by_operator: bool, at_ms: i64) -> KeptAnswer {
    KeptAnswer {
        key: IdempotencyKey::from_bytes([key; 32]),
        owner: if by_operator { Actor::Operator } else { Actor::Token(hash(1).id()) },
        request: RequestHash::from_bytes([key; 32]),
        answer: sealed(key),
        asked_at: after_ms(at_ms),
    }
}

async fn ask_of_kept_answers(store: &dyn Store, question: &OfKeptAnswers) -> Result<Answer, Error> {
    Ok(match question {
        OfKeptAnswers::KeepAnswer { key, by_operator, at_ms, most } => {
            let answer = kept(*key, *by_operator, *at_ms);
            store.keep_answer(answer, *most).await.map(|()| Answer::Done)?
        }
        OfKeptAnswers::OpenAndKeep { id, key, most } => {
            let (creation, answer) = (Creation::Account(account(*id)), kept(*key, true, 0));
            store.create_and_keep(creation, answer, *most).await.map(|()| Answer::Done)?
        }
        OfKeptAnswers::ForgetAnswers { cutoff_ms } => {
            Answer::Count(store.forget_answers(after_ms(*cutoff_ms)).await?)
        }
    })
}

fn message_key(seed: u8) -> Option<MessageKey> {
    let sender = Address::person(&format!("1555000222{seed}")).ok()?;
    Some(MessageKey { chat: sender.clone(), sender, id: MessageId("A".into()) })
}

async fn ask_of_notifications(
    store: &dyn Store,
    question: &OfNotifications,
) -> Result<Answer, Error> {
    Ok(match question {
        OfNotifications::Happens { id, at_ms, topics, more, message } => {
            let topics = vec![Switch::StateChanges; *topics];
            let only_once = message.and_then(message_key);
            let mut events = vec![NewEvent { topics, only_once, kind: event(1) }];
            events.extend(more.then(|| event(2).into()));
            let (instance, at) = (instance_id(*id), after_ms(*at_ms));
            Answer::Number(store.commit(instance, at, events, None).await?)
        }
        OfNotifications::Head { id, since_ms } => {
            Answer::Head(store.head(instance_id(*id), after_ms(*since_ms)).await?)
        }
        OfNotifications::Settle { id, receipt, since_ms } => {
            let (instance, since) = (instance_id(*id), after_ms(*since_ms));
            Answer::Whether(store.settle(instance, Receipt(*receipt), since).await?)
        }
        OfNotifications::Waiting { id, since_ms } => {
            Answer::Count(store.waiting(instance_id(*id), after_ms(*since_ms)).await?)
        }
        OfNotifications::Clear { id } => {
            store.clear_notifications(instance_id(*id)).await.map(|()| Answer::Done)?
        }
        OfNotifications::Drop { since_ms, count_max } => {
            let (now, since) = (after_ms(9), after_ms(*since_ms));
            Answer::Touched(store.drop_notifications(now, since, *count_max).await?)
        }
        OfNotifications::ForgetEvents { cutoff_ms, count_max } => {
            Answer::Count(store.forget_events(after_ms(*cutoff_ms), *count_max).await?)
        }
        OfNotifications::ForgetSeen { cutoff_ms } => {
            Answer::Count(store.forget_seen(after_ms(*cutoff_ms)).await?)
        }
        OfNotifications::Extent { id } => Answer::Extent(store.extent(instance_id(*id)).await?),
        OfNotifications::DropRefused { id, receipt, since_ms } => {
            let (instance, since) = (instance_id(*id), after_ms(*since_ms));
            let dropped = store.drop_refused(instance, Receipt(*receipt), since, after_ms(10));
            Answer::Whether(dropped.await?)
        }
        OfNotifications::Dropped { id, before, limit } => {
            let before = before.map(Receipt);
            let list = store.dropped_notifications(instance_id(*id), before, *limit);
            Answer::Dropped(list.await?)
        }
        OfNotifications::ForgetDropped { cutoff_ms, count_max } => {
            let cutoff = after_ms(*cutoff_ms);
            Answer::Count(store.forget_dropped_notifications(cutoff, *count_max).await?)
        }
        OfNotifications::HoldBack { id, receipt } => {
            let held = HeldBack {
                receipt: Receipt(*receipt),
                attempts: 1,
                since: after_ms(1),
                next_at: after_ms(2),
                status: Some(500),
                error: None,
            };
            store.hold_back(instance_id(*id), held).await.map(|()| Answer::Done)?
        }
        OfNotifications::HeldBack { id } => {
            Answer::HeldBack(store.held_back(instance_id(*id)).await?)
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_answers_as_memory_does(questions in vec(question(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (file, memory) = (File::new(), MemoryStore::default());
            let differences = file.with(async |sqlite| {
                for seed in 1..3 {
                    // So that not everything is refused; the third account comes by chance.
                    let opened = Question::OpenAccount { id: seed, name: seed };
                    prop_assert_eq!(answer(sqlite, &opened).await, answer(&memory, &opened).await);
                }
                for question in &questions {
                    let (sqlite, memory) =
                        (answer(sqlite, question).await, answer(&memory, question).await);
                    prop_assert_eq!(sqlite, memory, "{:?}", question);
                }
                prop_assert_eq!(
                    Everything::of(sqlite).await.unwrap(),
                    Everything::of(&memory).await.unwrap()
                );
                Ok(())
            });
            differences.await
        })?;
    }
}
