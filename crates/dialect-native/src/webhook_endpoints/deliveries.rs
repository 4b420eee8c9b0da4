//! `GET /webhook-endpoints/{webhook_endpoint}/deliveries`: what was sent there, or is to be, with every
//! attempt, newest first.

use axum::response::Response;
use serde::Serialize;
use waygate_core::id::WebhookEndpointId;
use waygate_core::webhook::{Attempt, Delivery, DeliveryNumber, DeliveryStatus, message_id};
use waygate_engine::Gateway;

use super::own::own_endpoint;
use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::time::rfc3339;

const LIMIT_MAX: u64 = 500;
const LIMIT_DEFAULT: u64 = 100;

#[derive(Serialize)]
struct Answer {
    data: Vec<DeliveryBody>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct DeliveryBody {
    number: u64,
    /// The header `webhook-id` of every attempt.
    webhook_id: String,
    instance_id: String,
    sequence: u64,
    status: &'static str,
    /// When it is due, arrived, or was given up.
    at: String,
    attempts: Vec<AttemptBody>,
}

#[derive(Serialize)]
struct AttemptBody {
    at: String,
    took_ms: u32,
    status: Option<u16>,
    error: Option<String>,
    answer: Option<String>,
}

pub(crate) async fn list(call: AccountCall) -> Result<Response, Problem> {
    let query = &call.said.query;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let before = query.text("cursor").map(str::parse::<u64>).transpose();
    let no_page = |_invalid| Problem::invalid("`cursor` is not one that this list gave");
    let before = before.map_err(no_page)?.map(DeliveryNumber);
    let given_up = query.flag("given_up")?.unwrap_or(false);
    let own = own_endpoint(&call).await?.record;
    // One more than is shown says whether there is another page.
    let asked = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let of = (own.account, own.id);
    let found = call.gateway.webhook_deliveries(of, given_up, before, asked).await?;
    let shown = found.get(..limit).unwrap_or(&found);
    let last = shown.last().filter(|_last| found.len() > limit);
    let next_cursor = last.map(|delivery| delivery.number.0.to_string());
    let data = shown.iter().map(|delivery| DeliveryBody::of(&call.gateway, own.id, delivery));
    answer::json(&Answer { data: data.collect::<Result<_, _>>()?, next_cursor })
}

impl DeliveryBody {
    fn of(
        gateway: &Gateway,
        endpoint: WebhookEndpointId,
        delivery: &Delivery,
    ) -> Result<Self, Problem> {
        let (DeliveryStatus::Due(at) | DeliveryStatus::Arrived(at) | DeliveryStatus::GivenUp(at)) =
            delivery.status;
        let attempts = delivery.tried.iter().map(|it| AttemptBody::of(gateway, endpoint, it));
        Ok(Self {
            number: delivery.number.0,
            webhook_id: message_id(delivery.instance, delivery.sequence),
            instance_id: delivery.instance.to_string(),
            sequence: delivery.sequence.0,
            status: delivery.status.as_str(),
            at: rfc3339(at),
            attempts: attempts.collect::<Result<_, _>>()?,
        })
    }
}

impl AttemptBody {
    fn of(
        gateway: &Gateway,
        endpoint: WebhookEndpointId,
        attempt: &Attempt,
    ) -> Result<Self, Problem> {
        let answer = attempt.answer.as_ref().map(|it| gateway.webhook_answer(endpoint, it));
        let answer = answer.transpose()?;
        Ok(Self {
            at: rfc3339(attempt.at),
            took_ms: attempt.took_ms,
            status: attempt.status,
            error: attempt.error.clone(),
            // What is no text is shown as far as it is.
            answer: answer.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        })
    }
}
