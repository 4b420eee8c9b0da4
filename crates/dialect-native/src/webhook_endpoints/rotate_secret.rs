//! `POST /webhook-endpoints/{webhook_endpoint}/rotate-secret`: another secret. The one before signs beside
//! it for a day, so that a receiver can change it when it likes.

use axum::response::Response;

use super::own::own_endpoint;
use crate::answer;
use crate::call::AccountCall;
use crate::problem::Problem;
use crate::wire::webhook_endpoint::{EndpointBody, WithSecret};

pub(crate) async fn rotate_secret(call: AccountCall) -> Result<Response, Problem> {
    let own = own_endpoint(&call).await?;
    let (account, id) = (own.record.account, own.record.id);
    let rotated = call.gateway.rotate_webhook_secret(account, id).await?;
    answer::json(&WithSecret::of(&rotated, EndpointBody::of(&rotated)))
}
