//! The journal as the application writes it: every event gets what whoever fetches notifications is to
//! be told of it, and whoever waits hears that it is there.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Notify;
use waygate_core::error::Error;
use waygate_core::event::{
    Event, EventKind, EventName, Extent, NewEvent, Sequence, StateChanged, topic,
};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Switch;
use waygate_core::instance::standing::Standing;
use waygate_core::message::MessageKey;
use waygate_core::port::journal::Journal;
use waygate_core::port::link::Deed;
use waygate_core::port::registry::Registry;

use crate::arrivals::Arrivals;
use crate::instance_settings::opened;
use crate::keyring::Keyring;

/// Stands before the store's journal.
#[derive(Debug)]
pub(crate) struct Scribe {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) keyring: Keyring,
    pub(crate) arrivals: Arc<Arrivals>,
    /// Wakes the deliverer.
    pub(crate) webhook_news: Arc<Notify>,
}

impl Scribe {
    /// Tells whoever waits that the journal of this instance has grown.
    pub(crate) fn tell(&self, instance: InstanceId) {
        self.arrivals.tell(instance);
        self.webhook_news.notify_one();
    }

    /// Says of each event what it is news of, as far as the instance's owner wants to be told.
    pub(crate) async fn with_topics(
        &self,
        instance: InstanceId,
        mut events: Vec<NewEvent>,
    ) -> Result<Vec<NewEvent>, Error> {
        if !events.iter().any(|event| may_be_news(&event.kind)) {
            return Ok(events);
        }
        let Some(wanted) = self.wanted(instance).await? else { return Ok(events) };
        if wanted.is_empty() && !events.iter().any(|event| is_told_anyway(&event.kind)) {
            return Ok(events);
        }
        let mut known = None;
        if events.iter().any(|event| changed(&event.kind).is_some()) {
            // Also when another process wrote it, or this one before a crash.
            let newest = self.journal.newest(instance, EventName::StateChanged, None, 1).await?;
            known = newest.into_iter().next().and_then(|event| changed(&event.kind).cloned());
        }
        for event in &mut events {
            event.topics = match changed(&event.kind) {
                Some(change) => {
                    let mut topics = topic::of_change(known.as_ref(), change);
                    topics.retain(|topic| wanted.contains(topic));
                    known = Some(change.clone());
                    topics
                }
                None => {
                    let wants = |switch| wanted.contains(&switch);
                    topic::of_message(&event.kind, wants).into_iter().collect()
                }
            };
        }
        Ok(events)
    }

    /// What of all that can be news the owner wants to be told; `None` where nobody can be told.
    async fn wanted(&self, instance: InstanceId) -> Result<Option<BTreeSet<Switch>>, Error> {
        let Some(sealed) = self.registry.settings(instance).await? else { return Ok(None) };
        match opened(&self.keyring, instance, &sealed) {
            Ok(settings) => {
                let told = [Switch::StateChanges, Switch::ConnectionChanges].into_iter();
                let told = told.chain(topic::OF_MESSAGES);
                Ok(Some(told.filter(|switch| settings.switches.contains(switch)).collect()))
            }
            Err(error) => {
                // They will not be readable the next time either, and the instance must go on.
                let cause = error.with_causes();
                tracing::error!(%instance, cause, "nobody is notified: the settings say nothing");
                Ok(None)
            }
        }
    }
}

fn may_be_news(kind: &EventKind) -> bool {
    changed(kind).is_some() || topic::of_message(kind, |_switch| true).is_some()
}

fn is_told_anyway(kind: &EventKind) -> bool {
    topic::of_message(kind, |_switch| false).is_some()
}

fn changed(kind: &EventKind) -> Option<&StateChanged> {
    if let EventKind::StateChanged(change) = kind { Some(change) } else { None }
}

impl Journal for Scribe {
    fn commit(
        &self,
        instance: InstanceId,
        at: Timestamp,
        events: Vec<NewEvent>,
        standing: Option<Standing>,
    ) -> Deed<'_, Result<Sequence, Error>> {
        Box::pin(async move {
            let events = self.with_topics(instance, events).await?;
            let last = self.journal.commit(instance, at, events, standing).await?;
            self.tell(instance);
            Ok(last)
        })
    }

    fn read_after(
        &self,
        instance: InstanceId,
        after: Sequence,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        self.journal.read_after(instance, after, limit)
    }

    fn newest(
        &self,
        instance: InstanceId,
        name: EventName,
        before: Option<Sequence>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        self.journal.newest(instance, name, before, limit)
    }

    fn event_of(
        &self,
        instance: InstanceId,
        key: MessageKey,
    ) -> Deed<'_, Result<Option<Event>, Error>> {
        self.journal.event_of(instance, key)
    }

    fn extent(&self, instance: InstanceId) -> Deed<'_, Result<Extent, Error>> {
        self.journal.extent(instance)
    }

    fn forget_events(&self, cutoff: Timestamp, count_max: u64) -> Deed<'_, Result<u64, Error>> {
        self.journal.forget_events(cutoff, count_max)
    }

    fn forget_seen(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.journal.forget_seen(cutoff)
    }
}
