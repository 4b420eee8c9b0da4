//! Use cases of what happened.

use jiff::Timestamp;
use waygate_core::error::Error;
use waygate_core::event::{Event, EventKind, EventName};
use waygate_core::id::InstanceId;
use waygate_core::instance::state::StateName;

use crate::gateway::Gateway;

/// Changes that are read first to find a connection: the last one is rarely far away.
const CHANGES_FIRST: u32 = 64;

/// Changes that are read at most: months of an account that is out of reach.
const CHANGES_MAX: u32 = 64 * 1024;

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

    /// When the connection was made that stands, or that stood last; `None` when there never was one.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn last_connected(&self, instance: InstanceId) -> Result<Option<Timestamp>, Error> {
        let mut limit = CHANGES_FIRST;
        loop {
            let changes = self.state_history(instance, limit).await?;
            let connected = changes.iter().find(|change| {
                let EventKind::StateChanged(state) = &change.kind;
                state.to == StateName::Online
            });
            let is_all = changes.len() < usize::try_from(limit).unwrap_or(usize::MAX);
            if connected.is_some() || is_all || limit >= CHANGES_MAX {
                return Ok(connected.map(|change| change.at));
            }
            limit *= 4;
        }
    }
}
