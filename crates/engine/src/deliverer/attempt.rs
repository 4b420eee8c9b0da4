//! One attempt of one delivery, from its signature to what is written down of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use waygate_core::error::Error;
use waygate_core::event::{EventKind, WebhookDisabled};
use waygate_core::port::outbound::{Letter, Outbound, Reply, Undelivered};
use waygate_core::port::webhooks::Settling;
use waygate_core::webhook::schedule::{self, Outcome, Verdict};
use waygate_core::webhook::{
    ANSWER_KEPT_MAX, Attempt, DeliveryNumber, Disabled, Disabling, DueDelivery, message_id,
};

use super::{Envelope, signature};
use crate::gateway::Gateway;
use crate::webhook_endpoints::{answer_sealed_at, open_terms};

/// How long an attempt may take as a whole.
const WITHIN: Duration = Duration::from_secs(15);

/// The pauses between two tries to write down what came of one.
const STORE_PAUSE_MIN: Duration = Duration::from_millis(100);
const STORE_PAUSE_MAX: Duration = Duration::from_secs(5);

/// What it takes to attempt a delivery. Clones share everything.
#[derive(Clone)]
pub(super) struct Courier {
    pub(super) gateway: Gateway,
    pub(super) outbound: Arc<dyn Outbound>,
    pub(super) envelope: Envelope,
}

/// What an attempt came to.
enum Came {
    Answered(Reply),
    Unanswered(Undelivered),
    /// Nothing was sent: an event of a newer version, or terms that do not open.
    Unsendable,
}

impl Courier {
    /// Attempts a delivery, and returns when what came of it is written down.
    pub(super) async fn carry(self, due: DueDelivery) -> DeliveryNumber {
        let (at, began) = (self.gateway.now(), Instant::now());
        let came = self.send(&due).await;
        let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let now = self.gateway.now();
        let verdict = self.judge(&due, &came);
        let (status, error, answer) = match came {
            Came::Answered(reply) => (Some(reply.status), None, self.kept(&due, &reply)),
            Came::Unanswered(why) => (None, Some(why.to_string()), None),
            Came::Unsendable => (None, Some("it could not be written".to_owned()), None),
        };
        let attempt = Attempt { at, took_ms, status, error, answer };
        let settling = match verdict {
            Verdict::Arrived => Settling::Arrived,
            Verdict::Again(at) => Settling::Again(at),
            Verdict::GivenUp | Verdict::Gone => Settling::GivenUp,
        };
        self.write_down(&due, attempt, settling).await;
        let disabled = match verdict {
            Verdict::Arrived => None,
            Verdict::Gone => Some(Disabled::Gone),
            Verdict::Again(_) | Verdict::GivenUp => {
                schedule::has_failed_too_long(due.failing_since, now).then_some(Disabled::Failing)
            }
        };
        if let Some(why) = disabled {
            self.disable(&due, why).await;
        }
        due.number
    }

    async fn send(&self, due: &DueDelivery) -> Came {
        match self.letter(due) {
            Ok(Some(letter)) => match self.outbound.post(letter).await {
                Ok(reply) => Came::Answered(reply),
                Err(why) => Came::Unanswered(why),
            },
            Ok(None) => Came::Unsendable,
            Err(error) => {
                let cause = error.with_causes();
                tracing::error!(endpoint = %due.endpoint, cause, "an event could not be sent");
                Came::Unsendable
            }
        }
    }

    /// What is sent; `None` when this version cannot read the event.
    fn letter(&self, due: &DueDelivery) -> Result<Option<Letter>, Error> {
        let Some(event) = &due.event else { return Ok(None) };
        let terms = open_terms(&self.gateway.parts().keyring, due.endpoint, &due.terms)?;
        let body = (self.envelope)(due.instance, event);
        let (id, now) = (message_id(due.instance, due.sequence), self.gateway.now());
        let signature = signature::sign(&terms.secrets, &id, now, &body)?;
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", id),
            ("webhook-timestamp", now.as_second().to_string()),
            ("webhook-signature", signature),
        ];
        Ok(Some(Letter { url: terms.url, headers, body, within: WITHIN }))
    }

    fn judge(&self, due: &DueDelivery, came: &Came) -> Verdict {
        let outcome = match came {
            Came::Answered(reply) => Outcome::Answered {
                status: reply.status,
                retry_after: reply.retry_after.as_deref(),
            },
            Came::Unanswered(_) => Outcome::Unanswered,
            Came::Unsendable => return Verdict::GivenUp,
        };
        let luck = self.gateway.parts().dice.luck();
        schedule::judge(due.attempts + 1, outcome, self.gateway.now(), luck)
    }

    /// The beginning of an answer, for the endpoint's owner. What cannot be sealed is not kept.
    fn kept(&self, due: &DueDelivery, reply: &Reply) -> Option<waygate_core::secret::Sealed> {
        let beginning = reply.body.get(..ANSWER_KEPT_MAX).unwrap_or(&reply.body);
        let parts = self.gateway.parts();
        parts.keyring.seal(&answer_sealed_at(due.endpoint), beginning, &parts.dice).ok()
    }

    /// Waits as long as the store fails: what arrived would be sent again at once.
    async fn write_down(&self, due: &DueDelivery, attempt: Attempt, settling: Settling) {
        let webhooks = &self.gateway.parts().ports.webhooks;
        let mut pause = STORE_PAUSE_MIN;
        while let Err(error) = webhooks.settle_delivery(due.number, attempt.clone(), settling).await
        {
            let cause = error.with_causes();
            tracing::error!(endpoint = %due.endpoint, cause, "an attempt was not written down");
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(STORE_PAUSE_MAX);
        }
    }

    /// Has nothing sent to the endpoint any more, and tells of it in the journal of the instance whose
    /// event came to nothing: there it reaches those who hear of events another way.
    async fn disable(&self, due: &DueDelivery, why: Disabled) {
        let ports = &self.gateway.parts().ports;
        let disabling = Disabling { why, at: self.gateway.now() };
        let disabled = ports.webhooks.disable_webhook_endpoint(due.endpoint, disabling).await;
        let noted = match disabled {
            // Another attempt was quicker, or the endpoint is gone.
            Ok(false) => return,
            Ok(true) => {
                let endpoint = due.endpoint;
                let kind = EventKind::WebhookDisabled(WebhookDisabled { endpoint, why });
                tracing::warn!(%endpoint, why = why.as_str(), "a webhook endpoint was disabled");
                ports.journal.note(due.instance, disabling.at, kind).await.map(drop)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = noted {
            let cause = error.with_causes();
            tracing::error!(endpoint = %due.endpoint, cause, "its end was not written down");
        }
    }
}
