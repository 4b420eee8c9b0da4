//! The journal: numbering, reading, and what an instance stands on since.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use waygate_core::account::LinkedAccount;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{
    Event, EventKind, EventName, Extent, LinkTicketStepped, LinkingProgress, Sequence, StateChanged,
};
use waygate_core::id::{InstanceId, LinkTicketId};
use waygate_core::instance::change::Cause;
use waygate_core::instance::standing::Standing;
use waygate_core::instance::state::{Outcome, StateName, Stopper};
use waygate_core::link_ticket::LinkTicketStep;
use waygate_core::port::registry::InstanceFilter;
use waygate_core::reason::EndReason;
use waygate_core::tenant::Account;

use super::samples::{
    NOW_MS, account, after_ms, enrolled, enrolment, event, hash, instance_id, opened, refusal,
    standing,
};
use crate::Store;

const START: Sequence = Sequence(0);

/// An instance of its own account, to write about.
async fn subject(store: &dyn Store) -> Result<InstanceId, Error> {
    let owner = opened(store, 1).await?;
    Ok(enrolled(store, 1, &owner).await?.id)
}

/// Writes an event that can be told from others by its device.
async fn append(store: &dyn Store, instance: InstanceId, device: u16) -> Result<Sequence, Error> {
    let at = after_ms(i64::from(device));
    store.append(instance, at, event(device), standing(StateName::Online)).await
}

/// The numbers and devices of events.
fn told(events: &[Event]) -> Vec<(u64, u16)> {
    let device = |event: &Event| match &event.kind {
        EventKind::StateChanged(change) => change.account.as_ref().map_or(0, |it| it.device),
        EventKind::LinkTicket(_)
        | EventKind::Linking(_)
        | EventKind::QrRotated(_)
        | EventKind::NotificationsDropped { .. }
        | EventKind::DeliveriesGivenUp { .. }
        | EventKind::WebhookDisabled(_) => 0,
    };
    events.iter().map(|event| (event.sequence.0, device(event))).collect()
}

/// One, two, three; also when the clock goes backwards.
pub async fn numbers_follow_one_another_in_the_order_of_the_calls(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    for (number, device) in [(1, 30), (2, 20), (3, 10)] {
        assert_eq!(append(store, instance, device).await?, Sequence(number));
    }
    let events = store.read_after(instance, START, 10).await?;
    assert_eq!(told(&events), [(1, 30), (2, 20), (3, 10)]);
    let at_ms: Vec<i64> = events.iter().map(|it| it.at.as_millisecond() - NOW_MS).collect();
    assert_eq!(at_ms, [30, 20, 10]);
    Ok(())
}

/// Everything that can happen comes back unchanged, however large.
pub async fn an_event_is_read_as_it_was_written(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    let large = LinkedAccount {
        phone: "15550001111".into(),
        lid: Some("\u{1f431}\u{0}\"".repeat(50_000)),
        device: u16::MAX,
    };
    let mut written: Vec<EventKind> = EndReason::EXAMPLES
        .iter()
        .map(|reason| {
            EventKind::StateChanged(StateChanged {
                from: StateName::Online,
                to: StateName::Offline,
                cause: Cause::Ended(*reason),
                linked: true,
                account: None,
            })
        })
        .collect();
    written.push(EventKind::StateChanged(StateChanged {
        from: StateName::Pending,
        to: StateName::Stopped,
        cause: Cause::Stopped(Stopper::Person),
        linked: false,
        account: Some(large),
    }));
    for kind in &written {
        store.append(instance, after_ms(0), kind.clone(), standing(StateName::Offline)).await?;
    }
    let read = store.read_after(instance, START, u32::MAX).await?;
    let kinds: Vec<EventKind> = read.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, written);
    Ok(())
}

/// What is finer than a millisecond is dropped, from every time that is kept.
pub async fn times_are_kept_to_the_millisecond(store: &dyn Store) -> Result<(), Error> {
    let fine = after_ms(0) + SignedDuration::from_nanos(999_999);
    let kept = Some(after_ms(0));
    assert_ne!(Some(fine), kept);

    let account = Account { opened_at: fine, ..account(1) };
    store.open_account(account.clone()).await?;
    let mut enrolment = enrolment(1, &account);
    enrolment.record.created_at = fine;
    let (id, hash) = (enrolment.record.id, hash(1));
    for token in &mut enrolment.tokens {
        (token.issued_at, token.expires_at) = (fine, Some(fine));
    }
    store.enrol(enrolment).await?;
    store.append(id, fine, event(1), standing(StateName::Online)).await?;
    assert_eq!(store.read_after(id, START, 1).await?.first().map(|it| it.at), kept);
    store.revoke_token(hash.id(), fine).await?;
    store.remove(id, fine).await?;

    assert_eq!(store.accounts().await?.first().map(|it| it.opened_at), kept);
    let record = store.instance(id).await?;
    assert_eq!(record.as_ref().map(|it| it.created_at), kept);
    assert_eq!(record.and_then(|it| it.removed_at), kept);
    let token = store.find_token(hash).await?;
    assert_eq!(token.as_ref().map(|it| it.issued_at), kept);
    assert_eq!(token.as_ref().and_then(|it| it.expires_at), kept);
    assert_eq!(token.and_then(|it| it.revoked_at), kept);
    assert_eq!(store.forget_removed(fine).await?, 0, "a cutoff is no finer than a removal");
    store.close_account(account.id, fine).await?;
    assert_eq!(store.accounts().await?.first().and_then(|it| it.closed_at), kept);
    Ok(())
}

/// The last call counts, whatever the clock said, and for its own instance only.
pub async fn an_instance_stands_where_its_last_event_left_it(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    let other = enrolled(store, 2, &account(1)).await?.id;
    for (at, state) in [
        (after_ms(0), StateName::Online),
        (Timestamp::UNIX_EPOCH, StateName::Offline),
        (after_ms(-1), StateName::Stopped),
    ] {
        store.append(instance, at, event(1), standing(state)).await?;
        let found = store.instance(instance).await?.and_then(|it| it.standing);
        assert_eq!(found, Some(standing(state)));
    }
    let listed: Vec<_> = store
        .instances(InstanceFilter::default())
        .await?
        .into_iter()
        .map(|it| (it.id, it.standing))
        .collect();
    assert_eq!(listed, [(instance, Some(standing(StateName::Stopped))), (other, None)]);
    Ok(())
}

/// It is an event like every other, of a kind of its own.
pub async fn a_note_is_numbered_among_the_events_and_leaves_the_standing(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    let (ticket, step) = (LinkTicketId::from_random_bytes([1; 16]), LinkTicketStep::Opened);
    let kind = EventKind::LinkTicket(LinkTicketStepped { ticket, step });
    append(store, instance, 7).await?;
    assert_eq!(store.note(instance, after_ms(9), kind.clone()).await?, Sequence(2));
    append(store, instance, 8).await?;
    assert_eq!(told(&store.read_after(instance, START, 10).await?), [(1, 7), (2, 0), (3, 8)]);
    let noted = store.newest(instance, EventName::LinkTicket, None, 10).await?;
    assert_eq!(noted, [Event { sequence: Sequence(2), at: after_ms(9), kind: kind.clone() }]);
    let found = store.instance(instance).await?.and_then(|it| it.standing);
    assert_eq!(found, Some(standing(StateName::Online)));
    let nobody = store.note(instance_id(9), after_ms(9), kind.clone()).await;
    assert_eq!(refusal(nobody), Some(Kind::NotFound));
    store.remove(instance, after_ms(10)).await?;
    assert_eq!(refusal(store.note(instance, after_ms(11), kind).await), Some(Kind::NotFound));
    Ok(())
}

/// Nobody sees one without the other.
pub async fn events_written_together_follow_one_another(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    append(store, instance, 1).await?;
    let scanned = EventKind::Linking(LinkingProgress::Scanned);
    let together = vec![event(2).into(), scanned.clone().into()];
    let offline = Some(standing(StateName::Offline));
    let last = store.commit(instance, after_ms(2), together, offline.clone()).await?;
    assert_eq!(last, Sequence(3));
    assert_eq!(told(&store.read_after(instance, START, 9).await?), [(1, 1), (2, 2), (3, 0)]);
    let newest = store.newest(instance, EventName::Linking, None, 9).await?;
    assert_eq!(newest, [Event { sequence: last, at: after_ms(2), kind: scanned }]);
    assert_eq!(store.instance(instance).await?.and_then(|it| it.standing), offline);
    let nothing = store.commit(instance, after_ms(3), Vec::new(), None).await;
    assert_eq!(refusal(nothing), Some(Kind::Invalid));
    assert_eq!(store.extent(instance).await?, Extent { forgotten: START, newest: last });
    Ok(())
}

/// Numbers go on, and the journal says how far back it reaches.
pub async fn forgetting_takes_what_is_old_or_too_much_but_the_last_change_of_state(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    let other = enrolled(store, 2, &account(1)).await?.id;
    append(store, other, 1).await?;
    for device in 1..=3 {
        append(store, instance, device).await?;
    }
    let scanned = || EventKind::Linking(LinkingProgress::Scanned);
    for at_ms in 4..=8 {
        store.note(instance, after_ms(at_ms), scanned()).await?;
    }
    // The other's one event is its last change.
    for (cutoff_ms, count_max, forgotten, left) in [
        (0, 99, 0, vec![1, 2, 3, 4, 5, 6, 7, 8]),
        (2, 99, 1, vec![2, 3, 4, 5, 6, 7, 8]),
        (6, 99, 3, vec![3, 6, 7, 8]),
        (6, 1, 2, vec![3, 8]),
        (6, 1, 0, vec![3, 8]),
    ] {
        assert_eq!(store.forget_events(after_ms(cutoff_ms), count_max).await?, forgotten);
        assert_eq!(numbers(store, instance).await?, left, "{cutoff_ms}, {count_max}");
    }
    let (forgotten, newest) = (Sequence(7), Sequence(8));
    assert_eq!(store.extent(instance).await?, Extent { forgotten, newest });
    assert_eq!(append(store, instance, 9).await?, Sequence(9));
    assert_eq!(store.forget_events(after_ms(6), 1).await?, 2, "another change is the last");
    assert_eq!(numbers(store, instance).await?, [9]);
    store.remove(instance, after_ms(10)).await?;
    assert_eq!(store.extent(instance).await?, Extent { forgotten: START, newest: START });
    Ok(())
}

async fn numbers(store: &dyn Store, instance: InstanceId) -> Result<Vec<u64>, Error> {
    let events = store.read_after(instance, START, 99).await?;
    Ok(events.iter().map(|event| event.sequence.0).collect())
}

/// All that a restart must know comes back unchanged.
pub async fn a_standing_is_read_as_it_was_written(store: &dyn Store) -> Result<(), Error> {
    let instance = subject(store).await?;
    let base = standing(StateName::Unlinked);
    for written in [
        Standing { stopped_by: Some(Stopper::Person), ..standing(StateName::Stopped) },
        Standing { until_s: Some(i64::MIN), ..standing(StateName::Suspended) },
        Standing { is_unproven: true, ..standing(StateName::Connecting) },
        Standing { next_try_s: Some(i64::MAX), ..standing(StateName::Suspended) },
        Standing { last: Some(Outcome::Ended(EndReason::DeviceRemoved)), ..base.clone() },
        base,
    ] {
        store.append(instance, after_ms(0), event(1), written.clone()).await?;
        let found = store.instance(instance).await?.and_then(|it| it.standing);
        assert_eq!(found, Some(written));
    }
    Ok(())
}

/// Nobody reads another instance's journal, and each is numbered for itself.
pub async fn an_event_goes_to_its_own_instance_only(store: &dyn Store) -> Result<(), Error> {
    let one = subject(store).await?;
    let two = enrolled(store, 2, &account(1)).await?.id;
    for (instance, device) in [(one, 11), (two, 21), (one, 12)] {
        append(store, instance, device).await?;
    }
    assert_eq!(told(&store.read_after(one, START, 10).await?), [(1, 11), (2, 12)]);
    assert_eq!(told(&store.read_after(two, START, 10).await?), [(1, 21)]);
    assert_eq!(told(&store.newest(two, EventName::StateChanged, None, 10).await?), [(1, 21)]);
    assert_eq!(store.read_after(instance_id(9), START, 10).await?, []);
    assert_eq!(store.newest(instance_id(9), EventName::StateChanged, None, 10).await?, []);
    Ok(())
}

/// Nothing is written about nobody.
pub async fn events_of_unknown_and_removed_instances_are_not_found(
    store: &dyn Store,
) -> Result<(), Error> {
    let removed = subject(store).await?;
    append(store, removed, 1).await?;
    store.remove(removed, after_ms(1)).await?;
    for instance in [removed, instance_id(9)] {
        assert_eq!(refusal(append(store, instance, 2).await), Some(Kind::NotFound));
        assert_eq!(store.read_after(instance, START, 10).await?, []);
    }
    let standing = store.instance(removed).await?.and_then(|it| it.standing);
    assert_eq!(standing, None, "a refused event leaves no standing");
    Ok(())
}

/// Many writers at once: every number is given once, and every event has the number it was told.
pub async fn events_written_at_once_are_numbered_without_gaps(
    store: &dyn Store,
) -> Result<(), Error> {
    const INSTANCES: u8 = 5;
    const EACH: u16 = 40;
    let owner = opened(store, 1).await?;
    let mut writes = Vec::new();
    for seed in 1..=INSTANCES {
        enrolled(store, seed, &owner).await?;
    }
    for device in 1..=EACH {
        writes.extend((1..=INSTANCES).map(|seed| async move {
            (seed, append(store, instance_id(seed), device).await, device)
        }));
    }
    let mut answers = vec![Vec::new(); usize::from(INSTANCES) + 1];
    for (seed, sequence, device) in join_all(writes).await {
        if let Some(answers) = answers.get_mut(usize::from(seed)) {
            answers.push((sequence?.0, device));
        }
    }
    for (seed, mut answers) in (0..).zip(answers).skip(1) {
        let read = told(&store.read_after(instance_id(seed), START, 1000).await?);
        answers.sort_unstable();
        assert_eq!(read, answers, "instance {seed}");
        let numbers: Vec<u64> = read.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..=u64::from(EACH)).collect::<Vec<_>>(), "instance {seed}");
    }
    Ok(())
}

/// A reader that remembers a number is never shown another event in its place.
pub async fn numbers_of_events_are_never_used_a_second_time(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    append(store, instance, 1).await?;
    store.remove(instance, after_ms(1)).await?;
    // The journal is erased, so the numbers may start again only if the instance may.
    for forgotten in [0, 1] {
        assert_eq!(refusal(append(store, instance, 2).await), Some(Kind::NotFound));
        let again = store.enrol(enrolment(1, &account(1))).await;
        assert_eq!(refusal(again), Some(Kind::Conflict));
        assert_eq!(store.forget_removed(after_ms(9)).await?, 1 - forgotten);
    }
    Ok(())
}

/// Page by page nothing is left out and nothing comes twice.
pub async fn reading_begins_after_the_given_event_and_ends_at_the_limit(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    for device in 1..=7 {
        append(store, instance, device).await?;
    }
    for (after, limit, expected) in [
        (0, 0, vec![]),
        (0, 1, vec![1]),
        (0, 3, vec![1, 2, 3]),
        (3, 3, vec![4, 5, 6]),
        (6, 3, vec![7]),
        (0, 7, vec![1, 2, 3, 4, 5, 6, 7]),
        (5, u32::MAX, vec![6, 7]),
        (7, 3, vec![]),
        (8, 3, vec![]),
        (u64::MAX, u32::MAX, vec![]),
    ] {
        let events = store.read_after(instance, Sequence(after), limit).await?;
        let numbers: Vec<u64> = events.iter().map(|event| event.sequence.0).collect();
        assert_eq!(numbers, expected, "{limit} after {after}");
    }
    Ok(())
}

/// The newest first, and no more than asked for.
pub async fn the_newest_events_come_first_and_end_at_the_limit(
    store: &dyn Store,
) -> Result<(), Error> {
    let instance = subject(store).await?;
    for device in 1..=4 {
        append(store, instance, device).await?;
    }
    for (before, limit, expected) in [
        (None, 0, vec![]),
        (None, 1, vec![4]),
        (None, 3, vec![4, 3, 2]),
        (None, u32::MAX, vec![4, 3, 2, 1]),
        (Some(4), 2, vec![3, 2]),
        (Some(2), 2, vec![1]),
        (Some(1), 2, vec![]),
        (Some(0), 2, vec![]),
        (Some(u64::MAX), 1, vec![4]),
    ] {
        let before = before.map(Sequence);
        let events = store.newest(instance, EventName::StateChanged, before, limit).await?;
        let numbers: Vec<u64> = events.iter().map(|event| event.sequence.0).collect();
        assert_eq!(numbers, expected, "the newest {limit} before {before:?}");
    }
    Ok(())
}
