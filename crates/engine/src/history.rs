//! Use cases of what happened.

use waygate_core::error::Error;
use waygate_core::event::{Event, EventName};
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
        self.parts().ports.journal.newest(instance, EventName::StateChanged, limit).await
    }
}
