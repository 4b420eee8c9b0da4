//! `POST /webhook-endpoints`: a new endpoint. Only this answer and that of a rotation show its secret.

use axum::response::Response;
use waygate_core::error::Error;
use waygate_engine::webhook_endpoints::{NewWebhookEndpoint, OwnWebhookEndpoint};

use super::wanted;
use crate::call::AccountCall;
use crate::idempotency::{Told, keeping};
use crate::problem::Problem;
use crate::wire::webhook_endpoint::{EndpointBody, WithSecret};

pub(crate) async fn add(mut call: AccountCall) -> Result<Response, Problem> {
    let url = call.said.fields.needed_text("url")?;
    wanted::check_url(&call.outbound, &url)?;
    let description = call.said.fields.text("description")?.unwrap_or_default();
    let filter = wanted::filter(&mut call.said.fields)?;
    let account = call.owner().await?;
    let new = NewWebhookEndpoint { account, url, description, filter };
    let keeping = keeping(call.said.once.as_ref(), told);
    let own = call.gateway.add_webhook_endpoint_keeping(new, keeping).await?;
    Ok(told(&own)?.into_response())
}

fn told(own: &OwnWebhookEndpoint) -> Result<Told, Error> {
    let path = format!("/api/v1/webhook-endpoints/{}", own.record.id);
    Told::created(Some(path), &WithSecret::of(own, EndpointBody::of(own)))
}
