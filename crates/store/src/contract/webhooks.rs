//! Webhook endpoints, and a delivery for each event that one of them wants.

use waygate_core::error::{Error, Kind};
use waygate_core::event::{EventKind, EventName, LinkTicketStepped, Sequence};
use waygate_core::id::{InstanceId, LinkTicketId, WebhookEndpointId};
use waygate_core::instance::state::StateName;
use waygate_core::link_ticket::LinkTicketStep;
use waygate_core::port::webhooks::{DeadLetters, OVERDUE, Overdue, Room, Settling};
use waygate_core::tenant::Account;
use waygate_core::webhook::{
    Attempt, Delivery, DeliveryNumber, DeliveryStatus, Disabled, Disabling, DueDelivery,
    EventFilter, WebhookEndpoint,
};

use super::samples::{
    account, after_ms, enrolled, event, instance_id, opened, refusal, sealed, standing,
};
use crate::Store;

pub(super) fn endpoint(seed: u8, owner: &Account) -> WebhookEndpoint {
    WebhookEndpoint {
        id: WebhookEndpointId::from_random_bytes([seed; 16]),
        account: owner.id,
        terms: sealed(seed),
        filter: EventFilter::default(),
        created_at: after_ms(0),
        failing_since: None,
        disabled: None,
    }
}

async fn added(store: &dyn Store, endpoint: WebhookEndpoint) -> Result<WebhookEndpointId, Error> {
    store.add_webhook_endpoint(endpoint.clone()).await?;
    Ok(endpoint.id)
}

/// An account with an instance and an endpoint that hears of everything.
async fn subject(store: &dyn Store) -> Result<(InstanceId, WebhookEndpointId), Error> {
    let owner = opened(store, 1).await?;
    let instance = enrolled(store, 1, &owner).await?.id;
    Ok((instance, added(store, endpoint(1, &owner)).await?))
}

/// An event of this instance, at this time.
async fn happens(store: &dyn Store, instance: InstanceId, at_ms: i64) -> Result<(), Error> {
    let state = standing(StateName::Online);
    store.append(instance, after_ms(at_ms), event(1), state).await.map(drop)
}

fn attempt(at_ms: i64) -> Attempt {
    let (status, error) = (Some(500), Some("a word".to_owned()));
    Attempt { at: after_ms(at_ms), took_ms: 7, status, error, answer: Some(sealed(9)) }
}

fn numbers(due: &[DueDelivery]) -> Vec<u64> {
    due.iter().map(|it| it.number.0).collect()
}

/// The oldest first, and all of them.
async fn all(store: &dyn Store, of: WebhookEndpointId) -> Result<Vec<Delivery>, Error> {
    let mut all = store.deliveries(of, false, None, u32::MAX).await?;
    all.reverse();
    Ok(all)
}

/// In the list of its account, to the millisecond, and changed too.
pub async fn an_endpoint_is_found_as_it_was_added(store: &dyn Store) -> Result<(), Error> {
    let (owner, other) = (opened(store, 1).await?, opened(store, 2).await?);
    let plain = endpoint(2, &owner);
    let filter = EventFilter {
        instances: Some([instance_id(1), instance_id(2)].into()),
        events: Some([EventName::StateChanged].into()),
    };
    let disabled = Some(Disabling { why: Disabled::Gone, at: after_ms(3) });
    let failing_since = Some(after_ms(2));
    let rich =
        WebhookEndpoint { filter: filter.clone(), failing_since, disabled, ..endpoint(1, &owner) };
    for endpoint in [&plain, &rich, &endpoint(3, &other)] {
        store.add_webhook_endpoint(endpoint.clone()).await?;
    }
    assert_eq!(store.webhook_endpoints(owner.id).await?, [plain.clone(), rich.clone()]);
    assert_eq!(store.webhook_endpoints(account(9).id).await?, []);
    assert!(store.change_webhook_endpoint(plain.id, sealed(8), filter.clone()).await?);
    let changed = WebhookEndpoint { terms: sealed(8), filter, ..plain };
    assert_eq!(store.webhook_endpoints(owner.id).await?, [changed, rich]);
    assert_eq!(store.webhook_endpoints(other.id).await?, [endpoint(3, &other)]);
    let nobody = endpoint(9, &owner).id;
    assert!(!store.change_webhook_endpoint(nobody, sealed(8), EventFilter::default()).await?);
    Ok(())
}

/// Neither an account that never was nor one that was closed has any, and no id is given twice.
pub async fn an_endpoint_needs_an_account_and_an_id_of_its_own(
    store: &dyn Store,
) -> Result<(), Error> {
    let (owner, closed) = (opened(store, 1).await?, opened(store, 2).await?);
    store.close_account(closed.id, after_ms(0)).await?;
    for nobody in [closed, account(9)] {
        let refused = store.add_webhook_endpoint(endpoint(1, &nobody)).await;
        assert_eq!(refusal(refused), Some(Kind::NotFound));
    }
    store.add_webhook_endpoint(endpoint(1, &owner)).await?;
    let refused = store.add_webhook_endpoint(endpoint(1, &owner)).await;
    assert_eq!(refusal(refused), Some(Kind::Conflict));
    Ok(())
}

/// The first time is told, and an endpoint that is enabled again fails no more.
pub async fn an_endpoint_is_disabled_once_and_enabled_once(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let id =
        added(store, WebhookEndpoint { failing_since: Some(after_ms(1)), ..endpoint(1, &owner) })
            .await?;
    let disabling = |why, at| Disabling { why, at: after_ms(at) };
    assert!(!store.enable_webhook_endpoint(id).await?);
    assert!(store.disable_webhook_endpoint(id, disabling(Disabled::Failing, 5)).await?);
    assert!(!store.disable_webhook_endpoint(id, disabling(Disabled::ByOwner, 6)).await?);
    let disabled = store.webhook_endpoints(owner.id).await?.into_iter().next();
    assert_eq!(disabled.and_then(|it| it.disabled), Some(disabling(Disabled::Failing, 5)));
    assert!(store.enable_webhook_endpoint(id).await?);
    assert_eq!(store.webhook_endpoints(owner.id).await?, [endpoint(1, &owner)]);
    assert!(store.remove_webhook_endpoint(id).await?);
    assert!(!store.remove_webhook_endpoint(id).await?);
    assert!(!store.disable_webhook_endpoint(id, disabling(Disabled::ByOwner, 6)).await?);
    assert!(!store.enable_webhook_endpoint(id).await?);
    Ok(())
}

/// By account, instance, kind, and whether it is disabled; what was before it is no news to it.
pub async fn an_event_goes_to_each_endpoint_that_takes_it(store: &dyn Store) -> Result<(), Error> {
    let (owner, other) = (opened(store, 1).await?, opened(store, 2).await?);
    let (one, two) = (enrolled(store, 1, &owner).await?.id, enrolled(store, 2, &owner).await?.id);
    happens(store, one, 0).await?;
    let with = |seed, filter| WebhookEndpoint { filter, ..endpoint(seed, &owner) };
    let instances = Some([two].into());
    let events = Some([EventName::LinkTicket].into());
    let disabled = Some(Disabling { why: Disabled::Gone, at: after_ms(0) });
    let of_two = EventFilter { instances, events: None };
    let of_tickets = EventFilter { instances: None, events };
    let nothing = EventFilter { instances: Some([].into()), events: None };
    let everything = added(store, endpoint(1, &owner)).await?;
    let of_two = added(store, with(2, of_two)).await?;
    let of_tickets = added(store, with(3, of_tickets)).await?;
    let of_nothing = added(store, with(4, nothing)).await?;
    let off = added(store, WebhookEndpoint { disabled, ..endpoint(5, &owner) }).await?;
    let theirs = added(store, endpoint(6, &other)).await?;
    happens(store, one, 10).await?;
    happens(store, two, 11).await?;
    let (ticket, step) = (LinkTicketId::from_random_bytes([1; 16]), LinkTicketStep::Issued);
    let kind = EventKind::LinkTicket(LinkTicketStepped { ticket, step });
    store.note(one, after_ms(12), kind).await?;
    for (endpoint, wanted) in [
        (everything, vec![(one, 2), (two, 1), (one, 3)]),
        (of_two, vec![(two, 1)]),
        (of_tickets, vec![(one, 3)]),
        (of_nothing, vec![]),
        (off, vec![]),
        (theirs, vec![]),
    ] {
        let told = all(store, endpoint).await?;
        let told: Vec<_> = told.iter().map(|it| (it.instance, it.sequence.0)).collect();
        assert_eq!(told, wanted);
    }
    Ok(())
}

/// With its event, and of each endpoint those that waited longest.
pub async fn what_is_due_is_told_endpoint_by_endpoint(store: &dyn Store) -> Result<(), Error> {
    let (instance, first) = subject(store).await?;
    added(store, endpoint(2, &account(1))).await?;
    for at in [10, 20, 30] {
        happens(store, instance, at).await?;
    }
    assert_eq!(store.due_deliveries(after_ms(9), Room::of(9)).await?, []);
    assert_eq!(store.next_due(after_ms(9)).await?, Some(after_ms(10)));
    assert_eq!(store.next_due(after_ms(10)).await?, Some(after_ms(20)));
    assert_eq!(store.next_due(after_ms(30)).await?, None);
    let due = store.due_deliveries(after_ms(30), Room::of(9)).await?;
    assert_eq!(numbers(&due), [1, 2, 3, 4, 5, 6]);
    let events = store.read_after(instance, Sequence(0), 1).await?;
    let whole = DueDelivery {
        number: DeliveryNumber(1),
        endpoint: first,
        terms: sealed(1),
        failing_since: None,
        instance,
        sequence: Sequence(1),
        event: events.into_iter().next(),
        attempts: 0,
    };
    assert_eq!(due.first(), Some(&whole));
    assert_eq!(numbers(&store.due_deliveries(after_ms(30), Room::of(2)).await?), [1, 2, 3, 4]);
    Ok(())
}

/// What is under way takes up room of its endpoint, and one that fails has room of its own.
pub async fn what_is_under_way_is_not_told_again(store: &dyn Store) -> Result<(), Error> {
    let (instance, _well) = subject(store).await?;
    let failing_since = Some(after_ms(0));
    added(store, WebhookEndpoint { failing_since, ..endpoint(2, &account(1)) }).await?;
    for at in [10, 20, 30] {
        happens(store, instance, at).await?;
    }
    // The odd ones go to the one that is well.
    for (under_way, wanted) in
        [(vec![], vec![1, 2, 3]), (vec![1], vec![2, 3]), (vec![1, 2], vec![3])]
    {
        let under_way = under_way.into_iter().map(DeliveryNumber).collect();
        let room = Room { well: 2, failing: 1, under_way };
        assert_eq!(numbers(&store.due_deliveries(after_ms(30), room).await?), wanted);
    }
    Ok(())
}

/// What failed comes after what waited meanwhile, and what is disabled does not come at all.
pub async fn what_is_due_again_comes_after_what_waited(store: &dyn Store) -> Result<(), Error> {
    let (instance, first) = subject(store).await?;
    let second = added(store, endpoint(2, &account(1))).await?;
    for at in [10, 20, 30] {
        happens(store, instance, at).await?;
    }
    let again = Settling::Again(after_ms(40));
    assert!(store.settle_delivery(DeliveryNumber(1), attempt(30), again).await?);
    assert_eq!(numbers(&store.due_deliveries(after_ms(39), Room::of(9)).await?), [2, 3, 4, 5, 6]);
    assert_eq!(store.next_due(after_ms(30)).await?, Some(after_ms(40)));
    let due = store.due_deliveries(after_ms(40), Room::of(9)).await?;
    assert_eq!(numbers(&due), [2, 3, 4, 5, 6, 1]);
    let last = due.last().map(|it| (it.attempts, it.failing_since));
    assert_eq!(last, Some((1, Some(after_ms(30)))));
    let disabling = Disabling { why: Disabled::ByOwner, at: after_ms(41) };
    store.disable_webhook_endpoint(second, disabling).await?;
    assert_eq!(numbers(&store.due_deliveries(after_ms(40), Room::of(9)).await?), [3, 5, 1]);
    store.disable_webhook_endpoint(first, disabling).await?;
    assert_eq!(store.due_deliveries(after_ms(40), Room::of(9)).await?, []);
    assert_eq!(store.next_due(after_ms(0)).await?, None);
    // What waited is due when the endpoint is enabled again.
    store.enable_webhook_endpoint(first).await?;
    assert_eq!(numbers(&store.due_deliveries(after_ms(40), Room::of(9)).await?), [3, 5, 1]);
    Ok(())
}

/// Each attempt is kept with its delivery, and tells whether the endpoint fails.
pub async fn an_attempt_settles_a_delivery_that_is_due(store: &dyn Store) -> Result<(), Error> {
    let (instance, _endpoint) = subject(store).await?;
    for at in [1, 2, 3] {
        happens(store, instance, at).await?;
    }
    let failing = async || -> Result<_, Error> {
        let endpoints = store.webhook_endpoints(account(1).id).await?;
        Ok(endpoints.first().and_then(|it| it.failing_since))
    };
    let [one, two] = [1, 2].map(DeliveryNumber);
    let again = Settling::Again(after_ms(99));
    assert!(store.settle_delivery(one, attempt(10), again).await?);
    assert!(store.settle_delivery(one, attempt(11), Settling::GivenUp).await?);
    assert!(!store.settle_delivery(one, attempt(12), Settling::Arrived).await?);
    assert!(!store.settle_delivery(DeliveryNumber(9), attempt(12), again).await?);
    assert_eq!(failing().await?, Some(after_ms(10)), "since the first of them");
    assert!(store.settle_delivery(two, attempt(20), Settling::Arrived).await?);
    assert!(!store.settle_delivery(two, attempt(21), Settling::Arrived).await?);
    assert_eq!(failing().await?, None);
    Ok(())
}

/// The oldest attempt first, and the newest delivery.
pub async fn deliveries_are_told_with_their_attempts(store: &dyn Store) -> Result<(), Error> {
    let (instance, endpoint) = subject(store).await?;
    for at in [1, 2, 3] {
        happens(store, instance, at).await?;
    }
    let [one, two, three] = [1, 2, 3].map(DeliveryNumber);
    store.settle_delivery(one, attempt(10), Settling::Again(after_ms(99))).await?;
    store.settle_delivery(one, attempt(11), Settling::GivenUp).await?;
    store.settle_delivery(two, attempt(20), Settling::Arrived).await?;
    let told = all(store, endpoint).await?;
    let told: Vec<_> = told.iter().map(|it| (it.status, it.attempts, it.tried.len())).collect();
    assert_eq!(
        told,
        [
            (DeliveryStatus::GivenUp(after_ms(11)), 2, 2),
            (DeliveryStatus::Arrived(after_ms(20)), 1, 1),
            (DeliveryStatus::Due(after_ms(3)), 0, 0),
        ]
    );
    let dead = store.deliveries(endpoint, true, None, 9).await?;
    assert_eq!(dead.first().map(|it| it.tried.clone()), Some(vec![attempt(10), attempt(11)]));
    assert_eq!(dead.len(), 1);
    let page = store.deliveries(endpoint, false, Some(three), 1).await?;
    assert_eq!(page.first().map(|it| it.number), Some(two));
    Ok(())
}

/// By their numbers, by when they were given up, or all of them.
pub async fn dead_letters_are_due_again_when_they_are_replayed(
    store: &dyn Store,
) -> Result<(), Error> {
    let (instance, endpoint) = subject(store).await?;
    for at in 1..=5 {
        happens(store, instance, at).await?;
        let number = DeliveryNumber(at.unsigned_abs());
        let settling = if at == 5 { Settling::Arrived } else { Settling::GivenUp };
        store.settle_delivery(number, attempt(at * 10), settling).await?;
    }
    let numbered = |these: &[u64]| DeadLetters {
        numbers: Some(these.iter().copied().map(DeliveryNumber).collect()),
        ..DeadLetters::default()
    };
    let between = |since, until| DeadLetters {
        since: Some(after_ms(since)),
        until: Some(after_ms(until)),
        ..DeadLetters::default()
    };
    let replay = |letters| store.replay_deliveries(endpoint, letters, after_ms(100));
    assert_eq!(replay(numbered(&[])).await?, 0);
    assert_eq!(replay(between(21, 30)).await?, 0);
    assert_eq!(replay(numbered(&[2, 5, 9])).await?, 1, "what arrived is no dead letter");
    assert_eq!(replay(between(20, 40)).await?, 1, "the third alone");
    let due = store.due_deliveries(after_ms(100), Room::of(9)).await?;
    assert_eq!(numbers(&due), [2, 3]);
    assert!(due.iter().all(|it| it.attempts == 0));
    assert_eq!(replay(DeadLetters::default()).await?, 2);
    assert_eq!(replay(DeadLetters::default()).await?, 0);
    let nobody = WebhookEndpointId::from_random_bytes([9; 16]);
    let none = store.replay_deliveries(nobody, DeadLetters::default(), after_ms(100));
    assert_eq!(none.await?, 0);
    Ok(())
}

/// The numbers of what is gone stay used.
pub async fn deliveries_go_with_their_endpoint_and_with_their_instance(
    store: &dyn Store,
) -> Result<(), Error> {
    let (instance, first) = subject(store).await?;
    let second = added(store, endpoint(2, &account(1))).await?;
    let other = enrolled(store, 2, &account(1)).await?.id;
    happens(store, instance, 1).await?;
    happens(store, other, 2).await?;
    store.remove(instance, after_ms(3)).await?;
    assert_eq!(numbers(&store.due_deliveries(after_ms(9), Room::of(9)).await?), [3, 4]);
    assert!(store.remove_webhook_endpoint(second).await?);
    assert_eq!(numbers(&store.due_deliveries(after_ms(9), Room::of(9)).await?), [3]);
    assert_eq!(store.deliveries(second, false, None, 9).await?, []);
    store.settle_delivery(DeliveryNumber(3), attempt(4), Settling::Arrived).await?;
    happens(store, other, 5).await?;
    assert_eq!(numbers(&store.due_deliveries(after_ms(9), Room::of(9)).await?), [5]);
    assert_eq!(all(store, first).await?.len(), 2);
    Ok(())
}

/// What is due stays, however old.
pub async fn forgetting_takes_what_ended_before_the_cutoff(store: &dyn Store) -> Result<(), Error> {
    let (instance, endpoint) = subject(store).await?;
    for at in 1..=5 {
        happens(store, instance, at).await?;
    }
    for (number, at, settling) in [
        (1, 10, Settling::Arrived),
        (2, 10, Settling::GivenUp),
        (3, 11, Settling::Arrived),
        (4, 10, Settling::Again(after_ms(10))),
    ] {
        store.settle_delivery(DeliveryNumber(number), attempt(at), settling).await?;
    }
    assert_eq!(store.forget_deliveries(after_ms(10)).await?, 0);
    assert_eq!(store.forget_deliveries(after_ms(11)).await?, 2);
    let left: Vec<u64> = all(store, endpoint).await?.iter().map(|it| it.number.0).collect();
    assert_eq!(left, [3, 4, 5]);
    Ok(())
}

fn overdue(behind: u64, before_ms: i64) -> Overdue {
    Overdue { behind, disabled_before: after_ms(before_ms) }
}

/// What the journal says of deliveries that were given up, newest first.
async fn given_up(store: &dyn Store, instance: InstanceId) -> Result<Vec<EventKind>, Error> {
    let told = store.newest(instance, EventName::DeliveriesGivenUp, None, 9).await?;
    Ok(told.into_iter().map(|event| event.kind).collect())
}

/// Nothing goes without a word of it: the oldest are dead letters, and the journal says how many.
pub async fn what_too_many_wait_behind_becomes_a_dead_letter(
    store: &dyn Store,
) -> Result<(), Error> {
    let (instance, endpoint) = subject(store).await?;
    for at_ms in 0..4 {
        happens(store, instance, at_ms).await?;
    }
    let arrived = numbers(&store.due_deliveries(after_ms(9), Room::of(1)).await?);
    store.settle_delivery(DeliveryNumber(arrived[0]), attempt(5), Settling::Arrived).await?;
    assert_eq!(store.give_up_deliveries(overdue(3, 99), after_ms(6)).await?, []);
    assert_eq!(store.give_up_deliveries(overdue(2, 99), after_ms(7)).await?, [instance]);
    let dead = store.deliveries(endpoint, true, None, 9).await?;
    let told: Vec<_> = dead.iter().map(|it| (it.sequence.0, it.status)).collect();
    assert_eq!(told, [(2, DeliveryStatus::GivenUp(after_ms(7)))], "the oldest that waited");
    let (at, error) = (after_ms(7), Some(OVERDUE.to_owned()));
    let unsent = Attempt { at, took_ms: 0, status: None, error, answer: None };
    assert_eq!(dead[0].tried, [unsent]);
    let count = EventKind::DeliveriesGivenUp { endpoint, count: 1 };
    assert_eq!(given_up(store, instance).await?, [count]);
    // What became of the endpoint's queue is one more event for it.
    assert_eq!(store.due_deliveries(after_ms(9), Room::of(9)).await?.len(), 3);
    Ok(())
}

/// All of it, when the endpoint was disabled before the time; and it can be replayed.
pub async fn what_waits_for_an_endpoint_that_rests_becomes_a_dead_letter_in_time(
    store: &dyn Store,
) -> Result<(), Error> {
    let (instance, endpoint) = subject(store).await?;
    for at_ms in 0..3 {
        happens(store, instance, at_ms).await?;
    }
    let disabling = Disabling { why: Disabled::ByOwner, at: after_ms(8) };
    store.disable_webhook_endpoint(endpoint, disabling).await?;
    assert_eq!(store.give_up_deliveries(overdue(9, 8), after_ms(9)).await?, []);
    assert_eq!(store.give_up_deliveries(overdue(9, 9), after_ms(9)).await?, [instance]);
    assert_eq!(store.deliveries(endpoint, true, None, 9).await?.len(), 3);
    let count = EventKind::DeliveriesGivenUp { endpoint, count: 3 };
    assert_eq!(given_up(store, instance).await?, [count]);
    let replayed = store.replay_deliveries(endpoint, DeadLetters::default(), after_ms(9)).await?;
    assert_eq!(replayed, 3, "none is lost");
    Ok(())
}
