//! One instance's queue on its way to its address.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Notification, Receipt};
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Settings;
use waygate_core::port::outbound::Letter;
use waygate_core::push::{HeldBack, Verdict};

use super::{NAP_AFTER_FAILURE, Sender, ToPush};
use crate::accounts::no_such_instance;

/// The pauses between two tries to write down what came of an attempt.
const STORE_PAUSE_MIN: Duration = Duration::from_millis(100);
const STORE_PAUSE_MAX: Duration = Duration::from_secs(5);

pub(super) struct Queue {
    pub(super) instance: InstanceId,
    pub(super) sender: Sender,
}

/// What a look at the queue came to.
enum Turn {
    /// There is no address any more.
    Over,
    /// Nothing waits.
    Idle,
    /// The receiver is left alone until then.
    HeldBack(Timestamp),
    /// The head was sent, for better or worse.
    Sent,
}

/// What came of an attempt.
struct Attempted {
    status: Option<u16>,
    error: Option<String>,
}

impl Queue {
    /// Sends what waits and what comes, one after the other, as long as an address is set.
    pub(super) async fn run(&self) {
        // Before looking, so that nothing comes in between.
        let mut arrivals = self.sender.gateway.parts().arrivals.watch(self.instance);
        loop {
            match self.turn().await {
                Ok(Turn::Over) => return,
                Ok(Turn::Idle) => arrivals.next().await,
                Ok(Turn::HeldBack(until)) => {
                    let wait = self.sender.gateway.now().duration_until(until);
                    tokio::time::sleep(Duration::try_from(wait).unwrap_or(Duration::ZERO)).await;
                }
                Ok(Turn::Sent) => {}
                Err(error) if error.kind() == Kind::NotFound => return,
                Err(error) => {
                    let cause = error.with_causes();
                    tracing::error!(instance = %self.instance, cause, "nothing could be pushed");
                    tokio::time::sleep(NAP_AFTER_FAILURE).await;
                }
            }
        }
    }

    async fn turn(&self) -> Result<Turn, Error> {
        let gateway = &self.sender.gateway;
        let settings = gateway.settings(self.instance).await?;
        if settings.webhook_url.is_empty() {
            return Ok(Turn::Over);
        }
        let notifications = &gateway.parts().ports.notifications;
        let held = notifications.held_back(self.instance).await?;
        if let Some(held) = held.as_ref().filter(|held| held.next_at > gateway.now()) {
            return Ok(Turn::HeldBack(held.next_at));
        }
        let places = if held.is_some() { &self.sender.failing_places } else { &self.sender.places };
        // Never closed, so a place always comes.
        let _place = places.acquire().await;
        // By one time throughout: what was the head when it was sent still is when it has arrived.
        let since = gateway.waiting_since();
        match notifications.head(self.instance, since).await? {
            Some(head) => self.send(settings, held, head, since).await,
            None => Ok(Turn::Idle),
        }
    }

    async fn send(
        &self,
        settings: Settings,
        held: Option<HeldBack>,
        head: Notification,
        since: Timestamp,
    ) -> Result<Turn, Error> {
        let gateway = &self.sender.gateway;
        let form = settings.push_form;
        let record = gateway.instance(self.instance).await?.ok_or_else(no_such_instance)?;
        let token = settings.webhook_token.as_str();
        let telling = gateway.telling(self.instance, &head.event).await?;
        let to_push = ToPush { instance: &record, notification: &head, telling: &telling, token };
        let Some(parcel) = (self.sender.wordings.of(form))(&to_push) else {
            // Else nothing behind it would ever be sent.
            gateway.settle_notification(self.instance, head.receipt).await?;
            return Ok(Turn::Sent);
        };
        let super::Parcel { headers, body } = parcel;
        let letter = Letter { url: settings.webhook_url, headers, body, within: form.within() };
        let attempted = match self.sender.outbound.post(letter).await {
            Ok(reply) => Attempted { status: Some(reply.status), error: None },
            Err(why) => Attempted { status: None, error: Some(why.to_string()) },
        };
        let before = held.as_ref().filter(|held| held.receipt == head.receipt);
        let attempts = before.map_or(0, |held| held.attempts).saturating_add(1);
        match form.judge(attempts, attempted.status) {
            Verdict::Arrived => self.settle(head.receipt, since, held.is_some()).await,
            Verdict::Refused => self.drop_refused(head.receipt, since).await,
            Verdict::Again(pause) => {
                self.hold_back((head.receipt, attempts), attempted, held, pause).await;
            }
        }
        Ok(Turn::Sent)
    }

    async fn settle(&self, receipt: Receipt, since: Timestamp, was_held_back: bool) {
        let notifications = &self.sender.gateway.parts().ports.notifications;
        // It is none of ours any more where the queue was cleared meanwhile.
        self.write_down(|| notifications.settle(self.instance, receipt, since)).await;
        if was_held_back {
            tracing::info!(instance = %self.instance, "what is pushed arrives again");
        }
    }

    async fn drop_refused(&self, receipt: Receipt, since: Timestamp) {
        let (gateway, instance) = (&self.sender.gateway, self.instance);
        let parts = gateway.parts();
        let notifications = &parts.ports.notifications;
        let drop = || notifications.drop_refused(instance, receipt, since, gateway.now());
        if self.write_down(drop).await {
            tracing::warn!(%instance, "a notification was dropped: its receiver refuses it");
            parts.arrivals.tell(instance);
            parts.webhook_news.notify_one();
        }
    }

    async fn hold_back(
        &self,
        (receipt, attempts): (Receipt, u32),
        attempted: Attempted,
        before: Option<HeldBack>,
        pause: Duration,
    ) {
        let gateway = &self.sender.gateway;
        let (now, instance) = (gateway.now(), self.instance);
        if before.is_none() {
            let Attempted { status, error } = &attempted;
            tracing::warn!(%instance, ?status, error, "what is pushed does not arrive");
        }
        let held = HeldBack {
            receipt,
            attempts,
            since: before.map_or(now, |before| before.since),
            next_at: now.checked_add(pause).unwrap_or(Timestamp::MAX),
            status: attempted.status,
            error: attempted.error,
        };
        let notifications = &gateway.parts().ports.notifications;
        self.write_down(|| notifications.hold_back(instance, held.clone())).await;
    }

    /// Waits as long as the store fails: what arrived would be sent again at once.
    async fn write_down<T, W: Future<Output = Result<T, Error>>>(
        &self,
        write: impl Fn() -> W,
    ) -> T {
        let mut pause = STORE_PAUSE_MIN;
        loop {
            match write().await {
                Ok(written) => return written,
                Err(error) => {
                    let (instance, cause) = (self.instance, error.with_causes());
                    tracing::error!(%instance, cause, "what came of a push was not written down");
                }
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(STORE_PAUSE_MAX);
        }
    }
}
