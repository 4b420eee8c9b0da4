//! `GET /instances/{instance}/notification-queue`: what waits to be fetched or pushed, whether that is
//! held back, and what went without having reached anybody, newest first.

use axum::response::Response;
use serde::Serialize;
use waygate_core::event::Receipt;
use waygate_core::event::dropped::DroppedNotification;
use waygate_core::push::HeldBack;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::time::rfc3339;

const LIMIT_MAX: u64 = 500;
const LIMIT_DEFAULT: u64 = 100;

#[derive(Serialize)]
struct Answer {
    waiting: u64,
    held_back: Option<HeldBackBody>,
    dropped: Vec<DroppedBody>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct HeldBackBody {
    since: String,
    next_attempt_at: String,
    attempts: u32,
    status: Option<u16>,
    error: Option<String>,
}

#[derive(Serialize)]
struct DroppedBody {
    receipt: u64,
    sequence: u64,
    topic: &'static str,
    at: String,
    dropped_at: String,
    why: &'static str,
}

pub(crate) async fn notification_queue(call: InstanceCall) -> Result<Response, Problem> {
    let limit = call.said.query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let before = call.said.query.text("cursor").map(str::parse::<u64>).transpose();
    let no_page = |_invalid| Problem::invalid("`cursor` is not one that this list gave");
    let before = before.map_err(no_page)?.map(Receipt);
    // One more than is shown says whether there is another page.
    let asked = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let (gateway, instance) = (&call.gateway, call.instance.id());
    let dropped = gateway.dropped_notifications(instance, before, asked).await?;
    let shown = dropped.get(..limit).unwrap_or(&dropped);
    let last = shown.last().filter(|_last| dropped.len() > limit);
    answer::json(&Answer {
        waiting: gateway.notifications_waiting(instance).await?,
        held_back: gateway.held_back(instance).await?.map(HeldBackBody::of),
        dropped: shown.iter().map(DroppedBody::of).collect(),
        next_cursor: last.map(|last| last.receipt.0.to_string()),
    })
}

impl HeldBackBody {
    fn of(held: HeldBack) -> Self {
        Self {
            since: rfc3339(held.since),
            next_attempt_at: rfc3339(held.next_at),
            attempts: held.attempts,
            status: held.status,
            error: held.error,
        }
    }
}

impl DroppedBody {
    fn of(dropped: &DroppedNotification) -> Self {
        Self {
            receipt: dropped.receipt.0,
            sequence: dropped.sequence.0,
            topic: dropped.topic.as_str(),
            at: rfc3339(dropped.at),
            dropped_at: rfc3339(dropped.dropped_at),
            why: dropped.why.as_str(),
        }
    }
}
