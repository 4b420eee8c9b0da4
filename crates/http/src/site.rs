//! What is served: the surfaces of one or more APIs, and what holds for all of them.

use std::any::Any;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Json, Response};
use futures_util::FutureExt as _;
use tower::ServiceExt as _;
use waygate_core::panic::message_length;

use crate::guesses::{Guesser, Guesses};
use crate::peer::PeerAddress;
use crate::proxies::TrustedProxies;
use crate::trace::{RequestId, Visit};

/// Why a handler did not answer. Closed on purpose: a new reason must stop the build in every
/// dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It panicked.
    Panicked,
    /// It did not answer within [`Limits::handler`](crate::listener::Limits::handler).
    TimedOut,
}

/// What one API serves.
#[derive(Debug)]
pub struct Surface {
    /// Its name in the log.
    pub name: &'static str,
    /// Whether a path is one of its own. It is given as the client wrote it, percent signs included,
    /// but for repeated slashes, which are one.
    pub claims: fn(&str) -> bool,
    /// Answers every request whose path it claims; what it has no route for is its own to refuse.
    ///
    /// A handler is dropped at its next `await` when its client leaves, its time is over, or the
    /// process ends. What must be finished all the same belongs into a task.
    pub router: Router,
    /// Writes its answer where no handler could.
    pub on_failure: fn(Failure) -> Response,
}

/// All that a listener serves. Cheap to clone; the clones count together.
#[derive(Debug, Clone)]
pub struct Site {
    shared: Arc<Shared>,
    request_seed: u64,
    proxies: TrustedProxies,
}

#[derive(Debug)]
struct Shared {
    surfaces: Vec<Surface>,
    requests: AtomicU64,
    panics: AtomicU64,
    refused_connections: AtomicU64,
    guesses: Arc<Guesses>,
}

impl Site {
    /// Puts surfaces together. Where two claim one path, the earlier one has it.
    pub fn new(surfaces: Vec<Surface>) -> Self {
        let shared = Shared {
            surfaces,
            requests: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            refused_connections: AtomicU64::new(0),
            guesses: Arc::default(),
        };
        Self { shared: Arc::new(shared), request_seed: 0, proxies: TrustedProxies::default() }
    }

    /// Makes the ids of requests follow from `seed`: with one from the dice they differ from those
    /// of the run before.
    #[must_use]
    pub fn with_request_seed(self, seed: u64) -> Self {
        Self { request_seed: seed, ..self }
    }

    /// Believes these proxies in what they say of their clients.
    #[must_use]
    pub fn with_proxies(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
    }

    /// How many panics were caught so far, in handlers and in the bodies of their answers.
    pub fn panics(&self) -> u64 {
        self.shared.panics.load(Ordering::Relaxed)
    }

    /// How many connections were closed unread so far, because there were too many.
    pub fn refused_connections(&self) -> u64 {
        self.shared.refused_connections.load(Ordering::Relaxed)
    }

    /// Answers one request, within `handler_limit` up to the head of the answer.
    ///
    /// The listener calls it for every request; a test may, without a socket.
    pub async fn answer(&self, request: Request, handler_limit: Duration) -> Response {
        let count = self.shared.requests.fetch_add(1, Ordering::Relaxed);
        let id = RequestId::numbered(self.request_seed, count);
        let visit = Visit::begin(id, request.method());
        let mut response = visit.follow(self.pass_on(request, handler_limit)).await;
        add_security_headers(response.headers_mut());
        response
    }

    /// Has the request answered by the surface that claims it.
    async fn pass_on(&self, mut request: Request, limit: Duration) -> Response {
        collapse_slashes(request.uri_mut());
        self.add_client(&mut request);
        let path = request.uri().path();
        let Some(surface) = self.shared.surfaces.iter().find(|surface| (surface.claims)(path))
        else {
            let body = serde_json::json!({ "message": "Not Found" });
            return (StatusCode::NOT_FOUND, Json(body)).into_response();
        };
        let handler = AssertUnwindSafe(surface.router.clone().oneshot(request)).catch_unwind();
        match tokio::time::timeout(limit, handler).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(payload)) => {
                self.count_panic(&*payload, surface.name);
                (surface.on_failure)(Failure::Panicked)
            }
            Err(_elapsed) => {
                tracing::error!(surface = surface.name, "a handler did not answer in time");
                (surface.on_failure)(Failure::TimedOut)
            }
        }
    }

    /// Says who sent it, where that is known.
    fn add_client(&self, request: &mut Request) {
        let Some(peer) = request.extensions().get::<PeerAddress>().copied() else { return };
        let client = self.proxies.client(peer, request.headers());
        request.extensions_mut().insert(client);
        request.extensions_mut().insert(Guesser::new(client, Arc::clone(&self.shared.guesses)));
    }

    /// The route is told by the request's span, which is the current one in a handler.
    pub(crate) fn count_panic(&self, payload: &(dyn Any + Send), place: &'static str) {
        self.shared.panics.fetch_add(1, Ordering::Relaxed);
        let length = message_length(payload);
        let route = crate::trace::route();
        tracing::error!(place, route, message_length = length, "answering a request panicked");
    }

    pub(crate) fn count_refused_connection(&self) {
        self.shared.refused_connections.fetch_add(1, Ordering::Relaxed);
    }
}

/// Clients paste a base URL that ends in a slash before a path that begins with one.
fn collapse_slashes(uri: &mut Uri) {
    let Cow::Owned(path) = collapsed(uri.path()) else { return };
    let path_and_query = match uri.query() {
        None => PathAndQuery::try_from(path),
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path_and_query.ok();
    // What is left of a valid address is valid; were it not, the doubled one finds no surface.
    if let Ok(collapsed) = Uri::from_parts(parts) {
        *uri = collapsed;
    }
}

fn collapsed(path: &str) -> Cow<'_, str> {
    if !path.contains("//") {
        return Cow::Borrowed(path);
    }
    let mut last = None;
    let kept = path.chars().filter(|&c| last.replace(c) != Some('/') || c != '/');
    Cow::Owned(kept.collect())
}

/// What every answer says, unless the surface has said otherwise.
fn add_security_headers(headers: &mut HeaderMap) {
    const EVERYWHERE: [(HeaderName, HeaderValue); 4] = [
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Answers hold codes, tokens and messages.
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // A token may be part of the address of the page that links elsewhere.
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ];
    for (name, value) in EVERYWHERE {
        headers.entry(name).or_insert(value);
    }
}

#[cfg(test)]
mod tests;
