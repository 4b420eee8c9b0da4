//! `GET /instances/{instance}/messages/queue`: the messages that wait, in their order.

use axum::response::Response;
use serde::Serialize;
use waygate_core::message::address::Address;
use waygate_core::message::outgoing::OutgoingContent;
use waygate_core::message::queued::QueuedMessage;

use crate::answer;
use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::time::rfc3339;

const LIMIT_MAX: u64 = 500;
const LIMIT_DEFAULT: u64 = 100;

#[derive(Serialize)]
struct Answer {
    data: Vec<QueuedBody>,
    /// How many there are in all.
    count: u64,
}

#[derive(Serialize)]
struct QueuedBody {
    id: String,
    chat: String,
    text: String,
    quote: Option<QuoteBody>,
    accepted_at: String,
    expires_at: String,
}

#[derive(Serialize)]
struct QuoteBody {
    id: String,
    sender: Option<String>,
}

pub(crate) async fn list_queue(call: InstanceCall) -> Result<Response, Problem> {
    let limit = call.said.query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let instance = call.instance.id();
    let queued = call.gateway.queued_messages(instance, limit).await?;
    let count = call.gateway.count_queued_messages(instance).await?;
    answer::json(&Answer { data: queued.into_iter().map(QueuedBody::of).collect(), count })
}

impl QueuedBody {
    fn of(queued: QueuedMessage) -> Self {
        let QueuedMessage { message, accepted_at, expires_at, .. } = queued;
        let OutgoingContent::Text(text) = message.content;
        let quote = message.quoted.map(|quoted| QuoteBody {
            id: quoted.id.to_string(),
            sender: quoted.sender.as_ref().map(Address::to_wire),
        });
        Self {
            id: message.id.to_string(),
            chat: message.chat.to_wire(),
            text: text.body.into(),
            quote,
            accepted_at: rfc3339(accepted_at),
            expires_at: rfc3339(expires_at),
        }
    }
}
