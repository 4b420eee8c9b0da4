//! How a connection becomes a session: what an accepted handshake leaves with its answer, and what
//! the connection's task does with it.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;

use super::SessionLimits;
use super::driver::Driver;
pub(crate) use super::metered::Stream;
use super::session::Session;
use crate::site::Site;
use crate::trace::{self, Visit};

/// An extension of requests whose connection can stop being HTTP.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Switchable;

type Handler = Box<dyn FnOnce(Session) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// A session that begins when its 101 has been sent.
pub(crate) struct Talk {
    handler: Handler,
    visit: Option<Arc<Visit>>,
}

/// An extension of the answer that carries a talk to the connection. The first to take it has it.
#[derive(Clone)]
struct Accepted(Arc<Mutex<Option<Talk>>>);

/// What a session is given by its connection.
pub(crate) struct Ground {
    pub(crate) stream: Box<dyn Stream>,
    /// What came right behind the request.
    pub(crate) early: Bytes,
    pub(crate) limits: SessionLimits,
    /// How long a handler may outlast its session, and everything the end of the process.
    pub(crate) grace: Duration,
    pub(crate) stop: CancellationToken,
    pub(crate) site: Site,
}

impl fmt::Debug for Talk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Talk")
    }
}

impl Talk {
    /// Belongs to the request that is being handled.
    pub(super) fn new<F>(handler: impl FnOnce(Session) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { handler: Box::new(|session| Box::pin(handler(session))), visit: trace::visit() }
    }

    pub(super) fn attach(self, response: &mut Response) {
        response.extensions_mut().insert(Accepted(Arc::new(Mutex::new(Some(self)))));
    }

    /// The talk that begins with this answer, if it is still the one that the handshake made.
    pub(crate) fn detach(response: &mut Response) -> Option<Self> {
        let Accepted(talk) = response.extensions_mut().remove()?;
        let talk = talk.lock().unwrap_or_else(PoisonError::into_inner).take();
        talk.filter(|_talk| response.status() == StatusCode::SWITCHING_PROTOCOLS)
    }

    /// Holds the session; returns when it has ended and its connection is closed.
    pub(crate) async fn run(self, ground: Ground) {
        let held = Box::pin(hold(self.handler, ground));
        match self.visit {
            Some(visit) => visit.go_on(held).await,
            None => held.await,
        }
    }
}

async fn hold(handler: Handler, ground: Ground) {
    let Ground { stream, early, limits, grace, stop, site } = ground;
    let (session, strings) = Session::new();
    let driver = Driver::new(stream, early, limits, strings, stop.clone()).await;
    let panicked = driver.panicked();
    let handled = AssertUnwindSafe(async move { handler(session).await }).catch_unwind();
    let both = async {
        let (mut driven, mut handled) = (pin!(driver.run()), pin!(handled));
        // Neither loses anything: what has not ended is awaited below.
        tokio::select! {
            biased;
            ended = &mut handled => {
                if let Err(payload) = ended {
                    // Before the driver sees that its session was dropped.
                    panicked.store(true, Ordering::Relaxed);
                    site.count_panic(&*payload, "websocket");
                }
                driven.await;
            }
            () = &mut driven => match tokio::time::timeout(grace, handled).await {
                Ok(Ok(())) => {}
                Ok(Err(payload)) => site.count_panic(&*payload, "websocket"),
                Err(_elapsed) => {
                    tracing::debug!("a handler was dropped: it outlasted its session");
                }
            }
        }
    };
    let cut = async {
        stop.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    // What is dropped here is over.
    tokio::select! {
        biased;
        () = both => {}
        () = cut => tracing::debug!("a session was cut: it outlasted the grace period"),
    }
}
