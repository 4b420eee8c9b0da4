//! The queues and the records of messages, as they were written.

use waygate_core::error::Error;
use waygate_core::message::MessageId;
use waygate_core::message::outgoing::OutgoingContent;
use waygate_core::message::status::{Progress, SendFailure, Status};
use waygate_core::port::outbox::Outbox as _;
use waygate_core::port::registry::{InstanceFilter, Registry as _};

use crate::SqliteStore;

const QUEUED: &str = "3EB0000102030405FEFFAA";
const REFUSED: &str = "3EB0000102030405FEFFBB";

pub(super) async fn assert_reads(store: &SqliteStore, has_them: bool) -> Result<(), Error> {
    let instances = store.instances(InstanceFilter::default()).await?;
    let shop = instances.first().unwrap().id;
    let queued = store.queued_messages(shop, 9).await?;
    assert_eq!(queued.len(), usize::from(has_them));
    if let Some(queued) = queued.first() {
        assert_eq!(queued.account.as_deref(), Some("15550001111"));
        assert_eq!(queued.message.id.as_str(), QUEUED);
        let OutgoingContent::Text(text) = &queued.message.content;
        assert_eq!(&*text.body, "hello");
    }
    for (id, by_api, status) in [
        (QUEUED, true, Status::Reached(Progress::Queued)),
        (REFUSED, false, Status::Failed(SendFailure::Refused(Some(479)))),
    ] {
        let record = store.message_record(shop, MessageId(id.into())).await?;
        let told = record.map(|record| (record.by_api, record.status));
        assert_eq!(told, has_them.then_some((by_api, status)), "{id}");
    }
    Ok(())
}
