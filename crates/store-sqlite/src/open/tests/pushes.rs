//! What came with pushing, read from a database of every version.

use waygate_core::error::Error;
use waygate_core::event::Receipt;
use waygate_core::event::dropped::Dropped;
use waygate_core::port::notifications::Notifications;
use waygate_core::port::registry::{InstanceFilter, Registry};

use crate::SqliteStore;

/// With a word of a newer version in it, which is passed over.
pub(super) async fn assert_reads(store: &SqliteStore, has_them: bool) -> Result<(), Error> {
    let instances = store.instances(InstanceFilter::default()).await?;
    let shop = instances.first().unwrap().id;
    let held = store.held_back(shop).await?;
    let held = held.map(|held| (held.receipt, held.attempts));
    assert_eq!(held, has_them.then_some((Receipt(4), 3)));
    let dropped = store.dropped_notifications(shop, None, 9).await?;
    let dropped: Vec<_> = dropped.into_iter().map(|it| (it.receipt, it.why)).collect();
    assert_eq!(dropped, if has_them { vec![(Receipt(1), Dropped::TooOld)] } else { vec![] });
    Ok(())
}
