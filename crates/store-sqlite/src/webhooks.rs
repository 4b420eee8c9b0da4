//! Webhook endpoints and their deliveries.

mod deliveries;
mod endpoints;
mod overdue;

use jiff::Timestamp;
use waygate_core::error::Error;
use waygate_core::id::{AccountId, InstanceId, WebhookEndpointId};
use waygate_core::port::link::Deed;
use waygate_core::port::webhooks::{DeadLetters, Overdue, Room, Settling, Webhooks};
use waygate_core::secret::Sealed;
use waygate_core::webhook::{
    Attempt, Delivery, DeliveryNumber, Disabling, DueDelivery, EventFilter, WebhookEndpoint,
};

pub(crate) use self::deliveries::dispatch;
pub(crate) use self::endpoints::add;
use crate::SqliteStore;

impl Webhooks for SqliteStore {
    fn add_webhook_endpoint(&self, endpoint: WebhookEndpoint) -> Deed<'_, Result<(), Error>> {
        self.write(move |connection| Box::pin(add(connection, endpoint)))
    }

    fn webhook_endpoints(
        &self,
        account: AccountId,
    ) -> Deed<'_, Result<Vec<WebhookEndpoint>, Error>> {
        self.read(move |connection| Box::pin(endpoints::list(connection, account)))
    }

    fn change_webhook_endpoint(
        &self,
        endpoint: WebhookEndpointId,
        terms: Sealed,
        filter: EventFilter,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| {
            Box::pin(endpoints::change(connection, endpoint, terms, filter))
        })
    }

    fn disable_webhook_endpoint(
        &self,
        endpoint: WebhookEndpointId,
        disabling: Disabling,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| Box::pin(endpoints::disable(connection, endpoint, disabling)))
    }

    fn enable_webhook_endpoint(
        &self,
        endpoint: WebhookEndpointId,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| Box::pin(endpoints::enable(connection, endpoint)))
    }

    fn remove_webhook_endpoint(
        &self,
        endpoint: WebhookEndpointId,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| Box::pin(endpoints::remove(connection, endpoint)))
    }

    fn due_deliveries(
        &self,
        now: Timestamp,
        room: Room,
    ) -> Deed<'_, Result<Vec<DueDelivery>, Error>> {
        self.read(move |connection| Box::pin(deliveries::due(connection, now, room)))
    }

    fn next_due(&self, now: Timestamp) -> Deed<'_, Result<Option<Timestamp>, Error>> {
        self.read(move |connection| Box::pin(deliveries::next_due(connection, now)))
    }

    fn settle_delivery(
        &self,
        delivery: DeliveryNumber,
        attempt: Attempt,
        settling: Settling,
    ) -> Deed<'_, Result<bool, Error>> {
        self.write(move |connection| {
            Box::pin(deliveries::settle(connection, delivery, attempt, settling))
        })
    }

    fn deliveries(
        &self,
        endpoint: WebhookEndpointId,
        given_up: bool,
        before: Option<DeliveryNumber>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Delivery>, Error>> {
        self.read(move |connection| {
            Box::pin(deliveries::list(connection, (endpoint, given_up), before, limit))
        })
    }

    fn replay_deliveries(
        &self,
        endpoint: WebhookEndpointId,
        letters: DeadLetters,
        now: Timestamp,
    ) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| {
            Box::pin(deliveries::replay(connection, endpoint, letters, now))
        })
    }

    fn give_up_deliveries(
        &self,
        overdue: Overdue,
        now: Timestamp,
    ) -> Deed<'_, Result<Vec<InstanceId>, Error>> {
        self.write(move |connection| Box::pin(overdue::give_up(connection, overdue, now)))
    }

    fn forget_deliveries(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.write(move |connection| Box::pin(deliveries::forget(connection, cutoff)))
    }
}
