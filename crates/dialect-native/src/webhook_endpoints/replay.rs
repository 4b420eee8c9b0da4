//! `POST /webhook-endpoints/{webhook_endpoint}/replay`: sends dead letters again, under the ids that they
//! had.

use axum::response::Response;
use serde::Serialize;
use waygate_core::port::webhooks::DeadLetters;
use waygate_core::webhook::DeliveryNumber;

use super::own::own_endpoint;
use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;

#[derive(Serialize)]
struct Answer {
    replayed: u64,
}

pub(crate) async fn replay(mut call: AccountCall) -> Result<Response, Problem> {
    let own = own_endpoint(&call).await?.record;
    let fields = &mut call.said.fields;
    let numbers = fields.numbers("numbers")?;
    let numbers = numbers.map(|numbers| numbers.into_iter().map(DeliveryNumber).collect());
    let (since, until) = (fields.time("since")?, fields.time("until")?);
    let letters = DeadLetters { numbers, since, until };
    let replayed = call.gateway.replay_webhook_deliveries(own.account, own.id, letters).await?;
    answer::json(&Answer { replayed })
}
