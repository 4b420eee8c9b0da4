//! The records of the memory store.

use std::collections::BTreeMap;
use std::ops::Bound;

use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::port::link::Deed;
use waygate_core::port::records::{
    Record, RecordChange, RecordKey, RecordKind, RecordScan, Records,
};
use waygate_core::secret::Sealed;

use super::MemoryStore;

type Address = (InstanceId, RecordKind, RecordKey);

/// All records, with the time until which each is kept.
#[derive(Debug, Default)]
pub(super) struct RecordShelf(BTreeMap<Address, (Sealed, Option<i64>)>);

impl RecordShelf {
    fn find(&self, instance: InstanceId, kind: RecordKind, key: RecordKey) -> Option<Sealed> {
        self.0.get(&(instance, kind, key)).map(|(value, _)| value.clone())
    }

    fn scan(&self, instance: InstanceId, scan: RecordScan) -> Vec<(RecordKey, Sealed)> {
        let RecordScan { kind, under, after, limit } = scan;
        let start = match after {
            Some(after) if after >= under => Bound::Excluded((instance, kind, after)),
            Some(_) | None => Bound::Included((instance, kind, under.clone())),
        };
        self.0
            .range((start, Bound::Unbounded))
            .take_while(|((of, its_kind, key), _)| {
                *of == instance && *its_kind == kind && key.as_bytes().starts_with(under.as_bytes())
            })
            .take(limit as usize)
            .map(|((.., key), (value, _))| (key.clone(), value.clone()))
            .collect()
    }

    fn change(&mut self, instance: InstanceId, changes: Vec<RecordChange>) -> Result<(), Error> {
        if changes.iter().any(is_too_long) {
            return Err(Error::new(Kind::Invalid, "a record's name is too long"));
        }
        for change in changes {
            match change {
                RecordChange::Put(Record { kind, key, value, due }) => {
                    self.0.insert((instance, kind, key), (value, due));
                }
                RecordChange::Delete(kind, key) => {
                    self.0.remove(&(instance, kind, key));
                }
                RecordChange::DeleteUnder(kind, under) => {
                    self.0.retain(|(of, its_kind, key), _| {
                        *of != instance
                            || *its_kind != kind
                            || !key.as_bytes().starts_with(under.as_bytes())
                    });
                }
            }
        }
        Ok(())
    }

    fn forget(&mut self, instance: InstanceId, kind: RecordKind, cutoff: i64) -> u64 {
        let before = self.0.len();
        self.0.retain(|(of, its_kind, _), (_, due)| {
            *of != instance || *its_kind != kind || due.is_none_or(|due| due >= cutoff)
        });
        (before - self.0.len()) as u64
    }

    pub(super) fn erase(&mut self, instance: InstanceId, kind: Option<RecordKind>) {
        self.0.retain(|(of, its_kind, _), _| {
            *of != instance || kind.is_some_and(|kind| kind != *its_kind)
        });
    }
}

fn is_too_long(change: &RecordChange) -> bool {
    let key = match change {
        RecordChange::Put(record) => &record.key,
        RecordChange::Delete(_, key) | RecordChange::DeleteUnder(_, key) => key,
    };
    key.as_bytes().len() > RecordKey::LENGTH_MAX
}

impl Records for MemoryStore {
    fn records(
        &self,
        instance: InstanceId,
        kind: RecordKind,
        keys: Vec<RecordKey>,
    ) -> Deed<'_, Result<Vec<Option<Sealed>>, Error>> {
        Box::pin(async move {
            let records = &self.shelves().records;
            Ok(keys.into_iter().map(|key| records.find(instance, kind, key)).collect())
        })
    }

    fn scan_records(
        &self,
        instance: InstanceId,
        scan: RecordScan,
    ) -> Deed<'_, Result<Vec<(RecordKey, Sealed)>, Error>> {
        Box::pin(async move { Ok(self.shelves().records.scan(instance, scan)) })
    }

    fn change_records(
        &self,
        instance: InstanceId,
        changes: Vec<RecordChange>,
    ) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().records.change(instance, changes) })
    }

    fn forget_records(
        &self,
        instance: InstanceId,
        kind: RecordKind,
        cutoff: i64,
    ) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move { Ok(self.shelves().records.forget(instance, kind, cutoff)) })
    }

    fn erase_records(
        &self,
        instance: InstanceId,
        kind: Option<RecordKind>,
    ) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            self.shelves().records.erase(instance, kind);
            Ok(())
        })
    }
}
