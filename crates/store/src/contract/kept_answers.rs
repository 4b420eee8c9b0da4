//! Kept answers: one for each key, and none without what it tells of.

use jiff::SignedDuration;
use waygate_core::audit::Actor;
use waygate_core::error::{Error, Kind};
use waygate_core::id::LinkTicketId;
use waygate_core::idempotency::{IdempotencyKey, KeptAnswer, RequestHash};
use waygate_core::link_ticket::LinkTicket;
use waygate_core::port::kept_answers::Creation;
use waygate_core::port::registry::InstanceFilter;

use super::samples::{
    acceptance, account, after_ms, enrolled, enrolment, hash, opened, record, refusal, sealed,
    token,
};
use super::webhooks::endpoint;
use crate::Store;

/// More than any case keeps.
const MOST: u32 = 9;

fn key(seed: u8) -> IdempotencyKey {
    IdempotencyKey::from_bytes([seed; 32])
}

/// One of the operator, to what was asked at 0.
fn answer(seed: u8) -> KeptAnswer {
    KeptAnswer {
        key: key(seed),
        owner: Actor::Operator,
        request: RequestHash::from_bytes([seed; 32]),
        answer: sealed(seed),
        asked_at: after_ms(0),
    }
}

/// By its key, to the millisecond, whosever it is.
pub async fn an_answer_is_read_as_it_was_kept(store: &dyn Store) -> Result<(), Error> {
    assert_eq!(store.kept_answer(key(1)).await?, None);
    let of_token = KeptAnswer { owner: Actor::Token(hash(7).id()), ..answer(2) };
    let fine = answer(1).asked_at + SignedDuration::from_nanos(999_999);
    store.keep_answer(KeptAnswer { asked_at: fine, ..answer(1) }, MOST).await?;
    store.keep_answer(of_token.clone(), MOST).await?;
    assert_eq!(store.kept_answer(key(1)).await?, Some(answer(1)));
    assert_eq!(store.kept_answer(key(2)).await?, Some(of_token));
    assert_eq!(store.kept_answer(key(3)).await?, None);
    Ok(())
}

/// Also when what was asked is another thing.
pub async fn an_answer_takes_the_place_of_the_one_before(store: &dyn Store) -> Result<(), Error> {
    store.keep_answer(answer(1), MOST).await?;
    let second = KeptAnswer { key: key(1), asked_at: after_ms(5), ..answer(2) };
    store.keep_answer(second.clone(), MOST).await?;
    assert_eq!(store.kept_answer(key(1)).await?, Some(second));
    Ok(())
}

/// As if each had been created by the deed of its own.
pub async fn everything_that_can_be_created_is_created_with_its_answer(
    store: &dyn Store,
) -> Result<(), Error> {
    let ticket = LinkTicket {
        id: LinkTicketId::from_random_bytes([1; 16]),
        instance: record(1, &account(1)).id,
        hash: hash(9),
        terms: sealed(9),
        session_s: 3600,
        issued_at: after_ms(0),
        expires_at: after_ms(100),
        opened: None,
        ended: None,
    };
    let of_instance = token(5, &record(1, &account(1)));
    let creations = [
        Creation::Account(account(1)),
        Creation::Instance(Box::new(enrolment(1, &account(1)))),
        Creation::Token(Box::new(of_instance.clone())),
        Creation::LinkTicket(Box::new(ticket.clone())),
        Creation::WebhookEndpoint(Box::new(endpoint(1, &account(1)))),
        Creation::Message(Box::new(acceptance(1, ticket.instance))),
    ];
    for (seed, creation) in (1..).zip(creations) {
        store.create_and_keep(creation, answer(seed), MOST).await?;
        assert_eq!(store.kept_answer(key(seed)).await?, Some(answer(seed)));
    }
    assert_eq!(store.accounts().await?, [account(1)]);
    assert_eq!(store.instances(InstanceFilter::default()).await?, [record(1, &account(1))]);
    assert_eq!(store.find_token(of_instance.hash).await?, Some(of_instance));
    assert_eq!(store.count_queued_messages(ticket.instance).await?, 1);
    assert_eq!(store.link_tickets(ticket.instance).await?, [ticket]);
    assert_eq!(store.webhook_endpoints(account(1).id).await?, [endpoint(1, &account(1))]);
    Ok(())
}

/// And nothing of what was kept before is lost.
pub async fn a_creation_that_is_refused_keeps_no_answer(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let taken = enrolled(store, 1, &owner).await?;
    store.keep_answer(answer(2), MOST).await?;
    store.add_webhook_endpoint(endpoint(1, &owner)).await?;
    let creations = [
        (Creation::Account(account(1)), Kind::Conflict),
        (Creation::Instance(Box::new(enrolment(1, &owner))), Kind::Conflict),
        (Creation::Token(Box::new(token(1, &taken))), Kind::Conflict),
        (Creation::Token(Box::new(token(3, &record(3, &owner)))), Kind::NotFound),
        (Creation::WebhookEndpoint(Box::new(endpoint(1, &owner))), Kind::Conflict),
        (Creation::WebhookEndpoint(Box::new(endpoint(2, &account(9)))), Kind::NotFound),
        (Creation::Message(Box::new(acceptance(1, record(3, &owner).id))), Kind::NotFound),
    ];
    for (creation, kind) in creations {
        for seed in [1, 2] {
            let other = KeptAnswer { answer: sealed(7), ..answer(seed) };
            let refused = store.create_and_keep(creation.clone(), other, MOST).await;
            assert_eq!(refusal(refused), Some(kind), "{creation:?}");
        }
        assert_eq!(store.kept_answer(key(1)).await?, None, "{creation:?}");
        assert_eq!(store.kept_answer(key(2)).await?, Some(answer(2)), "{creation:?}");
    }
    Ok(())
}

/// Others' stay, and one that was kept anew is new.
pub async fn of_each_owner_the_newest_answers_stay(store: &dyn Store) -> Result<(), Error> {
    let other = KeptAnswer { owner: Actor::Token(hash(7).id()), ..answer(9) };
    store.keep_answer(other, 1).await?;
    for seed in [1, 2, 3] {
        store.keep_answer(answer(seed), 3).await?;
    }
    store.keep_answer(answer(1), 3).await?;
    store.keep_answer(answer(4), 3).await?;
    let mut left = vec![];
    for seed in 1..=9 {
        left.extend(store.kept_answer(key(seed)).await?.map(|_kept| seed));
    }
    assert_eq!(left, [1, 3, 4, 9]);
    Ok(())
}

/// What was asked at the cutoff stays.
pub async fn old_answers_are_forgotten(store: &dyn Store) -> Result<(), Error> {
    for (seed, at_ms) in [(1, 1), (2, 2), (3, 3)] {
        let answer = KeptAnswer { asked_at: after_ms(at_ms), ..answer(seed) };
        store.keep_answer(answer, MOST).await?;
    }
    assert_eq!(store.forget_answers(after_ms(3)).await?, 2);
    assert_eq!(store.forget_answers(after_ms(3)).await?, 0);
    assert_eq!(store.kept_answer(key(2)).await?, None);
    assert!(store.kept_answer(key(3)).await?.is_some());
    Ok(())
}
