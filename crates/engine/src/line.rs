//! The actor's end of a connection: at most one, told apart from the one before by its number.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use waygate_core::account::LinkedAccount;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::message::arrival::Arrived;
use waygate_core::port::link::{Deed, Line, LinkEvent, LinkSink, Linker};
use waygate_core::reason::{Credentials, EndReason};

use crate::limiter::Permit;
use crate::reception::Reception;

/// Events of a connection that wait for the actor; a connection that is ahead of it waits.
const EVENTS_MAX: usize = 64;

/// How long a connection may take to end when told to, before it is cut off. The implementation's
/// own limits (the close, the keys, the tasks) add up to less.
const END_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug)]
struct Numbered {
    line: u64,
    event: LinkEvent,
}

/// Takes the events of one connection to the actor, and what comes for the account into the journal.
#[derive(Debug)]
struct Sink {
    line: u64,
    events: mpsc::Sender<Numbered>,
    reception: Arc<Reception>,
    /// The connection is not the actor's any more.
    closed: CancellationToken,
}

impl LinkSink for Sink {
    fn deliver(&self, event: LinkEvent) -> Deed<'_, ()> {
        Box::pin(async move {
            if self.events.send(Numbered { line: self.line, event }).await.is_err() {
                tracing::debug!("an instance that is gone was told something");
            }
        })
    }

    fn receive(&self, arrived: Vec<Arrived>) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            if self.closed.is_cancelled() {
                return Err(Error::new(Kind::WrongState, "the connection was given up"));
            }
            self.reception.take(arrived).await
        })
    }
}

#[derive(Debug)]
struct Open {
    number: u64,
    line: Box<dyn Line>,
    /// Given back when the connection has told something: then it stands, or has failed.
    permit: Option<Permit>,
    /// Tells the connection's sink.
    _closing: DropGuard,
}

/// The one connection of an actor, if there is one.
#[derive(Debug)]
pub(crate) struct LineInHand {
    linker: Arc<dyn Linker>,
    reception: Arc<Reception>,
    instance: InstanceId,
    dialled: u64,
    open: Option<Open>,
    to_me: mpsc::Sender<Numbered>,
    from_lines: mpsc::Receiver<Numbered>,
}

impl LineInHand {
    pub(crate) fn new(linker: Arc<dyn Linker>, reception: Reception, instance: InstanceId) -> Self {
        let ((to_me, from_lines), reception) = (mpsc::channel(EVENTS_MAX), Arc::new(reception));
        Self { linker, reception, instance, dialled: 0, open: None, to_me, from_lines }
    }

    /// Starts a connection. One that was still open is cut off: there are never two.
    pub(crate) fn dial(&mut self, permit: Permit) {
        self.dialled += 1;
        self.open = None;
        let closed = CancellationToken::new();
        let sink = Arc::new(Sink {
            line: self.dialled,
            events: self.to_me.clone(),
            reception: Arc::clone(&self.reception),
            closed: closed.clone(),
        });
        let line = self.linker.dial(self.instance, sink);
        let (permit, closing) = (Some(permit), closed.drop_guard());
        self.open = Some(Open { number: self.dialled, line, permit, _closing: closing });
    }

    /// The open connection, for a request on it.
    pub(crate) fn open(&self) -> Option<&dyn Line> {
        self.open.as_ref().map(|open| &*open.line)
    }

    /// The next event of the open connection. May be dropped half-way without losing one.
    pub(crate) async fn next(&mut self) -> LinkEvent {
        loop {
            let Some(Numbered { line, event }) = self.from_lines.recv().await else {
                // Never: this side holds a sender too.
                return std::future::pending().await;
            };
            let Some(open) = self.open.as_mut().filter(|open| open.number == line) else {
                continue;
            };
            open.permit = None;
            if matches!(event, LinkEvent::Ended(_)) {
                self.open = None;
            }
            return event;
        }
    }

    /// Closes the connection and waits until it has ended. Of what it still tells only one thing
    /// counts, and is the answer: a phone accepted in the last moment.
    pub(crate) async fn hang_up(&mut self) -> Option<LinkedAccount> {
        if let Some(open) = &self.open {
            open.line.hang_up();
        }
        self.see_the_end().await.0
    }

    /// Has the device removed from its account and waits until the connection has ended. Tells
    /// whether WhatsApp knows that the device is gone.
    pub(crate) async fn log_out(&mut self) -> bool {
        if let Some(open) = &self.open {
            open.line.log_out();
        }
        let (_accepted, reason) = self.see_the_end().await;
        reason.is_some_and(|reason| reason.ruling().credentials == Credentials::Retire)
    }

    /// The account of a phone that accepted in the last moment, and why the connection ended, when
    /// it did.
    async fn see_the_end(&mut self) -> (Option<LinkedAccount>, Option<EndReason>) {
        let (mut accepted, mut reason) = (None, None);
        let ended = async {
            while self.open.is_some() {
                let event = self.next().await;
                if let LinkEvent::Paired(account) = event {
                    accepted = Some(account);
                } else if let LinkEvent::Ended(end) = event {
                    reason = Some(end);
                }
            }
        };
        if tokio::time::timeout(END_WITHIN, ended).await.is_err() {
            tracing::warn!(instance = %self.instance, "a connection would not end and was cut off");
            self.open = None;
        }
        (accepted, reason)
    }
}
