//! Enrolment: all or nothing, and nothing twice.

use futures_util::future::join_all;
use waygate_core::error::{Error, Kind};
use waygate_core::instance::record::{InstanceRecord, NAME_LENGTH_MAX};
use waygate_core::instance::state::StateName;
use waygate_core::port::registry::{Enrolment, InstanceFilter};
use waygate_core::token::{ApiToken, TokenKind};

use super::samples::{
    account, after_ms, enrolled, enrolment, event, hash, opened, record, refusal, standing, token,
};
use crate::Store;

const ALL: InstanceFilter = InstanceFilter { account: None, with_removed: true };

/// What was enrolled comes back unchanged, by every way to it.
pub async fn an_instance_with_its_token_and_settings_is_found_as_it_was_enrolled(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let Enrolment { record, settings, .. } = enrolment(1, &owner);
    let (id, phone) = (record.id, "15550001111".parse().ok());
    let record = InstanceRecord { phone, ..record };
    let tokens = vec![token(1, &record), ApiToken { kind: TokenKind::Native, ..token(2, &record) }];
    let written = Enrolment { record: record.clone(), tokens: tokens.clone(), settings };
    store.enrol(written.clone()).await?;

    assert_eq!(store.instance(id).await?, Some(record.clone()));
    assert_eq!(store.instances(ALL).await?, [record]);
    for token in &tokens {
        assert_eq!(store.find_token(token.hash).await?.as_ref(), Some(token));
    }
    assert_eq!(store.tokens(owner.id).await?, tokens);
    assert_eq!(store.settings(id).await?, Some(written.settings));
    Ok(())
}

/// A name is for people: it may be empty, long, and in any script.
pub async fn every_name_comes_back_as_it_was_given(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let long = "\u{1f431}".repeat(NAME_LENGTH_MAX);
    let names = [
        "",
        " ",
        "'; DROP TABLE instances; --",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "e\u{301}\u{200d}\u{1f468}\u{200d}\u{1f469}",
        "a\0b\n",
        long.as_str(),
    ];
    for (seed, name) in (1..).zip(names) {
        let mut written = enrolment(seed, &owner);
        written.record.name = name.into();
        store.enrol(written).await?;
    }
    let listed = store.instances(ALL).await?;
    assert_eq!(listed.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), names);
    Ok(())
}

/// An instance belongs to somebody.
pub async fn an_instance_without_an_account_is_not_found_and_changes_nothing(
    store: &dyn Store,
) -> Result<(), Error> {
    let nobody = account(9);
    assert_eq!(refusal(store.enrol(enrolment(1, &nobody)).await), Some(Kind::NotFound));
    assert_nothing_of(store, 1).await?;
    // Nor was anything taken.
    let owner = opened(store, 1).await?;
    store.enrol(enrolment(1, &owner)).await
}

/// A token opens an instance of its own account, and an enrolment brings the instance's own.
pub async fn an_instance_with_a_token_of_another_is_not_found_and_changes_nothing(
    store: &dyn Store,
) -> Result<(), Error> {
    let (owner, other) = (opened(store, 1).await?, opened(store, 2).await?);
    let elsewhere = record(7, &owner);
    let own = enrolment(1, &owner);
    let first = token(1, &own.record);
    for second in [
        ApiToken { account: other.id, ..token(2, &own.record) },
        ApiToken { account: account(9).id, ..token(2, &own.record) },
        ApiToken { instance: Some(elsewhere.id), ..token(2, &own.record) },
        first.clone(),
    ] {
        let expected = if second == first { Kind::Conflict } else { Kind::NotFound };
        let mixed = Enrolment { tokens: vec![first.clone(), second], ..own.clone() };
        assert_eq!(refusal(store.enrol(mixed).await), Some(expected));
        assert_nothing_of(store, 1).await?;
    }
    store.enrol(own).await
}

/// An id is given once.
pub async fn a_taken_id_is_a_conflict_and_changes_nothing(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let first = enrolled(store, 1, &owner).await?;
    assert_refused(store, with_id_of(&first, enrolment(2, &owner))).await?;
    assert_eq!(store.instances(ALL).await?, [first]);
    Ok(())
}

/// A number is given once.
pub async fn a_taken_number_is_a_conflict_and_changes_nothing(
    store: &dyn Store,
) -> Result<(), Error> {
    let (owner, other) = (opened(store, 1).await?, opened(store, 2).await?);
    let first = enrolled(store, 1, &owner).await?;
    assert_refused(store, with_number_of(&first, enrolment(2, &other))).await?;
    assert_nothing_of(store, 2).await?;
    assert_eq!(store.instances(ALL).await?, [first]);
    store.enrol(enrolment(2, &other)).await
}

/// A token is given once.
pub async fn a_taken_token_is_a_conflict_and_changes_nothing(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let first = enrolled(store, 1, &owner).await?;
    assert_refused(store, with_token_of(&first, enrolment(2, &owner))).await?;
    assert_nothing_of(store, 2).await?;
    assert_eq!(store.tokens(owner.id).await?, [token(1, &first)]);
    // The refused enrolment has taken neither id nor number.
    store.enrol(enrolment(2, &owner)).await
}

/// Whoever knew a removed instance must not meet another one in its place.
pub async fn nothing_of_a_removed_instance_is_given_a_second_time(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let first = enrolled(store, 1, &owner).await?;
    store.remove(first.id, after_ms(10)).await?;
    assert_all_taken(store, &first).await
}

/// Nor when the store has forgotten it.
pub async fn nothing_of_a_forgotten_instance_is_given_a_second_time(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let first = enrolled(store, 1, &owner).await?;
    store.issue_token(token(3, &first)).await?;
    store.remove(first.id, after_ms(10)).await?;
    assert_eq!(store.forget_removed(after_ms(11)).await?, 1);
    assert_eq!(store.instance(first.id).await?, None);
    assert_all_taken(store, &first).await?;

    let next = enrolled(store, 4, &owner).await?;
    for seed in [1, 3] {
        assert_eq!(refusal(store.issue_token(token(seed, &next)).await), Some(Kind::Conflict));
    }
    Ok(())
}

/// Two callers cannot both be told that a number is theirs.
pub async fn a_number_is_given_to_one_of_many_who_ask_at_once(
    store: &dyn Store,
) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    let wanted = record(1, &owner);
    let asked = (1..=20).map(|seed| store.enrol(with_number_of(&wanted, enrolment(seed, &owner))));
    let refusals: Vec<_> = join_all(asked).await.into_iter().map(refusal).collect();

    assert_eq!(refusals.iter().filter(|it| it.is_none()).count(), 1, "{refusals:?}");
    assert_eq!(refusals.iter().filter(|it| **it == Some(Kind::Conflict)).count(), 19);
    assert_eq!(store.instances(ALL).await?.len(), 1);
    assert_eq!(store.tokens(owner.id).await?.len(), 1);
    Ok(())
}

fn with_id_of(other: &InstanceRecord, enrolment: Enrolment) -> Enrolment {
    let of_other = |token| ApiToken { instance: Some(other.id), ..token };
    Enrolment {
        record: InstanceRecord { id: other.id, ..enrolment.record },
        tokens: enrolment.tokens.into_iter().map(of_other).collect(),
        ..enrolment
    }
}

fn with_number_of(other: &InstanceRecord, enrolment: Enrolment) -> Enrolment {
    Enrolment { record: InstanceRecord { number: other.number, ..enrolment.record }, ..enrolment }
}

/// With the token that an instance of seed 1 was enrolled with.
fn with_token_of(first: &InstanceRecord, enrolment: Enrolment) -> Enrolment {
    let taken = token(1, first);
    let with_hash = |token| ApiToken { hash: taken.hash, ..token };
    Enrolment { tokens: enrolment.tokens.into_iter().map(with_hash).collect(), ..enrolment }
}

/// Id, number and token of the instance of seed 1 are out of reach for an instance of seed 2.
async fn assert_all_taken(store: &dyn Store, first: &InstanceRecord) -> Result<(), Error> {
    let owner = account(1);
    let before = store.instances(ALL).await?;
    assert_refused(store, with_id_of(first, enrolment(2, &owner))).await?;
    assert_refused(store, with_number_of(first, enrolment(2, &owner))).await?;
    assert_refused(store, with_token_of(first, enrolment(2, &owner))).await?;
    assert_eq!(store.instances(ALL).await?, before);

    let second = enrolled(store, 2, &owner).await?;
    let appended =
        store.append(second.id, after_ms(0), event(1), standing(StateName::Online)).await?;
    assert_eq!(appended.0, 1, "a newcomer inherits no journal");
    Ok(())
}

/// The enrolment of seed 2 is a conflict, and no part of it was written.
async fn assert_refused(store: &dyn Store, enrolment: Enrolment) -> Result<(), Error> {
    assert_eq!(refusal(store.enrol(enrolment).await), Some(Kind::Conflict));
    assert_eq!(store.find_token(hash(2)).await?, None, "its token was written");
    Ok(())
}

async fn assert_nothing_of(store: &dyn Store, seed: u8) -> Result<(), Error> {
    let id = record(seed, &account(1)).id;
    assert_eq!(store.instance(id).await?, None);
    assert_eq!(store.settings(id).await?, None);
    assert_eq!(store.find_token(hash(seed)).await?, None);
    Ok(())
}
