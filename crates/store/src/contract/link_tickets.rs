//! Link tickets: one opening each, and one end.

use futures_util::future::join_all;
use jiff::SignedDuration;
use waygate_core::error::{Error, Kind};
use waygate_core::id::{InstanceId, LinkTicketId};
use waygate_core::link_ticket::{LinkTicket, TicketEnd, TicketEnding, TicketOpening};

use super::samples::{account, after_ms, enrolled, hash, instance_id, opened, refusal, sealed};
use crate::Store;

async fn subject(store: &dyn Store) -> Result<InstanceId, Error> {
    let owner = opened(store, 1).await?;
    Ok(enrolled(store, 1, &owner).await?.id)
}

/// A ticket of an instance that is issued at 0 and expires at 100.
fn ticket(seed: u8, instance: InstanceId) -> LinkTicket {
    LinkTicket {
        id: LinkTicketId::from_random_bytes([seed; 16]),
        instance,
        hash: hash(seed),
        terms: sealed(seed),
        session_s: 3600,
        issued_at: after_ms(0),
        expires_at: after_ms(100),
        opened: None,
        ended: None,
    }
}

fn opening(seed: u8, at_ms: i64) -> TicketOpening {
    TicketOpening { pass: hash(seed), at: after_ms(at_ms) }
}

fn ending(why: TicketEnd, at_ms: i64) -> TicketEnding {
    TicketEnding { why, at: after_ms(at_ms) }
}

async fn issued(store: &dyn Store, seed: u8, instance: InstanceId) -> Result<LinkTicket, Error> {
    store.issue_link_ticket(ticket(seed, instance)).await?;
    Ok(ticket(seed, instance))
}

/// By its hash and in the list of its instance, to the millisecond, opened and ended too.
pub async fn a_ticket_is_found_as_it_was_issued(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    let other = enrolled(store, 2, &account(1)).await?.id;
    let plain = issued(store, 3, instance).await?;
    let spent = LinkTicket {
        opened: Some(opening(30, 7)),
        ended: Some(ending(TicketEnd::Revoked, 8)),
        ..ticket(2, instance)
    };
    let fine = spent.issued_at + SignedDuration::from_nanos(999_999);
    store.issue_link_ticket(LinkTicket { issued_at: fine, ..spent.clone() }).await?;
    let theirs = issued(store, 1, other).await?;
    for ticket in [&plain, &spent, &theirs] {
        assert_eq!(store.find_link_ticket(ticket.hash).await?.as_ref(), Some(ticket));
    }
    assert_eq!(store.find_link_ticket(hash(9)).await?, None);
    assert_eq!(store.link_tickets(instance).await?, [plain, spent]);
    assert_eq!(store.link_tickets(other).await?, [theirs]);
    assert_eq!(store.link_tickets(instance_id(9)).await?, []);
    Ok(())
}

/// Nobody's, and a removed instance's.
pub async fn a_ticket_of_nobody_is_not_found(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    store.remove(instance, after_ms(0)).await?;
    for nobody in [instance, instance_id(9)] {
        let refused = store.issue_link_ticket(ticket(1, nobody)).await;
        assert_eq!(refusal(refused), Some(Kind::NotFound));
    }
    let nothing = LinkTicketId::from_random_bytes([1; 16]);
    assert!(!store.open_link_ticket(nothing, opening(2, 0), after_ms(1)).await?);
    assert!(!store.end_link_ticket(nothing, ending(TicketEnd::Revoked, 0)).await?);
    Ok(())
}

/// Neither is given twice.
pub async fn a_ticket_with_a_taken_id_or_text_is_a_conflict(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    let first = issued(store, 1, instance).await?;
    for second in [
        LinkTicket { id: first.id, ..ticket(2, instance) },
        LinkTicket { hash: first.hash, ..ticket(2, instance) },
    ] {
        let refused = store.issue_link_ticket(second).await;
        assert_eq!(refusal(refused), Some(Kind::Conflict));
    }
    assert_eq!(store.link_tickets(instance).await?, [first]);
    Ok(())
}

/// The others are told so, and change nothing.
pub async fn one_of_many_who_open_a_ticket_at_once_gets_it(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    let ticket = issued(store, 1, instance).await?;
    let many = (10..20).map(|seed| {
        store.open_link_ticket(ticket.id, opening(seed, 50), after_ms(1000 + i64::from(seed)))
    });
    let answers = join_all(many).await.into_iter().collect::<Result<Vec<bool>, Error>>()?;
    assert_eq!(answers.iter().filter(|opened| **opened).count(), 1, "{answers:?}");
    let winner = (10..20).zip(&answers).find_map(|(seed, opened)| opened.then_some(seed));
    let winner = winner.unwrap_or_default();
    let expires_at = after_ms(1000 + i64::from(winner));
    let kept = LinkTicket { opened: Some(opening(winner, 50)), expires_at, ..ticket.clone() };
    assert_eq!(store.find_link_ticket(ticket.hash).await?, Some(kept));
    Ok(())
}

/// The last moment to open one is the one before it expires.
pub async fn a_ticket_that_expired_or_ended_is_not_opened(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    let (late, ended) = (issued(store, 1, instance).await?, issued(store, 2, instance).await?);
    assert!(!store.open_link_ticket(late.id, opening(3, 100), after_ms(500)).await?);
    assert!(store.open_link_ticket(late.id, opening(4, 99), after_ms(500)).await?);
    assert!(store.end_link_ticket(ended.id, ending(TicketEnd::Revoked, 5)).await?);
    assert!(!store.open_link_ticket(ended.id, opening(5, 6), after_ms(500)).await?);
    Ok(())
}

/// The first end counts.
pub async fn a_ticket_ends_once(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    let ticket = issued(store, 1, instance).await?;
    assert!(store.end_link_ticket(ticket.id, ending(TicketEnd::Expired, 5)).await?);
    assert!(!store.end_link_ticket(ticket.id, ending(TicketEnd::Revoked, 6)).await?);
    let kept = store.find_link_ticket(ticket.hash).await?.and_then(|it| it.ended);
    assert_eq!(kept, Some(ending(TicketEnd::Expired, 5)));
    Ok(())
}

/// Opened ones by the time that they have since.
pub async fn tickets_whose_time_is_over_are_lapsed_until_they_end(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    let (one, two) = (issued(store, 1, instance).await?, issued(store, 2, instance).await?);
    assert!(store.open_link_ticket(two.id, opening(3, 50), after_ms(200)).await?);
    let lapsed = async |at_ms| -> Result<Vec<LinkTicketId>, Error> {
        let lapsed = store.lapsed_link_tickets(after_ms(at_ms)).await?;
        Ok(lapsed.into_iter().map(|ticket| ticket.id).collect())
    };
    assert_eq!(lapsed(99).await?, []);
    assert_eq!(lapsed(100).await?, [one.id]);
    assert_eq!(lapsed(200).await?, [one.id, two.id]);
    assert!(store.end_link_ticket(one.id, ending(TicketEnd::Expired, 200)).await?);
    assert_eq!(lapsed(200).await?, [two.id]);
    Ok(())
}

/// What has not ended stays, however old it is.
pub async fn forgetting_takes_what_ended_before_the_cutoff_and_nothing_else(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    for seed in 1..4 {
        issued(store, seed, instance).await?;
    }
    for (seed, at_ms) in [(1, 5), (2, 6)] {
        let id = LinkTicketId::from_random_bytes([seed; 16]);
        assert!(store.end_link_ticket(id, ending(TicketEnd::Expired, at_ms)).await?);
    }
    assert_eq!(store.forget_link_tickets(after_ms(6)).await?, 1);
    let left: Vec<_> = store.link_tickets(instance).await?.into_iter().map(|it| it.hash).collect();
    assert_eq!(left, [hash(2), hash(3)]);
    Ok(())
}

/// Others' tickets stay.
pub async fn removing_an_instance_takes_its_tickets(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    let other = enrolled(store, 2, &account(1)).await?.id;
    let (gone, stays) = (issued(store, 1, instance).await?, issued(store, 2, other).await?);
    store.remove(instance, after_ms(9)).await?;
    assert_eq!(store.find_link_ticket(gone.hash).await?, None);
    assert_eq!(store.find_link_ticket(stays.hash).await?, Some(stays));
    Ok(())
}
