//! Delivers events to webhook endpoints.
//!
//! One task, which looks for deliveries that are due and keeps their attempts going side by side. The
//! store is the truth: a delivery is due until what came of its attempt is written down, so a process
//! that ends in between attempts it again, under the same id. News of an event, the end of an attempt
//! and the next time only wake the task; each pass asks anew.
//!
//! An endpoint has a few attempts under way at a time, more of them while there is plenty of room, and
//! one that fails has one, so that it holds no more than its own share of all that may be under way,
//! however much waits for it.

mod attempt;
mod signature;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use waygate_core::error::Error;
use waygate_core::event::Event;
use waygate_core::id::{InstanceId, WebhookEndpointId};
use waygate_core::port::link::Deed;
use waygate_core::port::outbound::Outbound;
use waygate_core::port::webhooks::Room;
use waygate_core::webhook::{DeliveryNumber, DueDelivery};

use self::attempt::Courier;
use crate::gateway::Gateway;

/// Attempts that may be under way at a time.
pub const UNDER_WAY_MAX: usize = 256;

/// Of these, to one endpoint, while less than half of all places are taken: as many as two hundred
/// events a second need whose receiver answers within 80 ms.
pub const UNDER_WAY_TO_ONE_MAX: u32 = 16;

/// The same, while half of them are taken or more: so many endpoints that hang, and do not yet count as
/// failing, leave room for others.
pub const UNDER_WAY_TO_ONE_OF_MANY_MAX: u32 = 4;

/// The same, to one whose last attempt came to nothing.
pub const UNDER_WAY_TO_A_FAILING_ONE_MAX: u32 = 1;

/// The longest sleep before the store is asked again.
const NAP_MAX: Duration = Duration::from_secs(60);

/// The sleep after the store has failed.
const NAP_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Writes an event as it is sent. What a receiver reads is the words of an API.
pub type Envelope = fn(InstanceId, &Event) -> Vec<u8>;

impl Gateway {
    /// Delivers events to webhook endpoints, from now on until the process ends.
    pub fn deliver_webhooks(&self, outbound: Arc<dyn Outbound>, envelope: Envelope) {
        let courier = Courier { gateway: self.clone(), outbound, envelope };
        let deliverer = Deliverer { courier, under_way: BTreeMap::new() };
        self.parts().tasks.start("webhooks", deliverer.run());
    }
}

/// The task. Its attempts are polled by itself, so none outlives it.
struct Deliverer {
    courier: Courier,
    /// What is being attempted, and where to.
    under_way: BTreeMap<DeliveryNumber, WebhookEndpointId>,
}

type Attempt = Deed<'static, DeliveryNumber>;

impl Deliverer {
    async fn run(mut self) {
        let stop = self.courier.gateway.parts().tasks.stop_token();
        let mut attempts = FuturesUnordered::<Attempt>::new();
        loop {
            let nap = match self.pass().await {
                Ok((begun, nap)) => {
                    let carried = begun.into_iter().map(|due| self.courier.clone().carry(due));
                    attempts.extend(carried.map(|attempt| -> Attempt { Box::pin(attempt) }));
                    nap
                }
                Err(error) => {
                    let cause = error.with_causes();
                    tracing::error!(cause, "webhook deliveries could not be read");
                    NAP_AFTER_FAILURE
                }
            };
            // News that comes meanwhile is kept, and an attempt goes on where it was.
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(settled) = attempts.next() => {
                    self.under_way.remove(&settled);
                    // Those that shared its commit end with it: one pass is enough for all.
                    while let Some(Some(settled)) = attempts.next().now_or_never() {
                        self.under_way.remove(&settled);
                    }
                }
                () = self.courier.gateway.parts().webhook_news.notified() => {}
                () = tokio::time::sleep(nap) => {}
            }
        }
    }

    /// What is to be attempted now, as far as there is room, and how long there is nothing more.
    async fn pass(&mut self) -> Result<(Vec<DueDelivery>, Duration), Error> {
        let now = self.courier.gateway.now();
        let webhooks = Arc::clone(&self.courier.gateway.parts().ports.webhooks);
        let mut begun = Vec::new();
        if self.under_way.len() < UNDER_WAY_MAX {
            // Those under way are the first of their endpoint, so there is nothing behind these that
            // there would be room for.
            let room = Room {
                well: UNDER_WAY_TO_ONE_MAX,
                failing: UNDER_WAY_TO_A_FAILING_ONE_MAX,
                under_way: self.under_way.keys().copied().collect(),
            };
            for due in webhooks.due_deliveries(now, room).await? {
                if self.has_room(&due) {
                    self.under_way.insert(due.number, due.endpoint);
                    begun.push(due);
                }
            }
        }
        // What is due and has no room is looked at again when an attempt ends.
        let next = webhooks.next_due(now).await?;
        let until = |at| Duration::try_from(now.duration_until(at)).unwrap_or(Duration::ZERO);
        Ok((begun, next.map_or(NAP_MAX, until).min(NAP_MAX)))
    }

    fn has_room(&self, due: &DueDelivery) -> bool {
        let max = match due.failing_since {
            Some(_) => UNDER_WAY_TO_A_FAILING_ONE_MAX,
            None if self.under_way.len() < UNDER_WAY_MAX / 2 => UNDER_WAY_TO_ONE_MAX,
            None => UNDER_WAY_TO_ONE_OF_MANY_MAX,
        };
        let to_one = self.under_way.values().filter(|endpoint| **endpoint == due.endpoint).count();
        self.under_way.len() < UNDER_WAY_MAX
            && to_one < max as usize
            && !self.under_way.contains_key(&due.number)
    }
}
