//! Pushes what waits to the addresses that instances' owners have set.
//!
//! One task, which keeps a queue going for each instance that has an address. A queue sends its head and
//! nothing else until that is settled; where nothing waits it sleeps until its own instance has news, so
//! a thousand of them cost no more than their memory. The store is the truth: what waits, and until when
//! a receiver that failed is left alone. A process that ends meanwhile begins with the same head.
//!
//! How many attempts may be under way is bounded, and those to receivers that fail have a bound of
//! their own: they wait long for answers, and must not be in the way of others.

mod changes;
mod queue;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use waygate_core::event::Notification;
use waygate_core::id::InstanceId;
use waygate_core::instance::record::InstanceRecord;
use waygate_core::panic::message_length;
use waygate_core::port::link::Deed;
use waygate_core::port::outbound::Outbound;
use waygate_core::port::registry::InstanceFilter;
use waygate_core::push::PushForm;

pub(crate) use self::changes::PushChanges;
use self::queue::Queue;
use crate::gateway::Gateway;
use crate::telling::Telling;

/// Attempts that may be under way at a time to receivers that took what was sent before.
pub const UNDER_WAY_MAX: usize = 256;

/// The same, to those that did not.
pub const UNDER_WAY_TO_FAILING_MAX: usize = 32;

/// The pause after the store has failed, or something of ours has.
const NAP_AFTER_FAILURE: Duration = Duration::from_secs(1);
const NAP_AFTER_PANIC: Duration = Duration::from_secs(60);

/// What is to be put into words.
#[derive(Debug, Clone, Copy)]
pub struct ToPush<'a> {
    /// Whose it is.
    pub instance: &'a InstanceRecord,
    /// What happened, and what of it is told.
    pub notification: &'a Notification,
    /// What is told beside it.
    pub telling: &'a Telling,
    /// What the receiver is to be shown as a proof of who sends; empty for nothing.
    pub token: &'a str,
}

/// What is sent of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Parcel {
    /// What is said besides, name and value.
    pub headers: Vec<(&'static str, String)>,
    /// What is said.
    pub body: Vec<u8>,
}

impl fmt::Debug for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parcel(hidden)")
    }
}

/// Puts it into the words of an API: the same bytes each time. `None` where that has no word for it.
pub type Wording = fn(&ToPush<'_>) -> Option<Parcel>;

/// The words of each form.
#[derive(Debug, Clone, Copy)]
pub struct Wordings {
    /// Of [`PushForm::Notification`].
    pub notification: Wording,
    /// Of [`PushForm::Envelope`].
    pub envelope: Wording,
}

impl Wordings {
    fn of(&self, form: PushForm) -> Wording {
        match form {
            PushForm::Notification => self.notification,
            PushForm::Envelope => self.envelope,
        }
    }
}

impl Gateway {
    /// Pushes notifications to the addresses that are set, from now on until the process ends.
    pub fn push_notifications(&self, outbound: Arc<dyn Outbound>, wordings: Wordings) {
        let sender = Sender {
            gateway: self.clone(),
            outbound,
            wordings,
            places: Arc::new(Semaphore::new(UNDER_WAY_MAX)),
            failing_places: Arc::new(Semaphore::new(UNDER_WAY_TO_FAILING_MAX)),
        };
        let pusher = Pusher { sender, queues: FuturesUnordered::new(), going: BTreeMap::new() };
        self.parts().tasks.start("pushes", pusher.run());
    }
}

/// What it takes to send. Clones share everything.
#[derive(Clone)]
struct Sender {
    gateway: Gateway,
    outbound: Arc<dyn Outbound>,
    wordings: Wordings,
    places: Arc<Semaphore>,
    failing_places: Arc<Semaphore>,
}

/// The task. Its queues are polled by itself, so none outlives it.
struct Pusher {
    sender: Sender,
    queues: FuturesUnordered<Deed<'static, InstanceId>>,
    going: BTreeMap<InstanceId, Going>,
}

/// A queue that goes on.
struct Going {
    end: CancellationToken,
    /// Whether another one is to begin where this one ends.
    again: bool,
}

impl Pusher {
    async fn run(mut self) {
        let gateway = self.sender.gateway.clone();
        let stop = gateway.parts().tasks.stop_token();
        if stop.run_until_cancelled(note_all(&gateway)).await.is_none() {
            return;
        }
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(ended) = self.queues.next() => {
                    if self.going.remove(&ended).is_some_and(|going| going.again) {
                        self.begin(ended);
                    }
                }
                changed = gateway.parts().push_changes.next() => {
                    for instance in changed {
                        self.change(instance);
                    }
                }
            }
        }
    }

    /// What is set for an instance is another than before: its queue begins anew. There are never two
    /// of one instance.
    fn change(&mut self, instance: InstanceId) {
        match self.going.get_mut(&instance) {
            Some(going) => {
                going.again = true;
                going.end.cancel();
            }
            None => self.begin(instance),
        }
    }

    fn begin(&mut self, instance: InstanceId) {
        let end = CancellationToken::new();
        let queue = Queue { instance, sender: self.sender.clone() };
        let ended = end.clone();
        self.queues.push(Box::pin(async move {
            ended.run_until_cancelled(contained(queue)).await;
            instance
        }));
        self.going.insert(instance, Going { end, again: false });
    }
}

/// Has every queue begin; those without an address end at once.
async fn note_all(gateway: &Gateway) {
    loop {
        match gateway.instances(InstanceFilter::default()).await {
            Ok(all) => return all.iter().for_each(|it| gateway.parts().push_changes.note(it.id)),
            Err(error) => {
                let cause = error.with_causes();
                tracing::error!(cause, "queues that are pushed could not be read");
                tokio::time::sleep(NAP_AFTER_FAILURE).await;
            }
        }
    }
}

/// A panic in one queue is none in the others.
async fn contained(queue: Queue) {
    let instance = queue.instance;
    loop {
        match AssertUnwindSafe(queue.run()).catch_unwind().await {
            Ok(()) => return,
            Err(payload) => note_panic(instance, &*payload),
        }
        tokio::time::sleep(NAP_AFTER_PANIC).await;
    }
}

fn note_panic(instance: InstanceId, payload: &(dyn Any + Send)) {
    let message_length = message_length(payload);
    tracing::error!(%instance, message_length, "a queue that is pushed panicked");
}
