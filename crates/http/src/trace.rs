//! What is told of a request: a span around its handler and one line at its end.
//!
//! Neither holds the path, the query, a header or the client's address: in some APIs the token is
//! part of the path. Which route it was, only the surface knows; it says so with [`name_route`],
//! by the template and not by what the client wrote.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use tokio::time::Instant;
use tracing::field::{Empty, display};
use tracing::{Instrument as _, Span};
use waygate_core::id::InstanceId;

/// The header of an answer that carries the request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static VISIT: Arc<Visit>;
}

/// Names the route of the request that is being handled, by its template. The first name counts.
///
/// Works in the handler and in whatever it awaits, not in tasks that it starts. Outside a request it
/// does nothing.
pub fn name_route(template: &'static str) {
    note(|visit| {
        if visit.route.set(template).is_ok() {
            visit.span.record("route", template);
        }
    });
}

/// Names the instance that the request is about, by the rules of [`name_route`].
pub fn name_instance(instance: InstanceId) {
    note(|visit| {
        if visit.instance.set(instance).is_ok() {
            visit.span.record("instance", display(instance));
        }
    });
}

/// The id of the request that is being handled, which its answer carries as `X-Request-Id`; `None`
/// outside a request.
pub fn request_id() -> Option<RequestId> {
    VISIT.try_with(|visit| visit.id).ok()
}

/// The request that is being handled, for what goes on when it has been answered.
pub(crate) fn visit() -> Option<Arc<Visit>> {
    VISIT.try_with(Arc::clone).ok()
}

/// The template of the route that is being handled, if it has been named.
pub(crate) fn route() -> Option<&'static str> {
    VISIT.try_with(|visit| visit.route.get().copied()).ok().flatten()
}

fn note(write: impl FnOnce(&Visit)) {
    match VISIT.try_with(|visit| write(visit)) {
        Ok(()) => {}
        // No request, so there is nothing to name.
        Err(_outside) => {}
    }
}

/// One request among those of a process, for finding its lines in the log. Not a secret, and not
/// unique across restarts unless the site was seeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// The `count`th id after a seed. No two counts make the same id, and an id does not show how
    /// many came before it, which would tell every client how busy the gateway is.
    pub(crate) fn numbered(seed: u64, count: u64) -> Self {
        // SplitMix64 (Steele, Lea and Flood, 2014): each of its steps can be undone, so it is one
        // to one.
        let step = seed.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let once = (step ^ (step >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let twice = (once ^ (once >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(twice ^ (twice >> 31))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// One request from its head to the head of its answer, with what its handler has named.
///
/// The names are kept beside the span, because a span that no subscriber wants keeps nothing.
#[derive(Debug)]
pub(crate) struct Visit {
    id: RequestId,
    began: Instant,
    span: Span,
    route: OnceLock<&'static str>,
    instance: OnceLock<InstanceId>,
}

impl Visit {
    pub(crate) fn begin(id: RequestId, method: &Method) -> Arc<Self> {
        let span = tracing::info_span!(
            "request",
            request = %id,
            method = known(method),
            route = Empty,
            instance = Empty,
        );
        Arc::new(Self {
            id,
            began: Instant::now(),
            span,
            route: OnceLock::new(),
            instance: OnceLock::new(),
        })
    }

    /// Runs what answers the request, inside its span; logs how it ended and signs the answer.
    pub(crate) async fn follow(
        self: Arc<Self>,
        answer: impl Future<Output = Response>,
    ) -> Response {
        let mut ending = Ending { visit: Arc::clone(&self), status: None };
        let span = self.span.clone();
        let mut response = VISIT.scope(Arc::clone(&self), answer).instrument(span).await;
        ending.status = Some(response.status());
        if let Ok(value) = HeaderValue::try_from(self.id.to_string()) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    }

    /// Runs what goes on after the answer, inside the span of the request and under its names.
    pub(crate) async fn go_on(self: Arc<Self>, rest: impl Future<Output = ()>) {
        let span = self.span.clone();
        VISIT.scope(self, rest).instrument(span).await;
    }
}

/// Logs how a request ended, also when it does by being dropped: the client left, or the process is
/// ending.
#[derive(Debug)]
struct Ending {
    visit: Arc<Visit>,
    status: Option<StatusCode>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let elapsed_ms = u64::try_from(self.visit.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Clients of these APIs poll, some of them many times a second: a success is not news. What
        // a client does wrong is of interest to its operator, what we do wrong to ours.
        match self.status.map(|status| status.as_u16()) {
            None => self.visit.tell_abandoned(elapsed_ms),
            Some(status @ 500..) => self.visit.tell_our_fault(status, elapsed_ms),
            Some(status @ 400..) => self.visit.tell_their_fault(status, elapsed_ms),
            Some(status) => self.visit.tell_answered(status, elapsed_ms),
        }
    }
}

impl Visit {
    fn tell_abandoned(&self, elapsed_ms: u64) {
        let route = self.route.get().copied();
        tracing::debug!(parent: &self.span, route, elapsed_ms, "request abandoned");
    }

    fn tell_our_fault(&self, status: u16, elapsed_ms: u64) {
        let route = self.route.get().copied();
        tracing::warn!(parent: &self.span, route, status, elapsed_ms, "request answered");
    }

    fn tell_their_fault(&self, status: u16, elapsed_ms: u64) {
        let route = self.route.get().copied();
        tracing::info!(parent: &self.span, route, status, elapsed_ms, "request answered");
    }

    fn tell_answered(&self, status: u16, elapsed_ms: u64) {
        let route = self.route.get().copied();
        tracing::debug!(parent: &self.span, route, status, elapsed_ms, "request answered");
    }
}

/// The method if it is one of HTTP's own: any token can stand in its place, a secret too.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "CONNECT" => "CONNECT",
        "DELETE" => "DELETE",
        "GET" => "GET",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        "POST" => "POST",
        "PUT" => "PUT",
        "TRACE" => "TRACE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_requests_have_one_id() {
        let ids: HashSet<_> = (0..10_000).map(|count| RequestId::numbered(7, count)).collect();
        assert_eq!(ids.len(), 10_000);
        assert_ne!(RequestId::numbered(7, 0), RequestId::numbered(8, 0), "seeds differ");
    }

    #[test]
    fn an_id_is_written_in_sixteen_digits() {
        for count in 0..100 {
            assert_eq!(RequestId::numbered(0, count).to_string().len(), 16);
        }
    }

    #[test]
    fn outside_a_request_there_is_nothing_to_name() {
        name_route("/never");
        name_instance(InstanceId::from_random_bytes([1; 16]));
        assert_eq!(request_id(), None);
    }

    #[tokio::test]
    async fn an_answer_carries_the_id_that_its_handler_saw() {
        let id = RequestId::numbered(0, 1);
        let seen = std::cell::Cell::new(None);
        let response = Visit::begin(id, &Method::GET)
            .follow(async {
                seen.set(request_id());
                Response::default()
            })
            .await;
        assert_eq!(seen.get(), Some(id));
        assert_eq!(response.headers()[REQUEST_ID], id.to_string().as_str());
    }

    #[tokio::test]
    async fn the_first_name_of_a_route_counts() {
        let visit = Visit::begin(RequestId::numbered(0, 1), &Method::GET);
        let response = Arc::clone(&visit).follow(async {
            name_route("/first/{id}");
            name_route("/second");
            Response::default()
        });
        drop(response.await);
        assert_eq!(visit.route.get(), Some(&"/first/{id}"));
    }

    #[test]
    fn a_method_that_a_client_made_up_is_not_repeated() {
        assert_eq!(known(&Method::from_bytes(b"canary").unwrap()), "other");
        assert_eq!(known(&Method::PATCH), "PATCH");
    }
}
