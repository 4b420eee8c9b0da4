//! The port to the webhook endpoints and their deliveries.

use std::fmt;

use jiff::Timestamp;

use super::link::Deed;
use crate::error::Error;
use crate::id::{AccountId, InstanceId, WebhookEndpointId};
use crate::secret::Sealed;
use crate::webhook::{
    Attempt, Delivery, DeliveryNumber, Disabling, DueDelivery, EventFilter, WebhookEndpoint,
};

/// How a delivery goes on after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    /// It arrived; its endpoint fails no more.
    Arrived,
    /// It is due again at this time; its endpoint fails.
    Again(Timestamp),
    /// It was given up; its endpoint fails.
    GivenUp,
}

/// How many deliveries there is room for, endpoint by endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// To one that is well.
    pub well: u32,
    /// To one that fails.
    pub failing: u32,
    /// What is under way: it takes up room of its endpoint's, and is not wanted again.
    pub under_way: Vec<DeliveryNumber>,
}

impl Room {
    /// As much to each, and nothing is under way.
    pub fn of(each: u32) -> Self {
        Self { well: each, failing: each, under_way: Vec::new() }
    }
}

/// Which deliveries have waited for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    /// Those of an endpoint that was disabled before this time.
    pub disabled_before: Timestamp,
    /// Those behind which so many of the same endpoint and instance wait.
    pub behind: u64,
}

/// Why one was given up that was not attempted any more, in words.
pub const OVERDUE: &str = "it was not sent: it waited for too long, or too many others behind it";

/// Which dead letters are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeadLetters {
    /// These alone; all of them when it is `None`.
    pub numbers: Option<Vec<DeliveryNumber>>,
    /// Given up at this time or later.
    pub since: Option<Timestamp>,
    /// Given up before this time.
    pub until: Option<Timestamp>,
}

/// Keeps webhook endpoints, and a delivery for each event that one of them wants.
///
/// Deliveries are made by [`Journal`](super::journal::Journal) in the transaction that writes an event:
/// one for each endpoint of the instance's account whose filter takes it and that is not disabled; due
/// at once. They go with their endpoint and with their instance. What a call wrote is committed when it
/// returns, and survives a loss of power. Times are kept to the millisecond.
pub trait Webhooks: fmt::Debug + Send + Sync + 'static {
    /// Writes an endpoint down. `Conflict` when its id is taken, `NotFound` when there is no such
    /// account, or it was closed.
    fn add_webhook_endpoint(&self, endpoint: WebhookEndpoint) -> Deed<'_, Result<(), Error>>;

    /// The endpoints of an account in the order in which they were added.
    fn webhook_endpoints(
        &self,
        account: AccountId,
    ) -> Deed<'_, Result<Vec<WebhookEndpoint>, Error>>;

    /// Gives an endpoint other terms and another filter; what is on its way stays so. `false` when
    /// there is none.
    fn change_webhook_endpoint(
        &self,
        endpoint: WebhookEndpointId,
        terms: Sealed,
        filter: EventFilter,
    ) -> Deed<'_, Result<bool, Error>>;

    /// Has nothing sent to an endpoint any more; what was on its way waits. `false` when there is none,
    /// or it was disabled before.
    fn disable_webhook_endpoint(
        &self,
        endpoint: WebhookEndpointId,
        disabling: Disabling,
    ) -> Deed<'_, Result<bool, Error>>;

    /// Has events sent to an endpoint again, which begins anew: it does not fail. `false` when there is
    /// none, or it was not disabled.
    fn enable_webhook_endpoint(&self, endpoint: WebhookEndpointId)
    -> Deed<'_, Result<bool, Error>>;

    /// Removes an endpoint with its deliveries. `false` when there is none.
    fn remove_webhook_endpoint(&self, endpoint: WebhookEndpointId)
    -> Deed<'_, Result<bool, Error>>;

    /// The deliveries that are due at `now` and whose endpoint is not disabled: of each endpoint those
    /// that have been due longest, as far as there is room, and of these the ones that are not under way.
    fn due_deliveries(
        &self,
        now: Timestamp,
        room: Room,
    ) -> Deed<'_, Result<Vec<DueDelivery>, Error>>;

    /// When the next delivery is due that is not at `now`, of an endpoint that is not disabled.
    fn next_due(&self, now: Timestamp) -> Deed<'_, Result<Option<Timestamp>, Error>>;

    /// Writes down what came of an attempt. `false` when the delivery is gone, or was not due.
    fn settle_delivery(
        &self,
        delivery: DeliveryNumber,
        attempt: Attempt,
        settling: Settling,
    ) -> Deed<'_, Result<bool, Error>>;

    /// The deliveries of an endpoint, newest first, at most `limit`; those older than `before`, where
    /// one is named, and those that were given up alone, where those are wanted.
    fn deliveries(
        &self,
        endpoint: WebhookEndpointId,
        given_up: bool,
        before: Option<DeliveryNumber>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Delivery>, Error>>;

    /// Makes dead letters of an endpoint due at `now`, as if they had never been attempted; tells how
    /// many.
    fn replay_deliveries(
        &self,
        endpoint: WebhookEndpointId,
        letters: DeadLetters,
        now: Timestamp,
    ) -> Deed<'_, Result<u64, Error>>;

    /// Gives up deliveries that have waited for too long. Each has an attempt at `now` that says so
    /// ([`OVERDUE`]), and how many they are is written into the journal of each instance, for each
    /// endpoint, in the same transaction. Tells of which instances.
    fn give_up_deliveries(
        &self,
        overdue: Overdue,
        now: Timestamp,
    ) -> Deed<'_, Result<Vec<InstanceId>, Error>>;

    /// Forgets deliveries that arrived or were given up before `cutoff`; tells how many.
    fn forget_deliveries(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>>;
}
