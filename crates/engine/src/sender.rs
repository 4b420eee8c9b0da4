//! Sends what waits.
//!
//! One task, which is told of an instance when a message is accepted for it, and when it comes online.
//! Then a [course] goes through its queue, one message at a time, and ends when there is nothing
//! more that could be sent now: an instance whose queue is empty, or that is not online, costs nothing.
//! The store is the truth: a message waits until what came of it is written down, so a process that ends
//! in between sends it again, under the same id.

mod course;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Semaphore, watch};
use waygate_core::error::Error;
use waygate_core::id::InstanceId;
use waygate_core::message::status::SendFailure;
use waygate_core::port::link::Deed;

use self::course::Course;
use crate::gateway::Gateway;

/// Messages that may be on their way to WhatsApp at a time, of all instances.
pub const ON_THEIR_WAY_MAX: usize = 256;

/// The longest sleep before the store is asked again what expires: a wall clock that is set must not
/// delay it for ever.
const NAP_MAX: Duration = Duration::from_secs(60 * 60);

/// The sleep between two looks at what expires, at least; also after the store has failed.
const NAP_MIN: Duration = Duration::from_secs(1);

/// Messages that are given up together.
const EXPIRED_AT_ONCE: u32 = 256;

impl Gateway {
    /// Sends what waits, and gives up what has waited for too long, from now on until the process ends.
    pub(crate) fn send_queued_messages(&self) {
        let sender = Sender {
            gateway: self.clone(),
            permits: Arc::new(Semaphore::new(ON_THEIR_WAY_MAX)),
            under_way: BTreeMap::new(),
        };
        self.parts().tasks.start("sender", sender.run());
        let gateway = self.clone();
        self.parts().tasks.start("expiry", async move { gateway.watch_expiry().await });
    }

    async fn watch_expiry(&self) {
        let stop = self.parts().tasks.stop_token();
        loop {
            let nap = self.give_up_expired().await.unwrap_or_else(|error| {
                tracing::error!(cause = error.with_causes(), "old messages could not be given up");
                NAP_MIN
            });
            // What is accepted meanwhile waits for longer than any nap.
            if stop.run_until_cancelled(tokio::time::sleep(nap)).await.is_none() {
                return;
            }
        }
    }

    /// Gives up what has waited for too long; tells how long there is nothing more.
    async fn give_up_expired(&self) -> Result<Duration, Error> {
        let (outbox, now) = (&self.parts().ports.outbox, self.now());
        for waiting in outbox.expired_messages(now, EXPIRED_AT_ONCE).await? {
            let (instance, failure) = (waiting.instance, SendFailure::Expired);
            self.give_up(instance, waiting.id, waiting.chat, failure).await?;
        }
        let until = |at| Duration::try_from(now.duration_until(at)).unwrap_or(Duration::ZERO);
        Ok(outbox.next_expiry().await?.map_or(NAP_MAX, until).clamp(NAP_MIN, NAP_MAX))
    }
}

/// The task. Its courses are polled by itself, so none outlives it.
struct Sender {
    gateway: Gateway,
    permits: Arc<Semaphore>,
    /// The instances whose queues are being gone through, and how to tell of something new.
    under_way: BTreeMap<InstanceId, watch::Sender<()>>,
}

type UnderWay = Deed<'static, Course>;

impl Sender {
    async fn run(mut self) {
        let stop = self.gateway.parts().tasks.stop_token();
        let mailroom = Arc::clone(&self.gateway.parts().mailroom);
        let mut courses = FuturesUnordered::<UnderWay>::new();
        loop {
            // What is told meanwhile is kept, and a course goes on where it was.
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(course) = courses.next() => {
                    if course.was_told() {
                        courses.push(Box::pin(course.run()));
                    } else {
                        self.under_way.remove(&course.instance());
                    }
                }
                stirred = mailroom.stirred() => {
                    let begun = stirred.into_iter().filter_map(|instance| self.begin(instance));
                    courses.extend(begun.map(|course| -> UnderWay { Box::pin(course.run()) }));
                }
            }
        }
    }

    /// A course for this instance; `None` when there is one, which is told.
    fn begin(&mut self, instance: InstanceId) -> Option<Course> {
        if let Some(course) = self.under_way.get(&instance) {
            course.send_replace(());
            return None;
        }
        let (tell, told) = watch::channel(());
        self.under_way.insert(instance, tell);
        Some(Course::new(self.gateway.clone(), instance, Arc::clone(&self.permits), told))
    }
}
