//! `GET /instances/{instance}/events/stream`: what happens, as it happens (server-sent events, as the
//! HTML standard has them).
//!
//! Nothing is held for a client but its cursor: it is given a page when it has taken the one before, and
//! who takes nothing is cut off by the listener. So a slow client costs as much as a quick one.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use waygate_core::event::Sequence;
use waygate_core::id::InstanceId;
use waygate_engine::Gateway;
use waygate_engine::events::{EventPage, EventsWanted};

use super::codes::Teller;
use super::wanted::from_there;
use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;

/// The media type.
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// The longest silence: what stands between takes a connection that says nothing for a dead one.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a client waits before it comes again.
const RETRY_MS: u32 = 1000;

/// A proxy of the common kind would keep the events until there are many.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// What is told from here on.
struct Flow {
    gateway: Gateway,
    instance: InstanceId,
    wanted: EventsWanted,
    teller: Teller,
    begun: bool,
}

pub(crate) async fn stream(call: InstanceCall) -> Result<Response, Problem> {
    let teller = Teller::of(&call)?;
    // Who comes again says so in the header, and writes the address as it did before.
    let last = call.said.headers.get("last-event-id").map(|id| id.to_str().unwrap_or_default());
    let wanted = from_there(&call, last.or(call.said.query.text("cursor"))).await?;
    let (gateway, instance) = (call.gateway, call.instance.id());
    let flow = Flow { gateway, instance, wanted, teller, begun: false };
    let body = Body::from_stream(stream::unfold(flow, Flow::next));
    let mut response = answer::content(HeaderValue::from_static(EVENT_STREAM), body);
    response.headers_mut().extend([UNBUFFERED]);
    Ok(response)
}

impl Flow {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if !self.begun {
            self.begun = true;
            let told = beginning(self.wanted.after);
            return Some((Ok(told), self));
        }
        let next = self.gateway.next_events(self.instance, self.wanted.clone(), HEARTBEAT);
        let page = tokio::select! {
            biased;
            () = self.gateway.until_shut_down() => return None,
            page = next => page,
        };
        // The instance was removed, or the store fails: whoever comes again is told.
        let page = page.ok()?;
        self.wanted.after = page.cursor;
        Some((Ok(written(&page, &self.teller)), self))
    }
}

/// Where the stream begins, so that a client that is cut off before the first event misses none.
fn beginning(after: Sequence) -> Bytes {
    format!("retry: {RETRY_MS}\nid: {}\n\n", after.0).into()
}

fn written(page: &EventPage, teller: &Teller) -> Bytes {
    let missed = page.missed;
    let missed = (missed > 0).then(|| format!("event: missed\ndata: {{\"count\":{missed}}}\n\n"));
    let events = page.events.iter().map(|event| {
        // Words and numbers under fixed keys are always written.
        let body = serde_json::to_string(&teller.told(event)).unwrap_or_default();
        format!("id: {}\ndata: {body}\n\n", event.sequence.0)
    });
    // No event: it says that the connection lives, and how far what did not fit has come.
    let beat = page.events.is_empty().then(|| format!(":\nid: {}\n\n", page.cursor.0));
    missed.into_iter().chain(events).chain(beat).collect::<String>().into()
}
