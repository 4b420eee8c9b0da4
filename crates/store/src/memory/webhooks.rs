//! The webhook endpoints of the memory store, and their deliveries.

use std::collections::BTreeMap;

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Event, EventKind};
use waygate_core::id::{AccountId, InstanceId, WebhookEndpointId};
use waygate_core::port::link::Deed;
use waygate_core::port::webhooks::{DeadLetters, OVERDUE, Overdue, Room, Settling, Webhooks};
use waygate_core::secret::Sealed;
use waygate_core::webhook::{
    Attempt, Delivery, DeliveryNumber, DeliveryStatus, Disabling, DueDelivery, EventFilter,
    WebhookEndpoint,
};

use super::MemoryStore;
use super::shelves::{Shelves, no_account, to_millisecond};

/// All endpoints, and every delivery that is still known.
#[derive(Debug, Default)]
pub(super) struct WebhookShelf {
    endpoints: Vec<WebhookEndpoint>,
    deliveries: Vec<Kept>,
    /// How many deliveries there ever were.
    numbered: u64,
}

#[derive(Debug)]
struct Kept {
    endpoint: WebhookEndpointId,
    delivery: Delivery,
}

impl WebhookShelf {
    /// Makes the deliveries of an event that was just written.
    pub(super) fn dispatch(&mut self, account: AccountId, instance: InstanceId, event: &Event) {
        let wants = |it: &&WebhookEndpoint| {
            it.account == account
                && it.disabled.is_none()
                && it.filter.takes(instance, event.kind.name())
        };
        for endpoint in self.endpoints.iter().filter(wants) {
            self.numbered += 1;
            let delivery = Delivery {
                number: DeliveryNumber(self.numbered),
                instance,
                sequence: event.sequence,
                status: DeliveryStatus::Due(event.at),
                attempts: 0,
                tried: Vec::new(),
            };
            self.deliveries.push(Kept { endpoint: endpoint.id, delivery });
        }
    }

    pub(super) fn forget_instance(&mut self, instance: InstanceId) {
        self.deliveries.retain(|it| it.delivery.instance != instance);
    }

    fn find(&mut self, endpoint: WebhookEndpointId) -> Option<&mut WebhookEndpoint> {
        self.endpoints.iter_mut().find(|it| it.id == endpoint)
    }

    /// Those that are due, of endpoints that are not disabled, with when.
    fn pending(&self) -> impl Iterator<Item = (&WebhookEndpoint, &Delivery, Timestamp)> {
        self.deliveries.iter().filter_map(|it| {
            let enabled = |endpoint: &&WebhookEndpoint| {
                endpoint.id == it.endpoint && endpoint.disabled.is_none()
            };
            let DeliveryStatus::Due(at) = it.delivery.status else { return None };
            Some((self.endpoints.iter().find(enabled)?, &it.delivery, at))
        })
    }

    fn settle(&mut self, number: DeliveryNumber, attempt: Attempt, settling: Settling) -> bool {
        let is_due = |it: &&mut Kept| {
            it.delivery.number == number && matches!(it.delivery.status, DeliveryStatus::Due(_))
        };
        let Some(kept) = self.deliveries.iter_mut().find(is_due) else { return false };
        let at = to_millisecond(attempt.at);
        kept.delivery.attempts += 1;
        kept.delivery.tried.push(Attempt { at, ..attempt });
        kept.delivery.status = match settling {
            Settling::Arrived => DeliveryStatus::Arrived(at),
            Settling::Again(due) => DeliveryStatus::Due(to_millisecond(due)),
            Settling::GivenUp => DeliveryStatus::GivenUp(at),
        };
        let endpoint = kept.endpoint;
        if let Some(endpoint) = self.find(endpoint) {
            endpoint.failing_since = match settling {
                Settling::Arrived => None,
                Settling::Again(_) | Settling::GivenUp => endpoint.failing_since.or(Some(at)),
            };
        }
        true
    }

    /// Gives up what has waited for too long: how many of each instance and endpoint.
    fn give_up(
        &mut self,
        overdue: Overdue,
        now: Timestamp,
    ) -> BTreeMap<(InstanceId, WebhookEndpointId), u64> {
        let before = to_millisecond(overdue.disabled_before);
        let rests = |it: &&WebhookEndpoint| it.disabled.is_some_and(|it| it.at < before);
        let resting: Vec<_> = self.endpoints.iter().filter(rests).map(|it| it.id).collect();
        let (mut seen, mut counts) = (BTreeMap::new(), BTreeMap::new());
        for kept in self.deliveries.iter_mut().rev() {
            let DeliveryStatus::Due(_) = kept.delivery.status else { continue };
            let place = (kept.delivery.instance, kept.endpoint);
            let behind = seen.entry(place).or_insert(0_u64);
            *behind += 1;
            if *behind > overdue.behind || resting.contains(&kept.endpoint) {
                let (at, error) = (to_millisecond(now), Some(OVERDUE.to_owned()));
                kept.delivery.status = DeliveryStatus::GivenUp(at);
                let attempt = Attempt { at, took_ms: 0, status: None, error, answer: None };
                kept.delivery.tried.push(attempt);
                *counts.entry(place).or_insert(0) += 1;
            }
        }
        counts
    }

    fn replay(
        &mut self,
        endpoint: WebhookEndpointId,
        letters: &DeadLetters,
        now: Timestamp,
    ) -> u64 {
        let [since, until] = [letters.since, letters.until].map(|at| at.map(to_millisecond));
        let mut replayed = 0;
        for kept in self.deliveries.iter_mut().filter(|it| it.endpoint == endpoint) {
            let DeliveryStatus::GivenUp(at) = kept.delivery.status else { continue };
            let number = kept.delivery.number;
            let is_meant = letters.numbers.as_ref().is_none_or(|these| these.contains(&number))
                && since.is_none_or(|since| at >= since)
                && until.is_none_or(|until| at < until);
            if is_meant {
                kept.delivery.status = DeliveryStatus::Due(to_millisecond(now));
                kept.delivery.attempts = 0;
                replayed += 1;
            }
        }
        replayed
    }
}

impl Shelves {
    pub(super) fn add_webhook_endpoint(&mut self, endpoint: WebhookEndpoint) -> Result<(), Error> {
        if !self.is_open(endpoint.account) {
            return Err(no_account());
        }
        if self.webhooks.find(endpoint.id).is_some() {
            return Err(Error::new(Kind::Conflict, "the webhook endpoint is taken"));
        }
        let disabled = endpoint.disabled.map(disabling_kept);
        self.webhooks.endpoints.push(WebhookEndpoint {
            created_at: to_millisecond(endpoint.created_at),
            failing_since: endpoint.failing_since.map(to_millisecond),
            disabled,
            ..endpoint
        });
        Ok(())
    }

    fn due_deliveries(&self, now: Timestamp, room: &Room) -> Vec<DueDelivery> {
        let mut due: Vec<_> =
            self.webhooks.pending().filter(|(_, _, at)| *at <= to_millisecond(now)).collect();
        due.sort_by_key(|(_, delivery, at)| (*at, delivery.number));
        let mut counts: BTreeMap<WebhookEndpointId, u32> = BTreeMap::new();
        let within = due.into_iter().filter(|(endpoint, _, _)| {
            let count = counts.entry(endpoint.id).or_default();
            *count += 1;
            *count <= endpoint.failing_since.map_or(room.well, |_since| room.failing)
        });
        within
            .filter(|(_, delivery, _)| !room.under_way.contains(&delivery.number))
            .map(|(endpoint, delivery, _)| DueDelivery {
                number: delivery.number,
                endpoint: endpoint.id,
                terms: endpoint.terms.clone(),
                failing_since: endpoint.failing_since,
                instance: delivery.instance,
                sequence: delivery.sequence,
                event: self.event(delivery.instance, delivery.sequence),
                attempts: delivery.attempts,
            })
            .collect()
    }
}

fn disabling_kept(disabling: Disabling) -> Disabling {
    Disabling { at: to_millisecond(disabling.at), ..disabling }
}

impl Webhooks for MemoryStore {
    fn add_webhook_endpoint(&self, endpoint: WebhookEndpoint) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move { self.shelves().add_webhook_endpoint(endpoint) })
    }

    fn webhook_endpoints(
        &self,
        account: AccountId,
    ) -> Deed<'_, Result<Vec<WebhookEndpoint>, Error>> {
        Box::pin(async move {
            let shelves = self.shelves();
            let own = shelves.webhooks.endpoints.iter().filter(|it| it.account == account);
            Ok(own.cloned().collect())
        })
    }

    fn change_webhook_endpoint(
        &self,
        endpoint: WebhookEndpointId,
        terms: Sealed,
        filter: EventFilter,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move {
            let mut shelves = self.shelves();
            let Some(found) = shelves.webhooks.find(endpoint) else { return Ok(false) };
            (found.terms, found.filter) = (terms, filter);
            Ok(true)
        })
    }

    fn disable_webhook_endpoint(
        &self,
        endpoint: WebhookEndpointId,
        disabling: Disabling,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move {
            let mut shelves = self.shelves();
            let found = shelves.webhooks.find(endpoint).filter(|it| it.disabled.is_none());
            let Some(found) = found else { return Ok(false) };
            found.disabled = Some(disabling_kept(disabling));
            Ok(true)
        })
    }

    fn enable_webhook_endpoint(
        &self,
        endpoint: WebhookEndpointId,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move {
            let mut shelves = self.shelves();
            let found = shelves.webhooks.find(endpoint).filter(|it| it.disabled.is_some());
            let Some(found) = found else { return Ok(false) };
            (found.disabled, found.failing_since) = (None, None);
            Ok(true)
        })
    }

    fn remove_webhook_endpoint(
        &self,
        endpoint: WebhookEndpointId,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move {
            let shelf = &mut self.shelves().webhooks;
            let before = shelf.endpoints.len();
            shelf.endpoints.retain(|it| it.id != endpoint);
            shelf.deliveries.retain(|it| it.endpoint != endpoint);
            Ok(shelf.endpoints.len() < before)
        })
    }

    fn due_deliveries(
        &self,
        now: Timestamp,
        room: Room,
    ) -> Deed<'_, Result<Vec<DueDelivery>, Error>> {
        Box::pin(async move { Ok(self.shelves().due_deliveries(now, &room)) })
    }

    fn next_due(&self, now: Timestamp) -> Deed<'_, Result<Option<Timestamp>, Error>> {
        Box::pin(async move {
            let now = to_millisecond(now);
            let shelves = self.shelves();
            Ok(shelves.webhooks.pending().map(|(_, _, at)| at).filter(|at| *at > now).min())
        })
    }

    fn settle_delivery(
        &self,
        delivery: DeliveryNumber,
        attempt: Attempt,
        settling: Settling,
    ) -> Deed<'_, Result<bool, Error>> {
        Box::pin(async move { Ok(self.shelves().webhooks.settle(delivery, attempt, settling)) })
    }

    fn deliveries(
        &self,
        endpoint: WebhookEndpointId,
        given_up: bool,
        before: Option<DeliveryNumber>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Delivery>, Error>> {
        Box::pin(async move {
            let shelves = self.shelves();
            let wanted = |it: &&Kept| {
                let dead = matches!(it.delivery.status, DeliveryStatus::GivenUp(_));
                it.endpoint == endpoint
                    && (dead || !given_up)
                    && before.is_none_or(|before| it.delivery.number < before)
            };
            let newest_first = shelves.webhooks.deliveries.iter().rev().filter(wanted);
            Ok(newest_first.take(limit as usize).map(|it| it.delivery.clone()).collect())
        })
    }

    fn replay_deliveries(
        &self,
        endpoint: WebhookEndpointId,
        letters: DeadLetters,
        now: Timestamp,
    ) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move { Ok(self.shelves().webhooks.replay(endpoint, &letters, now)) })
    }

    fn give_up_deliveries(
        &self,
        overdue: Overdue,
        now: Timestamp,
    ) -> Deed<'_, Result<Vec<InstanceId>, Error>> {
        Box::pin(async move {
            let mut shelves = self.shelves();
            let counts = shelves.webhooks.give_up(overdue, now);
            let mut told = Vec::new();
            for ((instance, endpoint), count) in counts {
                let given_up = EventKind::DeliveriesGivenUp { endpoint, count };
                shelves.commit(instance, now, vec![given_up.into()], None)?;
                told.push(instance);
            }
            told.dedup();
            Ok(told)
        })
    }

    fn forget_deliveries(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        Box::pin(async move {
            let (cutoff, shelf) = (to_millisecond(cutoff), &mut self.shelves().webhooks);
            let before = shelf.deliveries.len();
            shelf.deliveries.retain(|it| match it.delivery.status {
                DeliveryStatus::Due(_) => true,
                DeliveryStatus::Arrived(at) | DeliveryStatus::GivenUp(at) => at >= cutoff,
            });
            Ok((before - shelf.deliveries.len()) as u64)
        })
    }
}
