//! One instance's queue, from its head on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use waygate_core::error::{Error, Kind};
use waygate_core::event::EventKind;
use waygate_core::id::InstanceId;
use waygate_core::instance::settings::Settings;
use waygate_core::instance::state::State;
use waygate_core::message::address::Address;
use waygate_core::message::outgoing::{Outgoing, Unsent};
use waygate_core::message::queued::QueuedMessage;
use waygate_core::message::status::{Progress, SendFailure, Status};
use waygate_core::message::{Origin, SentMessage};

use crate::gateway::Gateway;
use crate::mailroom::Claim;

/// The pauses between two attempts at one message.
const ATTEMPT_PAUSE_MIN: Duration = Duration::from_secs(1);
const ATTEMPT_PAUSE_MAX: Duration = Duration::from_secs(60);

/// Attempts at a message that the gateway fails to write, before it is given up.
const FAULTS_MAX: u32 = 5;

/// The pauses between two tries to write down what came of a message, or to read what waits.
const STORE_PAUSE_MIN: Duration = Duration::from_millis(100);
const STORE_PAUSE_MAX: Duration = Duration::from_secs(5);

/// Goes through a queue until there is nothing more that could be sent now.
pub(super) struct Course {
    gateway: Gateway,
    instance: InstanceId,
    permits: Arc<Semaphore>,
    /// Told when there may be more.
    told: watch::Receiver<()>,
    /// When the last message was through. The next one keeps its distance from it.
    settled_at: Option<Instant>,
    /// When the head may be tried again.
    not_before: Option<Instant>,
    /// The pause after that, and how often the gateway itself failed.
    pause: Duration,
    faults: u32,
}

/// How a course goes on.
enum Next {
    Look,
    Wait(Duration),
    End,
}

impl Course {
    pub(super) fn new(
        gateway: Gateway,
        instance: InstanceId,
        permits: Arc<Semaphore>,
        told: watch::Receiver<()>,
    ) -> Self {
        let (settled_at, not_before) = (None, None);
        let (pause, faults) = (ATTEMPT_PAUSE_MIN, 0);
        Self { gateway, instance, permits, told, settled_at, not_before, pause, faults }
    }

    pub(super) fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Whether it was told of something since it looked last.
    pub(super) fn was_told(&self) -> bool {
        self.told.has_changed().unwrap_or(false)
    }

    pub(super) async fn run(mut self) -> Self {
        loop {
            self.told.mark_unchanged();
            let next = self.step().await.unwrap_or_else(|error| {
                let cause = error.with_causes();
                tracing::error!(instance = %self.instance, cause, "a queue could not be read");
                Next::Wait(STORE_PAUSE_MAX)
            });
            match next {
                Next::Look => {}
                // Settings may have changed meanwhile, or there is something to send.
                Next::Wait(pause) => drop(tokio::time::timeout(pause, self.told.changed()).await),
                Next::End => return self,
            }
        }
    }

    async fn step(&mut self) -> Result<Next, Error> {
        let Some(head) = self.head().await? else {
            // For as long as the next one would have to keep its distance, this remembers it.
            return Ok(self.distance().await.map_or(Next::End, Next::Wait));
        };
        let Some(claim) = self.gateway.parts().mailroom.claim(self.instance, &head.message.id)
        else {
            return Ok(Next::Wait(STORE_PAUSE_MIN));
        };
        if self.head().await?.as_ref() != Some(&head) {
            // Somebody was at it until just now.
            return Ok(Next::Look);
        }
        if head.expires_at <= self.gateway.now() {
            return Ok(self.settle(&claim, head.message, Err(SendFailure::Expired)).await);
        }
        let Some(own) = self.online_account() else { return Ok(Next::End) };
        if head.account.as_ref().is_some_and(|account| *account != own) {
            return Ok(self.settle(&claim, head.message, Err(SendFailure::Cleared)).await);
        }
        if let Some(wait) = self.distance().await {
            return Ok(Next::Wait(wait));
        }
        Ok(self.send(&claim, head.message, &own).await)
    }

    async fn head(&self) -> Result<Option<QueuedMessage>, Error> {
        let outbox = &self.gateway.parts().ports.outbox;
        Ok(outbox.queued_messages(self.instance, 1).await?.into_iter().next())
    }

    /// The number of the account, while it is online.
    fn online_account(&self) -> Option<Box<str>> {
        let running = self.gateway.find(self.instance).ok()?;
        let machine = running.shown.borrow();
        let online = matches!(machine.state(), State::Online { .. });
        machine.state().linked().filter(|_account| online).map(|it| it.phone.as_str().into())
    }

    /// How long the next message has to wait.
    async fn distance(&self) -> Option<Duration> {
        let settled = match self.settled_at {
            Some(at) => Some(at + self.send_pause().await),
            None => None,
        };
        let until = settled.into_iter().chain(self.not_before).max()?;
        Some(until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
    }

    async fn send_pause(&self) -> Duration {
        let settings = self.gateway.settings(self.instance).await;
        let settings = settings.unwrap_or_else(|error| {
            let cause = error.with_causes();
            tracing::error!(instance = %self.instance, cause, "a pause could not be read");
            Settings::default()
        });
        Duration::from_millis(settings.send_pause_ms.into())
    }

    async fn send(&mut self, claim: &Claim, message: Outgoing, own: &str) -> Next {
        let outcome = {
            // Never closed, so a turn always comes.
            let _permit = self.permits.acquire().await;
            let sent = message.clone();
            match self.gateway.ask_line(self.instance, |line| line.send(sent)).await {
                Ok(deed) => deed.await,
                // It will be told when it is online again.
                Err(_offline) => return Next::End,
            }
        };
        match outcome {
            Ok(()) => self.settle(claim, message, Ok(own)).await,
            Err(Unsent::Refused(failure)) => self.settle(claim, message, Err(failure)).await,
            Err(Unsent::Unreached) => self.try_later(),
            Err(Unsent::Fault) => {
                self.faults += 1;
                tracing::error!(instance = %self.instance, faults = self.faults, "a message could not be written");
                if self.faults < FAULTS_MAX {
                    self.try_later()
                } else {
                    self.settle(claim, message, Err(SendFailure::Fault)).await
                }
            }
        }
    }

    fn try_later(&mut self) -> Next {
        self.not_before = Some(Instant::now() + self.pause);
        self.pause = self.pause.saturating_mul(2).min(ATTEMPT_PAUSE_MAX);
        Next::Look
    }

    /// Writes down what came of a message: sent by this account, or given up. As long as the store fails
    /// nothing follows it.
    async fn settle(
        &mut self,
        _claim: &Claim,
        message: Outgoing,
        came_of_it: Result<&str, SendFailure>,
    ) -> Next {
        let (id, chat) = (message.id.clone(), message.chat.clone());
        let status = match came_of_it {
            Ok(_own) => Status::Reached(Progress::Sent),
            Err(failure) => Status::Failed(failure),
        };
        let at_ms = self.gateway.now().as_millisecond();
        let own = came_of_it.ok().and_then(|own| Address::person(own).ok());
        let sent = own.map(|own| SentMessage {
            origin: Origin::Api,
            message: message.into_message(own, at_ms),
        });
        let sent = sent.map(|sent| EventKind::MessageSent(Box::new(sent)));
        let mut pause = STORE_PAUSE_MIN;
        loop {
            let news = (status, sent.clone());
            match self.gateway.settle_message(self.instance, id.clone(), chat.clone(), news).await {
                Ok(_waited) => break,
                Err(error) if error.kind() == Kind::NotFound => return Next::End,
                Err(error) => {
                    let cause = error.with_causes();
                    tracing::error!(instance = %self.instance, cause, "what came of a message was not kept");
                }
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(STORE_PAUSE_MAX);
        }
        (self.not_before, self.pause, self.faults) = (None, ATTEMPT_PAUSE_MIN, 0);
        if came_of_it.is_ok() {
            self.settled_at = Some(Instant::now());
        }
        Next::Look
    }
}
