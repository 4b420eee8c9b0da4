//! Records: sealed values by instance, kind and name.

use waygate_core::error::{Error, Kind};
use waygate_core::port::records::{Record, RecordChange, RecordKey, RecordKind, RecordScan};
use waygate_core::secret::Sealed;

use super::samples::{after_ms, enrolled, instance_id, opened, refusal, sealed};
use crate::Store;

fn key(bytes: &[u8]) -> RecordKey {
    RecordKey::from_bytes(bytes)
}

/// A record that is kept for ever.
fn record(kind: RecordKind, name: &[u8], seed: u8) -> Record {
    Record { kind, key: key(name), value: sealed(seed), due: None }
}

/// Keeps these, one seed after the other.
async fn keep(
    store: &dyn Store,
    instance: u8,
    kind: RecordKind,
    names: &[&[u8]],
) -> Result<(), Error> {
    let puts = (1..).zip(names).map(|(seed, name)| RecordChange::Put(record(kind, name, seed)));
    store.change_records(instance_id(instance), puts.collect()).await
}

/// The value of one record.
async fn value(
    store: &dyn Store,
    instance: u8,
    kind: RecordKind,
    name: &[u8],
) -> Result<Option<Sealed>, Error> {
    let found = store.records(instance_id(instance), kind, vec![key(name)]).await?;
    assert_eq!(found.len(), 1);
    Ok(found.into_iter().flatten().next())
}

/// The names of what there is.
async fn names(store: &dyn Store, instance: u8, kind: RecordKind) -> Result<Vec<Vec<u8>>, Error> {
    let all = RecordScan { kind, under: RecordKey::default(), after: None, limit: u32::MAX };
    let found = store.scan_records(instance_id(instance), all).await?;
    Ok(found.into_iter().map(|(key, _)| key.as_bytes().to_vec()).collect())
}

/// At its own address only, whatever bytes name and value are; and no instance needs to be enrolled.
pub async fn a_record_is_read_as_it_was_put(store: &dyn Store) -> Result<(), Error> {
    for kind in RecordKind::ALL {
        keep(store, 1, kind, &[b"", b"\0", b"\xff", &[0xfe; RecordKey::LENGTH_MAX]]).await?;
        let asked = [&b"\xff"[..], b"none", b"", b"\xff"].map(key).to_vec();
        let told = store.records(instance_id(1), kind, asked).await?;
        assert_eq!(told, [Some(sealed(3)), None, Some(sealed(1)), Some(sealed(3))], "{kind}");
    }
    for value in [Sealed::from_bytes([]), Sealed::from_bytes(vec![0xa5; 100_000])] {
        let large = Record { value: value.clone(), ..record(RecordKind::Device, b"size", 1) };
        store.change_records(instance_id(1), vec![RecordChange::Put(large)]).await?;
        assert_eq!(self::value(store, 1, RecordKind::Device, b"size").await?, Some(value));
    }
    assert_eq!(value(store, 1, RecordKind::Session, b"size").await?, None);
    assert_eq!(value(store, 2, RecordKind::Session, b"").await?, None);
    assert_eq!(store.records(instance_id(1), RecordKind::Device, vec![]).await?, []);
    Ok(())
}

/// With the time until which it is kept.
pub async fn a_record_takes_the_place_of_the_one_before(store: &dyn Store) -> Result<(), Error> {
    let kind = RecordKind::SentMessage;
    let of = instance_id(1);
    for (seed, due) in [(1, Some(1)), (2, None)] {
        let record = Record { due, ..record(kind, b"name", seed) };
        store.change_records(of, vec![RecordChange::Put(record)]).await?;
    }
    assert_eq!(store.forget_records(of, kind, i64::MAX).await?, 0);
    assert_eq!(value(store, 1, kind, b"name").await?, Some(sealed(2)));
    assert_eq!(names(store, 1, kind).await?, [b"name"]);
    Ok(())
}

/// From where it is told, and no more than is asked for.
pub async fn a_scan_tells_what_begins_so_in_the_order_of_names(
    store: &dyn Store,
) -> Result<(), Error> {
    let kind = RecordKind::SyncMac;
    keep(store, 1, kind, &[b"b\xff\xff", b"b\xff", b"a", b"b", b"c", b"b\xff\x01"]).await?;
    keep(store, 1, RecordKind::SyncKey, &[b"b1"]).await?;
    keep(store, 2, kind, &[b"b2"]).await?;
    let scan = async |under: &[u8], after: Option<&[u8]>, limit| {
        let scan = RecordScan { kind, under: key(under), after: after.map(key), limit };
        let found = store.scan_records(instance_id(1), scan).await?;
        Ok::<_, Error>(
            found.into_iter().map(|(key, _)| key.as_bytes().to_vec()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(names(store, 1, kind).await?.len(), 6);
    assert_eq!(scan(b"b", None, 9).await?, [&b"b"[..], b"b\xff", b"b\xff\x01", b"b\xff\xff"]);
    assert_eq!(scan(b"b\xff", None, 2).await?, [&b"b\xff"[..], b"b\xff\x01"]);
    assert_eq!(scan(b"b", Some(b"b\xff"), 9).await?, [&b"b\xff\x01"[..], b"b\xff\xff"]);
    assert_eq!(scan(b"b", Some(b"a"), 1).await?, [b"b"]);
    assert_eq!(scan(b"", Some(b"b\xff\xff"), 9).await?, [b"c"]);
    assert_eq!(scan(b"\xff", None, 9).await?, Vec::<Vec<u8>>::new());
    let one = RecordScan { kind, under: key(b"a"), after: None, limit: 1 };
    let told = store.scan_records(instance_id(1), one).await?;
    assert_eq!(told, [(key(b"a"), sealed(3))]);
    Ok(())
}

/// A name that is there twice has what came last.
pub async fn steps_are_taken_in_their_order(store: &dyn Store) -> Result<(), Error> {
    let kind = RecordKind::Prekey;
    let steps = vec![
        RecordChange::Put(record(kind, b"one", 1)),
        RecordChange::Put(record(kind, b"two", 2)),
        RecordChange::Put(record(kind, b"one", 3)),
        RecordChange::Delete(kind, key(b"two")),
        RecordChange::DeleteUnder(RecordKind::Session, key(b"")),
        RecordChange::Put(record(RecordKind::Session, b"one", 4)),
    ];
    store.change_records(instance_id(1), steps).await?;
    assert_eq!(value(store, 1, kind, b"one").await?, Some(sealed(3)));
    assert_eq!(value(store, 1, kind, b"two").await?, None);
    assert_eq!(value(store, 1, RecordKind::Session, b"one").await?, Some(sealed(4)));
    store.change_records(instance_id(1), vec![]).await
}

/// By its name, or by how its name begins; also when there is nothing.
pub async fn deleting_takes_what_is_named_and_nothing_else(store: &dyn Store) -> Result<(), Error> {
    let kind = RecordKind::Session;
    for of in [1, 2] {
        keep(store, of, kind, &[b"a", b"ab", b"ab\xff", b"b", b"\xff\xff"]).await?;
    }
    keep(store, 1, RecordKind::Identity, &[b"a", b"ab"]).await?;
    let of = instance_id(1);
    store.change_records(of, vec![RecordChange::Delete(kind, key(b"a"))]).await?;
    store.change_records(of, vec![RecordChange::Delete(kind, key(b"none"))]).await?;
    assert_eq!(names(store, 1, kind).await?, [&b"ab"[..], b"ab\xff", b"b", b"\xff\xff"]);
    for (under, left) in [(&b"ab"[..], 2), (b"\xff", 1), (b"none", 1), (b"", 0)] {
        store.change_records(of, vec![RecordChange::DeleteUnder(kind, key(under))]).await?;
        assert_eq!(names(store, 1, kind).await?.len(), left, "{under:?}");
    }
    assert_eq!(names(store, 1, RecordKind::Identity).await?.len(), 2);
    assert_eq!(names(store, 2, kind).await?.len(), 5);
    Ok(())
}

/// Not even what came before in it.
pub async fn a_change_that_is_refused_changes_nothing(store: &dyn Store) -> Result<(), Error> {
    let kind = RecordKind::Device;
    keep(store, 1, kind, &[b"kept"]).await?;
    let long = [0; RecordKey::LENGTH_MAX + 1];
    let steps = vec![
        RecordChange::Put(record(kind, b"new", 2)),
        RecordChange::Delete(kind, key(b"kept")),
        RecordChange::Put(record(kind, &long, 3)),
    ];
    let refused = store.change_records(instance_id(1), steps).await;
    assert_eq!(refusal(refused), Some(Kind::Invalid));
    assert_eq!(names(store, 1, kind).await?, [b"kept"]);
    Ok(())
}

/// What has no time, or that of the cutoff, stays, as does everything elsewhere.
pub async fn what_was_due_before_the_cutoff_is_forgotten(store: &dyn Store) -> Result<(), Error> {
    let kind = RecordKind::MessageSecret;
    for (of, kind) in [(1, kind), (1, RecordKind::SentMessage), (2, kind)] {
        let times = [None, Some(i64::MIN), Some(-1), Some(5), Some(i64::MAX)];
        let puts = (1..)
            .zip(times)
            .map(|(seed, due)| RecordChange::Put(Record { due, ..record(kind, &[seed], seed) }));
        store.change_records(instance_id(of), puts.collect()).await?;
    }
    assert_eq!(store.forget_records(instance_id(1), kind, 5).await?, 2);
    assert_eq!(store.forget_records(instance_id(1), kind, 5).await?, 0);
    assert_eq!(names(store, 1, kind).await?, [[1], [4], [5]]);
    assert_eq!(names(store, 1, RecordKind::SentMessage).await?.len(), 5);
    assert_eq!(names(store, 2, kind).await?.len(), 5);
    Ok(())
}

/// And what is erased twice is simply gone.
pub async fn erasing_takes_one_kind_or_all_of_one_instance(store: &dyn Store) -> Result<(), Error> {
    for of in [1, 2] {
        for kind in [RecordKind::DataKey, RecordKind::Device, RecordKind::Session] {
            keep(store, of, kind, &[b"a", b"b"]).await?;
        }
    }
    for _ in 0..2 {
        store.erase_records(instance_id(1), Some(RecordKind::DataKey)).await?;
        assert_eq!(names(store, 1, RecordKind::DataKey).await?.len(), 0);
        assert_eq!(names(store, 1, RecordKind::Device).await?.len(), 2);
    }
    store.erase_records(instance_id(1), None).await?;
    for kind in RecordKind::ALL {
        assert_eq!(names(store, 1, kind).await?.len(), 0, "{kind}");
    }
    assert_eq!(names(store, 2, RecordKind::DataKey).await?.len(), 2);
    assert_eq!(names(store, 2, RecordKind::Session).await?.len(), 2);
    Ok(())
}

/// And with no other one.
pub async fn records_go_with_their_instance(store: &dyn Store) -> Result<(), Error> {
    let owner = opened(store, 1).await?;
    for seed in [1, 2] {
        enrolled(store, seed, &owner).await?;
        keep(store, seed, RecordKind::Device, &[b""]).await?;
    }
    assert!(store.remove(instance_id(1), after_ms(1)).await?);
    assert_eq!(value(store, 1, RecordKind::Device, b"").await?, None);
    assert_eq!(value(store, 2, RecordKind::Device, b"").await?, Some(sealed(1)));
    Ok(())
}
