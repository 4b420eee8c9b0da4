//! Use cases of what happened.

use jiff::Timestamp;
use waygate_core::error::Error;
use waygate_core::event::{Event, EventKind, EventName, Sequence};
use waygate_core::id::InstanceId;
use waygate_core::instance::state::StateName;

use crate::gateway::Gateway;

/// Changes that are read at a time to find a connection: the last one is rarely far away.
const PAGE: u32 = 64;

/// How often that is done at most: it comes to months of an account that is out of reach.
const PAGES_MAX: u32 = 1024;

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

    /// When the connection was made that stands, or that stood last; `None` when there never was one.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn last_connected(&self, instance: InstanceId) -> Result<Option<Timestamp>, Error> {
        let mut before = None;
        for _page in 0..PAGES_MAX {
            let changes = self.state_history_before(instance, before, PAGE).await?;
            let connected = changes.iter().find(|change| match &change.kind {
                EventKind::StateChanged(state) => state.to == StateName::Online,
                EventKind::LinkTicket(_) | EventKind::WebhookDisabled(_) => false,
            });
            before = changes.last().map(|change| change.sequence);
            if connected.is_some() || before.is_none() {
                return Ok(connected.map(|change| change.at));
            }
        }
        Ok(None)
    }
}
