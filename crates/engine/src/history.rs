//! Use cases of what happened.

use waygate_core::error::Error;
use waygate_core::event::{Event, EventName, Sequence};
use waygate_core::id::InstanceId;

use crate::gateway::Gateway;

impl Gateway {
    /// The changes of an instance's state, newest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn state_history(
        &self,
        instance: InstanceId,
        limit: u32,
    ) -> Result<Vec<Event>, Error> {
        self.state_history_before(instance, None, limit).await
    }

    /// The same, of those that are older than the event named.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn state_history_before(
        &self,
        instance: InstanceId,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<Vec<Event>, Error> {
        let journal = &self.parts().ports.journal;
        journal.newest(instance, EventName::StateChanged, before, limit).await
    }
}
