//! An instance that is the caller's: the only way for a handler to get one.

use waygate_core::id::{InstanceId, InstanceNumber};
use waygate_core::instance::record::InstanceRecord;
use waygate_core::port::registry::InstanceKey;
use waygate_engine::Gateway;
use waygate_engine::link_tickets::LinkVisit;
use waygate_http::trace::name_instance;

use crate::call::Reach;
use crate::link_pass;
use crate::problem::Problem;

/// An instance that was not removed, and that its caller may see. Made by the two functions here and
/// by nothing else.
pub(crate) struct OwnInstance(InstanceRecord);

impl OwnInstance {
    /// The instance of this id or number. What does not exist, what is another's and what was
    /// removed are alike.
    pub(crate) async fn find(gateway: &Gateway, reach: Reach, text: &str) -> Result<Self, Problem> {
        let key = if let Ok(id) = text.parse::<InstanceId>() {
            InstanceKey::Id(id)
        } else if let Ok(number) = text.parse::<InstanceNumber>() {
            InstanceKey::Number(number)
        } else {
            return Err(Problem::no_such_instance());
        };
        let own = gateway.find_instance(reach.account(), key).await?;
        own.map(Self::named).ok_or_else(Problem::no_such_instance)
    }

    /// The instance that somebody with a pass may link.
    pub(crate) async fn of_visitor(gateway: &Gateway, visit: &LinkVisit) -> Result<Self, Problem> {
        let found = gateway.instance(visit.instance()).await?;
        let own = found.filter(|record| record.removed_at.is_none());
        own.map(Self::named).ok_or_else(link_pass::no_pass)
    }

    fn named(record: InstanceRecord) -> Self {
        name_instance(record.id);
        Self(record)
    }

    pub(crate) fn id(&self) -> InstanceId {
        self.0.id
    }

    pub(crate) fn record(&self) -> &InstanceRecord {
        &self.0
    }
}
