//! Records, as they were written.

use waygate_core::error::Error;
use waygate_core::port::records::{RecordKey, RecordKind, Records as _};
use waygate_core::secret::Sealed;

use super::Left;
use crate::SqliteStore;

pub(super) async fn assert_reads(store: &SqliteStore, has_them: bool) -> Result<(), Error> {
    let of = "00000000-0000-4000-8000-000000000099".parse().unwrap();
    let key = RecordKey::from_bytes(*b"key");
    let told = store.records(of, RecordKind::Session, vec![key]).await?;
    let value = Sealed::from_bytes([0x5e, 0xa1, 0xed]);
    assert_eq!(told, [has_them.then_some(value)]);
    Ok(())
}

/// No deed tells until when a record is kept.
pub(super) async fn assert_times(left: &Left, has_them: bool) {
    let due =
        left.ask("SELECT coalesce(max(due), 0) FROM records WHERE kind = 'sent_message'").await;
    assert_eq!(due, if has_them { 1_800_000_000 } else { 0 });
}
